"""The page's types of all messages are those of the server."""

from __future__ import annotations

import runpy
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "page_types.py"


def test_the_types_of_the_page_are_up_to_date() -> None:
    written = runpy.run_path(str(SCRIPT))

    assert written["TYPES_FILE"].read_text(encoding="utf-8") == written["page_types"](), "run scripts/page_types.py"
