"""``python -m s2m.cli ...``: the command line as a module, for ``torchrun --nproc-per-node=N -m s2m.cli train ...``."""

from __future__ import annotations

from s2m.cli import main

if __name__ == "__main__":
    main()
