"""The original network against golden values that its first implementation gave for weights made by formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from s2m.engine.aggregation import aggregate_probs
from s2m.networks.original.deeplabv3plus import DeepLabV3Plus, deeplabv3plus_resnet50, network_input

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden"
AGGREGATED_STEP = 3
"""The aggregated golden arrays are kept at every third pixel."""


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN / "s2m_reference.npz") as archive:
        return dict(archive)


@pytest.fixture(scope="module")
def network(reference_weights: dict[str, Tensor]) -> DeepLabV3Plus:
    network = deeplabv3plus_resnet50().eval()
    network.load_state_dict(reference_weights, strict=True)
    return network


@pytest.fixture(scope="module")
def logits(network: DeepLabV3Plus, golden: dict[str, np.ndarray]) -> np.ndarray:
    image = torch.from_numpy(golden["image_rgb"]).permute(2, 0, 1)[None]
    previous = np.zeros_like(golden["positive"])
    previous[0] = golden["previous_mask"]
    prompts = torch.from_numpy(np.stack([golden["positive"], golden["negative"], previous], axis=1))
    with torch.inference_mode():
        return np.asarray(network(network_input(image, prompts))[:, 0].numpy())


def test_parameter_names_and_shapes_are_those_of_the_published_file_in_order(
    state_dict_shapes: dict[str, list[int]],
) -> None:
    ours = {name: list(value.shape) for name, value in deeplabv3plus_resnet50().state_dict().items()}
    assert list(ours.items()) == list(state_dict_shapes.items())


def test_logits_of_three_objects_are_the_reference(logits: np.ndarray, golden: dict[str, np.ndarray]) -> None:
    assert golden["logits"].std() > 0.01
    np.testing.assert_allclose(logits, golden["logits"], atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("objects", "name"), [(1, "aggregated_one_object"), (3, "aggregated_three_objects")], ids=["one", "three"]
)
def test_our_aggregation_gives_the_original_probabilities(
    logits: np.ndarray, golden: dict[str, np.ndarray], objects: int, name: str
) -> None:
    probs = aggregate_probs(logits[:objects])[:, ::AGGREGATED_STEP, ::AGGREGATED_STEP]
    np.testing.assert_allclose(probs, golden[name], atol=1e-5, rtol=0)


def test_exact_aggregation_equals_the_clamped_one_wherever_the_clamp_does_not_act() -> None:
    """The original clamps to 1e-7..1-1e-7 before the log of the odds; logits within +-15 are inside of that."""
    logits = np.array([-15.0, -7.0, -0.4, 0.0, 2.0, 9.0, 15.0], dtype=np.float32).reshape(1, 1, -1)
    probs = 1 / (1 + np.exp(-logits.astype(np.float64)))
    clamped = np.clip(np.concatenate([1 - probs, probs]), 1e-7, 1 - 1e-7)
    odds = clamped / (1 - clamped)
    np.testing.assert_allclose(aggregate_probs(logits), odds / odds.sum(axis=0), atol=1e-6)


def test_for_one_object_the_clamp_hides_less_than_a_millionth_where_it_does_act() -> None:
    logits = np.array([-60.0, 60.0], dtype=np.float32).reshape(1, 1, -1)
    np.testing.assert_allclose(aggregate_probs(logits)[1, 0], [0.0, 1.0], atol=1e-6)


def test_of_two_sure_objects_the_exact_form_knows_the_surer_one_and_the_clamped_one_does_not() -> None:
    logits = np.array([17.0, 20.0], dtype=np.float32).reshape(2, 1, 1)
    clamped = np.full(2, 1 - 1e-7)  # both probabilities lie above the clamp
    odds = clamped / (1 - clamped)
    np.testing.assert_allclose(odds / odds.sum(), [0.5, 0.5])
    np.testing.assert_allclose(aggregate_probs(logits)[1:, 0, 0], [0.047, 0.953], atol=1e-3)


def test_the_reference_logits_lie_where_the_clamp_does_not_act(golden: dict[str, np.ndarray]) -> None:
    logits = [value for name, value in golden.items() if "logits" in name]
    assert logits
    assert max(float(np.abs(value).max()) for value in logits) < 15


def test_output_stride_8_takes_the_same_weights_and_sees_finer(network: DeepLabV3Plus) -> None:
    finer = deeplabv3plus_resnet50(output_stride=8).eval()
    finer.load_state_dict(network.state_dict(), strict=True)
    inputs = torch.rand(1, 6, 64, 80, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        low_level, top = finer.backbone(inputs)
        assert top.shape == (1, 2048, 8, 10)
        assert network.backbone(inputs)[1].shape == (1, 2048, 4, 5)
        assert low_level.shape == (1, 256, 16, 20)
        assert finer(inputs).shape == (1, 1, 64, 80)


def test_a_prompt_changes_the_answer_only_of_its_own_object(network: DeepLabV3Plus) -> None:
    image = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    prompts = torch.zeros(2, 3, 48, 48)
    with torch.inference_mode():
        before = network(network_input(image, prompts))
        prompts[1, 0, 20:28, 20:28] = 1
        after = network(network_input(image, prompts))
    assert torch.equal(before[0], after[0])
    assert not torch.allclose(before[1], after[1], atol=1e-3)


def test_an_untrained_network_is_undecided() -> None:
    """Logits of a few units: the loss starts near that of guessing."""
    network = deeplabv3plus_resnet50().train()
    with torch.inference_mode():
        logits = network(torch.randn(2, 6, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert logits.std() < 4
