from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from s2m.engine.models import OnnxModel
from s2m.engine.precision import ChosenPrecision, choose_precision, dot_product_instructions
from s2m.errors import ModelError

CPU = "CPUExecutionProvider"


def processor_with(monkeypatch: pytest.MonkeyPatch, *features: str) -> None:
    names = dict(enumerate(("SSE2", *features)))
    monkeypatch.setattr("cv2.getHardwareFeatureName", lambda number: names.get(number, ""))
    monkeypatch.setattr("cv2.checkHardwareSupport", lambda number: number in names)


@pytest.mark.parametrize("feature", ["AVX512VNNI", "AVX_VNNI"])
def test_integers_where_the_processor_has_instructions_for_them(feature: str, monkeypatch: pytest.MonkeyPatch) -> None:
    processor_with(monkeypatch, feature)
    assert choose_precision("auto", True, CPU) == ChosenPrecision("int8", f"the processor has {feature}")


def test_floats_on_other_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    processor_with(monkeypatch, "AVX2")
    assert dot_product_instructions() is None
    chosen = choose_precision("auto", True, CPU)
    assert chosen == ChosenPrecision("float32", "the processor has neither AVX512VNNI nor AVX_VNNI")


def test_floats_where_the_model_has_no_other_or_something_else_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    processor_with(monkeypatch, "AVX512VNNI")
    assert choose_precision("auto", False, CPU).name == "float32"
    assert choose_precision("auto", True, "CUDAExecutionProvider").name == "float32"


@pytest.mark.parametrize("wanted", ["float32", "int8"])
def test_what_is_asked_for_is_taken(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    processor_with(monkeypatch)
    assert choose_precision(wanted, True, CPU) == ChosenPrecision(wanted, "as asked for")  # type: ignore[arg-type]


def test_integers_that_a_model_does_not_have_are_refused(tiny_model_folder: Path) -> None:
    with pytest.raises(ModelError, match="no graphs of 8-bit integers; make them with s2m export-model --quantise"):
        OnnxModel(tiny_model_folder, precision="int8")


def test_a_model_uses_the_graphs_of_its_precision(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor_with(monkeypatch, "AVX512VNNI")
    folder = Path(shutil.copytree(tiny_model_folder, tmp_path / "model"))
    assert OnnxModel(folder).files == ("encoder.onnx", "decoder.onnx")
    for name in ("encoder", "decoder"):
        shutil.copy(folder / f"{name}.onnx", folder / f"{name}.int8.onnx")
    assert OnnxModel(folder).files == ("encoder.int8.onnx", "decoder.int8.onnx")
    (folder / "decoder.int8.onnx").unlink()
    assert OnnxModel(folder).files == ("encoder.onnx", "decoder.onnx")
