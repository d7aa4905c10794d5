"""Whether this processor computes a network faster in 8-bit integers, and as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import cv2

from s2m.errors import ModelError

Precision = Literal["auto", "float32", "int8"]
"""``auto`` takes 8-bit integers where the model has such graphs and the processor instructions for them."""

PRECISION_NAMES = get_args(Precision)

_DOT_PRODUCTS = ("AVX512VNNI", "AVX_VNNI")
"""Instructions that multiply and add 8-bit integers without loss.

Without them ONNX Runtime is no faster than with floats, and sums of older instructions can overflow.
"""
_FEATURES = range(512)


@dataclass(frozen=True)
class ChosenPrecision:
    """The numbers to compute with, and why."""

    name: Literal["float32", "int8"]
    reason: str


def choose_precision(wanted: Precision, has_int8: bool, execution_provider: str) -> ChosenPrecision:
    """The numbers to compute with.  The choice is the same at every start: answers must not depend on chance.

    Args:
        wanted: a precision, or "auto".
        has_int8: whether the model has graphs of 8-bit integers.
        execution_provider: what computes, as ONNX Runtime calls it.

    Raises:
        ModelError: 8-bit integers are asked for, and the model has none.
    """
    if wanted == "int8" and not has_int8:
        raise ModelError("the model has no graphs of 8-bit integers; make them with s2m export-model --quantise")
    if wanted != "auto":
        return ChosenPrecision(wanted, "as asked for")
    if not has_int8:
        return ChosenPrecision("float32", "the model has no other")
    if execution_provider != "CPUExecutionProvider":
        return ChosenPrecision("float32", "8-bit integers are for processors")
    found = dot_product_instructions()
    if found is None:
        return ChosenPrecision("float32", f"the processor has neither {' nor '.join(_DOT_PRODUCTS)}")
    return ChosenPrecision("int8", f"the processor has {found}")


def dot_product_instructions() -> str | None:
    """The instructions of this processor that make 8-bit integers fast, by name."""
    names = {cv2.getHardwareFeatureName(number) for number in _FEATURES if cv2.checkHardwareSupport(number)}
    return next((name for name in _DOT_PRODUCTS if name in names), None)
