"""``s2m annotate``: what is refused before the server starts, each in one line that says what to do."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from starlette.types import ASGIApp

from s2m.cli import EXIT_CODES, main
from s2m.files.label_files import write_label_map
from s2m.session import ObjectClass, Project, ProjectSettings
from s2m.types import LabelMap
from s2m.web.server import Address, Greeting
from s2m.web.workspace import Workspace


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["annotate", *map(str, arguments), "--no-browser"])
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    code, said = run(tmp_path / "none.jpg", "-o", tmp_path / "out")
    assert code == EXIT_CODES["image"]
    assert "none.jpg does not exist" in said


def test_a_mask_of_another_size_is_refused(two_discs_file: Path, tmp_path: Path) -> None:
    small: LabelMap = np.zeros((4, 4), dtype=np.int32)
    write_label_map(tmp_path / "small.png", small)
    code, said = run(two_discs_file, "-o", tmp_path / "out", "--mask", tmp_path / "small.png")
    assert code == EXIT_CODES["mask"]
    assert "small.png" in said


def test_a_mask_for_a_folder_is_refused(tmp_path: Path) -> None:
    code, said = run(tmp_path, "-o", tmp_path / "out", "--mask", tmp_path / "mask.png")
    assert code == EXIT_CODES["mask"]
    assert "one image" in said


def test_a_model_that_is_not_there_is_refused(two_discs_file: Path, tmp_path: Path) -> None:
    code, said = run(two_discs_file, "-o", tmp_path / "out", "--model", tmp_path / "none")
    assert code == EXIT_CODES["model"]
    assert "none" in said


def test_an_output_folder_that_is_a_file_is_refused(two_discs_file: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    code, said = run(two_discs_file, "-o", tmp_path / "out")
    assert code == EXIT_CODES["output"]
    assert "-o" in said


@pytest.fixture
def read_only_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can be made; the tests may run as a user who may write everywhere."""

    def refuse(**_: object) -> tuple[int, str]:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)


@pytest.mark.usefixtures("read_only_disk")
def test_an_output_folder_that_cannot_be_written_is_view_only(
    two_discs_file: Path, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspaces: list[Workspace] = []

    def serve(make_app: partial[ASGIApp], _: Address, greet: Callable[[Greeting], None]) -> None:
        workspaces.append(make_app.args[0])
        greet(Greeting("http://127.0.0.1:1/", (), "http://127.0.0.1:1/", False, False))

    monkeypatch.setattr("s2m.cli.annotate.serve", serve)
    code, said = run(two_discs_file, "-o", tmp_path / "out", "--model", tiny_model_folder)
    assert code == 0
    why = f"view only: the folder {tmp_path / 'out'} cannot be written (Read-only file system)"
    assert said.splitlines()[0] == f"1 image; {why}; start again with another folder (-o) to draw"
    assert "can see the masks" in said
    assert workspaces[0].project.read_only is not None


@pytest.mark.usefixtures("read_only_disk")
@pytest.mark.parametrize("change", ["--mask", "--classes", "--overlap"])
def test_a_change_of_what_cannot_be_written_is_refused(two_discs_file: Path, tmp_path: Path, change: str) -> None:
    Image.fromarray(np.zeros((96, 128), dtype=np.uint8)).save(tmp_path / "mask.png")
    (tmp_path / "classes.txt").write_text("cat\n")
    value = {"--mask": tmp_path / "mask.png", "--classes": tmp_path / "classes.txt", "--overlap": "overlapping"}[change]
    code, said = run(two_discs_file, "-o", tmp_path / "out", change, value)
    assert code == EXIT_CODES["output"]
    assert "the folder is read-only; choose another with -o" in said


@pytest.mark.usefixtures("read_only_disk")
def test_masks_are_not_imported_into_a_folder_that_cannot_be_written(two_discs_file: Path, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    result = CliRunner().invoke(
        main, ["import", str(two_discs_file), str(tmp_path / "masks"), "-o", str(tmp_path / "out")]
    )
    assert result.exit_code == EXIT_CODES["output"]


def test_a_port_in_use_is_refused(two_discs_file: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    with Address(port=0).listen() as taken:
        port = taken.getsockname()[1]
        code, said = run(two_discs_file, "-o", tmp_path / "out", "--model", tiny_model_folder, "--port", port)
    assert code == EXIT_CODES["server"]
    assert f"port {port} is in use" in said


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-key"])
def test_half_a_certificate_is_refused(two_discs_file: Path, tmp_path: Path, option: str) -> None:
    code, said = run(two_discs_file, "-o", tmp_path / "out", option, tmp_path / "x.pem")
    assert code == EXIT_CODES["server"]
    assert "--tls-cert and --tls-key" in said


def test_classes_come_from_a_text_file(
    two_discs_file: Path, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.cli.annotate.serve", lambda *_: None)
    (tmp_path / "classes.txt").write_text("cat\n\ndog\ncat\n")
    out = tmp_path / "out"
    code, _ = run(two_discs_file, "-o", out, "--model", tiny_model_folder, "--classes", tmp_path / "classes.txt")
    assert code == 0
    assert '"cat"' in (out / "s2m-project.json").read_text()
    assert (out / "s2m-project.json").read_text().count('"dog"') == 1


def test_objects_of_new_images_overlap_when_asked_for(
    two_discs_file: Path, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.cli.annotate.serve", lambda *_: None)
    out = tmp_path / "out"
    for more in (("--overlap", "overlapping"), ()):
        assert run(two_discs_file, "-o", out, "--model", tiny_model_folder, *more)[0] == 0
        assert Project.reopen(out).settings.overlap == "overlapping"


def test_a_class_that_was_renamed_in_the_page_is_not_added_again(
    two_discs_file: Path, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.cli.annotate.serve", lambda *_: None)
    (tmp_path / "classes.txt").write_text("cat\n")
    out = tmp_path / "out"
    lynx = ObjectClass(name="lynx", former_names=("cat",))
    Project.open(two_discs_file, out, ProjectSettings(classes=(lynx,)))
    code, _ = run(two_discs_file, "-o", out, "--model", tiny_model_folder, "--classes", tmp_path / "classes.txt")
    assert code == 0
    assert Project.reopen(out).settings.classes == (lynx,)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_classes_are_read_in_every_unicode_encoding(
    tiny_model_folder: Path, two_discs_file: Path, tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.cli.annotate.serve", lambda *_: None)
    (tmp_path / "classes.txt").write_bytes("Käfer\r\nKatze\r\n".encode(encoding))
    out = tmp_path / "out"

    run(two_discs_file, "-o", out, "--model", tiny_model_folder, "--classes", tmp_path / "classes.txt")

    assert Project.reopen(out).settings.class_names == ("Käfer", "Katze")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"cat\n" + b"x" * 201, "line 2: a class name of 201 characters"),
        ("Käfer".encode("latin-1"), "save it as UTF-8"),
    ],
)
def test_class_lists_that_are_none_are_refused_in_one_line(
    two_discs_file: Path, tmp_path: Path, data: bytes, words: str
) -> None:
    (tmp_path / "classes.txt").write_bytes(data)

    code, said = run(two_discs_file, "-o", tmp_path / "out", "--classes", tmp_path / "classes.txt")

    assert code == 10
    assert words in said
