from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.training.config import AnnotatorConfig, DataConfig, TrainingConfig
from s2m.training.stream import SampleStream, collate


@pytest.fixture
def stream(tmp_path: Path) -> SampleStream:
    """One image, its object in the middle; half of the sessions want the object erased."""
    (tmp_path / "discs").mkdir()
    label = np.zeros((96, 96), np.uint8)
    label[30:66, 30:66] = 1
    label[:4] = 255
    Image.fromarray(np.full((96, 96, 3), 90, np.uint8)).save(tmp_path / "discs" / "one.webp")
    Image.fromarray(label).save(tmp_path / "discs" / "one.png")
    data = DataConfig(sets={"discs": 1.0}, crop_size=96, workers=0)
    return SampleStream(tmp_path, TrainingConfig(data=data, annotator=AnnotatorConfig(start_empty_target=0.5)))


def test_the_loss_asks_for_what_the_strokes_of_a_session_ask_for(stream: SampleStream) -> None:
    batch = collate([stream[index] for index in range(20)])
    wanted = [bool(session.truth.any()) for session in batch.sessions]
    assert [bool(target.max() > 0) for target in batch.targets] == wanted
    assert True in wanted
    assert False in wanted


def test_pixels_that_nobody_knows_stay_unknown_where_the_object_is_to_be_erased(stream: SampleStream) -> None:
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
