"""As much of a CVAT server as an agent of ``cvat-cli`` asks: one function, one task of one frame, some requests."""

from __future__ import annotations

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from PIL import Image

from s2m.types import ByteArray

DATE = "2026-01-01T00:00:00Z"


class CvatServer:
    """Hands out a request for each of the prompts, and keeps what is submitted.

    Args:
        frame: (H, W, 3) uint8, the image.
        prompts: ``pos_points``, ``neg_points`` and ``bounding_box`` each.
    """

    def __init__(self, frame: ByteArray, prompts: list[dict[str, Any]]) -> None:
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "PNG")
        self.frame = buffer.getvalue()
        self.waiting = [
            {
                "type": "interact",
                "task": 1,
                "frame": 0,
                "pos_points": shown["pos_points"],
                "neg_points": shown["neg_points"],
                "obj_bbox": shown["bounding_box"] or [],
            }
            for shown in prompts
        ]
        self.function: dict[str, Any] = {}
        self.answers: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []

    def __enter__(self) -> CvatServer:
        state = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(None)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                self._answer(json.loads(self.rfile.read(length) or "{}"))

            def _answer(self, body: Any) -> None:
                answer = state.answer(unquote(self.path.partition("?")[0]), body)
                if isinstance(answer, bytes):
                    data, kind = answer, "image/png"
                else:
                    data, kind = json.dumps(answer).encode(), "application/json"
                self.send_response(404 if answer is None else 200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def answer(self, path: str, body: Any) -> Any:
        """What the server says, None where it knows nothing."""
        match path.removeprefix("/api/").rstrip("/").split("/"):
            case ["server", "about"]:
                texts = dict.fromkeys(("name", "description", "logo_url", "subtitle"), "")
                return {**texts, "version": "2.80.0"}
            case ["functions"]:
                defaults = {"min_neg_points": -1, "startswith_box": False, "startswith_box_optional": False}
                self.function = {**defaults, **body, "id": 1}
                return self.function
            case ["functions", "1"]:
                return self.function
            case ["functions", "queues", "function:1", "requests", "acquire"]:
                is_there = self.waiting and body["request_category"] == "interactive"
                given = {"ar_id": "one", "ar_params": self.waiting.pop(0)} if is_there else None
                return {"ar_assignment": given}
            case ["functions", "queues", "function:1", "requests", "one", "complete"]:
                self.answers.append(body)
                return {}
            case ["functions", "queues", "function:1", "requests", "one", "fail"]:
                self.failures.append(body)
                return {}
            case ["tasks", "1"]:
                summaries = {"jobs": {"completed": 0, "validation": 0}, "labels": {}, "updated_date": DATE}
                data = {"size": 1, "organization": None, "data_chunk_size": 1, "data_original_chunk_type": "imageset"}
                return {"id": 1, **summaries, **data}
            case ["tasks", "1", "data", "meta"]:
                frame = {"name": "discs.png", "width": 128, "height": 96, "related_files": 0}
                return {"frames": [frame], "deleted_frames": [], "chunks_updated_date": DATE}
            case ["tasks", "1", "data"]:
                return self.frame
            case ["labels"]:
                return {"count": 0, "next": None, "previous": None, "results": []}
            case _:
                return None
