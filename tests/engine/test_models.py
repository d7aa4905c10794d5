from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from s2m.engine.models import SHIPPED_MODEL, OnnxModel, available_cores
from s2m.engine.providers import ChosenProvider
from s2m.errors import ModelError
from s2m.networks.loading import load_model


@pytest.fixture
def model_folder(tiny_model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may break."""
    return Path(shutil.copytree(tiny_model_folder, tmp_path / "model"))


def test_features_go_from_encoder_to_decoder_whatever_the_size_and_number_of_objects(tiny_model: OnnxModel) -> None:
    for height, width, objects in ((32, 64, 1), (96, 32, 3)):
        features = tiny_model.encode(np.full((1, 3, height, width), 0.5, np.float32))
        prompts = np.zeros((objects, 3, height // 4, width // 4), np.float32)
        prompts[0, 0, 2, 2] = 1

        logits = tiny_model.decode(features, prompts)

        assert logits.shape == (objects, height // 2, width // 2)
        assert logits.dtype == np.float32
        assert (logits[0] > 0).all()


def test_threads_default_to_the_cores_of_the_process(tiny_model_folder: Path) -> None:
    assert OnnxModel(tiny_model_folder).threads == available_cores() >= 1
    assert OnnxModel(tiny_model_folder, threads=1).threads == 1
    with pytest.raises(ModelError, match="at least 1 thread"):
        OnnxModel(tiny_model_folder, threads=0)


def test_the_provider_is_named(tiny_model: OnnxModel) -> None:
    assert tiny_model.provider == ChosenProvider("CPUExecutionProvider", "the only one installed")


@pytest.mark.parametrize("file", ["model.json", "encoder.onnx", "decoder.onnx"])
def test_a_missing_file_is_an_error_that_names_it(model_folder: Path, file: str) -> None:
    (model_folder / file).unlink()

    with pytest.raises(ModelError, match=f"{file} does not exist; name a folder with model.json, encoder.onnx and"):
        load_model(model_folder)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x00" * 1000])
def test_damaged_weights_are_an_error(model_folder: Path, data: bytes) -> None:
    (model_folder / "decoder.onnx").write_bytes(data)

    with pytest.raises(ModelError, match=r"decoder\.onnx (cannot be loaded|is not a graph)"):
        load_model(model_folder)


def test_truncated_weights_are_an_error(model_folder: Path) -> None:
    data = (model_folder / "decoder.onnx").read_bytes()
    (model_folder / "decoder.onnx").write_bytes(data[: len(data) * 2 // 3])

    with pytest.raises(ModelError, match=r"decoder\.onnx"):
        load_model(model_folder)


def test_graphs_with_other_inputs_are_refused(model_folder: Path) -> None:
    shutil.copy(model_folder / "encoder.onnx", model_folder / "decoder.onnx")

    with pytest.raises(ModelError, match=r"wanted inputs \['colours', 'prompts'\], got \['image'\]"):
        load_model(model_folder)


def test_the_shipped_model_lies_in_the_package() -> None:
    assert SHIPPED_MODEL.parts[-3:] == ("s2m", "assets", "compact")


def test_threads_do_not_wait_in_loops_while_the_other_graph_runs(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries: list[str] = []
    open_session = onnxruntime.InferenceSession

    def note(path: str, options: onnxruntime.SessionOptions, **more: object) -> onnxruntime.InferenceSession:
        entries.append(options.get_session_config_entry("session.intra_op.allow_spinning"))
        return open_session(path, options, **more)

    monkeypatch.setattr(onnxruntime, "InferenceSession", note)

    load_model(model_folder)

    assert entries == ["0", "0"]
