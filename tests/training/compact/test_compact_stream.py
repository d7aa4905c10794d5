from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image

import s2m.training.compact.stream as stream_module
from s2m.simulated_user.sessions import SimulatedUser
from s2m.simulated_user.targets import SIBLING
from s2m.training.compact.config import CompactConfig, CompactDataConfig
from s2m.training.compact.samples import draw_sample
from s2m.training.compact.stream import CompactBatch, CompactStream, collate
from s2m.types import ByteArray


def write_discs(root: Path, label: ByteArray, names: str) -> None:
    """The set "discs" below a folder: grey images (96, 96), all with the same label."""
    (root / "discs").mkdir()
    for name in names:
        Image.fromarray(np.full((96, 96, 3), 90, np.uint8)).save(root / "discs" / f"{name}.webp")
        Image.fromarray(label).save(root / "discs" / f"{name}.png")


@pytest.fixture
def stream(tmp_path: Path) -> CompactStream:
    """One image, its object in the middle; half of the sessions want the object erased."""
    label = np.zeros((96, 96), np.uint8)
    label[30:66, 30:66] = 1
    label[:4] = 255
    write_discs(tmp_path, label, names="a")
    data = CompactDataConfig(sets={"discs": 1.0}, crop_size=96, workers=0)
    return CompactStream(tmp_path, CompactConfig(data=data, simulated_user=SimulatedUser(start_empty_target=0.5)))


def test_the_loss_asks_for_what_the_strokes_of_a_session_ask_for(stream: CompactStream) -> None:
    batch = collate([stream[index] for index in range(20)])
    wanted = [bool(session.truth.any()) for session in batch.sessions]
    share, _ = batch.truth(torch.device("cpu"))
    assert [bool(target.max() > 0) for target in share] == wanted
    assert True in wanted
    assert False in wanted


def test_an_answer_pixel_belongs_to_the_target_by_its_share_and_counts_where_all_of_it_is_known() -> None:
    labels = torch.zeros((1, 4, 4), dtype=torch.uint8)
    labels[0, 0, 0] = 1
    labels[0, :2, 2:] = 1
    labels[0, 2, 0] = SIBLING
    labels[0, 3, 3] = 255
    share, known = CompactBatch(torch.zeros((1, 3, 4, 4), dtype=torch.uint8), (), labels).truth(torch.device("cpu"))
    assert share.tolist() == [[[0.25, 1.0], [0.0, 0.0]]]
    assert known.tolist() == [[[1.0, 1.0], [1.0, 0.0]]]


def test_pixels_that_nobody_knows_stay_unknown_where_the_object_is_to_be_erased(stream: CompactStream) -> None:
    samples = [stream[index] for index in range(20)]
    erased = [
        (sample.targets[row], session)
        for sample in samples
        for row, session in enumerate(sample.sessions)
        if not session.truth.any()
    ]
    assert erased
    for target, session in erased:
        assert set(np.unique(target)) <= {0, 255}
        assert (target == 255).any() or session.valid.all()


@pytest.mark.parametrize(("wanted", "least", "most"), [(0.0, 0, 0.3), (0.6, 0.45, 0.85), (1.0, 1, 1)])
def test_neighbours_are_of_the_same_image_as_often_as_configured(
    wanted: float, least: float, most: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = np.zeros((96, 96), np.uint8)
    label[30:66, 30:66] = 1
    write_discs(tmp_path, label, names="abcdefgh")
    drawn = Mock(wraps=draw_sample)
    monkeypatch.setattr(stream_module, "draw_sample", drawn)
    data = CompactDataConfig(
        sets={"discs": 1.0}, crop_size=96, workers=0, neighbour=1.0, most_neighbours=3, alike=wanted
    )
    stream = CompactStream(tmp_path, CompactConfig(data=data))
    for index in range(60):
        assert stream[index].image_rgb.shape == (96, 96, 3)
    calls = [arguments for arguments, _ in drawn.call_args_list]
    assert {len(neighbours) for _, _, neighbours, *_ in calls} == {1, 2, 3}
    alike = np.mean([neighbour is labelled for labelled, _, neighbours, *_ in calls for neighbour in neighbours])
    assert least <= alike <= most


def test_a_set_has_its_share_of_whole_bunches(tmp_path: Path) -> None:
    label = np.zeros((96, 96), np.uint8)
    label[30:60, 10:40], label[30:60, 41:70] = 1, 2
    write_discs(tmp_path, label, names="a")
    for share in (0.0, 1.0):
        data = CompactDataConfig(sets={"discs": 1.0}, crop_size=96, workers=0, whole_image=1.0, wholes={"discs": share})
        user = SimulatedUser(start_flawed=0.0, start_empty_target=0.0, one_shot=0.0)
        stream = CompactStream(tmp_path, CompactConfig(data=data, simulated_user=user))
        both = [(stream[index].targets[0] == 1).mean() > 0.14 for index in range(12)]
        assert all(both) if share else sum(both) < 6
