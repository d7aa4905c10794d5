"""What happens when things go wrong: crashes, full disks, damaged files, two pages, no network; nothing is lost."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from page_driver import PageDriver, Serve, iou, read_only, write_picture
from s2m.files.label_files import read_label_map
from s2m.types import ByteArray


def test_a_killed_server_gives_everything_back(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    desk.open(served.url)
    desk.draw((24, 48), (40, 48))
    desk.press("n")
    desk.draw((90, 48), (104, 48))
    desk.draw((20, 20), (30, 20), button="right")
    desk.press("Control+z")
    for _ in range(4):
        desk.page.mouse.wheel(0, -100)
    desk.page.wait_for_timeout(900)
    before = [desk.page.evaluate(f"s2m.doc.value.{what}") for what in ("objects", "strokes", "undo", "redo")]
    view = desk.page.evaluate("s2m.viewport.view")
    masks = desk.mask(1), desk.mask(2)
    served.kill()
    desk.open(serve(two_discs_file, tmp_path / "out").url)
    desk.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    assert [desk.page.evaluate(f"s2m.doc.value.{what}") for what in ("objects", "strokes", "undo", "redo")] == before
    assert desk.page.evaluate("s2m.ui.value.object") == 2
    assert desk.page.evaluate("s2m.viewport.view")["scale"] == pytest.approx(view["scale"])
    assert desk.page.evaluate("s2m.viewport.view")["left"] == pytest.approx(view["left"], abs=0.5)
    assert iou(desk.mask(1), masks[0]) == 1
    assert iou(desk.mask(2), masks[1]) == 1


def test_a_server_killed_in_the_middle_of_a_stroke_has_what_was_drawn_of_it(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    desk.open(served.url)
    desk.move_to(24, 48)
    desk.page.mouse.down()
    desk.page.mouse.move(*desk.on_screen(40, 48), steps=10)
    desk.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    served.kill()
    desk.page.mouse.up()
    fresh = serve(two_discs_file, tmp_path / "out")
    desk.open(fresh.url)
    desk.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    assert len(desk.strokes()) == 1
    assert "recovered" in desk.error()


KILLED_AFTER_WRITING = """
import os, signal
from s2m.session import journal
write = journal.JournalFile.append
def append(self, lines):
    lines = list(lines)
    write(self, lines)
    if getattr(lines[-1].entry, "kind", "") == "{kind}":
        os.kill(os.getpid(), signal.SIGKILL)
journal.JournalFile.append = append
"""
"""A server that is killed after a command of a kind is on the disk, before the page hears of it."""


@pytest.mark.parametrize(("key", "kind", "left"), [("Control+z", "undo", 1), ("n", "add_object", 2)])
def test_a_command_sent_again_to_a_new_server_is_not_carried_out_twice(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path, key: str, kind: str, left: int
) -> None:
    served = serve(two_discs_file, tmp_path / "out", before=KILLED_AFTER_WRITING.format(kind=kind))
    desk.open(served.url)
    desk.draw((24, 48), (40, 48))
    desk.draw((28, 40), (36, 40))
    desk.page.keyboard.press(key)
    served.process.wait(10)
    assert desk.page.evaluate("s2m.connection.unsent.size") == 1
    fresh = serve(two_discs_file, tmp_path / "out", port=str(urlsplit(served.url).port))
    with desk.page.context.new_page() as visit:
        visit.goto(fresh.url)
    desk.settle()
    assert len(desk.strokes()) == left
    assert desk.page.evaluate("s2m.doc.value.objects.length") == (2 if kind == "add_object" else 1)
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    assert journal.read_text().count(f'"{kind}"') == 1


def test_the_rest_of_a_stroke_reaches_a_server_that_was_started_anew_in_its_middle(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    desk.open(served.url)
    desk.move_to(24, 48)
    desk.page.mouse.down()
    desk.page.mouse.move(*desk.on_screen(32, 48), steps=5)
    desk.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    served.kill()
    desk.page.mouse.move(*desk.on_screen(40, 48), steps=5)
    fresh = serve(two_discs_file, tmp_path / "out", port=str(urlsplit(served.url).port))
    with desk.page.context.new_page() as visit:
        visit.goto(fresh.url)
    desk.wait_for("s2m.connection.open && s2m.doc.value.strokes.length === 1")
    desk.page.mouse.up()
    desk.settle()
    (stroke,) = desk.strokes()
    assert stroke["points"][-2] == pytest.approx(40, abs=0.5)  # type: ignore[index]


def test_strokes_drawn_while_the_line_is_cut_arrive_once(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    desk.open(serve(two_discs_file, tmp_path / "out").url)
    desk.page.evaluate(
        """() => {
            s2m.connection.connect = () => {};
            s2m.connection.socket.close();
        }"""
    )
    desk.wait_for("!s2m.connection.open")
    desk.draw((24, 48), (40, 48), settle=False)
    desk.wait_for("!document.getElementById('banner').hidden")
    assert "away" in desk.page.locator("#banner").inner_text()
    desk.draw((28, 40), (36, 40), settle=False)
    assert desk.page.evaluate("s2m.layers.pending.length") == 2
    desk.page.evaluate("() => { delete s2m.connection.connect; s2m.connection.connect(); }")
    desk.settle()
    assert len(desk.strokes()) == 2
    assert desk.mask(1)[48, 32]
    assert not desk.page.locator("#banner").is_visible()


def test_strokes_that_waited_for_the_server_when_the_page_was_closed_arrive_with_the_next_one(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    desk.open(served.url)
    desk.draw((20, 48), (24, 48))
    served.kill()
    desk.wait_for("!s2m.connection.open")
    desk.draw((24, 48), (40, 48), settle=False)
    desk.page.keyboard.press("n")
    desk.draw((90, 48), (102, 48), settle=False)
    desk.wait_for("s2m.connection.unsent.size === 3")
    context = desk.page.context
    desk.page.close()
    desk.page = context.new_page()
    port = str(urlsplit(served.url).port)
    desk.open(serve(two_discs_file, tmp_path / "out", port=port).url)
    desk.wait_for("s2m.doc.value.strokes.length === 3")
    desk.settle()
    assert desk.page.evaluate("s2m.doc.value.objects.length") == 2
    assert desk.page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('s2m-unsent')).length") == 0


def test_what_waits_for_one_project_is_not_sent_to_another(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    desk.open(served.url)
    served.kill()
    desk.wait_for("!s2m.connection.open")
    desk.draw((24, 48), (40, 48), settle=False)
    context = desk.page.context
    desk.page.close()
    desk.page = context.new_page()
    port = str(urlsplit(served.url).port)
    desk.open(serve(two_discs_file, tmp_path / "elsewhere", port=port).url)
    desk.settle()
    assert desk.strokes() == []


def test_a_second_page_looks_on_and_can_take_over(
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    first, second = new_desk().open(served.url), new_desk().open(served.url)
    assert not second.page.evaluate("s2m.doc.value.editor")
    assert "Another page edits this image" in second.page.locator("#banner").inner_text()
    first.draw((24, 48), (40, 48))
    second.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    second.draw((90, 48), (104, 48))
    assert len(second.strokes()) == 1
    assert "another page" in second.error()
    second.page.get_by_role("button", name="Take over", exact=True).click()
    second.wait_for("s2m.doc.value.editor")
    first.wait_for("!s2m.doc.value.editor")
    second.press("2")
    second.draw((90, 48), (104, 48))
    first.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 40 })")
    assert len(first.strokes()) == 2


def test_the_other_page_edits_when_the_first_is_gone(
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    first, second = new_desk().open(served.url), new_desk().open(served.url)
    first.page.close()
    second.wait_for("s2m.doc.value.editor")


def test_a_damaged_journal_is_opened_up_to_its_last_whole_line(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    desk.open(served.url)
    desk.draw((24, 48), (40, 48))
    desk.draw((28, 40), (36, 40))
    desk.wait_for("s2m.doc.value.strokes.length === 2")
    served.stop()
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 2])
    desk.open(serve(two_discs_file, tmp_path / "out").url)
    desk.wait_for("s2m.doc.value.strokes.length >= 1")
    assert "damaged" in desk.error()


def test_an_image_that_cannot_be_read_is_named_and_the_next_one_offered(
    desk: PageDriver, serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"this is no photograph")
    Image.fromarray(two_discs).save(folder / "b.png")
    desk.page.goto(serve(folder, tmp_path / "out").url)
    desk.page.get_by_text("This image cannot be opened").wait_for()
    assert "a.jpg" in desk.page.locator("#screen").inner_text()
    desk.page.locator("#screen").get_by_role("button", name="Next image").click()
    desk.wait_for("s2m.doc.value.image?.name === 'b.png'")
    assert desk.page.evaluate("s2m.doc.value.folder[0].status") == "unreadable"


def test_an_empty_folder_says_so(desk: PageDriver, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    desk.page.goto(serve(tmp_path / "images", tmp_path / "out").url)
    desk.page.get_by_text("No image here").wait_for()


def test_a_file_of_the_users_own_is_kept_as_a_backup(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    own = np.full((96, 128), 3, dtype=np.uint8)
    Image.fromarray(own).save(tmp_path / "out" / "discs.png")
    desk.open(serve(two_discs_file, tmp_path / "out").url)
    desk.draw((24, 48), (40, 48))
    desk.wait_for("!document.getElementById('status-error').hidden")
    assert "was kept" in desk.error()
    (backup,) = (tmp_path / "out" / "backups").iterdir()
    assert (read_label_map(backup) == 3).all()


def test_masks_are_on_disk_when_the_server_is_ended(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    desk.open(served.url)
    desk.draw((24, 48), (40, 48))
    served.stop()
    assert (read_label_map(tmp_path / "out" / "discs.png") == 1).any()
    assert served.process.returncode == 0


def test_a_full_disk_is_said_and_the_strokes_are_kept_until_there_is_room(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out", file_limit_bytes=2500)
    desk.open(served.url)
    desk.page.evaluate("s2m.ui.set({ collecting: false })")
    # The label map and the kept state may be refused before the journal, which is what makes strokes wait.
    for place in range(20):
        desk.draw((20 + place, 40), (40, 40 + place), settle=False)
        desk.page.wait_for_timeout(150)
        if desk.page.evaluate("s2m.connection.held"):
            break
    desk.wait_for("s2m.connection.held")
    assert "cannot write" in desk.error()
    kept = desk.page.evaluate("s2m.doc.value.strokes.length")
    waiting = desk.page.evaluate("s2m.layers.pending.length")
    assert waiting >= 1
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    assert journal.read_bytes().endswith(b"\n")
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    desk.wait_for("!s2m.connection.held && s2m.connection.unsent.size === 0")
    desk.settle()
    assert len(desk.strokes()) == kept + waiting


READ_ONLY = """
import errno
from s2m.session import journal
def refuse(self):
    raise OSError(errno.EROFS, "Read-only file system")
journal.JournalFile._begin = refuse
"""
"""A server whose disk takes no journals."""


def test_a_folder_that_cannot_be_written_is_said_and_the_strokes_wait(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out", before=READ_ONLY)
    desk.open(served.url)
    desk.draw((24, 48), (40, 48), settle=False)
    desk.wait_for("s2m.connection.held")
    assert "Read-only file system" in desk.error()
    assert "choose another folder with -o" in desk.error()
    assert desk.page.evaluate("s2m.layers.pending.length") == 1
    assert desk.page.evaluate("Object.keys(localStorage).some((name) => name.startsWith('s2m-unsent'))")
    served.stop()
    context = desk.page.context
    desk.page.close()
    desk.page = context.new_page()
    desk.open(serve(two_discs_file, tmp_path / "out", port=str(urlsplit(served.url).port)).url)
    desk.wait_for("s2m.doc.value.strokes.length === 1")
    desk.settle()
    assert desk.mask(1)[48, 32]


def test_a_read_only_folder_is_looked_at_and_says_why(
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    served = serve(tmp_path / "images", out)
    desk = new_desk().open(served.url)
    desk.draw((24, 48), (40, 48))
    desk.press("n")
    desk.draw((90, 48), (104, 48))
    mask = desk.mask(2)
    desk.page.context.close()
    served.stop()
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in out.rglob("*") if path.is_file()}

    served = serve(tmp_path / "images", out, before=read_only(out))
    assert f"look only: the folder {out} cannot be written (Read-only file system)" in served.said[0]
    desk = new_desk().open(served.url)
    banner = desk.page.locator("#banner")
    assert f"the folder {out} cannot be written (Read-only file system)" in banner.inner_text()
    assert "another folder (-o)" in banner.inner_text()
    desk.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    assert iou(desk.mask(2), mask) == 1
    assert len(desk.strokes()) == 2

    # The photograph is moved and zoomed; who draws all the same is told why not.
    left = desk.page.evaluate("s2m.viewport.view.left")
    desk.draw((60, 48), (70, 48))
    assert desk.page.evaluate("s2m.viewport.view.left") != left
    desk.press("p")
    desk.draw((60, 48), (70, 48))
    assert "cannot be written" in desk.error()
    for key in ("n", "f", "Control+z", "Enter", "Delete"):
        desk.press(key)
    for button in ("take-over", "save", "import-masks", "classes"):
        desk.page.evaluate(f"s2m.run('{button}')")
    assert desk.page.evaluate("s2m.doc.value.objects.length") == 2
    assert not desk.page.evaluate("s2m.doc.value.editor")
    assert desk.page.evaluate("document.querySelectorAll('[data-action=save]:not(:disabled)').length") == 0
    banner.get_by_role("button", name="Hide").click()
    assert not banner.is_visible()

    desk.press("d")
    desk.wait_for("s2m.doc.value.image?.name === 'b.png'")
    assert desk.page.locator(".object.coming").count() == 0
    other = new_desk().open(served.url)
    assert other.page.get_by_role("button", name="Take over").count() == 0
    served.stop()
    assert served.process.returncode == 0
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in out.rglob("*") if path.is_file()} == before


def test_strokes_that_wait_are_kept_while_the_folder_can_only_be_looked_at(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    served = serve(two_discs_file, out)
    port = str(urlsplit(served.url).port)
    desk.open(served.url)
    served.kill()
    desk.wait_for("!s2m.connection.open")
    desk.draw((24, 48), (40, 48), settle=False)
    looking = serve(two_discs_file, out, port=port, before=read_only(out))
    with desk.page.context.new_page() as visit:
        visit.goto(looking.url)
    desk.wait_for("s2m.connection.open && s2m.connection.held")
    assert "cannot be written" in desk.error()
    looking.kill()
    fresh = serve(two_discs_file, out, port=port)
    with desk.page.context.new_page() as visit:
        visit.goto(fresh.url)
    desk.wait_for("s2m.connection.open && s2m.doc.value.strokes.length === 1")
    desk.settle()
    assert desk.mask(1)[48, 32]


def test_the_journal_holds_every_command_in_readable_lines(
    desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    desk.open(serve(two_discs_file, tmp_path / "out").url)
    desk.draw((24, 48), (40, 48))
    desk.press("f")
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    text = journal.read_text()
    assert all(json.loads(line) for line in text.splitlines())
    assert '"draw"' in text
    assert '"commit"' in text
