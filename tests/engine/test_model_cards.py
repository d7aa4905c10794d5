from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from s2m.engine.model_cards import ModelCard, card_as_json, read_card
from s2m.errors import ModelError

CARD: dict[str, Any] = {
    "name": "tiny",
    "architecture": "none",
    "version": "1",
    "working_size": 64,
    "size_multiple": 32,
    "prompt_stride": 4,
    "prompt_diameter_px": 5,
}


def test_a_card_survives_its_file(tmp_path: Path) -> None:
    card = ModelCard(**CARD, notes={"licence": "MIT", "iou": [0.1, 0.2]})

    (tmp_path / "model.json").write_bytes(card_as_json(card))

    assert read_card(tmp_path / "model.json") == card


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"working_size": "512"}, "working_size: Input should be a valid integer, got '512'"),
        ({"working_size": True}, "working_size: Input should be a valid integer, got True"),
        ({"working_size": 0}, "working_size: Input should be greater than 0, got 0"),
        ({"flip_size": 44.5}, "flip_size: Input should be a valid integer.*, got 44.5"),
        ({"flip_size": -1}, "flip_size: Input should be greater than or equal to 0, got -1"),
        ({"drop_untouched_components": 1}, "drop_untouched_components: Input should be a valid boolean, got 1"),
        ({"size_multiple": 30}, "multiple of prompt_stride"),
        ({"format": 2}, "format: Input should be 1, got 2"),
        ({"surprise": 1}, "surprise: Unexpected keyword argument, got 1"),
    ],
)
def test_a_wrong_card_is_an_error(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    (tmp_path / "model.json").write_text(json.dumps({**CARD, **changes}))

    with pytest.raises(ModelError, match=message):
        read_card(tmp_path / "model.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_what_is_no_card_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.json").write_text(text)

    with pytest.raises(ModelError, match="get a fresh copy of the model"):
        read_card(tmp_path / "model.json")
