"""Points of a stroke that is being drawn: only the new ones of each message cost anything."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from s2m.web.messages_from_page import MAX_POINTS, PenPoints
from s2m.web.open_image import OpenImage


def pen(first: int, *points: tuple[float, float]) -> PenPoints:
    fields: dict[str, Any] = {"object_id": 1, "sign": "positive", "tool": "stroke", "width_px": 6}
    return PenPoints(type="pen", image="a.png", key="k", first=first, points=list(points), **fields)


def test_points_that_came_before_are_taken_over_as_they_are() -> None:
    image: Any = SimpleNamespace(_pen=None, _pen_changed=False, _wake=asyncio.Event())
    OpenImage.draw_on(image, pen(0, (1, 2), (3, 4)))
    before = image._pen.stroke.points
    OpenImage.draw_on(image, pen(2, (5, 6)))
    assert image._pen.stroke.points == ((1, 2), (3, 4), (5, 6))
    assert all(one is other for one, other in zip(before, image._pen.stroke.points, strict=False))
    OpenImage.draw_on(image, pen(1, (7, 8)))
    assert image._pen.stroke.points == ((1, 2), (7, 8))


def test_points_that_do_not_follow_and_too_many_of_them_change_nothing() -> None:
    image: Any = SimpleNamespace(_pen=None, _pen_changed=False, _wake=asyncio.Event())
    OpenImage.draw_on(image, pen(3, (1, 2)))
    assert not image._pen_changed
    OpenImage.draw_on(image, pen(0, *[(1.0, 2.0)] * MAX_POINTS))
    OpenImage.draw_on(image, pen(MAX_POINTS, (1, 2)))
    assert len(image._pen.stroke.points) == MAX_POINTS
