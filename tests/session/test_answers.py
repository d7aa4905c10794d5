from __future__ import annotations

from pathlib import Path

import numpy as np

from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.session import Draw, DrawnStroke, JournalFile, JournalHeader, SegmenterOnImage, Session
from s2m.types import ByteArray, LabelMap, Stroke


def test_strokes_in_a_session_give_the_label_map_of_the_segmenter(
    tmp_path: Path, tiny_model: OnnxModel, two_discs: ByteArray, two_discs_labels: LabelMap
) -> None:
    segmenter = Segmenter(tiny_model)
    embedding = segmenter.encode(two_discs)
    header = JournalHeader(image="discs.png", size_hw=(96, 128), overlap="exclusive")
    session = Session(
        JournalFile.open(tmp_path / "discs.jsonl", header),
        SegmenterOnImage(segmenter, lambda: embedding),
        tiny_model.card.model_id,
    )
    drawn = (DrawnStroke(points=((28, 48), (36, 48)), object_id=1), DrawnStroke(points=((96, 44),), object_id=2))
    labels = session.do(Draw(strokes=drawn)).label_map()
    strokes = [Stroke(np.array(one.points), one.object_id, one.sign) for one in drawn]
    np.testing.assert_array_equal(labels, segmenter.predict(embedding, strokes).label_map())
    assert (labels == two_discs_labels).mean() > 0.95
    assert session.recorded_model == "tiny 1"
    session.close()
