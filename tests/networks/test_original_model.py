"""The original network behind the product's interface: the segmenter cannot tell it from the compact one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from s2m.engine.channel_order import in_channel_order
from s2m.engine.models import Model
from s2m.engine.segmenter import Segmenter
from s2m.errors import ModelError
from s2m.networks.loading import load_model
from s2m.networks.original.deeplabv3plus import deeplabv3plus_resnet50, network_input
from s2m.types import ByteArray, Stroke

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, reference_weights: dict[str, Tensor]) -> Model:
    path = tmp_path_factory.mktemp("weights") / "s2m.pth"
    torch.save(reference_weights, path)
    return load_model(path)


@pytest.fixture
def image_rgb() -> ByteArray:
    return np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def test_the_card_asks_for_the_original_working_size_and_full_resolution_prompts(model: Model) -> None:
    card = model.card
    assert (card.name, card.working_size, card.size_multiple, card.prompt_stride) == ("s2m", 480, 16, 1)


def test_encode_and_decode_give_what_the_network_gives(model: Model, reference_weights: dict[str, Tensor]) -> None:
    random = np.random.default_rng(1)
    image = random.random((1, 3, 48, 64), dtype=np.float32)
    prompts = random.random((2, 3, 48, 64), dtype=np.float32)
    network = deeplabv3plus_resnet50().eval()
    network.load_state_dict(reference_weights)
    with torch.inference_mode():
        wanted = network(network_input(torch.from_numpy(image), torch.from_numpy(prompts)))[:, 0]
    np.testing.assert_allclose(model.decode(model.encode(image), prompts), wanted, atol=1e-5)


def test_the_segmenter_answers_strokes_of_two_objects(model: Model, image_rgb: ByteArray) -> None:
    segmenter = Segmenter(model)
    strokes = (Stroke(np.array([[5.0, 5.0], [20.0, 9.0]]), 1), Stroke(np.array([[30.0, 20.0]]), 4))
    prediction = segmenter.predict(segmenter.encode(image_rgb), strokes)
    assert prediction.object_ids == (1, 4)
    assert prediction.logits.shape == (2, 30, 40)
    assert prediction.label_map().shape == (30, 40)


def test_swapped_channels_equal_a_swapped_image(model: Model, image_rgb: ByteArray) -> None:
    strokes = (Stroke(np.array([[5.0, 5.0], [20.0, 9.0]])),)
    swapped = Segmenter(in_channel_order(model, "bgr"))
    plain = Segmenter(in_channel_order(model, "rgb"))
    logits = swapped.predict(swapped.encode(image_rgb), strokes).logits
    of_swapped_image = plain.predict(plain.encode(np.ascontiguousarray(image_rgb[..., ::-1])), strokes).logits
    np.testing.assert_allclose(logits, of_swapped_image, atol=1e-6)
    assert not np.allclose(logits, plain.predict(plain.encode(image_rgb), strokes).logits, atol=1e-4)


def test_weights_of_another_network_are_a_model_error(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ModelError, match="weights of another network"):
        load_model(tmp_path / "other.pth")
