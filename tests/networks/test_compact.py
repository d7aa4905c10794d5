from __future__ import annotations

import pytest
import torch

from s2m.networks.compact.network import PROMPT_STRIDE, CompactNetwork, CompactSettings


@pytest.fixture(scope="module")
def network() -> CompactNetwork:
    torch.manual_seed(0)
    return CompactNetwork(CompactSettings()).eval()


def test_it_has_at_most_eight_million_parameters(network: CompactNetwork) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) <= 8_000_000


@pytest.mark.parametrize(("height", "width", "objects"), [(64, 96, 1), (96, 64, 3)])
def test_logits_have_half_the_size_of_the_image(network: CompactNetwork, height: int, width: int, objects: int) -> None:
    prompts = torch.rand(2, objects, 3, height // PROMPT_STRIDE, width // PROMPT_STRIDE)
    with torch.no_grad():
        logits = network(torch.rand(2, 3, height, width), prompts)
    assert logits.shape == (2, objects, height // 2, width // 2)


def test_objects_do_not_see_each_other(network: CompactNetwork) -> None:
    image, prompts = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 3, 16, 16)
    with torch.no_grad():
        together = network(image, prompts)
        alone = network(image, prompts[:, 1:2])
    assert torch.allclose(together[:, 1:2], alone, atol=1e-4)


def test_images_of_a_batch_do_not_see_each_other(network: CompactNetwork) -> None:
    images, prompts = torch.rand(2, 3, 64, 64), torch.rand(2, 2, 3, 16, 16)
    with torch.no_grad():
        together = network(images, prompts)
        alone = network(images[1:], prompts[1:])
    assert torch.allclose(together[1:], alone, atol=1e-4)


def test_affinity_is_one_for_a_cell_with_itself_and_symmetric(network: CompactNetwork) -> None:
    with torch.no_grad():
        affinity = network.encoder(torch.rand(1, 3, 64, 64))[3]
    assert affinity.shape == (1, 2, 16, 16)
    assert torch.allclose(affinity.diagonal(dim1=2, dim2=3), torch.ones(1, 2, 16), atol=1e-3)
    assert torch.allclose(affinity, affinity.transpose(2, 3), atol=1e-5)
    assert float(affinity.min()) >= 0


def test_a_stroke_reaches_similar_cells_anywhere_in_the_image(network: CompactNetwork) -> None:
    # Cells 0 and 15, in opposite corners, are alike; all others are like nothing.
    affinity = torch.eye(16)[None, None].repeat(1, 2, 1, 1)
    affinity[..., 0, 15] = affinity[..., 15, 0] = 1.0
    prompts = torch.zeros(1, 3, 16, 16)
    prompts[:, 0, :4, :4] = 1.0
    evidence = network.decoder._evidence(affinity, prompts, torch.zeros(1, 1, 4, 4))
    positive = evidence[0, 0]
    assert positive[3, 3] == positive[0, 0] == positive.max()
    assert positive[1, 1] == positive.min()


def test_the_late_blocks_say_nothing_before_training(network: CompactNetwork) -> None:
    late = network.decoder.second_look
    with torch.no_grad():
        assert not late(torch.rand(2, 96, 4, 6), torch.rand(1, 120, 4, 6)).any()


def test_the_late_blocks_start_with_the_weights_of_the_encoder() -> None:
    network = CompactNetwork(CompactSettings())
    network.start_late_blocks()
    blocks, stage = network.decoder.second_look.blocks, network.encoder.backbone.stages[-1]
    late = torch.rand(1, 120, 4, 6)
    with torch.no_grad():
        for block, original in zip(blocks, stage.children(), strict=False):
            assert torch.equal(block(late), original(late))
            late = block(late)


def test_frozen_parts_take_no_gradient() -> None:
    network = CompactNetwork(CompactSettings())
    network.freeze_general()
    network(torch.rand(1, 3, 64, 64), torch.rand(1, 1, 3, 16, 16)).mean().backward()
    backbone = network.encoder.backbone
    assert all(parameter.grad is None for parameter in backbone.stem.parameters())
    late = dict(next(iter(backbone.stages[4].children())).named_parameters())
    assert late["depthwise.weight"].grad is None
    assert late["project.weight"].grad is not None
    copied = network.decoder.second_look
    assert copied.back.weight.grad is not None
    assert all(parameter.grad is None for name, parameter in copied.blocks.named_parameters() if "depthwise" in name)
