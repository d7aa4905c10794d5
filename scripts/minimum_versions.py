"""The lowest versions that pyproject.toml allows, as constraints for pip: ``numpy>=1.26`` becomes ``numpy==1.26.*``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import tomllib

ROOT = Path(__file__).parent.parent


def constraints(extras: list[str]) -> list[str]:
    """One line for each requirement of the package, and of some of its extras, that names a lowest version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements = list(project["dependencies"])
    for extra in extras:
        requirements += project["optional-dependencies"][extra]
    found = (re.match(r"([\w.-]+)>=(\d+)(?:\.(\d+))?", requirement) for requirement in requirements)
    return [f"{match[1]}=={match[2]}.{match[3] or 0}.*" for match in found if match]


if __name__ == "__main__":
    print("\n".join(constraints(sys.argv[1:])))
