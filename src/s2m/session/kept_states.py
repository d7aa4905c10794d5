"""States after some commands, kept in memory for undo: close together near the present, farther apart the older."""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Iterable, Mapping, Sequence

from s2m.session.answers import ImagePredictor
from s2m.session.apply import apply
from s2m.session.commands import Edit
from s2m.session.state import AnnotationState

STATES_KEPT = 64
STATES_BYTES = 256_000_000
"""How many states are kept, and the memory of their masks; others are computed again when they are wanted."""

WRITTEN_BYTES = 12_000_000
"""Memory of the masks that are written beside the present ones."""


class KeptStates:
    """States by the number of the journal's line that gave them; 0 is the image as it was opened first."""

    def __init__(self, first: AnnotationState, known: Mapping[int, AnnotationState]) -> None:
        self._first = first
        self._states = {0: first, **known}

    def __contains__(self, number: int) -> bool:
        return number in self._states

    def spread(self, numbers: Sequence[int]) -> dict[int, AnnotationState]:
        """Of the steps with these numbers, the known states of the last and of about 1, 2, 4, 8, ... before it.

        So some steps are undone at once after they are read again.  As all are written often, they have no more than
        ``WRITTEN_BYTES`` of masks together, or twice those of the last.
        """
        known = [number for number in numbers if number in self._states]
        chosen: dict[int, AnnotationState] = {}
        limit_bytes = 0
        for back in (0, *(2**power for power in range(len(numbers).bit_length()))):
            if back >= len(numbers):
                break
            place = bisect.bisect_right(known, numbers[-1 - back]) - 1
            more = {**chosen, **({known[place]: self._states[known[place]]} if place >= 0 else {})}
            limit_bytes = limit_bytes or max(WRITTEN_BYTES, 2 * _nbytes_of(more.values()))
            if _nbytes_of(more.values()) > limit_bytes:
                break
            chosen = more
        return chosen

    def forget(self) -> None:
        """Keep the first state alone."""
        self._states = {0: self._first}

    def compute(
        self, steps: Sequence[tuple[int, Edit]], predictor: ImagePredictor, until: float = math.inf
    ) -> tuple[AnnotationState, int]:
        """The state after some steps, from the last one whose state is known.

        Args:
            steps: commands and the numbers of their lines.
            predictor: the network on the image.
            until: when to begin no further step, as ``time.monotonic`` counts.

        Returns:
            the state, and after how many steps it is: all, unless it took too long.
        """
        known = len(steps)
        while known and steps[known - 1][0] not in self._states:
            known -= 1
        state = self._states[steps[known - 1][0] if known else 0]
        for number, command in steps[known:]:
            if time.monotonic() > until:
                break
            state = apply(state, command, predictor)
            self.keep(number, state)
            known += 1
        return state, known

    def keep(self, number: int, state: AnnotationState) -> None:
        """Keep the state of the present.

        Where there are too many, the one goes whose neighbours are nearest to each other for how old it is.  So what
        an undo computes again grows with how far back it goes, and stays a small part of that.
        """
        self._states[number] = state
        numbers = sorted(self._states)
        while len(numbers) > 2 and (len(numbers) > STATES_KEPT or _nbytes_of(self._states.values()) > STATES_BYTES):
            inner = [place for place in range(1, len(numbers) - 1) if numbers[place] != number]
            if not inner:
                return
            gone = min(inner, key=lambda at: (numbers[at + 1] - numbers[at - 1]) / (1 + abs(number - numbers[at])))
            del self._states[numbers.pop(gone)]


def _nbytes_of(states: Iterable[AnnotationState]) -> int:
    """Memory that the masks of some states take; they share most of them."""
    layers = (layer for state in states for layer in (state.start, state.layer))
    arrays = {id(logits): logits.nbytes for layer in layers for logits in layer.logits}
    return sum(arrays.values())
