"""A target of a crop in; the strokes of each round of a simulated annotation session out.

A session works at half the crop's resolution, which is the resolution of the network's answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import Field

from s2m.engine.geometry import Frame
from s2m.engine.prompts import draw_strokes
from s2m.simulated_user import scribbles
from s2m.simulated_user.regions import ANSWER_STRIDE, drawn_over, far_from, halve, near_one_point, one_piece
from s2m.simulated_user.scribbles import StrokeKind
from s2m.simulated_user.settings import Positive, Settings, Share
from s2m.simulated_user.starting_masks import flawed_mask, soften
from s2m.simulated_user.targets import SIBLING, UNKNOWN, Target, large_pieces
from s2m.types import BoolArray, ByteArray, FloatArray, Sign, Stroke


@dataclass(frozen=True)
class SimulatedSession:
    """One stroke history for one target.

    Attributes:
        truth: (S/2, S/2) bool, the target at the resolution of the answers.
        valid: (S/2, S/2) bool, false where the truth is unknown.
        start: (S/2, S/2) float32 in 0..1, the mask it starts from.
        strokes: so far; points in network pixels of the crop.
    """

    truth: BoolArray
    valid: BoolArray
    start: FloatArray
    strokes: tuple[Stroke, ...]

    def draw(self, stride: int, diameter_px: float) -> FloatArray:
        """The positive and negative prompt map, (2, S / stride, S / stride) float32 in 0..1."""
        side = self.truth.shape[0] * ANSWER_STRIDE
        frame = Frame((side, side), (0, 0, side, side), (side, side))
        drawn: FloatArray = draw_strokes(self.strokes, (1,), frame, stride, diameter_px)[0]
        return drawn

    def with_strokes(self, *strokes: Stroke) -> SimulatedSession:
        """The session with further strokes."""
        return replace(self, strokes=(*self.strokes, *strokes))


Opening = Callable[[SimulatedSession, np.random.Generator], SimulatedSession]
"""A session without strokes in, the same with its first strokes out."""


class SimulatedUser(Settings):
    """Opens sessions and goes on with them, as its shares say; they are the table ``[simulated_user]`` of a recipe.

    Attributes:
        start_flawed: share of the sessions that start from a flawed mask instead of from nothing.
        start_empty_target: share in which nothing is the object and all strokes are negative.
        one_shot: share of the sessions from nothing that start with several strokes of both signs at once, as people
            draw who do not wait for an answer.  A third of them has strokes anywhere.  A third has a few long strokes
            and lines in the background.  A third has strokes along every part of the object and others around it.
        box: share of the sessions from nothing that start with a box.
        kinds: how often each kind of stroke is drawn.
        jitter_px: mean tremble, in network pixels; that of one stroke lies between 0 and twice the mean.
        trembling: share of the strokes that tremble two to seven times as much, as strokes on a small object do once
            the network zooms in on it.
        overshoot: share of a stroke's length that may run out of its region.
        along_thin: whether first strokes run along things of up to eight network pixels of width, which get a dot else.
    """

    start_flawed: Share = 0.25
    start_empty_target: Share = 0.03
    one_shot: Share = 0.2
    box: Share = 0.0
    kinds: dict[StrokeKind, Positive] = {"dot": 5.0, "centre_line": 1.5, "curve": 2.0, "contour": 1.0, "zigzag": 0.5}
    jitter_px: Annotated[float, Field(ge=0)] = 1.5
    trembling: Share = 0.0
    overshoot: Share = 0.05
    along_thin: bool = False

    def _style(self, rng: np.random.Generator) -> scribbles.StrokeStyle:
        """How one stroke is drawn, at the resolution of the answers: most tremble a little, some much."""
        least, most = (2, 7) if rng.random() < self.trembling else (0, 2)
        jitter_px = self.jitter_px / ANSWER_STRIDE * float(rng.uniform(least, most))
        return scribbles.StrokeStyle(self.kinds, jitter_px, self.overshoot, shortest=0.35)

    def open_session(self, target: Target, rng: np.random.Generator) -> SimulatedSession:
        """Start a session: the mask to start from and the first strokes."""
        truth = halve(target.label == 1)
        valid = halve(target.label != UNKNOWN)
        draw = rng.random()
        if draw < self.start_empty_target and truth.any():
            return self._open_empty(truth, valid, rng)
        start = np.zeros(truth.shape, dtype=np.float32)
        if draw > 1 - self.start_flawed and truth.any():
            start = soften(flawed_mask(truth, rng), rng)
        session = SimulatedSession(truth, valid, start, ())
        if not truth.any():
            return self._stroke_in(session, valid, "negative", rng)
        if start.any():
            return self.add_strokes(session, start, 1, rng)
        if target.members is not None:
            return self._mark_members(session, np.where(truth, target.members[::2, ::2], np.uint8(0)), rng)
        if target.is_several:
            # One stroke alone means the thing that it is drawn on, and no more.
            several: dict[Opening, float] = {
                self._strokes_here_and_there: 0.6,
                self._strokes_anywhere: 0.2,
                self._strokes_along_parts: 0.2,
            }
            return self._all_at_once(session, several, rng)
        siblings = halve(target.label == SIBLING)
        opening = rng.random()
        if opening < self.one_shot:
            one: dict[Opening, float] = {
                self._strokes_anywhere: 0.23,
                self._few_long_strokes: 0.23,
                self._strokes_along_parts: 0.23,
                self._one_stroke_in_a_part: 0.31,
            }
            return self._exclude(self._all_at_once(session, one, rng), siblings, 0.97, rng)
        if opening > 1 - self.box:
            return self._box(session, rng)
        session = self._stroke_in(session, truth, "positive", rng)
        session = self._negatives(session, int(rng.random() < 0.15), rng)
        return self._exclude(session, siblings, 0.4, rng)

    def _all_at_once(
        self, session: SimulatedSession, shares: dict[Opening, float], rng: np.random.Generator
    ) -> SimulatedSession:
        """One of some ways to draw many strokes; none of them leaves out a large piece of the object."""
        openings = tuple(shares)
        session = openings[int(rng.choice(len(openings), p=tuple(shares.values())))](session, rng)
        return self._stroke_each_piece(session, rng)

    def _mark_members(
        self, session: SimulatedSession, members: ByteArray, rng: np.random.Generator
    ) -> SimulatedSession:
        """Dots or strokes on two to five members of a whole, or a line over two or three; the rest goes unmarked."""
        numbers = rng.permutation(np.setdiff1d(members, [0]))[: int(rng.integers(2, 6))]
        regions = [np.asarray(members == number, dtype=np.bool_) for number in numbers]
        draw = rng.random()
        if draw < 0.25 and len(regions) > 1:
            dots = [scribbles.dot(scribbles.inner_distance(one_piece(region, rng)), rng) for region in regions[:3]]
            across = np.concatenate(dots)
            across = across[np.argsort(across[:, int(np.ptp(across[:, 1]) > np.ptp(across[:, 0]))])]
            ends = np.linspace(0, len(across) - 1, 32)
            points = np.stack([np.interp(ends, np.arange(len(across)), across[:, axis]) for axis in (0, 1)], axis=1)
            session = session.with_strokes(Stroke(points * ANSWER_STRIDE, 1, "positive"))
        else:
            user = self.model_copy(update={"kinds": {"dot": 1.0}}) if draw < 0.75 else self
            for region in regions:
                session = user._stroke_in(session, region, "positive", rng)
        return self._negatives(session, int(rng.random() < 0.2), rng)

    def _strokes_here_and_there(self, session: SimulatedSession, rng: np.random.Generator) -> SimulatedSession:
        """Positive strokes far from one another, in two thirds of the sessions with one or two negative ones."""
        session = self._spread(session, session.truth, "positive", int(rng.integers(2, 5)), rng)
        return self._negatives(session, int(rng.integers(0, 3)), rng)

    def _spread(
        self, session: SimulatedSession, region: BoolArray, sign: Sign, most: int, rng: np.random.Generator
    ) -> SimulatedSession:
        """Up to ``most`` strokes in a region, each where it is still far from all strokes before."""
        free = region
        for _ in range(most):
            session = self._stroke_in(session, free, sign, rng)
            free = region & far_from(session.strokes, region)
            if not free.any():
                break
        return session

    def _stroke_each_piece(self, session: SimulatedSession, rng: np.random.Generator) -> SimulatedSession:
        """A positive stroke on each large piece of the object that has none."""
        pieces, large = large_pieces(session.truth)
        stroked = set(np.unique(pieces[drawn_over([s for s in session.strokes if s.sign == "positive"], pieces.shape)]))
        for piece in large:
            if piece not in stroked:
                session = self._stroke_in(session, np.asarray(pieces == piece, dtype=np.bool_), "positive", rng)
        return session

    def _exclude(
        self, session: SimulatedSession, siblings: BoolArray, share: float, rng: np.random.Generator
    ) -> SimulatedSession:
        """In a share of the sessions a negative stroke says that another part of the same whole is not meant."""
        if not siblings.any() or rng.random() >= share:
            return session
        return self._stroke_in(session, siblings, "negative", rng)

    def _strokes_anywhere(self, session: SimulatedSession, rng: np.random.Generator) -> SimulatedSession:
        for _ in range(int(rng.integers(1, 6))):
            session = self._stroke_in(session, session.truth, "positive", rng)
        return self._negatives(session, int(rng.integers(1, 6)), rng)

    def _few_long_strokes(self, session: SimulatedSession, rng: np.random.Generator) -> SimulatedSession:
        long = self.model_copy(update={"kinds": LONG_KINDS})
        for _ in range(int(rng.integers(1, 3))):
            session = long._stroke_in(session, session.truth, "positive", rng)
        return long._negatives(session, int(rng.integers(1, 5)), rng)

    def _one_stroke_in_a_part(self, session: SimulatedSession, rng: np.random.Generator) -> SimulatedSession:
        """One stroke stands for the whole object, such as a person's shirt for the person; negatives are far away."""
        near = near_one_point(session.truth, rng)
        session = self._stroke_in(session, near, "positive", rng)
        return self.model_copy(update={"kinds": LONG_KINDS})._negatives(session, int(rng.integers(1, 5)), rng)

    def _strokes_along_parts(self, session: SimulatedSession, rng: np.random.Generator) -> SimulatedSession:
        """Each further positive stroke goes where the object is still far from all strokes; negatives run round it."""
        long = self.model_copy(update={"kinds": LONG_KINDS})
        session = long._spread(session, session.truth, "positive", int(rng.integers(1, 6)), rng)
        for _ in range(int(rng.integers(1, 5))):
            points = scribbles.draw_around(session.truth, session.valid & ~session.truth, self._style(rng), rng)
            if points is None:
                session = self._negatives(session, 1, rng)
            else:
                session = session.with_strokes(Stroke(points * ANSWER_STRIDE, 1, "negative"))
        return session

    def _box(self, session: SimulatedSession, rng: np.random.Generator) -> SimulatedSession:
        """The strokes that a box is for the network: its outline is negative, its centre positive."""
        rows, columns = np.flatnonzero(session.truth.any(axis=1)), np.flatnonzero(session.truth.any(axis=0))
        slack = 1 + 0.06 * max(len(rows), len(columns)) * rng.random(4)
        left, top, right, bottom = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) + slack * (-1, -1, 1, 1)
        corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
        outline = np.clip(np.array(corners, dtype=np.float64), 0, session.truth.shape[0])
        centre = outline[[0, 2]].mean(axis=0, keepdims=True)
        return session.with_strokes(
            Stroke(outline * ANSWER_STRIDE, 1, "negative"), Stroke(centre * ANSWER_STRIDE, 1, "positive")
        )

    def _negatives(self, session: SimulatedSession, count: int, rng: np.random.Generator) -> SimulatedSession:
        for _ in range(count):
            session = self._stroke_in(session, session.valid & ~session.truth, "negative", rng)
        return session

    def add_strokes(
        self, session: SimulatedSession, answer: FloatArray, count: int, rng: np.random.Generator
    ) -> SimulatedSession:
        """Draw ``count`` strokes into the largest errors of an answer (S/2, S/2) of probabilities."""
        errors = scribbles.errors_by_area(session.truth, answer > 0.5, session.valid, most=count + 1)
        for error in errors[:count]:
            session = session.with_strokes(self._stroke(error.region, error.sign, rng))
        return session

    def _open_empty(self, mask: BoolArray, valid: BoolArray, rng: np.random.Generator) -> SimulatedSession:
        """A mask stands where nothing is wanted: negative strokes must erase it.

        In some sessions the positive strokes that made it are still there, below the negative ones.
        """
        session = SimulatedSession(np.zeros_like(mask), valid, soften(mask, rng), ())
        thorough = self.model_copy(update={"kinds": ERASING_KINDS})
        if rng.random() < 0.45:
            session = self._stroke_in(session, mask, "positive", rng)
            session = session.with_strokes(replace(session.strokes[-1], sign="negative"))
        return thorough._spread(session, mask, "negative", int(rng.integers(1, 5)), rng)

    def _stroke_in(
        self, session: SimulatedSession, region: BoolArray, sign: Sign, rng: np.random.Generator
    ) -> SimulatedSession:
        region = one_piece(region, rng)
        if not region.any():
            return session
        return session.with_strokes(self._stroke(region, sign, rng, along_thin=self.along_thin))

    def _stroke(self, region: BoolArray, sign: Sign, rng: np.random.Generator, *, along_thin: bool = False) -> Stroke:
        points = scribbles.draw_stroke(region, replace(self._style(rng), along_thin=along_thin), rng)
        return Stroke(points * ANSWER_STRIDE, 1, sign)


LONG_KINDS: dict[StrokeKind, float] = {"line": 2.0, "curve": 1.5, "centre_line": 1.5}
"""What people draw who do not wait for an answer."""

ERASING_KINDS: dict[StrokeKind, float] = {
    "line": 1.0,
    "curve": 1.0,
    "centre_line": 2.0,
    "zigzag": 1.0,
    "dot": 0.3,
}
"""What people draw over a mask that they do not want."""
