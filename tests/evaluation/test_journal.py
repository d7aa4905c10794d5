from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingImage
from s2m.data.labelled_images import LabelledFolder
from s2m.errors import DataError
from s2m.evaluation.calibration import tally_of
from s2m.evaluation.interaction import Interaction
from s2m.evaluation.journal import JOURNAL_NAME, ImageResult, Journal, Settings, image_result, read_journal
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.scene import Scene, load_scene
from s2m.types import LabelMap

SETTINGS = Settings("discs", "clicks", "tiny", "abc", 0)
NOTHING = ImageResult("first", (), ())


@pytest.fixture
def scene(scene_folder: Path) -> Scene:
    return load_scene(LabelledFolder(scene_folder)[0])


@pytest.fixture
def interactions(scene: Scene, two_discs_labels: LabelMap) -> list[Interaction]:
    encoded = GrowingImage(two_discs_labels, reach_px=9)
    return list(PROTOCOLS["objects"].interactions(encoded, scene, np.random.default_rng(3)))


def those_of(interactions: list[Interaction], variant: str, object_id: int) -> list[Interaction]:
    return [one for one in interactions if (one.variant, one.object_id) == (variant, object_id)]


def test_finished_images_are_there_when_the_journal_is_opened_again(tmp_path: Path) -> None:
    Journal(tmp_path, SETTINGS).add(NOTHING)
    assert dict(Journal(tmp_path, SETTINGS).finished) == {"first": NOTHING}
    assert read_journal(tmp_path) == (SETTINGS, (NOTHING,))


def test_a_journal_of_an_older_format_is_refused_as_such_and_not_as_damaged(tmp_path: Path) -> None:
    head = '{"data": "discs", "protocol": "clicks", "method": "tiny", "fingerprint": "abc", "seed": 0}\n'
    (tmp_path / JOURNAL_NAME).write_text(head + '{"image": "first", "lines": []}\n')
    with pytest.raises(DataError, match="differs in format"):
        Journal(tmp_path, SETTINGS)


def test_a_damaged_journal_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path, SETTINGS).add(NOTHING)
    with (tmp_path / JOURNAL_NAME).open("a") as file:
        file.write('{"image": "second"}\n')
    with pytest.raises(DataError, match="is damaged"):
        Journal(tmp_path, SETTINGS)


def test_every_object_under_every_variant_keeps_its_last_interaction(
    scene: Scene, interactions: list[Interaction]
) -> None:
    found = image_result(scene, interactions)
    assert len(found.rows) == len(interactions)
    keys = [(one.variant, one.object_id) for one in found.objects]
    assert keys == [("one at a time", 1), ("one at a time", 2), ("together", 1), ("together", 2)]
    last = those_of(interactions, "together", 2)[-1]
    np.testing.assert_array_equal(found.objects[-1].mask.unpack(scene.size_hw), last.mask)
    assert found.objects[-1].wanted == "object"
    assert len(found.objects[-1].strokes) == len(last.strokes)
    assert found.objects[-1].strokes[0].positive


def test_the_first_and_the_last_answer_are_tallied(scene: Scene, interactions: list[Interaction]) -> None:
    one = image_result(scene, interactions).objects[0]
    own = those_of(interactions, "one at a time", 1)
    for interaction, tally in ((own[0], one.first), (own[-1], one.last)):
        assert interaction.logits is not None
        assert tally == tally_of(interaction.logits, scene.truths[1])


def test_a_result_survives_its_way_through_the_journal(
    scene: Scene, interactions: list[Interaction], tmp_path: Path
) -> None:
    found = image_result(scene, interactions)
    Journal(tmp_path, SETTINGS).add(found)
    assert list(Journal(tmp_path, SETTINGS).finished.values()) == [found]
