from __future__ import annotations

import numpy as np

from s2m.engine.geometry import frame_of_box, frame_of_image
from s2m.engine.prompts import draw_strokes
from s2m.engine.superseded import signs_in_force
from s2m.types import BACKGROUND_ID, Sign, Stroke

WHOLE = frame_of_image((320, 320), 320, 32)


def line(*points: tuple[float, float], sign: Sign = "positive") -> Stroke:
    return Stroke(np.array(points), 1, sign)


ALONG = line((40, 160), (280, 160))
ZIGZAG = line((70, 200), (110, 120), (160, 200), (210, 120), (250, 200), sign="negative")


def test_a_scribble_over_a_stroke_overrules_it() -> None:
    assert signs_in_force([ALONG, ZIGZAG], 1, WHOLE) == [None, "negative"]
    assert not draw_strokes([ALONG, ZIGZAG], (1,), WHOLE, 4, 6.5)[0, 0].any()


def test_a_stroke_along_another_overrules_it_though_it_does_not_hit_it_everywhere() -> None:
    trembling = line(*((x, 160 + 4 * np.sin(x / 12)) for x in range(60, 270, 3)), sign="negative")
    assert signs_in_force([ALONG, trembling], 1, WHOLE) == [None, "negative"]


def test_several_strokes_overrule_together() -> None:
    crossings = [line((x, 100), (x, 220), sign="negative") for x in (90, 230)]
    assert signs_in_force([ALONG, crossings[0]], 1, WHOLE) == ["positive", "negative"]
    assert signs_in_force([ALONG, *crossings], 1, WHOLE) == [None, "negative", "negative"]


def test_what_is_drawn_later_or_beside_overrules_nothing() -> None:
    beside = line((40, 170), (280, 170), sign="negative")
    assert signs_in_force([ZIGZAG, ALONG], 1, WHOLE) == ["negative", "positive"]
    assert signs_in_force([ALONG, beside], 1, WHOLE) == ["positive", "negative"]


def test_a_stroke_holds_where_one_crosses_an_end_that_ran_past_the_edge() -> None:
    edge = line((270, 60), (270, 260), sign="negative")
    assert signs_in_force([ALONG, edge], 1, WHOLE) == ["positive", "negative"]


def test_negative_strokes_and_dots_hold() -> None:
    over = Stroke(ZIGZAG.points_xy, 1, "positive")
    against = Stroke(ALONG.points_xy, 1, "negative")
    assert signs_in_force([against, over], 1, WHOLE) == ["negative", "positive"]
    assert signs_in_force([line((160, 160)), against], 1, WHOLE) == ["positive", "negative"]


def test_strokes_of_other_objects_and_of_the_background_overrule_too() -> None:
    for over in (Stroke(ZIGZAG.points_xy, 2, "positive"), Stroke(ZIGZAG.points_xy, BACKGROUND_ID, "negative")):
        assert signs_in_force([ALONG, over], 1, WHOLE) == [None, "negative"]
    other = Stroke(ZIGZAG.points_xy, 2, "negative")
    assert signs_in_force([ALONG, other], 1, WHOLE) == ["positive", None]


def test_a_closer_look_tells_strokes_apart() -> None:
    positive, beside = line((150, 160), (170, 160)), line((150, 161), (170, 161), sign="negative")
    close = frame_of_box((320, 320), (144, 144, 176, 176), 320, 32)
    assert signs_in_force([positive, beside], 1, WHOLE) == [None, "negative"]
    assert signs_in_force([positive, beside], 1, close) == ["positive", "negative"]


def test_strokes_beyond_the_image_are_harmless() -> None:
    far = line((-1e9, 160), (1e9, 160), sign="negative")
    assert signs_in_force([line((-1e6, -5), (-1e6, -9)), far], 1, WHOLE) == ["positive", "negative"]
    assert signs_in_force([ALONG, far], 1, WHOLE) == [None, "negative"]
    assert signs_in_force([line((-1e12, 160), (1e12, 160)), ZIGZAG], 1, WHOLE) == ["positive", "negative"]
