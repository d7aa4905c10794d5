"""``torchrun --nproc-per-node=N -m s2m.training ...``: the command ``s2m train`` in each of N processes."""

from __future__ import annotations

from s2m.cli import main

if __name__ == "__main__":
    import sys

    main(["train", *sys.argv[1:]])
