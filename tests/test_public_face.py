from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import s2m
from s2m.engine.models import OnnxModel
from s2m.errors import ImageError, JournalError, StrokeError
from s2m.files.demo import DEMO_IMAGE
from s2m.files.label_files import read_label_map

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture
def segmenter(tiny_model: OnnxModel) -> s2m.Segmenter:
    return s2m.Segmenter(tiny_model)


@pytest.fixture
def two_halves() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Red on the left, blue on the right."""
    image = np.zeros((64, 96, 3), dtype=np.uint8)
    image[:, :48, 0], image[:, 48:, 2] = 255, 255
    return image


def test_all_names_that_are_offered_exist() -> None:
    assert {name: getattr(s2m, name).__name__ for name in s2m.__all__} == {name: name for name in s2m.__all__}
    assert set(s2m.__all__) <= set(dir(s2m))


def test_an_unknown_name_is_refused_with_those_that_exist() -> None:
    with pytest.raises(AttributeError, match="open_image"):
        getattr(s2m, "Predictor")  # noqa: B009


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, s2m; sys.exit(any(name in sys.modules for name in ('numpy', 'onnxruntime', 'torch', 'PIL')))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_session_in_memory_draws_undoes_and_saves(
    segmenter: s2m.Segmenter, two_halves: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], tmp_path: Path
) -> None:
    session = s2m.open_image(two_halves, segmenter)
    left = session.add_object("left")

    mask = session.draw([(20, 30), (30, 40)], left)
    assert mask.dtype == np.bool_
    assert (mask == (two_halves[..., 0] > 0)).mean() > 0.97
    session.undo()
    assert not session.label_map().any()
    session.redo()
    session.save(str(tmp_path / "mask.png"))
    assert (read_label_map(tmp_path / "mask.png") == session.label_map()).all()
    assert sorted(tmp_path.iterdir()) == [tmp_path / "mask.png"]


def test_points_may_be_lists_tuples_or_arrays(
    segmenter: s2m.Segmenter, two_halves: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> None:
    masks = [
        s2m.open_image(two_halves, segmenter).draw(points)
        for points in ([(20, 30), (30, 40)], ((20, 30), (30, 40)), np.array([[20, 30], [30, 40]]))
    ]

    assert (masks[0] == masks[1]).all()
    assert (masks[0] == masks[2]).all()


@pytest.mark.parametrize("points", [[], [(1, 2, 3)], [("a", "b")], [(float("nan"), 1)]])
def test_points_that_are_none_are_refused_and_change_nothing(
    segmenter: s2m.Segmenter, two_halves: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], points: object
) -> None:
    session = s2m.open_image(two_halves, segmenter)

    with pytest.raises((JournalError, StrokeError)):
        session.draw(points)  # type: ignore[arg-type]
    assert session.undo_label is None


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), [[1, 2]]])
def test_what_is_no_image_is_refused_with_what_was_got(segmenter: s2m.Segmenter, image: object) -> None:
    with pytest.raises(ImageError, match=r"\(H, W, 3\) of uint8, got"):
        s2m.open_image(image, segmenter)  # type: ignore[arg-type]


def test_a_box_and_a_stroke_answer_the_same_through_engine_and_session(
    segmenter: s2m.Segmenter, two_halves: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> None:
    embedding = segmenter.encode(two_halves)

    label_map = segmenter.predict(embedding, [s2m.Box(4, 4, 44, 60), s2m.Stroke([(70, 30)], 2)]).label_map()  # type: ignore[arg-type]

    assert (label_map[10:50, 10:40] == 1).mean() > 0.9
    assert (label_map[10:50, 56:90] == 2).mean() > 0.9


def test_a_project_keeps_what_was_drawn(
    segmenter: s2m.Segmenter, two_halves: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], tmp_path: Path
) -> None:
    from PIL import Image

    (tmp_path / "photos").mkdir()
    Image.fromarray(two_halves).save(tmp_path / "photos" / "a.png")
    project = s2m.open_project(str(tmp_path / "photos"), str(tmp_path / "masks"))
    session = project.open_session("a.png", segmenter)
    drawn = session.draw([(20, 30), (30, 40)])
    project.save(session)
    session.close()

    again = s2m.open_project(tmp_path / "photos", tmp_path / "masks").open_session("a.png", segmenter)

    assert (again.state.object_mask(1) == drawn).all()
    assert (read_label_map(tmp_path / "masks" / "a.png") == drawn).all()


def test_the_lines_of_python_in_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    assert len(blocks) == 2
    (tmp_path / "photo.jpg").write_bytes(DEMO_IMAGE.read_bytes())
    monkeypatch.chdir(tmp_path)

    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)

    assert (tmp_path / "photo.png").exists()
    assert np.asarray(names["mask"]).any()
    assert (np.asarray(names["label_map"]) == 1).any()
