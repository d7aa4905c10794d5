from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch import Tensor

from s2m.engine.models import OnnxModel
from s2m.networks.original.deeplabv3plus import deeplabv3plus_resnet50
from s2m.networks.original.export import export_original
from s2m.networks.original.model import OriginalModel, original_card

pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_exported_graphs_answer_like_the_network_at_other_sizes(
    tmp_path: Path, reference_weights: dict[str, Tensor]
) -> None:
    network = deeplabv3plus_resnet50()
    network.load_state_dict(reference_weights)
    export_original(network, original_card("exported"), tmp_path / "exported")
    exported, ours = OnnxModel(tmp_path / "exported", threads=2), OriginalModel(network, original_card("ours"))
    random = np.random.default_rng(0)
    image = random.random((1, 3, 64, 48), dtype=np.float32)
    for objects in (1, 2):
        prompts = random.random((objects, 3, 64, 48), dtype=np.float32)
        answered = exported.decode(exported.encode(image), prompts)
        np.testing.assert_allclose(answered, ours.decode(ours.encode(image), prompts), atol=2e-3)
    assert exported.card.architecture == "deeplabv3plus_resnet50"
