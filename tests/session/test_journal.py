from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from disc_network import SIZE_HW, open_session

from s2m.errors import JournalError, OutputError, ReadOnlyError
from s2m.session import Draw, DrawnStroke, JournalHeader, MarkImage, read_journal
from s2m.session.journal import JournalLine, header_bytes, line_bytes
from s2m.session.journal_file import JournalFile

HEADER = JournalHeader(image="photo.jpg", size_hw=SIZE_HW, overlap="exclusive")


def dot(number: int) -> JournalLine:
    stroke = DrawnStroke(points=((number + 0.25, 3.0),), key=f"k{number}")
    return JournalLine(number, "2026-01-01T10:00:00.000Z", f"stroke {number} of cat", Draw(strokes=(stroke,)))


def journal_of(path: Path, count: int) -> None:
    journal, _, _ = JournalFile.open(path, HEADER)
    for number in range(1, count + 1):
        journal.append(dot(number))
    journal.close()


def test_lines_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "photo.jsonl"
    journal_of(path, 3)
    reading = read_journal(path)
    assert reading.header == HEADER
    assert reading.lines == (dot(1), dot(2), dot(3))
    assert reading.damage is None
    assert reading.nbytes == path.stat().st_size


def test_an_image_only_looked_at_leaves_no_journal(tmp_path: Path) -> None:
    journal, reading, notices = JournalFile.open(tmp_path / "photo.jsonl", HEADER)
    journal.close()
    assert reading.lines == ()
    assert notices == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept_bytes", [1, 30, 10_000])
def test_a_torn_last_line_is_dropped_said_and_kept(tmp_path: Path, kept_bytes: int) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 2)
    whole = path.read_bytes()
    torn = whole + line_bytes(dot(3))[:-2][:kept_bytes]
    path.write_bytes(torn)
    journal, reading, notices = JournalFile.open(path, HEADER)
    assert reading.lines == (dot(1), dot(2))
    assert "last line is torn" in notices[0]
    assert (tmp_path / "photo.jsonl.damaged-1").read_bytes() == torn
    journal.append(dot(3))
    journal.close()
    assert read_journal(path).lines == (dot(1), dot(2), dot(3))


def test_damage_in_the_middle_ends_the_journal_there_and_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 4)
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3].replace(b'"kind"', b'"kin\x00"')
    path.write_bytes(b"\n".join(lines))
    session = open_session(path)
    assert len(session.state.strokes) == 2
    assert "cannot be read from line 4 on" in session.notices[0]
    assert "damaged-1" in session.notices[0]
    session.close()
    assert open_session(path).notices == ()


def test_a_line_of_the_wrong_number_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[3]]))
    assert read_journal(path).lines == (dot(1),)


def test_a_last_line_that_only_lacks_its_end_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 2)
    path.write_bytes(path.read_bytes()[:-1])
    journal, reading, notices = JournalFile.open(path, HEADER)
    assert len(reading.lines) == 2
    assert notices == ()
    journal.append(dot(3))
    journal.close()
    assert len(read_journal(path).lines) == 3


def test_a_journal_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    content = b'{"s2m_journal": 1, "image": "photo.jpg"}\n'
    path.write_bytes(content)
    with pytest.raises(JournalError, match="version 1, wanted 2"):
        open_session(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [b"", header_bytes(HEADER)[:30], header_bytes(HEADER)[:-1], b"\x89PNG\r\n", b"[1]\n", b"\0" * 4096, b"[" * 100_000],
)
def test_a_journal_without_a_whole_first_line_is_begun_anew_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jsonl"
    path.write_bytes(content)
    session = open_session(path)
    session.do(MarkImage(status="done"))
    session.close()
    if content == header_bytes(HEADER)[:-1]:
        assert session.notices == ()
    else:
        assert "its first line is damaged; a new one is begun" in session.notices[0]
    if "damaged-1" in " ".join(session.notices):
        assert (tmp_path / "photo.jsonl.damaged-1").read_bytes() == content
    assert open_session(path).state.status == "done"


def test_what_follows_a_damaged_first_line_is_recovered(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 3)
    content = path.read_bytes()
    damaged = content.replace(b'"s2m_journal":2', b'"s2m_journal":3', 1)
    path.write_bytes(damaged)
    with pytest.raises(JournalError, match="open the image to recover"):
        read_journal(path)
    session = open_session(path)
    assert [stroke.key for stroke in session.state.strokes] == ["k1", "k2", "k3"]
    assert "3 lines after it were recovered, the damaged file is photo.jsonl.damaged-1" in session.notices[0]
    session.do(MarkImage(status="done"))
    session.close()
    assert path.read_bytes().startswith(content)
    assert (tmp_path / "photo.jsonl.damaged-1").read_bytes() == damaged


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 2)
    content = path.read_bytes()
    for place in range(len(content) - 1):
        for bit in (0, 3, 7):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            reading = read_journal(path, HEADER)
            assert reading.damage is not None, (place, bit)
            assert reading.lines == (dot(1), dot(2))[: len(reading.lines)]


def test_a_time_that_is_none_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 1)
    late = dataclasses.replace(dot(2), at="2026-13-01T10:00:00.000Z")
    path.write_bytes(path.read_bytes() + line_bytes(late))
    reading = read_journal(path)
    assert reading.lines == (dot(1),)
    assert reading.damage is not None


def test_a_journal_of_an_image_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    path.write_bytes(header_bytes(HEADER.model_copy(update={"size_hw": (99, 32)})))
    with pytest.raises(JournalError, match="32 x 99"):
        open_session(path)


def removed(path: Path) -> None:
    path.unlink()


def removed_with_its_folders(path: Path) -> None:
    shutil.rmtree(path.parent.parent)


def moved_away(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def cut_short(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-20])


def copied(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("take_away", [removed, removed_with_its_folders, moved_away, cut_short, copied])
def test_a_journal_that_is_taken_away_while_it_is_open_is_written_again(
    tmp_path: Path, take_away: Callable[[Path], None]
) -> None:
    path = tmp_path / "output" / "journals" / "photo.jsonl"
    session = open_session(path)
    session.do(dot(1).entry)  # type: ignore[arg-type]
    take_away(path)
    session.do(dot(2).entry)  # type: ignore[arg-type]
    assert "written again with everything in it" in session.notices[-1]
    session.do(dot(3).entry)  # type: ignore[arg-type]
    assert len(session.notices) == 1
    with pytest.raises(JournalError, match="edited by another"):
        open_session(path)
    session.close()
    again = open_session(path)
    assert [stroke.key for stroke in again.state.strokes] == ["k1", "k2", "k3"]
    assert again.notices == ()


def test_a_journal_that_cannot_be_written_again_refuses_what_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "journals" / "photo.jsonl"
    session = open_session(path)
    session.do(dot(1).entry)  # type: ignore[arg-type]
    shutil.rmtree(path.parent)
    path.parent.write_bytes(b"a file stands where the folder was")
    with pytest.raises(OutputError, match="cannot write"):
        session.do(dot(2).entry)  # type: ignore[arg-type]
    assert len(session.state.strokes) == 1
    path.parent.unlink()
    session.do(dot(3).entry)  # type: ignore[arg-type]
    session.close()
    assert [stroke.key for stroke in open_session(path).state.strokes] == ["k1", "k3"]


def test_a_journal_that_is_replaced_by_another_is_kept_beside_and_said(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    session = open_session(path)
    session.do(dot(1).entry)  # type: ignore[arg-type]
    path.unlink()
    path.write_bytes(header_bytes(HEADER) + line_bytes(dot(1)))
    with pytest.raises(JournalError, match=r"what was drawn is kept in photo\.jsonl\.replaced-1"):
        session.do(dot(2).entry)  # type: ignore[arg-type]
    with pytest.raises(JournalError, match="open the image again"):
        session.do(dot(2).entry)  # type: ignore[arg-type]
    kept = read_journal(tmp_path / "photo.jsonl.replaced-1")
    assert [line.label for line in kept.lines] == ["", "stroke 1 of object 1", "stroke 2 of object 1"]
    assert read_journal(path).lines == (dot(1),)


def test_two_servers_whose_disk_does_not_lock_do_not_write_over_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.jsonl"
    monkeypatch.setattr("s2m.session.journal_file._lock", lambda _: None)
    journal_of(path, 1)
    first, _, no_notices = JournalFile.open(path, HEADER)
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    second, _, notices = JournalFile.open(path, HEADER)
    assert no_notices == ()
    assert "make sure that it is closed there" in notices[0]
    assert f"process {os.getpid()}" in notices[0]
    second.append(dot(2))
    with pytest.raises(JournalError, match=r"another program has written to photo\.jsonl"):
        first.append(dot(2))
    first.close()
    second.close()
    assert read_journal(path).lines == (dot(1), dot(2))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mark", [b"", b"{}", b"[" * 9999, b"\xff", b'{"machine": 1, "process": "x"}'])
def test_a_damaged_mark_of_who_has_a_journal_open_is_of_no_account(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 1)
    (tmp_path / "photo.jsonl.open").write_bytes(mark)
    assert open_session(path).notices == ()


def test_two_programs_cannot_write_one_journal(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 1)
    first = open_session(path)
    with pytest.raises(JournalError, match="edited by another"):
        open_session(path)
    first.close()
    open_session(path).close()


def test_a_journal_begun_elsewhere_in_the_meantime_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    late = open_session(path)
    journal_of(path, 2)
    with pytest.raises(JournalError, match="open the image again"):
        late.do(MarkImage(status="done"))
    assert len(read_journal(path).lines) == 2


def test_a_closed_session_refuses_commands(tmp_path: Path) -> None:
    session = open_session(tmp_path / "photo.jsonl")
    session.do(MarkImage(status="done"))
    session.close()
    with pytest.raises(JournalError, match="open the image again"):
        session.do(MarkImage(status="flagged"))


def test_a_journal_that_cannot_be_begun_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    session = open_session(tmp_path / "photo.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OutputError, match="No space left"):
            session.do(MarkImage(status="done"))
    assert list(tmp_path.iterdir()) == []
    assert session.do(MarkImage(status="done")).status == "done"


def test_a_sync_that_fails_takes_the_line_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "photo.jsonl"
    session = open_session(path)
    session.do(MarkImage(status="done"))
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(OutputError, match="Input/output error"):
            session.do(MarkImage(status="flagged"))
    assert path.read_bytes() == before
    assert session.state.status == "done"


KILLED = """
import sys, time
sys.path.insert(0, {folder!r})
from pathlib import Path
from disc_network import open_session
from s2m.session import Draw, DrawnStroke, StrokePart
session = open_session(Path({path!r}))
session.do(Draw(strokes=(DrawnStroke(points=((5, 5),), key="first"),)))
for step in range(1000):
    session.record_part(StrokePart(stroke=DrawnStroke(points=((10 + step / 100, 8),), key="pen")))
    print(step, flush=True)
    time.sleep(0.001)
"""


def test_a_kill_in_the_middle_of_a_stroke_loses_at_most_its_last_points(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    code = KILLED.format(folder=str(Path(__file__).parent), path=str(path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = -1
        while seen < 20:
            seen = int(process.stdout.readline())
        time.sleep(0.005)
        process.kill()
        rest = process.stdout.read().split()
    said = int(rest[-1]) if rest else seen
    session = open_session(path)
    first, pen = session.state.strokes
    assert (first.key, pen.key) == ("first", "pen")
    assert len(pen.points) >= said + 1
    assert [x for x, _ in pen.points] == [round(10 + step / 100, 2) for step in range(len(pen.points))]
    assert "recovered" in session.notices[-1]


def test_a_journal_that_is_looked_at_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    journal_of(path, 2)
    torn = path.read_bytes() + line_bytes(dot(3))[:30]
    path.write_bytes(torn)
    journal, reading, notices = JournalFile.open_read_only(path, HEADER)
    assert reading.lines == (dot(1), dot(2))
    assert notices == ("the journal photo.jsonl is damaged: its last line is torn; everything before is shown",)
    with pytest.raises(ReadOnlyError, match="another folder with -o"):
        journal.append(dot(3))
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("photo.jsonl", torn)]


def test_a_journal_is_looked_at_while_another_program_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "photo.jsonl"
    writer, _, _ = JournalFile.open(path, HEADER)
    writer.append(dot(1))
    _, reading, _ = JournalFile.open_read_only(path, HEADER)
    assert reading.lines == (dot(1),)
    writer.append(dot(2))
    writer.close()
