"""Damaged files of every format: an error of ours that names what is wrong, never a crash; archives stay in bounds."""

from __future__ import annotations

import random
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotations import export_of, hard_image
from s2m.errors import DataError, S2MError
from s2m.files.formats.recognition import opened_source, source_of, unpack
from s2m.files.formats.table import FORMATS

STRANGE = (b"-1", b"1e309", b"null", b"[]", b"{}", b'"x"', b"99999999999", b"NaN", b"../../")
NOT_READ = ("manifest.json", "photo.png", "labels.txt", "labels.xml")
CASES = 200
ENTRY = re.compile(r"\b(annotation|category|feature|image|line|mask|object|result|shape|task) \S")
"""How a problem says which entry of a file it is about."""
WHOLE_FILE = re.compile(r"is no JSON|is no XML|no text in|NPZ|damaged|not an image|has strokes that cannot be read")
"""How an error says that a file as a whole, or the part that every image needs, cannot be read."""
PLACE = re.compile(r"\bline \d|\bbyte \d|has a line that|it needs|wanted")
"""Where in a text, or what the text as a whole lacks."""


def damaged(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        if not changed:
            break
        place = rng.randrange(len(changed))
        match rng.randrange(4):
            case 0:
                changed[place] = rng.randrange(256)
            case 1:
                del changed[place : place + rng.randrange(1, 40)]
            case 2:
                changed[place:place] = rng.choice(STRANGE)
            case _:
                del changed[place:]
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", list(FORMATS))
def test_a_damaged_file_is_refused_or_its_entries_are_named(kind: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(np.full((48, 64, 3), 90, dtype=np.uint8)).save(photo)
    export_of(tmp_path / "whole", kind, [hard_image(path=photo)])
    files = [path for path in (tmp_path / "whole").rglob("*") if path.is_file() and path.name not in NOT_READ]
    rng = random.Random(0)
    for _ in range(CASES):
        shutil.rmtree(tmp_path / "hurt", ignore_errors=True)
        shutil.copytree(tmp_path / "whole", tmp_path / "hurt")
        file = tmp_path / "hurt" / rng.choice(files).relative_to(tmp_path / "whole")
        file.write_bytes(damaged(file.read_bytes(), rng))
        problems, errors = said_about(tmp_path / "hurt", kind)
        for words in (*problems, *errors):
            assert file.name in words
        for problem in problems:
            assert ENTRY.search(problem) or WHOLE_FILE.search(problem), problem
        for error in errors:
            assert PLACE.search(error) or file.suffix in (".npz", ".png", ".tif"), error


def said_about(folder: Path, kind: str) -> tuple[list[str], list[str]]:
    """The entries that were left out, and the errors that ended the reading of the file or of an image."""
    errors: list[str] = []
    try:
        source = source_of(folder, kind)
        for name in source.names():
            try:
                source.read(name, (48, 64))
            except S2MError as error:
                errors.append(str(error))
        return source.problems, errors
    except S2MError as error:
        return [], [*errors, str(error)]


@pytest.mark.parametrize("name", ["../out.json", "/etc/x.json", "a/../../x.json", "C:\\x.json", "..\\x.json"])
def test_no_file_of_an_archive_leaves_its_folder(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inside.json", "{}")
        archive.writestr(name, "{}")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="leads out of it"):
        unpack(tmp_path / "a.zip", tmp_path / "folder")
    assert list((tmp_path / "folder").iterdir()) == []


def test_an_archive_that_announces_too_much_or_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b" " * 100_000)
    monkeypatch.setattr("s2m.files.formats.recognition.MAX_ARCHIVE_BYTES", 99_999)
    with pytest.raises(DataError, match="unpack it yourself"), opened_source(tmp_path / "a.zip"):
        pass
    (tmp_path / "a.zip").write_bytes(b"PK no archive")
    with pytest.raises(DataError, match="no ZIP archive"), opened_source(tmp_path / "a.zip"):
        pass
