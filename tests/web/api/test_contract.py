"""docs/openapi.json says what the API does: it is as the operations are, and every answer stands in it."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from PIL import Image
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from scripts.openapi import DOCUMENT, document

ORIGIN = "http://127.0.0.1:8000"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 4


def test_the_document_is_that_of_the_operations() -> None:
    assert DOCUMENT.read_text() == document(), "run python scripts/openapi.py"


@pytest.mark.slow
def test_no_request_breaks_the_server_or_gets_an_answer_that_is_not_documented(project_client: TestClient) -> None:
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
    statuses: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _try_many(project_client, operation.as_strategy(generation_mode=mode), statuses)
    assert {200, 422} <= statuses["command"]
    assert 200 in statuses["run_lengths"]
    assert 204 in statuses["close"]


def _try_many(client: TestClient, cases: Any, statuses: dict[str, set[int]]) -> None:
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Any) -> None:
        if "session" in (case.path_parameters or {}):
            case.path_parameters["session"] = _session(client)
        sent = case.as_transport_kwargs(base_url=f"{ORIGIN}/api/v1")
        body = {"json": sent["json"]} if sent.get("json") is not None else {"content": sent.get("data")}
        headers = {name: value for name, value in sent["headers"].items() if name.lower() != "authorization"}
        answer = client.request(sent["method"], sent["url"], params=sent.get("params"), headers=headers, **body)
        statuses.setdefault(case.operation.definition.raw["operationId"], set()).add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    ask()


def _session(client: TestClient) -> str:
    """A session with an object; the same as long as it is open."""
    entries = client.get("/api/v1/sessions").json()["sessions"]
    for entry in entries:
        if entry["image"] == "kept":
            return str(entry["session"])
    picture = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), dtype=np.uint8)).save(picture, "PNG")
    session = client.post("/api/v1/sessions?name=kept", content=picture.getvalue()).json()["session"]
    command = {"kind": "draw", "strokes": [{"points": [[4, 4]], "tool": "dot"}]}
    client.post(f"/api/v1/sessions/{session}/commands", json=command)
    return str(session)
