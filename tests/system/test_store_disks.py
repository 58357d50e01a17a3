"""The store on disks that are small, read-only, without links, or that share blocks. Needs root and loop devices."""

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.errors import DiskFull, ReadOnlyHome
from qie_hub.packref import PackRef
from qie_hub.store import assemble, disk, gc
from qie_hub.store.assemble import have_files
from qie_hub.store.disk import Abilities, DiskNeed
from tests.support.homes import Home

SMALL, LARGE = PackRef.parse("acme/pro:256"), PackRef.parse("acme/pro:512")
WEIGHTS = os.urandom(1_000_000)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def _mounted(folder: Path, *mount: str) -> Iterator[Path]:
    folder.mkdir()
    _run(*mount, str(folder))
    try:
        yield folder
    finally:
        _run("umount", str(folder))


@contextmanager
def _image(path: Path, size: int) -> Iterator[str]:
    """A block device of ``size`` bytes that lives in a file."""
    with path.open("wb") as file:
        file.truncate(size)
    device = _run("losetup", "-f", "--show", str(path))
    try:
        yield device
    finally:
        _run("losetup", "-d", device)


@pytest.fixture
def exfat(tmp_path: Path) -> Iterator[Path]:
    """What many memory cards are: no hard links, no reflinks, no modes."""
    with _image(tmp_path / "exfat.img", 32 << 20) as device:
        _run("mkfs.exfat", device)
        with _mounted(tmp_path / "card", "mount.exfat-fuse", device) as folder:
            yield folder


@pytest.fixture
def btrfs(tmp_path: Path) -> Iterator[Path]:
    with _image(tmp_path / "btrfs.img", 200 << 20) as device:
        _run("mkfs.btrfs", "-q", device)
        with _mounted(tmp_path / "pool", "mount", "-t", "btrfs", device) as folder:
            yield folder


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB."""
    with _mounted(tmp_path / "tiny", "mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs") as folder:
        yield folder


def test_a_home_without_links_works_and_says_that_sharing_costs(exfat: Path) -> None:
    home = Home(exfat / "home")
    home.install("acme/pro:256@1.0.0", {"w.bin": WEIGHTS, "s.json": b"256"})
    home.install("acme/pro:512@1.0.0", {"w.bin": WEIGHTS, "s.json": b"512"})
    assert {name: seen.current for name, seen in home.seen().items()} == {"acme/pro:256": 1, "acme/pro:512": 1}
    inodes = {(home.store.layout.files(ref, 1) / "w.bin").stat().st_ino for ref in (SMALL, LARGE)}
    assert len(inodes) == 2
    abilities = disk.probe(home.path)
    assert abilities == Abilities(links=False, reflinks=False)
    assert DiskNeed(fetch=5, reuse=len(WEIGHTS), shares=abilities.shares).total == 5 + len(WEIGHTS)
    gc.remove(home.store, SMALL)
    assert dict(home.hashed(LARGE, 1))["w.bin"] == Digest.of(WEIGHTS).hex


def test_one_writer_at_a_time_without_links(exfat: Path) -> None:
    home = Home(exfat / "home")
    with home.store.writers.only(LARGE, purpose="install"):
        assert home.store.writers.claim(LARGE, purpose="install") is None
    with home.store.writers.only(LARGE, purpose="install"):
        pass


def test_blocks_are_shared_where_the_disk_can_and_names_cannot(btrfs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(btrfs / "home")
    big = os.urandom(32 << 20)
    home.install("acme/pro:256@1.0.0", {"w.bin": big})
    assert disk.probe(home.path) == Abilities(links=True, reflinks=True)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "no links")

    monkeypatch.setattr(os, "link", refuse)
    _run("sync", "-f", str(btrfs))
    before = disk.free_bytes(btrfs)
    with home.store.generations.staging(LARGE) as staged:
        placed = assemble.reuse(staged, "w.bin", have_files(home.store.generations)[Digest.of(big)])
        _run("sync", "-f", str(btrfs))
        assert (placed.how, placed.written) == ("reflinked", 0)
        assert staged.goal("w.bin").read_bytes() == big
        assert stat.S_IMODE(staged.goal("w.bin").stat().st_mode) == 0o444
        assert before - disk.free_bytes(btrfs) < len(big) // 4
        assert placed.stamp.inode != (home.store.layout.files(SMALL, 1) / "w.bin").stat().st_ino


def test_a_disk_that_fills_half_way_keeps_what_is_installed_and_what_is_verified(tiny: Path) -> None:
    home = Home(tiny / "home")
    home.install("acme/pro:512@1.0.0", {"w.bin": WEIGHTS})
    before = home.seen()
    data = home.bring(b"new settings")
    filler = tiny / "filler"
    staging = home.store.generations.staging(LARGE)
    with pytest.raises(DiskFull) as caught, disk.translated(home.path), staging as staged:
        stamps = [
            assemble.reuse(staged, "w.bin", have_files(home.store.generations)[Digest.of(WEIGHTS)]).stamp,
            assemble.adopt(staged, "s.json", data, Digest.of(b"new settings")).stamp,
        ]
        _fill(filler)
        home.store.generations.commit(staged, home.draft(LARGE).with_files(tuple(stamps)))
    assert caught.value.hint == "DISK_FILLED"
    assert data.read_bytes() == b"new settings"
    assert home.seen() == before
    filler.unlink()
    home.install("acme/pro:512@1.1.0", {"w.bin": WEIGHTS, "s.json": b"new settings"})
    assert home.store.refs.current(LARGE) == 2
    assert not list(home.store.layout.slot(LARGE).glob(".*"))


def _fill(path: Path) -> None:
    """Write until the disk takes no more."""
    with pytest.raises(OSError, match="No space left"), path.open("wb", buffering=0) as file:
        while file.write(bytes(1 << 16)):
            pass


def test_a_preflight_on_a_small_disk_names_the_exact_need(tiny: Path) -> None:
    free = disk.free_bytes(tiny)
    DiskNeed(fetch=free, reuse=10**12, shares=True).require(tiny)
    with pytest.raises(DiskFull) as caught:
        DiskNeed(fetch=free, reuse=1, shares=False).require(tiny)
    assert (caught.value.data["need"], caught.value.data["missing"]) == (free + 1, 1)


def test_a_read_only_home_still_serves_edits_and_refuses_changes(tiny: Path) -> None:
    home = Home(tiny / "home")
    home.install("acme/pro:512@1.0.0", {"w.bin": WEIGHTS})
    _run("mount", "-o", "remount,ro", str(tiny))
    home.store.open()
    with home.store.holds.hold(LARGE, home.store.refs.current(LARGE), purpose="edit") as hold:
        assert not hold.recorded
        home.hashed(LARGE, 1)
    with pytest.raises(ReadOnlyHome):
        gc.remove(home.store, LARGE)
    with pytest.raises(ReadOnlyHome), disk.translated(home.path):
        home.store.generations.stage(LARGE)
    with pytest.raises(ReadOnlyHome), disk.translated(home.path):
        home.store.refs.pin(LARGE)
    _run("mount", "-o", "remount,rw", str(tiny))
    assert len(gc.remove(home.store, LARGE).removed) == 1
