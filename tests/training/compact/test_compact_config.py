from __future__ import annotations

from pathlib import Path

import pytest

from s2m.errors import ConfigError
from s2m.training.compact.config import CompactConfig
from s2m.training.config import read_toml, validated

MINIMAL = '[data.sets]\n"train/discs" = 1.0\n'


def read_config(path: Path) -> CompactConfig:
    return validated(CompactConfig, read_toml(path), path)


def test_the_shipped_configuration_is_valid() -> None:
    config = read_config(Path(__file__).parents[3] / "configs" / "compact.toml")
    assert config.data.sets["train/duts_tr"] > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINIMAL + "[optimiser]\nlearning_rat = 1e-3\n", "optimiser.learning_rat"),
        (MINIMAL + "[data\n", "not valid TOML"),
        ("seed = 1\n", "data: Field required"),
        ("[data]\ncrop_size = 100\n" + MINIMAL, "data.crop_size"),
        ('[data.sets]\n"train/discs" = 0\n', "greater than 0"),
        ("[data]\nwhole_image = 0.8\nclose_up = 0.3\n" + MINIMAL, "more than 1 together"),
        (MINIMAL + '[data.wholes]\n"train/grapes" = 0.5\n', "wholes names train/grapes, but sets does not"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        read_config(tmp_path / "none.toml")
