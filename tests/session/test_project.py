from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from disc_network import SIZE_HW, DiscAnswerer
from PIL import Image

from s2m.errors import ConfigError, ImageError, JournalError, OutputError, ReadOnlyError
from s2m.files.label_files import read_label_map, write_label_map
from s2m.session import (
    Draw,
    DrawnStroke,
    MarkImage,
    ObjectClass,
    Project,
    ProjectSettings,
    Session,
    ViewState,
)
from s2m.session.project_files import seconds_spent


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("b10.png", "b2.png", "a.jpg"):
        Image.new("RGB", SIZE_HW[::-1], (90, 120, 90)).save(folder / name)
    return folder


@pytest.fixture
def project(photos: Path, tmp_path: Path) -> Project:
    return Project.open(photos, tmp_path / "output")


def opened(project: Project, name: str, predictor: DiscAnswerer | None = None, model_id: str = "discs 1") -> Session:
    return project.open_image(name, SIZE_HW, predictor or DiscAnswerer(), model_id)


def draw(x: float, y: float) -> Draw:
    return Draw(strokes=(DrawnStroke(points=((x, y),)),))


def test_images_are_listed_in_natural_order_and_untouched(project: Project) -> None:
    assert [entry.name for entry in project.images] == ["a.jpg", "b2.png", "b10.png"]
    assert {entry.status for entry in project.images} == {"untouched"}
    assert project.last_image is None


def test_saving_writes_the_label_map_named_after_its_image(project: Project) -> None:
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    result = project.save(session)
    assert result.path == project.output / "a.png"
    assert result.backup is None
    np.testing.assert_array_equal(read_label_map(result.path), session.state.label_map())
    assert project.entry("a.jpg").status == "in_progress"
    assert project.entry("a.jpg").strokes == 1


def test_images_that_differ_only_in_their_ending_get_files_of_their_own(photos: Path, tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(photos / "A.png")
    project = Project.open(photos, tmp_path / "output")
    assert {project.label_path(name).name for name in ("a.jpg", "A.png", "b2.png")} == {
        "a.jpg.png",
        "A.png.png",
        "b2.png",
    }


@pytest.mark.parametrize(
    "names", [("a.jpg", "a.png", "a.png.tif"), ("a.png", "a.png.tif", "A.PNG.jpg"), ("a.tif", "a.tif.png", "b.bmp")]
)
def test_no_two_images_write_one_label_map(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / "photos").mkdir()
    for name in names:
        Image.new("RGB", (4, 4)).save(tmp_path / "photos" / name, "PNG")
    project = Project.open(tmp_path / "photos", tmp_path / "output")
    assert len({project.label_path(name).name.lower() for name in names}) == len(names)


def test_status_strokes_and_history_are_there_after_a_restart(photos: Path, tmp_path: Path) -> None:
    first = Project.open(photos, tmp_path / "output")
    session = opened(first, "b2.png")
    session.do(draw(8, 8))
    session.do(draw(20, 8))
    session.do(MarkImage(status="done"))
    first.save(session)
    labels = session.state.label_map()
    session.close()
    again = Project.open(photos, tmp_path / "output")
    assert (again.entry("b2.png").status, again.entry("b2.png").strokes) == ("done", 2)
    assert again.last_image is None or again.last_image == "b2.png"
    assert sorted(entry.status for entry in again.images) == ["done", "untouched", "untouched"]
    predictor = DiscAnswerer()
    reopened = opened(again, "b2.png", predictor)
    np.testing.assert_array_equal(reopened.state.label_map(), labels)
    assert predictor.calls == 0
    reopened.undo()
    assert reopened.undo_label == "stroke 2 of object 1"
    np.testing.assert_array_equal(reopened.state.label_map(), labels)


def test_a_journal_that_was_never_saved_is_listed_and_opened(photos: Path, tmp_path: Path) -> None:
    first = Project.open(photos, tmp_path / "output")
    session = opened(first, "a.jpg")
    session.do(draw(8, 8))
    session.close()
    again = Project.open(photos, tmp_path / "output")
    assert (again.entry("a.jpg").status, again.entry("a.jpg").strokes) == ("in_progress", 1)
    assert opened(again, "a.jpg").state.has_mask


@pytest.mark.parametrize("harm", ["cut", "noise", "gone", "old"])
def test_a_mask_cache_that_is_harmed_or_old_costs_time_only(photos: Path, tmp_path: Path, harm: str) -> None:
    project = Project.open(photos, tmp_path / "output")
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    project.save(session)
    if harm == "old":
        session.do(draw(24, 16))
    labels = session.state.label_map()
    session.close()
    cache = project.output / "journals" / "a.jpg.masks.npz"
    data = cache.read_bytes()
    if harm == "cut":
        cache.write_bytes(data[: len(data) // 2])
    elif harm == "noise":
        cache.write_bytes(b"noise" * 100)
    elif harm == "gone":
        cache.unlink()
    predictor = DiscAnswerer()
    np.testing.assert_array_equal(opened(project, "a.jpg", predictor).state.label_map(), labels)
    assert predictor.calls > 0


def test_a_cache_of_another_journal_is_not_believed(photos: Path, tmp_path: Path) -> None:
    project = Project.open(photos, tmp_path / "output")
    for name, x in (("a.jpg", 6.0), ("b2.png", 26.0)):
        session = opened(project, name)
        session.do(draw(x, 8))
        project.save(session)
        session.close()
    journals = project.output / "journals"
    (journals / "a.jpg.masks.npz").write_bytes((journals / "b2.png.masks.npz").read_bytes())
    assert opened(project, "a.jpg").state.label_map()[8, 6] == 1


def test_another_model_keeps_the_masks_and_says_so(photos: Path, tmp_path: Path) -> None:
    project = Project.open(photos, tmp_path / "output")
    session = opened(project, "a.jpg")
    labels = session.do(draw(8, 8)).label_map()
    project.save(session)
    session.close()
    other = opened(project, "a.jpg", DiscAnswerer(radius=12), "discs 2")
    assert "discs 1" in other.notices[0]
    assert "stay as they are" in other.notices[0]
    np.testing.assert_array_equal(other.state.label_map(), labels)
    assert other.do(draw(24, 16)).area_px(1) > 2 * labels.sum()
    assert other.recorded_model == "discs 2"


def test_a_file_of_the_users_own_is_kept_before_it_is_overwritten(project: Project) -> None:
    mine = np.full(SIZE_HW, 5, dtype=np.int32)
    write_label_map(project.output / "a.png", mine)
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    result = project.save(session)
    assert result.backup is not None
    np.testing.assert_array_equal(read_label_map(result.backup), mine)
    session.do(draw(20, 8))
    assert project.save(session).backup is None
    (project.output / "a.png").write_bytes(b"edited elsewhere")
    session.do(draw(24, 16))
    second = project.save(session).backup
    assert second is not None
    assert second.read_bytes() == b"edited elsewhere"


def test_nothing_is_written_for_an_image_only_looked_at_or_saved_already(project: Project) -> None:
    session = opened(project, "a.jpg")
    project.save(session)
    assert not (project.output / "a.png").exists()
    session.do(draw(8, 8))
    project.save(session)
    (project.output / "a.png").unlink()
    project.save(session)
    assert not (project.output / "a.png").exists()


def test_a_full_disk_while_saving_leaves_the_old_file_and_the_annotation(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    project.save(session)
    before = (project.output / "a.png").read_bytes()
    session.do(draw(20, 8))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="disk is full"):
            project.save(session)
    assert (project.output / "a.png").read_bytes() == before
    assert not list(project.output.rglob("*.part"))
    project.save(session)
    np.testing.assert_array_equal(read_label_map(project.output / "a.png"), session.state.label_map())


def test_a_crash_between_the_files_of_a_save_makes_no_backup_of_our_own_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("s2m.session.project.write_states", crash)
        with pytest.raises(KeyboardInterrupt):
            project.save(session)
    session.do(draw(20, 8))
    assert project.save(session).backup is None


def test_a_label_map_of_a_journal_that_was_taken_away_is_kept_before_it_is_overwritten(
    photos: Path, tmp_path: Path
) -> None:
    project = Project.open(photos, tmp_path / "output")
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    project.save(session)
    session.close()
    mask = (project.output / "a.png").read_bytes()
    for project_after in (project, Project.open(photos, tmp_path / "output")):
        (project.output / "a.png").write_bytes(mask)
        project.journal_path("a.jpg").unlink()
        session = opened(project_after, "a.jpg")
        session.do(draw(20, 8))
        backup = project_after.save(session).backup
        session.close()
        assert backup is not None
        assert backup.read_bytes() == mask


@pytest.mark.parametrize("cut", ["before saving", "before the label map", "label map lost"])
def test_a_label_map_that_a_kill_left_older_than_its_journal_is_behind(
    photos: Path, tmp_path: Path, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.open(photos, tmp_path / "output")
    session = opened(project, "a.jpg")
    assert not project.is_behind("a.jpg")
    session.do(draw(8, 8))
    assert project.is_behind("a.jpg")
    project.save(session)
    assert not project.is_behind("a.jpg")
    session.do(draw(20, 8))
    if cut == "before the label map":
        with monkeypatch.context() as patch:
            patch.setattr("s2m.session.project.write_atomically", None)
            with pytest.raises(TypeError):
                project.save(session)
    if cut == "label map lost":
        project.save(session)
        (project.output / "a.png").unlink()
    session.close()
    again = Project.open(photos, tmp_path / "output")
    assert again.is_behind("a.jpg")
    session = opened(again, "a.jpg")
    again.save(session)
    assert not again.is_behind("a.jpg")
    np.testing.assert_array_equal(read_label_map(again.output / "a.png"), session.state.label_map())


def test_a_label_map_that_the_user_changed_is_not_taken_for_old(project: Project) -> None:
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    project.save(session)
    write_label_map(project.output / "a.png", np.ones(SIZE_HW, dtype=np.int32))
    assert not project.is_behind("a.jpg")


def test_an_output_folder_that_is_taken_away_is_written_again_with_the_next_stroke(
    photos: Path, tmp_path: Path
) -> None:
    project = Project.open(photos, tmp_path / "output")
    project.change_settings(ProjectSettings(classes=(ObjectClass(name="cat"),)))
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    project.save(session)
    shutil.rmtree(project.output)
    session.do(draw(20, 8))
    project.save(session)
    session.close()
    again = Project.reopen(tmp_path / "output")
    assert again.settings.class_names == ("cat",)
    assert len(opened(again, "a.jpg").state.strokes) == 2
    assert not again.is_behind("a.jpg")


def test_names_of_new_files_and_folders_reach_the_disk(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[tuple[int, int]] = set()
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        status = os.fstat(descriptor)
        synced.add((status.st_dev, status.st_ino))
        fsync(descriptor)

    def is_synced(path: Path) -> bool:
        return (path.stat().st_dev, path.stat().st_ino) in synced

    monkeypatch.setattr(os, "fsync", watched)
    output = tmp_path / "deep" / "output"
    project = Project.open(photos, output)
    assert all(map(is_synced, (tmp_path, tmp_path / "deep", output, output / "s2m-project.json")))
    synced.clear()
    project.change_settings(ProjectSettings(classes=(ObjectClass(name="cat"),)))
    assert is_synced(output)
    synced.clear()
    opened(project, "a.jpg").do(draw(8, 8))
    assert all(map(is_synced, (output, output / "journals", project.journal_path("a.jpg"))))


def test_no_flipped_bit_in_a_mask_cache_locks_the_image_out(photos: Path, tmp_path: Path) -> None:
    project = Project.open(photos, tmp_path / "output")
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    project.save(session)
    session.close()
    cache = project.output / "journals" / "a.jpg.masks.npz"
    content = cache.read_bytes()
    for place in range(0, len(content), 3):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        cache.write_bytes(flipped)
        kept = project.kept_state("a.jpg")
        if kept is not None:
            np.testing.assert_array_equal(kept.label_map(), session.state.label_map())


@pytest.mark.parametrize("name", ["saved.json", "view.json", "masks.npz", "jsonl"])
@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[" * 100_000, b'{"version": 1}', b"NaN", b'{"zoom": NaN}'])
def test_garbage_beside_an_image_harms_no_other_image(photos: Path, tmp_path: Path, name: str, content: bytes) -> None:
    project = Project.open(photos, tmp_path / "output")
    session = opened(project, "a.jpg")
    session.do(draw(8, 8))
    project.save(session)
    session.close()
    (project.output / "journals" / f"a.jpg.{name}").write_bytes(content)
    again = Project.open(photos, tmp_path / "output")
    assert [entry.status for entry in again.images] == ["in_progress", "untouched", "untouched"]
    view = again.view("a.jpg")
    assert view is None or view.zoom is None
    again.is_behind("a.jpg")
    session = opened(again, "a.jpg")
    session.do(draw(8, 9))
    again.save(session)


def test_views_settings_and_the_last_image_are_remembered(photos: Path, tmp_path: Path) -> None:
    first = Project.open(photos, tmp_path / "output")
    assert first.view("a.jpg") is None
    view = ViewState(zoom=2.5, centre_xy=(10, 12), fitted=False, selected_object_id=3)
    first.keep_view("a.jpg", view)
    settings = ProjectSettings(classes=(ObjectClass(name="cat"),), overlap="overlapping", preferences={"keys": "cvat"})
    first.change_settings(settings)
    again = Project.open(photos, tmp_path / "output", ProjectSettings())
    assert again.view("a.jpg") == view
    assert again.last_image == "a.jpg"
    assert again.settings == settings
    assert again.settings.class_names == ("cat",)
    assert opened(again, "a.jpg").state.overlap == "overlapping"


def test_an_unreadable_image_is_listed_with_its_reason_and_skipped(project: Project) -> None:
    project.report_unreadable("a.jpg", "a.jpg is damaged")
    assert (project.entry("a.jpg").status, project.entry("a.jpg").error) == ("unreadable", "a.jpg is damaged")


def test_an_unreadable_journal_does_not_hide_the_other_images(photos: Path, tmp_path: Path) -> None:
    journal = tmp_path / "output" / "journals" / "a.jpg.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b'{"s2m_journal": 9}\n')
    project = Project.open(photos, tmp_path / "output")
    assert "version 9" in str(project.entry("a.jpg").error)
    with pytest.raises(JournalError, match="version 9"):
        opened(project, "a.jpg")
    assert journal.read_bytes() == b'{"s2m_journal": 9}\n'


def test_an_empty_folder_is_a_project_without_images(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    project = Project.open(tmp_path / "none", tmp_path / "output")
    assert project.images == ()


def test_one_image_is_a_project_too(photos: Path, tmp_path: Path) -> None:
    assert [entry.name for entry in Project.open(photos / "b2.png", tmp_path / "output").images] == ["b2.png"]


def test_places_that_do_not_work_are_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="does not exist"):
        Project.open(tmp_path / "nowhere", tmp_path / "output")
    with pytest.raises(OutputError, match="could replace the images"):
        Project.open(photos, photos)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        Project.open(photos, tmp_path / "file")
    with pytest.raises(ImageError, match="no image"):
        Project.open(photos, tmp_path / "output").entry("zebra.jpg")


def test_a_read_only_folder_is_refused_with_advice(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests may run as a user who may write everywhere, so the refusal is injected.
    def refuse(**_: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(OutputError, match="not writable; choose another"):
        Project.open(photos, tmp_path / "output")


def looked_at(photos: Path, output: Path) -> Project:
    """A project whose folder takes no files, as ``s2m annotate`` opens it."""

    def refuse(**_: object) -> tuple[int, str]:
        raise OSError(errno.EROFS, "Read-only file system")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "mkstemp", refuse)
        with pytest.raises(OutputError) as refusal:
            Project.open(photos, output)
    return Project.open_read_only(photos, output, refusal.value)


def files_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_a_project_in_a_read_only_folder_can_be_looked_at(project: Project, photos: Path) -> None:
    session = opened(project, "a.jpg")
    labels = session.do(draw(8, 8)).label_map()
    session.do(MarkImage(status="done"))
    project.save(session)
    session.close()
    project.keep_view("a.jpg", ViewState(selected_object_id=3))
    before = files_of(project.output)
    looked = looked_at(photos, project.output)
    assert f"the folder {project.output} cannot be written (Read-only file system)" in str(looked.read_only)
    assert "another folder (-o)" in str(looked.read_only)
    assert (looked.entry("a.jpg").status, looked.entry("a.jpg").strokes, looked.last_image) == ("done", 1, "a.jpg")
    shown = opened(looked, "a.jpg")
    np.testing.assert_array_equal(shown.state.label_map(), labels)
    assert not opened(looked, "b2.png").state.has_mask
    changes: list[Callable[[], object]] = [
        lambda: shown.do(draw(20, 8)),
        lambda: looked.save(shown),
        lambda: looked.back_up("a.jpg"),
        lambda: looked.keep_view("a.jpg", ViewState()),
        lambda: looked.change_settings(ProjectSettings()),
    ]
    for change in changes:
        with pytest.raises(ReadOnlyError):
            change()
    shown.close()
    assert files_of(project.output) == before


def test_a_folder_that_cannot_be_made_is_looked_at_as_if_it_were_empty(photos: Path, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(OutputError) as refusal:
            Project.open(photos, tmp_path / "output")
    looked = Project.open_read_only(photos, tmp_path / "output", refusal.value)
    assert {entry.status for entry in looked.images} == {"untouched"}
    assert not (tmp_path / "output").exists()


def test_what_is_no_folder_or_cannot_be_entered_is_refused_to_those_who_look_too(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = OutputError("cannot write it")
    (tmp_path / "file").write_text("in the way")
    for output in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(OutputError, match="cannot write it"):
            Project.open_read_only(photos, output, refusal)
    with pytest.raises(OutputError, match="could replace the images"):
        Project.open_read_only(photos, photos, refusal)
    closed = tmp_path / "closed"
    closed.mkdir()
    # The tests may run as a user who may enter every folder.
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK or Path(path) != closed)
    with pytest.raises(OutputError, match="cannot write it"):
        Project.open_read_only(photos, closed, refusal)


@pytest.mark.parametrize("content", ['{"s2m_project": 2}', "{torn", "[]", '{"s2m_project": 1, "unknown": 3}'])
def test_a_project_file_that_cannot_be_read_is_refused_and_left_alone(
    photos: Path, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "output" / "s2m-project.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ConfigError):
        Project.open(photos, tmp_path / "output")
    assert path.read_text() == content


def test_a_project_is_reopened_by_its_output_folder(photos: Path, tmp_path: Path) -> None:
    Project.open(photos, tmp_path / "output")
    assert len(Project.reopen(tmp_path / "output").images) == 3
    moved = photos.rename(tmp_path / "moved")
    with pytest.raises(ImageError, match="does not exist"):
        Project.reopen(tmp_path / "output")
    assert len(Project.reopen(tmp_path / "output", moved).images) == 3
    with pytest.raises(ConfigError, match="holds no"):
        Project.reopen(photos)


def test_the_state_as_saved_is_given_only_while_nothing_was_done_since(project: Project) -> None:
    session = opened(project, "a.jpg")
    assert project.kept_state("a.jpg") is None
    session.do(draw(8, 8))
    project.save(session)
    kept = project.kept_state("a.jpg")
    assert kept is not None
    np.testing.assert_array_equal(kept.label_map(), session.state.label_map())
    session.do(draw(20, 8))
    assert project.kept_state("a.jpg") is None


def test_a_project_of_a_thousand_images_reads_summaries_not_journals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for index in range(1000):
        (photos / f"{index}.jpg").write_bytes(b"not decoded when listed")
    project = Project.open(photos, tmp_path / "output")
    session = opened(project, "7.jpg")
    session.do(draw(8, 8))
    project.save(session)
    session.close()
    monkeypatch.setattr("s2m.session.project_files.read_journal", lambda path: pytest.fail(f"read {path}"))
    again = Project.open(photos, tmp_path / "output")
    assert len(again.images) == 1000
    assert again.entry("7.jpg").strokes == 1


def test_long_pauses_count_as_a_minute() -> None:
    times = ["2026-01-01T10:00:00.000Z", "2026-01-01T10:00:05.500Z", "2026-01-01T12:00:00.000Z"]
    assert seconds_spent(times) == 65.5
    assert seconds_spent([]) == 0


def test_the_project_file_is_versioned(project: Project) -> None:
    assert json.loads((project.output / "s2m-project.json").read_text())["s2m_project"] == 1


def test_no_two_images_write_one_label_file(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    names = ("a.png", "a.jpg", "a.png.tif", "a.jpg.bmp", "b.jpg", "b.jpg.png", "c.png")
    for name in names:
        Image.new("RGB", (4, 3)).save(photos / name)
    project = Project.open(photos, tmp_path / "out")

    assert len({str(project.label_path(name)).lower() for name in names}) == len(names)
    assert project.label_path("c.png").name == "c.png"
