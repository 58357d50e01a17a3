import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from qie_hub import atomic


def test_a_write_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.json"
    atomic.write(path, b"first, and longer")
    atomic.write(path, b"second")
    assert path.read_bytes() == b"second"
    assert [entry.name for entry in path.parent.iterdir()] == ["x.json"]


def test_a_write_gives_the_mode_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x"
    atomic.write(path, b"", mode=0o400)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_create_makes_a_file_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x"
    assert atomic.create(path, b"mine") is True
    assert atomic.create(path, b"theirs") is False
    assert path.read_bytes() == b"mine"
    assert [entry.name for entry in path.parent.iterdir()] == ["x"]


def test_create_loses_against_one_that_was_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    link = os.link

    def slower(source: Path, goal: Path) -> None:
        path.write_bytes(b"theirs")
        link(source, goal)

    monkeypatch.setattr(os, "link", slower)
    assert atomic.create(path, b"mine") is False
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_create_works_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(source: Path, goal: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    assert atomic.create(tmp_path / "x", b"mine") is True
    assert atomic.create(tmp_path / "x", b"theirs") is False
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"mine"


def test_rename_moves_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "from" / "folder").mkdir(parents=True)
    (tmp_path / "to").mkdir()
    atomic.rename(tmp_path / "from" / "folder", tmp_path / "to" / "folder")
    assert (tmp_path / "to" / "folder").is_dir()
    assert not (tmp_path / "from" / "folder").exists()


CALLS = ("open", "write", "fstat", "fsync", "close", "replace", "link", "mkdir")


def _failing_at(monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException) -> Callable[[], int]:
    """Let the call number ``step`` of any of CALLS fail; return how many calls were made."""
    made = 0

    def guard(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            nonlocal made
            made += 1
            if made == step:
                raise error
            return real(*args, **named)

        return call

    for name in CALLS:
        monkeypatch.setattr(os, name, guard(getattr(os, name)))
    return lambda: made


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=["full", "ctrl-C"])
def test_wherever_a_write_stops_the_old_or_the_new_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = tmp_path / "sub" / "x"
    path.parent.mkdir()
    old, new = b"old", b"n" * 100_000
    outcomes = set()
    for step in range(1, 40):
        path.write_bytes(old)
        with monkeypatch.context() as patch:
            calls = _failing_at(patch, step, error)
            try:
                atomic.write(path, new)
            except type(error):
                finished = False
            else:
                finished = True
            done = calls()
        assert path.read_bytes() in (old, new)
        assert finished is (done < step)
        assert finished is False or path.read_bytes() == new
        outcomes.add((finished, path.read_bytes() == new))
        for left in path.parent.glob(f"*{atomic.TEMP_MARK}*"):
            left.unlink()
        if finished:
            break
    assert outcomes == {(False, False), (False, True), (True, True)}


def test_short_writes_are_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    atomic.write(tmp_path / "x", bytes(range(256)))
    assert (tmp_path / "x").read_bytes() == bytes(range(256))


def test_bytes_are_synced_before_the_name_and_the_name_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []
    sync, replace = os.fsync, os.replace

    def fsync(handle: int) -> None:
        log.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def rename(source: Path, goal: Path) -> None:
        log.append("rename")
        replace(source, goal)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", rename)
    atomic.write(tmp_path / "x", b"1")
    assert log == ["file", "rename", "folder"]


def test_every_new_folder_is_synced_into_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(atomic, "sync_dir", synced.append)
    atomic.make_dirs(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert synced == [tmp_path, tmp_path / "a"]
    atomic.make_dirs(tmp_path / "a" / "b")
    assert len(synced) == 2


def test_a_line_is_added_and_a_torn_one_before_it_stays_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    atomic.append(path, b"one")
    atomic.append(path, b"two")
    assert path.read_bytes() == b"one\ntwo\n"
    path.write_bytes(b"one\ntw")
    atomic.append(path, b"three")
    assert path.read_bytes() == b"one\ntw\nthree\n"
