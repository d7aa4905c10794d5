"""The TypeScript types of all messages between page and server: ``python scripts/page_types.py``.

They are made from ``s2m.web.messages_from_page`` and ``s2m.web.messages_to_page`` by way of their JSON schemas, and the
page's code is checked against them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter

from s2m.session.commands import Edit, Redo, ShowObjects, Undo
from s2m.web import messages_to_page
from s2m.web.exporting import ExportFormat, ExportProgress, ExportRequest
from s2m.web.mask_imports import ImportOutcome
from s2m.web.messages_from_page import MessageFromPage
from s2m.web.messages_to_page import MessageToPage
from s2m.web.pixels_in_view import ExactMaskEntry

TYPES_FILE = Path(messages_to_page.__file__).parent / "static" / "js" / "messages.d.ts"
_HEAD = "// Written by scripts/page_types.py from the messages in src/s2m/web; do not edit.\n"
_UNIONS: dict[str, Any] = {
    "MessageFromPage": MessageFromPage,
    "MessageToPage": MessageToPage,
    "Command": Edit | ShowObjects | Undo | Redo,
}
_BODIES: tuple[Any, ...] = (ImportOutcome, ExportRequest, ExportProgress, ExportFormat, ExactMaskEntry)
"""What requests other than the WebSocket send and get."""
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Schema = dict[str, Any]


@click.command()
def main() -> None:
    """Write the types of all messages for the page's code."""
    TYPES_FILE.write_text(page_types(), encoding="utf-8")
    click.echo(f"{TYPES_FILE} is up to date")


def page_types() -> str:
    """The text of ``messages.d.ts``."""
    named = {**_UNIONS, **{one.__name__: one for one in _BODIES}}
    adapters = [(name, "validation", TypeAdapter(one)) for name, one in named.items()]
    unions, definitions = TypeAdapter.json_schemas(adapters, ref_template="{model}")  # type: ignore[arg-type]
    interfaces = [_interface(name, schema) for name, schema in definitions["$defs"].items()]
    aliases = [f"export type {name} =\n{_alternatives(unions[name, 'validation'])};\n" for name in _UNIONS]
    return "\n".join([_HEAD, *aliases, *interfaces])


def _alternatives(schema: Schema) -> str:
    return "\n".join(f"  | {_type_of(member)}" for member in schema.get("oneOf") or schema["anyOf"])


def _interface(name: str, schema: Schema) -> str:
    """One kind of message or value; what tells it apart comes first."""
    required = schema.get("required", [])
    fields = sorted(schema["properties"].items(), key=lambda field: "const" not in field[1])
    lines = [f"  {key}{_mark(key, value, required)}: {_type_of(value)};" for key, value in fields]
    return "\n".join([_comment(schema), f"export interface {name} {{", *lines, "}\n"])


def _mark(key: str, schema: Schema, required: list[str]) -> str:
    """What tells messages apart is always there, though Python fills it in by itself."""
    return "" if key in required or "const" in schema else "?"


def _comment(schema: Schema) -> str:
    paragraph = schema["description"].split("\n\nAttributes:")[0].replace("``", "`")
    lines = paragraph.splitlines()
    if len(lines) == 1:
        return f"/** {lines[0]} */"
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */"])


def _type_of(schema: Schema) -> str:
    match schema:
        case {"tsType": name}:
            return str(name)
        case {"$ref": name}:
            return str(name)
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(json.dumps(value) for value in values)
        case {"anyOf": members}:
            return " | ".join(_type_of(member) for member in members)
        case {"type": "array", "prefixItems": members}:
            return f"[{', '.join(_type_of(member) for member in members)}]"
        case {"type": "array", "items": item}:
            inner = _type_of(item)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case {"type": "object", "additionalProperties": value}:
            return f"Record<string, {_type_of(value)}>"
        case {"type": name}:
            return _PLAIN[name]
    raise ValueError(f"no TypeScript for {schema}")


if __name__ == "__main__":
    main()
