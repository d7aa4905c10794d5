"""What is wrong with a data set, a sentence each, in; an error at the first one out, or all of them gathered."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from s2m.errors import DataError

ReportProblem = Callable[[str], object]
"""Told each problem of a data set, with its path and reason.  Where it returns, what is broken is left out."""


def refuse(problem: str) -> NoReturn:
    """Stop at the first problem.

    Raises:
        DataError: always.
    """
    raise DataError(problem)
