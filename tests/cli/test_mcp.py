from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2m.cli import main


def test_without_the_extra_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "s2m.compat.mcp_server", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)

    result = CliRunner().invoke(main, ["mcp", str(tmp_path)])

    assert result.exit_code == 14
    assert "pip install 's2m[mcp]'" in result.stderr
