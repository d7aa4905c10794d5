"""The tools of ``DrawingTools`` as a server of the Model Context Protocol, which language models call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field, FiniteFloat

from s2m.compat.drawing_tools import DrawingTools, Mark
from s2m.engine.segmenter import Segmenter
from s2m.errors import S2MError
from s2m.files.label_files import MAX_OBJECT_ID

INSTRUCTIONS = """\
S2M turns a few marks on a photograph into pixel-accurate masks of its objects.
Open an image, look at it, draw one mark or more for an object, and look again.  Correct a mask by drawing further
positive marks where it lacks pixels, and negative marks where it has too many.  A stroke along the middle of the
object says more than a dot; a box around it is a good begin for what is compact.  All coordinates are pixels of the
image: the rulers of the pictures show them.  Each object has a number, which you choose, from 1 on.
Save or export what you made: it is kept in memory only."""

ImageName = Annotated[str, Field(description="path of an image in the server's folder, such as photos/cat.jpg")]
ObjectId = Annotated[int, Field(ge=1, le=MAX_OBJECT_ID, description="the number of the object")]
Box = Annotated[
    list[FiniteFloat] | None,
    Field(min_length=4, max_length=4, description="left, top, right, bottom in image pixels; all where left out"),
]
Marks = Annotated[list[Mark], Field(min_length=1, max_length=100)]
Content = list[str | Image]

P = ParamSpec("P")
R = TypeVar("R")


def create_mcp_server(folder: Path, segmenter: Segmenter) -> MCPServer:
    """The server of the images below a folder.

    Raises:
        ImageError: it is no folder.
    """
    tools = DrawingTools(folder, segmenter)
    server: MCPServer = MCPServer("s2m", instructions=INSTRUCTIONS, log_level="WARNING")

    def shown(text: str, data: bytes) -> Content:
        return [text, Image(data=data, format="jpeg")]

    def list_images(folder: Annotated[str, Field(description="a folder in that of the server")] = ".") -> str:
        """List the images and folders in a folder."""
        return tools.list_images(folder)

    def open_image(image: ImageName) -> Content:
        """Open an image to draw on it, and see it with rulers of its pixels."""
        return shown(tools.open_image(image), tools.look(image))

    def draw(image: ImageName, marks: Marks, object_id: ObjectId = 1) -> str:
        """Draw marks for one object; its mask follows from all of its marks.  A new number begins a new object."""
        return tools.draw(image, marks, object_id)

    def look(image: ImageName, box: Box = None, masks: bool = True) -> Content:
        """See the image with its masks and marks, or a part of it enlarged; negative marks are white inside."""
        corners = None if box is None else (box[0], box[1], box[2], box[3])
        return shown(tools.told(image), tools.look(image, corners, masks))

    def undo(image: ImageName) -> str:
        """Take the last step back."""
        return tools.undo(image)

    def name_object(image: ImageName, object_id: ObjectId, class_name: Annotated[str, Field(max_length=200)]) -> str:
        """Say what an object is, such as cat; exports have it as the class."""
        return tools.name_object(image, object_id, class_name)

    def save_mask(
        image: ImageName,
        path: Annotated[str, Field(description="a new PNG in the server's folder")],
        object_id: ObjectId | None = None,
    ) -> str:
        """Write the mask of an object (255 on it), or without a number the label map of all objects."""
        return tools.save(image, path, object_id)

    def export(
        image: ImageName,
        folder: Annotated[str, Field(description="a new folder in the server's folder")],
        formats: Annotated[str, Field(description="such as coco or yolo,labelme")] = "coco",
    ) -> str:
        """Write the annotation in formats of other tools."""
        return tools.export(image, folder, formats)

    def close_image(image: ImageName) -> str:
        """Close an image; what was not saved is lost."""
        return tools.close_image(image)

    for reading in (list_images, open_image, look):
        server.add_tool(_telling(reading), annotations=ToolAnnotations(read_only_hint=True), structured_output=False)
    for changing in (draw, undo, name_object, save_mask, export, close_image):
        server.add_tool(_telling(changing), structured_output=False)
    return server


def _telling(tool: Callable[P, R]) -> Callable[P, R]:
    """A tool whose errors reach the model as they are said."""

    @functools.wraps(tool)
    def run(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return tool(*arguments, **named)
        except S2MError as error:
            raise ToolError(str(error)) from error

    return run
