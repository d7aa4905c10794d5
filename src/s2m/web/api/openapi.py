"""Operations in, an OpenAPI 3.1 document of them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, TypeAdapter

from s2m.web.api.models import Fault
from s2m.web.api.operations import BYTES, JSON, Operation

_REFERENCE = "#/components/schemas/{model}"
_FAULTS: Mapping[int, str] = MappingProxyType(
    {
        403: "The token is missing or wrong, another page asks, or nothing can be changed.",
        404: "There is no such session or address.",
        405: "The address does not know this method.",
        409: "It does not fit the present state.",
        413: "The body is too long.",
        421: "The host name is not served here.",
        422: "The request is not understood, or an image or a mask cannot be read.",
        429: "Too many requests, or too many or too large sessions.",
        507: "The disk refuses.",
    }
)
_OF_EVERY_ROUTE = (403, 404, 405, 413, 421, 422, 429)
_PARTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "session": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "index": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
        "object_id": {"type": "integer", "minimum": 1, "maximum": 254},
    }
)


def openapi_document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The document."""
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        address = re.sub(r":\w+}", "}", operation.path)
        paths.setdefault(address, {})[operation.method.lower()] = _described(operation, address, schemas)
    _schema_of(Fault, schemas, "serialization")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "S2M",
            "version": "1",
            "description": "A few strokes on a photograph become masks. Points are (x, y) in image pixels.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(operation: Operation, address: str, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            *({"name": part, "in": "path", "required": True, "schema": dict(_PARTS[part])} for part in _parts(address)),
            *_query_of(operation),
        ],
        "responses": _answers_of(operation, schemas),
    }
    if operation.body is bytes:
        binary = {"schema": {"type": "string", "format": "binary"}}
        described["requestBody"] = {"required": True, "content": {BYTES: binary, "image/*": binary}}
    elif operation.body is not None:
        schema = _schema_of(operation.body, schemas, "validation")
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return described


def _parts(address: str) -> list[str]:
    return re.findall(r"{(\w+)}", address)


def _query_of(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    properties = operation.query.model_json_schema()["properties"]
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in properties.items()]


def _answers_of(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.answer.text}
    if operation.answer.media_type:
        binary = {"type": "string"} if operation.answer.media_type.startswith("text/") else {}
        model = operation.answer.model
        schema = binary if model is None else _schema_of(model, schemas, "serialization")
        answer["content"] = {operation.answer.media_type: {"schema": schema}}
    answers = {str(operation.answer.status): answer}
    for status in sorted({*_OF_EVERY_ROUTE, *operation.faults}):
        answers[str(status)] = {
            "description": _FAULTS[status],
            "content": {
                JSON: {"schema": {"$ref": _REFERENCE.format(model="Fault")}},
                "text/plain": {"schema": {"type": "string"}},
            },
        }
    return answers


def _schema_of(kind: Any, schemas: dict[str, Any], mode: Any) -> dict[str, Any]:
    """The schema of a type; what it refers to goes into ``schemas``."""
    schema = TypeAdapter(kind).json_schema(mode=mode, ref_template=_REFERENCE)
    schemas.update(schema.pop("$defs", {}))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        schemas[kind.__name__] = schema
        return {"$ref": _REFERENCE.format(model=kind.__name__)}
    return dict(schema)
