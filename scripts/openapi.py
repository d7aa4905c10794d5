"""Write docs/openapi.json, which describes the HTTP API, from its operations."""

from __future__ import annotations

import json
from pathlib import Path

from s2m.web.api.openapi import openapi_document
from s2m.web.api.routes import OPERATIONS

DOCUMENT = Path(__file__).parent.parent / "docs" / "openapi.json"


def document() -> str:
    """The text of the file."""
    return json.dumps(openapi_document(OPERATIONS), indent=1) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
