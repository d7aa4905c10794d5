"""What an agent of CVAT asks; the agent itself is run by ``make test-clients``, on a stand-in of its server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from compat.cvat_server import CvatServer
from s2m.compat.cvat import InteractionFunction, create, mask_points
from s2m.engine.geometry import resize_maps
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import ConfigError, ModelError, StrokeError
from s2m.types import BoolArray, Box, ByteArray, Stroke


@dataclass(frozen=True)
class Shown:
    pos_points: tuple[tuple[float, float], ...] = ()
    neg_points: tuple[tuple[float, float], ...] = ()
    bounding_box: tuple[tuple[float, float], tuple[float, float]] | None = None


@pytest.fixture
def interface(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The plain data of ``cvat_sdk.auto_annotation``."""
    made = SimpleNamespace(InteractionFunctionSpec=SimpleNamespace, InteractionResultShape=SimpleNamespace)
    package = ModuleType("cvat_sdk")
    vars(package).update(auto_annotation=made)
    monkeypatch.setitem(sys.modules, "cvat_sdk", package)
    return made


def mask_of(points: list[float], size_hw: tuple[int, int]) -> BoolArray:
    """The mask (H, W) of the points of a shape, as CVAT reads them."""
    *runs, left, top, right, bottom = (int(number) for number in points)
    mask = np.zeros(size_hw, dtype=bool)
    crop = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    mask[top : bottom + 1, left : right + 1] = crop.reshape(bottom + 1 - top, right + 1 - left)
    return mask


def answered(model: OnnxModel, image: ByteArray, strokes: list[Stroke]) -> BoolArray:
    segmenter = Segmenter(model)
    logits = segmenter.predict(segmenter.encode(image), strokes, None, (1,)).masks.logits
    return np.asarray(resize_maps(logits, (image.shape[0], image.shape[1]))[0] > 0)


IN_LEFT, IN_RIGHT = Stroke(np.array([[32.0, 48.0]])), Stroke(np.array([[96.0, 48.0]]), sign="negative")
AROUND_RIGHT = Box(75, 27, 117, 69)
CASES = (
    (Shown(pos_points=((32, 48),), neg_points=((96, 48),)), [IN_LEFT, IN_RIGHT]),
    (Shown(bounding_box=((75, 27), (117, 69))), [*AROUND_RIGHT.strokes()]),
    (
        Shown(pos_points=((90, 48),), bounding_box=((75, 27), (117, 69))),
        [Stroke(np.array([[90.0, 48.0]])), *AROUND_RIGHT.strokes()],
    ),
)


def test_prompts_become_the_mask_of_the_same_strokes(
    interface: SimpleNamespace, tiny_model: OnnxModel, two_discs: ByteArray
) -> None:
    function = InteractionFunction(Segmenter(tiny_model), interface)
    assert vars(function.spec) == {"min_pos_points": 0, "min_neg_points": 0, "min_bounding_boxes": 0}
    image = function.preprocess_image(None, Image.fromarray(two_discs).convert("RGBA"))
    for shown, strokes in CASES:
        (shape,) = function.detect(None, image, shown)
        assert shape.type == "mask"
        wanted = answered(tiny_model, two_discs, strokes)
        assert wanted.any()
        np.testing.assert_array_equal(mask_of(shape.points, (96, 128)), wanted)
    assert function.detect(None, image, Shown()) == []
    assert function.detect(None, image, Shown(neg_points=((32, 48),))) == []
    with pytest.raises(StrokeError, match="left < right"):
        function.detect(None, image, Shown(bounding_box=((5, 5), (5, 9))))


def test_masks_that_fill_their_box_or_leave_a_corner_are_exact() -> None:
    rng = np.random.default_rng(0)
    for size_hw in ((1, 1), (1, 7), (9, 1), (6, 8)):
        for share in (0.2, 0.7, 1.0):
            mask = rng.random(size_hw) < share
            mask[-1, -1] = True
            np.testing.assert_array_equal(mask_of(list(mask_points(mask)), size_hw), mask)


def test_the_parameters_choose_the_model(interface: SimpleNamespace, tiny_model_folder: Path) -> None:
    assert create(model=str(tiny_model_folder), threads=1, provider="cpu").spec.min_pos_points == 0
    with pytest.raises(ModelError):
        create(model="no/such/folder")
    del interface.InteractionFunctionSpec
    with pytest.raises(ConfigError, match=r"2\.71"):
        create()


def test_without_the_sdk_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvat_sdk", None)
    with pytest.raises(ConfigError, match=r"pip install 's2m\[cvat\]'"):
        create()


@pytest.mark.clients
def test_a_real_agent_registers_the_function_and_submits_the_mask(
    pytestconfig: pytest.Config, tiny_model: OnnxModel, tiny_model_folder: Path, two_discs: ByteArray
) -> None:
    source = Path(__file__).parents[2] / "src"
    environment = {**os.environ, "PYTHONPATH": str(source), "CVAT_ACCESS_TOKEN": "token"}
    with CvatServer(two_discs, [shown.__dict__ for shown, _ in CASES]) as server:

        def run(*words: str) -> tuple[str, str]:
            command = [str(pytestconfig.getoption("--clients")), "-m", "cvat_cli"]
            command += ["--server-host", "http://127.0.0.1", "--server-port", str(server.port), "function", *words]
            command += ["--function-module", "s2m.compat.cvat", "-p", f"model=str:{tiny_model_folder}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            assert done.returncode == 0, done.stderr
            return done.stdout, done.stderr

        assert run("create-native", "s2m")[0].split() == ["1"]
        assert server.function["kind"] == "interactor"
        _, log = run("run-agent", "1", "--burst")
    assert server.failures == [], log
    for (_, strokes), answer in zip(CASES, server.answers, strict=True):
        (shape,) = answer["shapes"]
        wanted = answered(tiny_model, two_discs, strokes)
        np.testing.assert_array_equal(mask_of(shape["points"], (96, 128)), wanted)
    # The SDK's own decoder sees the same.
    code = "import json, sys; from cvat_sdk.masks import decode_mask as d; "
    code += "print([d(p, image_width=128, image_height=96).sum().item() for p in json.load(sys.stdin)])"
    points: list[Any] = [answer["shapes"][0]["points"] for answer in server.answers]
    python = [str(pytestconfig.getoption("--clients")), "-c", code]
    seen = subprocess.run(python, input=json.dumps(points), capture_output=True, text=True, check=True).stdout
    assert json.loads(seen) == [int(mask_of(one, (96, 128)).sum()) for one in points]
