from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest

from data_miniatures import shard_miniature
from s2m.data import shard_copies
from s2m.data.layouts import open_named_set, open_set
from s2m.data.shard_copies import address_of, is_address, open_address
from s2m.errors import DataError


@pytest.fixture
def shards(pairs_root: Path, tmp_path: Path) -> Path:
    """The pairs of the set "shapes" in shards of one image each."""
    return shard_miniature(open_set(pairs_root / "train" / "shapes"), tmp_path / "far" / "shapes")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before trying again."""
    monkeypatch.setattr(shard_copies, "PAUSES_S", (0.0,))


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name in the base class)
        pass


@pytest.fixture
def server(shards: Path) -> Iterator[str]:
    """The address of a web server of the folder that the set lies in."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(shards.parent))) as http:
        thread = Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def is_same(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


@pytest.mark.skipif(shutil.which("curl") is None, reason="WebDataset opens http through curl")
def test_a_set_on_a_web_server_reads_as_the_folder_it_was_made_from(
    server: str, pairs_root: Path, tmp_path: Path
) -> None:
    far = open_named_set(tmp_path, f"{server}/shapes", tmp_path / "copies")
    assert not (tmp_path / "copies").exists()
    for copied, plain in zip(far, open_set(pairs_root / "train" / "shapes"), strict=True):
        assert copied.name == plain.name
        assert is_same(copied.load(), plain.load())


def test_a_shard_is_copied_once_when_it_is_needed_and_checked(shards: Path, tmp_path: Path) -> None:
    first, second = open_address(f"pipe:cat {shards}/{{}}", tmp_path / "copies")
    first.load()
    copies = list((tmp_path / "copies").glob("*.tar"))
    assert [copy.read_bytes() for copy in copies] == [(shards / "shard-000000.tar").read_bytes()]
    shutil.rmtree(shards)
    first.load()
    with pytest.raises(DataError, match=r"shard-000001\.tar cannot be copied"):
        second.load()


def test_readers_at_the_same_time_fetch_a_shard_once(shards: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    address = f"pipe:echo {{}} >> {log}; sleep 0.2; cat {shards}/{{}}"
    together = Barrier(3)

    def read() -> None:
        image = open_address(address, tmp_path / "copies")[0]
        together.wait()
        image.load()

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert log.read_text().split().count("shard-000000.tar") == 1


def test_a_torn_or_changed_shard_is_refused_and_not_kept(shards: Path, tmp_path: Path) -> None:
    first, _ = open_address(f"pipe:cat {shards}/{{}}", tmp_path / "copies")
    (shards / "shard-000000.tar").write_bytes(b"torn")
    with pytest.raises(DataError, match="is 4 bytes, wanted"):
        first.load()
    assert not list((tmp_path / "copies").glob("*.tar"))
    assert not list((tmp_path / "copies").glob("*.part"))


def test_a_shard_that_fails_to_come_is_asked_for_again(shards: Path, tmp_path: Path) -> None:
    failing_once = (
        f"cat {shards}/{{}}; test {{}} = shards.json || test -e {tmp_path}/{{}} || (touch {tmp_path}/{{}}; exit 5)"
    )
    first, _ = open_address(f"pipe:{failing_once}", tmp_path / "copies")
    assert first.load()[1].any()
    assert (tmp_path / "shard-000000.tar").exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("pipe:exit 3; echo {}", "cannot be fetched"),
        ("pipe:echo {}", "is no index of shards"),
        ("pipe:cat index", "where the file's name goes"),
        ("nothing://bucket/set", "cannot be fetched"),
    ],
)
def test_addresses_that_lead_nowhere_are_explained(address: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        open_address(address, tmp_path)


def test_the_name_of_a_file_goes_to_the_end_of_a_url_or_where_the_command_wants_it() -> None:
    assert address_of("https://host/set/", "shards.json") == "https://host/set/shards.json"
    assert address_of("https://host/set/{}?key=1", "shards.json") == "https://host/set/shards.json?key=1"
    assert address_of("pipe:aws s3 cp s3://set/{} -", "a.tar") == "pipe:aws s3 cp s3://set/a.tar -"
    assert [is_address(name) for name in ("train/cats", "gs://bucket/cats", "pipe:cat {}")] == [False, True, True]
