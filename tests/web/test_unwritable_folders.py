"""Full disks and read-only folders: the page says so, and strokes wait; in a real Chromium."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from page_driver import PageDriver, Serve, iou, read_only, write_picture
from s2m.types import ByteArray


def test_a_full_disk_is_said_and_the_strokes_are_kept_until_there_is_room(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out", file_limit_bytes=2500)
    driver.open(served.url)
    driver.page.evaluate("s2m.ui.set({ collecting: false })")
    # The label map and the kept state may be refused before the journal, which is what makes strokes wait.
    for place in range(20):
        driver.draw((20 + place, 40), (40, 40 + place), settle=False)
        driver.page.wait_for_timeout(150)
        if driver.page.evaluate("s2m.connection.held"):
            break
    driver.wait_for("s2m.connection.held")
    assert "cannot write" in driver.error()
    kept = driver.page.evaluate("s2m.annotation.value.strokes.length")
    waiting = driver.page.evaluate("s2m.ink.value.pending.length")
    assert waiting >= 1
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    assert journal.read_bytes().endswith(b"\n")
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    driver.wait_for("!s2m.connection.held && s2m.connection.unsent.size === 0")
    driver.settle()
    assert len(driver.strokes()) == kept + waiting


READ_ONLY = """
import errno
from s2m.session import journal_file
def refuse(self):
    raise OSError(errno.EROFS, "Read-only file system")
journal_file.JournalFile._begin = refuse
"""
"""A server whose disk takes no journals."""


def test_a_folder_that_cannot_be_written_is_said_and_the_strokes_wait(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out", before=READ_ONLY)
    driver.open(served.url)
    driver.draw((24, 48), (40, 48), settle=False)
    driver.wait_for("s2m.connection.held")
    assert "Read-only file system" in driver.error()
    assert "choose another folder with -o" in driver.error()
    assert driver.page.evaluate("s2m.ink.value.pending.length") == 1
    assert driver.page.evaluate("Object.keys(localStorage).some((name) => name.startsWith('s2m-unsent'))")
    served.stop()
    context = driver.page.context
    driver.page.close()
    driver.page = context.new_page()
    driver.open(serve(two_discs_file, tmp_path / "out", port=str(urlsplit(served.url).port)).url)
    driver.wait_for("s2m.annotation.value.strokes.length === 1")
    driver.settle()
    assert driver.mask(1)[48, 32]


def test_a_read_only_folder_is_shown_and_says_why(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    served = serve(tmp_path / "images", out)
    driver = new_driver().open(served.url)
    driver.draw((24, 48), (40, 48))
    driver.press("n")
    driver.draw((90, 48), (104, 48))
    mask = driver.mask(2)
    driver.page.context.close()
    served.stop()
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in out.rglob("*") if path.is_file()}

    served = serve(tmp_path / "images", out, before=read_only(out))
    assert f"view only: the folder {out} cannot be written (Read-only file system)" in served.said[0]
    driver = new_driver().open(served.url)
    banner = driver.page.locator("#banner")
    assert f"the folder {out} cannot be written (Read-only file system)" in banner.inner_text()
    assert "another folder (-o)" in banner.inner_text()
    driver.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    assert iou(driver.mask(2), mask) == 1
    assert len(driver.strokes()) == 2

    # The photograph is moved and zoomed; who draws all the same is told why not.
    left = driver.page.evaluate("s2m.viewport.view.left")
    driver.draw((60, 48), (70, 48))
    assert driver.page.evaluate("s2m.viewport.view.left") != left
    driver.press("p")
    driver.draw((60, 48), (70, 48))
    assert "cannot be written" in driver.error()
    for key in ("n", "f", "Control+z", "Enter", "Delete"):
        driver.press(key)
    for button in ("take-over", "save", "import-masks", "classes"):
        driver.page.evaluate(f"s2m.actions.run('{button}')")
    assert driver.page.evaluate("s2m.annotation.value.objects.length") == 2
    assert not driver.page.evaluate("s2m.annotation.value.editor")
    assert driver.page.evaluate("document.querySelectorAll('[data-action=save]:not(:disabled)').length") == 0
    banner.get_by_role("button", name="Hide").click()
    assert not banner.is_visible()

    driver.press("d")
    driver.wait_for("s2m.annotation.value.image?.name === 'b.png'")
    assert driver.page.locator(".object.coming").count() == 0
    other = new_driver().open(served.url)
    assert other.page.get_by_role("button", name="Take over").count() == 0
    served.stop()
    assert served.process.returncode == 0
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in out.rglob("*") if path.is_file()} == before


def test_strokes_that_wait_are_kept_while_the_folder_is_read_only(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    served = serve(two_discs_file, out)
    port = str(urlsplit(served.url).port)
    driver.open(served.url)
    served.kill()
    driver.wait_for("!s2m.connection.open")
    driver.draw((24, 48), (40, 48), settle=False)
    read_only_server = serve(two_discs_file, out, port=port, before=read_only(out))
    with driver.page.context.new_page() as visit:
        visit.goto(read_only_server.url)
    driver.wait_for("s2m.connection.open && s2m.connection.held")
    assert "cannot be written" in driver.error()
    read_only_server.kill()
    fresh = serve(two_discs_file, out, port=port)
    with driver.page.context.new_page() as visit:
        visit.goto(fresh.url)
    driver.wait_for("s2m.connection.open && s2m.annotation.value.strokes.length === 1")
    driver.settle()
    assert driver.mask(1)[48, 32]
