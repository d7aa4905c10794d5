"""``torchrun --nproc-per-node=N -m s2m.train ...``: the command ``s2m train`` in each of N processes."""

from __future__ import annotations

from s2m.commands import main

if __name__ == "__main__":
    import sys

    main(["train", *sys.argv[1:]])
