"""Commands of every kind in one image: undone and redone in the page, and the same after the server was killed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from page_driver import PageDriver, Serve
from s2m.files.label_files import write_label_map
from s2m.types import LabelMap

Step = Callable[[PageDriver], None]


def draw(*points: tuple[float, float], button: str = "left") -> Step:
    return lambda driver: driver.draw(*points, button=button)


def press(key: str) -> Step:
    return lambda driver: driver.press(key)


def run(script: str) -> Step:
    def step(driver: PageDriver) -> None:
        driver.page.evaluate(script)

    return step


STEPS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    ("stroke", (draw((24, 48), (40, 48)),)),
    ("negative stroke", (draw((4, 4), (20, 4), button="right"),)),
    ("new object", (press("n"),)),
    ("box", (press("b"), draw((74, 26), (118, 70)))),
    ("lasso", (press("l"), draw((90, 40), (102, 40), (102, 56), (90, 56)))),
    ("keep", (press("f"),)),
    ("dot", (press("p"), draw((96, 34)))),
    ("brush", (press("u"), draw((60, 20), (70, 20)))),
    ("eraser", (press("e"), draw((96, 48), (98, 48)))),
    ("fill holes", (run("s2m.actions.run('fill-holes')"),)),
    ("smooth", (run("s2m.actions.run('smooth')"),)),
    ("drop specks", (run("s2m.actions.run('drop-specks')"),)),
    ("rename", (run("s2m.editor.changeObjects([2], { name: 'blue' })"),)),
    ("lock", (run("s2m.actions.run('object-lock')"),)),
    ("unlock", (run("s2m.actions.run('object-lock')"),)),
    ("merge", (run("s2m.actions.run('object-merge')"),)),
    ("brush apart", (run("s2m.ui.set({ width: 8 })"), press("u"), draw((120, 8)))),
    ("split", (run("s2m.actions.run('object-split')"),)),
    ("delete", (run("s2m.actions.run('object-delete')"),)),
    ("done", (press("Enter"),)),
    ("clear", (press("r"),)),
)
"""Commands of every kind, each of which is one entry of the history."""


def import_file(driver: PageDriver, path: Path) -> None:
    """Import a label map by the dialog."""
    before = driver.page.evaluate("s2m.annotation.value.number")
    driver.page.keyboard.press("i")
    with driver.page.expect_file_chooser() as chooser:
        driver.page.get_by_role("button", name="A file").click()
    chooser.value.set_files(path)
    driver.wait_for(f"s2m.annotation.value.number > {before}")


def seen(driver: PageDriver) -> dict[str, Any]:
    """What the page shows: objects, strokes, state and the pixels of all masks."""
    found: dict[str, Any] = driver.page.evaluate(
        "(({ objects, strokes, status }) => ({ objects, strokes, status }))(s2m.annotation.value)"
    )
    masks = {one["id"]: np.packbits(driver.mask(one["id"])).tobytes() for one in found["objects"]}
    return {**found, "masks": masks}


def test_mixed_commands_are_undone_and_redone_one_by_one_and_survive_a_kill(
    driver: PageDriver, serve: Serve, two_discs_file: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    write_label_map(tmp_path / "given.png", np.where(two_discs_labels == 2, 2, 0))
    given = ("import", (lambda driver: import_file(driver, tmp_path / "given.png"),))
    steps = (*STEPS[:5], given, *STEPS[5:])
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    states = [seen(driver)]
    labels: list[str] = []
    for name, parts in steps:
        for part in parts:
            part(driver)
        driver.settle()
        label = driver.page.evaluate("s2m.annotation.value.undo")
        assert driver.error() == "", name
        assert label, name
        labels.append(label)
        states.append(seen(driver))
    for place in reversed(range(len(steps))):
        assert driver.page.evaluate("s2m.annotation.value.undo") == labels[place]
        driver.press("Control+z")
        assert seen(driver) == states[place], f"undo {steps[place][0]}"
    assert driver.page.evaluate("s2m.annotation.value.undo") is None
    for place, (name, _) in enumerate(steps[:-1]):
        driver.press("Control+y")
        assert seen(driver) == states[place + 1], f"redo {name}"
    served.kill()
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    driver.wait_for(
        "s2m.annotation.value.undo !== null && s2m.annotation.value.areas.size === s2m.annotation.value.objects.length"
    )
    driver.settle()
    assert driver.page.evaluate("[s2m.annotation.value.undo, s2m.annotation.value.redo]") == [labels[-2], labels[-1]]
    assert seen(driver) == states[-2]
