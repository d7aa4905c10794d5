"""What a page may say, and what is refused."""

from __future__ import annotations

import json

import pytest

from s2m.errors import ServerError
from s2m.web.messages_from_page import read_message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"type": "open"}',
        '{"type": "open", "image": "a", "more": 1}',
        '{"type": "hello", "page": "<x>"}',
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(ServerError, match="not understood"):
        read_message(text)


def test_points_that_are_no_numbers_are_refused() -> None:
    pen = {
        "type": "pen", "image": "a", "key": "k", "object_id": 1, "sign": "positive", "tool": "stroke", "width_px": 6,
        "first": 0, "points": [[float("nan"), 1]],
    }  # fmt: skip
    with pytest.raises(ServerError, match="points"):
        read_message(json.dumps(pen))
