"""What ONNX Runtime can compute with on this machine, and which of it is the fastest for a model."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import onnxruntime

from s2m.errors import ModelError

Provider = Literal["auto", "cpu", "openvino", "cuda"]
"""``auto`` takes the fastest that is installed."""

PROVIDER_NAMES = get_args(Provider)

_EXECUTION_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cuda": "CUDAExecutionProvider",
}
_PACKAGES = {"openvino": "onnxruntime-openvino", "cuda": "onnxruntime-gpu"}
_RUNS = 3


@dataclass(frozen=True)
class ChosenProvider:
    """A provider as ONNX Runtime calls it, and why it is this one."""

    execution_provider: str
    reason: str

    @property
    def name(self) -> Provider:
        """Which of ``PROVIDER_NAMES`` it is."""
        return next(name for name in PROVIDER_NAMES if _EXECUTION_PROVIDERS.get(name) == self.execution_provider)


def installed_providers() -> list[str]:
    """Those of ``PROVIDER_NAMES`` that this ONNX Runtime has."""
    available = onnxruntime.get_available_providers()
    return [name for name, provider in _EXECUTION_PROVIDERS.items() if provider in available]


def choose_provider(wanted: Provider, run_with: Callable[[str], Callable[[], object]]) -> ChosenProvider:
    """The provider to compute with.

    Args:
        wanted: a provider, or "auto" for the fastest.
        run_with: opens the model with a provider, and gives one step of it to measure.

    Raises:
        ModelError: the provider is not installed.
    """
    installed = installed_providers()
    if wanted != "auto":
        if wanted not in installed:
            package = _PACKAGES.get(wanted, "onnxruntime")
            raise ModelError(
                f"ONNX Runtime has no {wanted} here, only {', '.join(installed)}; "
                f"install {package} in place of onnxruntime, or choose another provider"
            )
        return ChosenProvider(_EXECUTION_PROVIDERS[wanted], "as asked for")
    if len(installed) == 1:
        return ChosenProvider(_EXECUTION_PROVIDERS[installed[0]], "the only one installed")
    times = {name: _milliseconds(run_with(_EXECUTION_PROVIDERS[name])) for name in installed}
    fastest = min(times, key=lambda name: times[name])
    measured = ", ".join(f"{name} {milliseconds:.1f} ms" for name, milliseconds in times.items())
    return ChosenProvider(_EXECUTION_PROVIDERS[fastest], f"the fastest: {measured}")


def _milliseconds(step: Callable[[], object]) -> float:
    """The best of a few runs, after one to warm up."""
    step()
    best = float("inf")
    for _ in range(_RUNS):
        started = time.perf_counter()
        step()
        best = min(best, (time.perf_counter() - started) * 1000)
    return best
