"""What happens when things go wrong: crashes, damaged files, two pages, no network; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from page_driver import PageDriver, Serve, iou
from s2m.files.label_files import read_label_map
from s2m.types import ByteArray


def test_a_killed_server_gives_everything_back(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    driver.draw((24, 48), (40, 48))
    driver.press("n")
    driver.draw((90, 48), (104, 48))
    driver.draw((20, 20), (30, 20), button="right")
    driver.press("Control+z")
    for _ in range(4):
        driver.page.mouse.wheel(0, -100)
    driver.page.wait_for_timeout(900)
    before = [driver.page.evaluate(f"s2m.annotation.value.{what}") for what in ("objects", "strokes", "undo", "redo")]
    view = driver.page.evaluate("s2m.viewport.view")
    masks = driver.mask(1), driver.mask(2)
    served.kill()
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    driver.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    assert [
        driver.page.evaluate(f"s2m.annotation.value.{what}") for what in ("objects", "strokes", "undo", "redo")
    ] == before
    assert driver.page.evaluate("s2m.ui.value.object") == 2
    assert driver.page.evaluate("s2m.viewport.view")["scale"] == pytest.approx(view["scale"])
    assert driver.page.evaluate("s2m.viewport.view")["left"] == pytest.approx(view["left"], abs=0.5)
    assert iou(driver.mask(1), masks[0]) == 1
    assert iou(driver.mask(2), masks[1]) == 1


def test_a_server_killed_in_the_middle_of_a_stroke_has_what_was_drawn_of_it(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    driver.move_to(24, 48)
    driver.page.mouse.down()
    driver.page.mouse.move(*driver.on_screen(40, 48), steps=10)
    driver.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    served.kill()
    driver.page.mouse.up()
    fresh = serve(two_discs_file, tmp_path / "out")
    driver.open(fresh.url)
    driver.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    assert len(driver.strokes()) == 1
    assert "recovered" in driver.error()


KILLED_AFTER_WRITING = """
import os, signal
from s2m.session import journal_file
write = journal_file.JournalFile.append
def append(self, line):
    write(self, line)
    if getattr(line.entry, "kind", "") == "{kind}":
        os.kill(os.getpid(), signal.SIGKILL)
journal_file.JournalFile.append = append
"""
"""A server that is killed after a command of a kind is on the disk, before the page hears of it."""


@pytest.mark.parametrize(("key", "kind", "left"), [("Control+z", "undo", 1), ("n", "add_object", 2)])
def test_a_command_sent_again_to_a_new_server_is_not_carried_out_twice(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path, key: str, kind: str, left: int
) -> None:
    served = serve(two_discs_file, tmp_path / "out", before=KILLED_AFTER_WRITING.format(kind=kind))
    driver.open(served.url)
    driver.draw((24, 48), (40, 48))
    driver.draw((28, 40), (36, 40))
    driver.page.keyboard.press(key)
    served.process.wait(10)
    assert driver.page.evaluate("s2m.connection.unsent.size") == 1
    fresh = serve(two_discs_file, tmp_path / "out", port=str(urlsplit(served.url).port))
    with driver.page.context.new_page() as visit:
        visit.goto(fresh.url)
    driver.settle()
    assert len(driver.strokes()) == left
    assert driver.page.evaluate("s2m.annotation.value.objects.length") == (2 if kind == "add_object" else 1)
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    assert journal.read_text().count(f'"{kind}"') == 1


def test_the_rest_of_a_stroke_reaches_a_server_that_was_started_anew_in_its_middle(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    driver.move_to(24, 48)
    driver.page.mouse.down()
    driver.page.mouse.move(*driver.on_screen(32, 48), steps=5)
    driver.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    served.kill()
    driver.page.mouse.move(*driver.on_screen(40, 48), steps=5)
    fresh = serve(two_discs_file, tmp_path / "out", port=str(urlsplit(served.url).port))
    with driver.page.context.new_page() as visit:
        visit.goto(fresh.url)
    driver.wait_for("s2m.connection.open && s2m.annotation.value.strokes.length === 1")
    driver.page.mouse.up()
    driver.settle()
    (stroke,) = driver.strokes()
    assert stroke["points"][-2] == pytest.approx(40, abs=0.5)  # type: ignore[index]


def test_strokes_drawn_while_the_connection_is_cut_arrive_once(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    driver.page.evaluate(
        """() => {
            s2m.connection.connect = () => {};
            s2m.connection.socket.close();
        }"""
    )
    driver.wait_for("!s2m.connection.open")
    driver.draw((24, 48), (40, 48), settle=False)
    driver.wait_for("!document.getElementById('banner').hidden")
    assert "away" in driver.page.locator("#banner").inner_text()
    driver.draw((28, 40), (36, 40), settle=False)
    assert driver.page.evaluate("s2m.ink.value.pending.length") == 2
    driver.page.evaluate("() => { delete s2m.connection.connect; s2m.connection.connect(); }")
    driver.settle()
    assert len(driver.strokes()) == 2
    assert driver.mask(1)[48, 32]
    assert not driver.page.locator("#banner").is_visible()


def test_strokes_that_waited_for_the_server_when_the_page_was_closed_arrive_with_the_next_one(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    driver.draw((20, 48), (24, 48))
    served.kill()
    driver.wait_for("!s2m.connection.open")
    driver.draw((24, 48), (40, 48), settle=False)
    driver.page.keyboard.press("n")
    driver.draw((90, 48), (102, 48), settle=False)
    driver.wait_for("s2m.connection.unsent.size === 3")
    context = driver.page.context
    driver.page.close()
    driver.page = context.new_page()
    port = str(urlsplit(served.url).port)
    driver.open(serve(two_discs_file, tmp_path / "out", port=port).url)
    driver.wait_for("s2m.annotation.value.strokes.length === 3")
    driver.settle()
    assert driver.page.evaluate("s2m.annotation.value.objects.length") == 2
    assert driver.page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('s2m-unsent')).length") == 0


def test_what_waits_for_one_project_is_not_sent_to_another(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    served.kill()
    driver.wait_for("!s2m.connection.open")
    driver.draw((24, 48), (40, 48), settle=False)
    context = driver.page.context
    driver.page.close()
    driver.page = context.new_page()
    port = str(urlsplit(served.url).port)
    driver.open(serve(two_discs_file, tmp_path / "elsewhere", port=port).url)
    driver.settle()
    assert driver.strokes() == []


def test_a_second_page_follows_and_can_take_over(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    first, second = new_driver().open(served.url), new_driver().open(served.url)
    assert not second.page.evaluate("s2m.annotation.value.editor")
    assert "Another page edits this image" in second.page.locator("#banner").inner_text()
    first.draw((24, 48), (40, 48))
    second.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    second.draw((90, 48), (104, 48))
    assert len(second.strokes()) == 1
    assert "another page" in second.error()
    second.page.get_by_role("button", name="Take over", exact=True).click()
    second.wait_for("s2m.annotation.value.editor")
    first.wait_for("!s2m.annotation.value.editor")
    second.press("2")
    second.draw((90, 48), (104, 48))
    first.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 40 })")
    assert len(first.strokes()) == 2


def test_the_other_page_edits_when_the_first_is_gone(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    first, second = new_driver().open(served.url), new_driver().open(served.url)
    first.page.close()
    second.wait_for("s2m.annotation.value.editor")


def test_a_damaged_journal_is_opened_up_to_its_last_whole_line(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    driver.draw((24, 48), (40, 48))
    driver.draw((28, 40), (36, 40))
    driver.wait_for("s2m.annotation.value.strokes.length === 2")
    served.stop()
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 2])
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    driver.wait_for("s2m.annotation.value.strokes.length >= 1")
    assert "damaged" in driver.error()


def test_an_image_that_cannot_be_read_is_named_and_the_next_one_offered(
    driver: PageDriver, serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"this is no photograph")
    Image.fromarray(two_discs).save(folder / "b.png")
    driver.page.goto(serve(folder, tmp_path / "out").url)
    driver.page.get_by_text("This image cannot be opened").wait_for()
    assert "a.jpg" in driver.page.locator("#screen").inner_text()
    driver.page.locator("#screen").get_by_role("button", name="Next image").click()
    driver.wait_for("s2m.annotation.value.image?.name === 'b.png'")
    assert driver.page.evaluate("s2m.project.value.folder[0].status") == "unreadable"


def test_an_empty_folder_says_so(driver: PageDriver, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    driver.page.goto(serve(tmp_path / "images", tmp_path / "out").url)
    driver.page.get_by_text("No image here").wait_for()


def test_a_file_of_the_users_own_is_kept_as_a_backup(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    own = np.full((96, 128), 3, dtype=np.uint8)
    Image.fromarray(own).save(tmp_path / "out" / "discs.png")
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    driver.draw((24, 48), (40, 48))
    driver.wait_for("!document.getElementById('status-error').hidden")
    assert "was kept" in driver.error()
    (backup,) = (tmp_path / "out" / "backups").iterdir()
    assert (read_label_map(backup) == 3).all()


def test_masks_are_on_disk_when_the_server_is_ended(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    driver.draw((24, 48), (40, 48))
    served.stop()
    assert (read_label_map(tmp_path / "out" / "discs.png") == 1).any()
    assert served.process.returncode == 0


def test_the_journal_holds_every_command_in_readable_lines(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    driver.draw((24, 48), (40, 48))
    driver.press("f")
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    text = journal.read_text()
    assert all(json.loads(line) for line in text.splitlines())
    assert '"draw"' in text
    assert '"keep"' in text


def test_half_a_stroke_is_back_at_once_after_a_reload_and_never_later(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    driver.draw((24, 48), (40, 48))
    driver.move_to(90, 48)
    driver.page.mouse.down()
    driver.page.mouse.move(*driver.on_screen(102, 48), steps=6)
    driver.wait_for("s2m.drawing.streamed > 4")
    driver.page.reload()
    driver.wait_for("globalThis.s2m?.annotation.value.strokes.length === 2")
    driver.page.mouse.up()
    driver.press("f")
    driver.press("Enter")
    driver.wait_for("s2m.annotation.value.status === 'done'")
    shown = driver.mask(1)
    served.stop()
    again = driver.open(serve(two_discs_file, tmp_path / "out").url)
    again.settle()
    assert [stroke["past"] for stroke in again.strokes()] == [True, True]
    assert iou(again.mask(1), shown) == 1
    with Image.open(tmp_path / "out" / "discs.png") as saved:
        assert iou(np.asarray(saved) == 1, shown) > 0.97
