from __future__ import annotations

from pathlib import Path

import numpy as np

from s2m.engine.image_predictor import SegmenterPredictor, model_id
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Features, Segmenter
from s2m.session import Draw, DrawnStroke, JournalFile, JournalHeader, Session
from s2m.types import ByteArray, LabelMap, Stroke


def test_strokes_in_a_session_give_the_label_map_of_the_segmenter(
    tmp_path: Path, tiny_model: OnnxModel, two_discs: ByteArray, two_discs_labels: LabelMap
) -> None:
    segmenter = Segmenter(tiny_model)
    features = segmenter.encode(two_discs)
    asked: list[Features] = []

    def encoded() -> Features:
        asked.append(features)
        return features

    header = JournalHeader(image="discs.png", size_hw=(96, 128), overlap="exclusive", local_edits="never")
    predictor = SegmenterPredictor(segmenter, encoded)
    session = Session(JournalFile.open(tmp_path / "discs.jsonl", header), predictor, model_id(tiny_model.card))
    assert asked == []
    drawn = (DrawnStroke(points=((28, 48), (36, 48)), object_id=1), DrawnStroke(points=((96, 44),), object_id=2))
    labels = session.do(Draw(strokes=drawn)).label_map()
    strokes = [Stroke(np.array(one.points), one.object_id, one.sign) for one in drawn]
    np.testing.assert_array_equal(labels, segmenter.predict(features, strokes).label_map())
    assert (labels == two_discs_labels).mean() > 0.95
    assert session.recorded_model == "tiny 1"
    session.close()
