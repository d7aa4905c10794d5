"""The shipped recipes say what is published, and every one of them is valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2m.data.published_sets import published_mixture
from s2m.simulated_user.published import SimulatorSettings
from s2m.training.compact.config import CompactConfig
from s2m.training.config import read_toml, validated
from s2m.training.original.config import OriginalConfig, OriginalDataConfig

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_recipe_is_valid(path: Path) -> None:
    content = read_toml(path)
    validated(OriginalConfig if "architecture" in content else CompactConfig, content, path)


def test_the_recipe_on_shards_has_the_sets_and_passes_of_the_published_mixture(
    lvis_root: Path, static_root: Path
) -> None:
    recipe = validated(OriginalConfig, read_toml(CONFIGS / "s2m_original_shards.toml"), CONFIGS)
    published = {f"train/{each.name}": each.repeats for each in published_mixture(lvis_root, static_root)}
    assert recipe.data.sets == published
    assert recipe.model_copy(update={"data": OriginalDataConfig()}) == OriginalConfig(architecture=recipe.architecture)


def test_the_published_recipe_is_the_default_of_every_setting() -> None:
    content = read_toml(CONFIGS / "s2m_original.toml")
    recipe = validated(OriginalConfig, content, CONFIGS)
    assert recipe == OriginalConfig(architecture="deeplabv3plus_resnet50")
    assert (recipe.optimiser.batch_size, recipe.optimiser.iterations) == (16, 80_000)
    assert (recipe.optimiser.learning_rate, recipe.optimiser.weight_decay) == (1e-4, 1e-7)
    assert recipe.simulator == SimulatorSettings()
