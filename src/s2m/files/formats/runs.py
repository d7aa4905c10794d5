"""A mask in its box in, the places where its runs begin and end in the whole image out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2m.types import BoolArray


def turns_of(lines: BoolArray, along: int, across: int, length: int) -> NDArray[np.int64]:
    """Where a mask begins and ends, by turns, counted along the lines of the image, one after the other.

    Args:
        lines: (lines, pixels) of the box: its rows, or its columns.
        along: pixels before the box in each line.
        across: lines before the box.
        length: pixels in a line of the image.
    """
    steps = np.diff(np.pad(lines.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    starts, ends = (np.argwhere(steps == step) for step in (1, -1))
    first, last = ((across + places[:, 0]) * length + along + places[:, 1] for places in (starts, ends))
    if not len(first):
        return np.zeros(0, dtype=np.int64)
    # A run that goes on at the beginning of the next line is one.
    goes_on = first[1:] == last[:-1]
    return np.stack([first[np.r_[True, ~goes_on]], last[np.r_[~goes_on, True]]], axis=1).ravel()
