"""The contract of `cdn.stores.Store`, for every kind of place."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdn.stores import Blob, Store, open_store
from cdn.stores.dir import DirStore
from qie_hub.digest import Digest
from qie_hub.errors import NotFound, PublishError, UsageError, VersionConflict

NAME = "o/sha256/ab/" + "0" * 64
PLACES: dict[str, Callable[[Path], Store]] = {"dir": lambda folder: DirStore(folder / "store")}


@pytest.fixture(params=sorted(PLACES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return PLACES[request.param](tmp_path)


def test_put_creates_once_and_says_so(store: Store) -> None:
    assert not store.exists(NAME)
    assert store.put(NAME, Blob.of(b"shard")) is True
    assert store.exists(NAME)
    assert store.get(NAME) == b"shard"
    assert store.put(NAME, Blob.of(b"shard")) is False


@pytest.mark.parametrize("other", [b"other", b"longer than before"])
def test_put_never_changes_an_object(store: Store, other: bytes) -> None:
    store.put(NAME, Blob.of(b"shard"))
    with pytest.raises(VersionConflict):
        store.put(NAME, Blob.of(other))
    assert store.get(NAME) == b"shard"


@pytest.mark.parametrize(
    "blob",
    [
        Blob(5, Digest.of(b"shard"), lambda: (b"shar",)),
        Blob(5, Digest.of(b"shard"), lambda: (b"shart",)),
        Blob(5, Digest.of(b"shard"), lambda: (b"shard", b"!")),
    ],
)
def test_bytes_that_are_not_the_announced_ones_never_appear(store: Store, blob: Blob) -> None:
    with pytest.raises(PublishError):
        store.put(NAME, blob)
    assert not store.exists(NAME)
    assert store.put(NAME, Blob.of(b"shard")) is True


def test_a_source_that_fails_midway_leaves_the_name_absent(store: Store) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"sh"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        store.put(NAME, Blob(5, Digest.of(b"shard"), blocks))
    assert not store.exists(NAME)
    with pytest.raises(NotFound):
        store.get(NAME)


def test_a_writer_that_is_killed_midway_leaves_the_name_absent(store: Store) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"sh"
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        store.put(NAME, Blob(5, Digest.of(b"shard"), blocks))
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert not store.exists(NAME)
    assert store.put(NAME, Blob.of(b"shard")) is True


def test_replace_swaps_the_one_mutable_object(store: Store) -> None:
    store.replace("metadata/timestamp.json", b"1")
    store.replace("metadata/timestamp.json", b"22")
    assert store.get("metadata/timestamp.json") == b"22"


def test_absent_names_are_not_found(store: Store) -> None:
    store.put("a/b", Blob.of(b"x"))
    for name in ("a", "a/c", "b", "a/b/c"):
        assert not store.exists(name)
        with pytest.raises(NotFound):
            store.get(name)


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "a/../../x", "a//b", "a/./b", "a\\b", "a/\0"])
def test_names_that_could_leave_the_store_are_refused(store: Store, name: str) -> None:
    with pytest.raises(UsageError):
        store.put(name, Blob.of(b"x"))
    with pytest.raises(UsageError):
        store.get(name)
    with pytest.raises(UsageError):
        store.exists(name)
    with pytest.raises(UsageError):
        store.replace(name, b"x")


def test_a_part_of_a_file_is_a_blob(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(range(256)) * 9000)
    part = path.read_bytes()[100 : 100 + (2 << 20)]
    store.put(NAME, Blob.of_part(path, 100, len(part), Digest.of(part)))
    assert store.get(NAME) == part


def test_a_path_opens_the_folder_store(tmp_path: Path) -> None:
    open_store(str(tmp_path / "here")).put("a", Blob.of(b"x"))
    assert (tmp_path / "here" / "a").read_bytes() == b"x"
