import errno
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from qie_hub.errors import DiskFull, NotInstalled, ReadOnlyHome, StoreError
from qie_hub.store import disk
from qie_hub.store.disk import Abilities, DiskNeed


def _raising(code: int, path: str | None = None) -> Callable[[], None]:
    def act() -> None:
        raise OSError(code, os.strerror(code), path)

    return act


def _translated(home: Path, act: Callable[[], object], **facts: int) -> StoreError:
    with pytest.raises(StoreError) as caught, disk.translated(home, **facts):
        act()
    return caught.value


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_how_full(tmp_path: Path, code: int) -> None:
    error = _translated(tmp_path, _raising(code), need=10**18)
    assert type(error) is DiskFull
    assert error.hint == "DISK_FULL"
    assert error.data["need"] == 10**18
    assert isinstance(error.data["free"], int)
    assert error.data["free"] > 0
    assert _translated(tmp_path, _raising(code)).hint == "DISK_FILLED"


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_home_that_cannot_be_written_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(disk, "is_writable", lambda home: False)
    assert type(_translated(tmp_path, _raising(code))) is ReadOnlyHome


def test_a_single_file_that_is_refused_does_not_make_the_home_read_only(tmp_path: Path) -> None:
    error = _translated(tmp_path, _raising(errno.EACCES, "/x/y"))
    assert type(error) is StoreError
    assert (error.data["problem"], error.data["path"]) == ("EACCES", "/x/y")


def test_a_file_that_the_file_system_cannot_hold_is_told_apart_from_a_full_disk(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        error = _translated(tmp_path, lambda: (tmp_path / "big").write_bytes(bytes(2000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert error.hint == "FILE_TOO_LARGE_FOR_DISK"


def test_errors_of_the_tree_and_foreign_ones_pass_untouched(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled), disk.translated(tmp_path):
        raise NotInstalled(ref="x")
    with pytest.raises(ZeroDivisionError), disk.translated(tmp_path):
        raise ZeroDivisionError


def test_need_counts_what_links_save() -> None:
    shared = DiskNeed(fetch=100, reuse=40, shares=True, reserve=7)
    assert (shared.total, shared.copies, shared.saved) == (107, 0, 40)
    copied = DiskNeed(fetch=100, reuse=40, shares=False, reserve=7)
    assert (copied.total, copied.copies, copied.saved) == (147, 40, 0)


def test_too_little_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    home = tmp_path / "not" / "there" / "yet"
    free = disk.free_bytes(home)
    DiskNeed(fetch=1, reuse=0, shares=True).require(home)
    with pytest.raises(DiskFull) as caught:
        DiskNeed(fetch=2 * free, reuse=0, shares=True).require(home)
    data = caught.value.data
    assert data["need"] == 2 * free
    assert data["need"] - data["free"] == data["missing"]  # type: ignore[operator]  # all three are integers
    assert not (tmp_path / "not").exists()


def test_probing_leaves_nothing_and_agrees_with_a_real_link(tmp_path: Path) -> None:
    found = disk.probe(tmp_path / "home")
    (tmp_path / "a").write_bytes(b"")
    os.link(tmp_path / "a", tmp_path / "b")
    assert found.links is True
    assert list((tmp_path / "home").iterdir()) == []


def test_a_disk_without_links_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda source, goal: _raising(errno.EPERM)())
    monkeypatch.setattr(disk, "reflink", lambda source, goal: False)
    assert disk.probe(tmp_path) == Abilities(links=False, reflinks=False)
    assert disk.probe(tmp_path).shares is False
    assert list(tmp_path.iterdir()) == []


def test_a_reflink_that_is_refused_leaves_no_goal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    (tmp_path / "a").write_bytes(b"x" * 5000)
    calls: list[int] = []

    def refuse(goal: int, request: int, source: int) -> int:
        calls.append(request)
        raise OSError(errno.EOPNOTSUPP, "no reflinks")

    monkeypatch.setattr(fcntl, "ioctl", refuse)
    assert disk.reflink(tmp_path / "a", tmp_path / "b") is False
    assert calls == [0x40049409]
    assert not (tmp_path / "b").exists()


def test_writability_is_asked_of_the_nearest_folder_that_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(os, "access", lambda path, mode: asked.append(path) or False)
    assert disk.is_writable(tmp_path / "a" / "b") is False
    assert asked == [tmp_path]
