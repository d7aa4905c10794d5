"""The real client of the Model Context Protocol, in memory and on the standard input of the command."""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, ImageContent, TextContent
from PIL import Image

from s2m.compat.mcp_server import create_mcp_server
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.types import LabelMap

MARKS = [{"points": [[24, 48], [40, 48]]}, {"points": [[96, 48]], "tool": "dot", "sign": "negative"}]


def run_alone(talk: Callable[[], Awaitable[None]]) -> None:
    """Run in a thread of its own: this one may have an event loop already, that of the browser's driver."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, talk).result()


def text_of(result: CallToolResult) -> str:
    (said,) = (one.text for one in result.content if isinstance(one, TextContent))
    return said


def picture_of(result: CallToolResult) -> Any:
    (shown,) = (one for one in result.content if isinstance(one, ImageContent))
    assert shown.mime_type == "image/jpeg"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(shown.data)))).astype(int)


async def draw_an_object(client: Client) -> None:
    """Open, draw, look, and save as ``red.png``."""

    async def call(name: str, **arguments: Any) -> CallToolResult:
        return await client.call_tool(name, {"image": "discs.png", **arguments})

    opened = await call("open_image")
    drawn = await call("draw", marks=MARKS)
    assert "object 1: " in text_of(drawn), text_of(drawn)
    seen = await call("look", box=[0, 0, 128, 96])
    assert np.abs(picture_of(seen) - picture_of(opened)).max() > 80
    assert not (await call("save_mask", path="red.png", object_id=1)).is_error
    assert "undo takes back: nothing" in text_of(await call("undo"))
    refused = await call("save_mask", path="../red.png")
    assert refused.is_error
    assert "outside the folder" in text_of(refused)


def test_a_model_draws_sees_and_saves(two_discs_file: Path, tiny_model: OnnxModel, two_discs_labels: LabelMap) -> None:
    server = create_mcp_server(two_discs_file.parent, Segmenter(tiny_model))

    async def talk() -> None:
        async with Client(server) as client:
            tools = {one.name: one for one in (await client.list_tools()).tools}
            assert set(tools) == {
                *("list_images", "open_image", "draw", "look", "undo"),
                *("name_object", "save_mask", "export", "close_image"),
            }
            assert all(one.description for one in tools.values())
            await draw_an_object(client)
            call = client.call_tool
            assert text_of(await call("list_images", {})).split() == ["discs.png", "red.png"]
            await call("draw", {"image": "discs.png", "marks": MARKS})
            assert "(disc)" in text_of(
                await call("name_object", {"image": "discs.png", "object_id": 1, "class_name": "disc"})
            )
            assert "1 objects: out" in text_of(await call("export", {"image": "discs.png", "folder": "out"}))
            assert "closed" in text_of(await call("close_image", {"image": "discs.png"}))
            for marks, object_id in (([], 1), ([{"points": [[1]]}], 1), (MARKS, 0)):
                bad = {"image": "discs.png", "marks": marks, "object_id": object_id}
                assert (await call("draw", bad)).is_error

    run_alone(talk)
    mask = np.asarray(Image.open(two_discs_file.parent / "red.png")) == 255
    assert (mask == (two_discs_labels == 1)).mean() > 0.95


def test_the_command_answers_on_its_standard_input(two_discs_file: Path, tiny_model_folder: Path) -> None:
    words = ["-m", "s2m.cli", "mcp", str(two_discs_file.parent), "--model", str(tiny_model_folder), "--threads", "1"]
    source = Path(__file__).parents[2] / "src"
    command = StdioServerParameters(command=sys.executable, args=words, env={**os.environ, "PYTHONPATH": str(source)})

    async def talk() -> None:
        async with Client(command) as client:
            await draw_an_object(client)

    run_alone(talk)
    assert (two_discs_file.parent / "red.png").is_file()
