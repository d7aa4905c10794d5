from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from s2m.engine.models import OnnxModel
from s2m.engine.providers import ChosenProvider, choose_provider
from s2m.errors import ModelError

CPU, OPENVINO, CUDA = "CPUExecutionProvider", "OpenVINOExecutionProvider", "CUDAExecutionProvider"


@pytest.fixture
def _all_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: [CUDA, OPENVINO, CPU])


def _slow_but(fast: str, opened: list[str]) -> Callable[[str], Callable[[], object]]:
    def run_with(provider: str) -> Callable[[], object]:
        opened.append(provider)
        return lambda: time.sleep(0.0 if provider == fast else 0.02)

    return run_with


@pytest.mark.usefixtures("_all_installed")
@pytest.mark.parametrize("fast", [CPU, OPENVINO, CUDA])
def test_auto_measures_what_is_installed_and_takes_the_fastest(fast: str) -> None:
    opened: list[str] = []
    chosen = choose_provider("auto", _slow_but(fast, opened))
    assert set(opened) == {CPU, OPENVINO, CUDA}
    assert chosen.execution_provider == fast
    assert chosen.reason.startswith("the fastest: cpu ")


@pytest.mark.usefixtures("_all_installed")
def test_what_is_asked_for_is_not_measured() -> None:
    opened: list[str] = []
    assert choose_provider("openvino", _slow_but(CPU, opened)) == ChosenProvider(OPENVINO, "as asked for")
    assert opened == []


def test_a_provider_that_is_not_installed_is_refused_with_the_package_that_has_it(tiny_model: OnnxModel) -> None:
    with pytest.raises(ModelError, match=r"no cuda here, only cpu; install onnxruntime-gpu in place of onnxruntime"):
        OnnxModel(tiny_model.folder, 1, "cuda")
