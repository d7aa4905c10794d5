from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "s2m"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

LAYERS = (
    ("types", "errors"),
    ("engine",),
    ("files",),
    ("simulated_user",),
    ("networks",),
    ("session", "data", "batch"),
    ("training", "evaluation"),
    ("web", "cli", "compat", "notebook"),
)
"""From the bottom up: a module may import from its own layer and from those before."""

TORCH_LIVES_IN = ("networks", "training")
HTTP_LIVES_IN = ("web",)


def unit(module: Path) -> str:
    """The package or module directly under s2m that a file belongs to."""
    return module.parts[0].removesuffix(".py")


def imports_at_import_time(module: Path) -> set[str]:
    """The full names that a file imports outside functions and type checking."""
    names: set[str] = set()
    waiting: list[ast.stmt] = list(ast.parse((PACKAGE / module).read_text()).body)
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            names |= {statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)}
        elif isinstance(statement, (ast.If, ast.Try)) and "TYPE_CHECKING" not in ast.unparse(statement):
            waiting += [*statement.body, *statement.orelse]
    return names


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_run_one_way_only(module: Path) -> None:
    level = {name: height for height, names in enumerate(LAYERS) for name in names}
    if unit(module) == "__init__":
        return
    assert unit(module) in level, f"add {unit(module)} to the layers"
    for name in imports_at_import_time(module):
        if name.startswith("s2m."):
            imported = name.split(".")[1]
            assert level[imported] <= level[unit(module)], f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_torch_and_http_stay_where_they_live(module: Path) -> None:
    roots = {name.partition(".")[0] for name in imports_at_import_time(module)}

    assert "torch" not in roots or unit(module) in TORCH_LIVES_IN
    assert not roots & {"starlette", "uvicorn"} or unit(module) in HTTP_LIVES_IN


@pytest.mark.parametrize("module", ["s2m.engine.segmenter", "s2m.session", "s2m.cli.segment", "s2m.cli.annotate"])
def test_segmenting_and_annotating_load_no_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
