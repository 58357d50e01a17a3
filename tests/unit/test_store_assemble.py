import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.errors import FormatError, IntegrityError, Tampered
from qie_hub.packref import PackRef
from qie_hub.store import assemble
from qie_hub.store.assemble import Have, have_files
from qie_hub.store.staged import Staged
from tests.support.homes import Home, no_sync

REF = PackRef.parse("acme/pro:512")
WEIGHTS = bytes(range(256)) * 5000
DIGEST = Digest.of(WEIGHTS)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    no_sync(monkeypatch)
    return Home(tmp_path / "home")


@pytest.fixture
def have(home: Home) -> Have:
    home.install("acme/pro:256@1.0.0", {"w.bin": WEIGHTS})
    return have_files(home.store.generations)[DIGEST]


@pytest.fixture
def staged(home: Home) -> Iterator[Staged]:
    with home.store.generations.staging(REF) as folder:
        yield folder


def _refusing(code: int) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return refuse


def _cloning(source: Path, goal: Path) -> bool:
    """What a file system with reflinks does, as far as anyone can see from outside: equal bytes, own inode."""
    goal.write_bytes(source.read_bytes())
    return True


def test_a_file_from_partial_is_moved_not_copied(home: Home, staged: Staged) -> None:
    data = home.bring(WEIGHTS)
    inode = data.stat().st_ino
    placed = assemble.adopt(staged, "deep/w.bin", data, DIGEST)
    assert (placed.how, placed.written, placed.stamp.inode) == ("moved", len(WEIGHTS), inode)
    assert staged.goal("deep/w.bin").stat().st_ino == inode
    assert not data.exists()


def test_a_file_that_is_not_what_it_should_be_stays_in_partial(home: Home, staged: Staged) -> None:
    data = home.bring(WEIGHTS)
    data.write_bytes(WEIGHTS[:-1] + b"x")
    for hashed in (None, Digest.of(b"something else")):
        with pytest.raises(IntegrityError):
            assemble.adopt(staged, "w.bin", data, DIGEST, hashed=hashed)
        assert data.exists()
        assert list(staged.files.iterdir()) == []


def test_a_name_that_leaves_the_folder_is_refused(home: Home, staged: Staged, have: Have) -> None:
    data = home.bring(b"x")
    for name in ("../x", "/etc/x", "a/../../x", "", "con"):
        with pytest.raises(FormatError):
            assemble.adopt(staged, name, data, Digest.of(b"x"))
        with pytest.raises(FormatError):
            assemble.reuse(staged, name, have)
        with pytest.raises(FormatError):
            assemble.create(staged, name, b"x", Digest.of(b"x"))
    assert data.exists()


def test_a_file_from_memory_is_checked_too(staged: Staged) -> None:
    with pytest.raises(IntegrityError):
        assemble.create(staged, "w.bin", b"x", DIGEST)
    assert list(staged.files.iterdir()) == []
    assert assemble.create(staged, "w.bin", WEIGHTS, DIGEST).written == len(WEIGHTS)


def test_a_shared_file_is_one_inode(staged: Staged, have: Have) -> None:
    placed = assemble.reuse(staged, "other/name.bin", have)
    assert (placed.how, placed.written) == ("linked", 0)
    assert staged.goal("other/name.bin").stat().st_ino == have.path.stat().st_ino
    assert have.path.stat().st_nlink == 2


def test_two_resolutions_share_one_inode_and_removing_one_leaves_the_other(home: Home) -> None:
    home.install("acme/pro:256@1.0.0", {"w.bin": WEIGHTS, "s.json": b"256"})
    home.install("acme/pro:512@1.0.0", {"w.bin": WEIGHTS, "s.json": b"512"})
    small, large = PackRef.parse("acme/pro:256"), PackRef.parse("acme/pro:512")
    inodes = {(home.store.layout.files(ref, 1) / "w.bin").stat().st_ino for ref in (small, large)}
    assert len(inodes) == 1
    from qie_hub.store import gc

    gc.remove(home.store, small)
    assert dict(home.hashed(large, 1))["w.bin"] == DIGEST.hex


@pytest.mark.parametrize("code", [errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES])
def test_without_hard_links_blocks_are_shared(
    staged: Staged, have: Have, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(os, "link", _refusing(code))
    monkeypatch.setattr(assemble, "reflink", _cloning)
    placed = assemble.reuse(staged, "w.bin", have)
    assert (placed.how, placed.written) == ("reflinked", 0)
    assert staged.goal("w.bin").read_bytes() == WEIGHTS
    assert stat.S_IMODE(staged.goal("w.bin").stat().st_mode) == 0o444


@pytest.mark.parametrize("code", [errno.EPERM, errno.EXDEV])
def test_without_links_and_reflinks_bytes_are_copied_and_hashed(
    staged: Staged, have: Have, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(os, "link", _refusing(code))
    monkeypatch.setattr(assemble, "reflink", lambda source, goal: False)
    placed = assemble.reuse(staged, "w.bin", have)
    assert (placed.how, placed.written) == ("copied", len(WEIGHTS))
    assert staged.goal("w.bin").stat().st_ino != have.path.stat().st_ino
    assert staged.goal("w.bin").read_bytes() == WEIGHTS
    assert stat.S_IMODE(staged.goal("w.bin").stat().st_mode) == 0o444


def test_a_whole_home_works_without_links(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", _refusing(errno.EPERM))
    home.install("acme/pro:256@1.0.0", {"w.bin": WEIGHTS})
    home.install("acme/pro:512@1.0.0", {"w.bin": WEIGHTS, "s.json": b"512"})
    assert {name: seen.current for name, seen in home.seen().items()} == {"acme/pro:256": 1, "acme/pro:512": 1}


def _spoil(path: Path) -> None:
    """Change a byte the way a bad disk does: size and time stay."""
    facts = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(b"\xff")
    os.utime(path, ns=(facts.st_mtime_ns, facts.st_mtime_ns))


def test_a_copy_of_silently_damaged_bytes_is_refused(
    staged: Staged, have: Have, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoil(have.path)
    monkeypatch.setattr(os, "link", _refusing(errno.EXDEV))
    monkeypatch.setattr(assemble, "reflink", lambda source, goal: False)
    with pytest.raises(Tampered):
        assemble.reuse(staged, "w.bin", have)
    assert list(staged.files.iterdir()) == []


@pytest.mark.parametrize("ability", ["links", "reflinks"])
def test_a_file_that_changed_since_it_was_listed_is_not_shared(
    staged: Staged, have: Have, monkeypatch: pytest.MonkeyPatch, ability: str
) -> None:
    if ability == "reflinks":
        monkeypatch.setattr(os, "link", _refusing(errno.EXDEV))
        monkeypatch.setattr(assemble, "reflink", _cloning)
    have.path.chmod(0o644)
    have.path.write_bytes(b"something else")
    with pytest.raises(Tampered):
        assemble.reuse(staged, "w.bin", have)
    assert list(staged.files.iterdir()) == []


def test_a_file_that_vanished_is_reported_not_guessed(staged: Staged, have: Have) -> None:
    have.path.unlink()
    with pytest.raises(Tampered):
        assemble.reuse(staged, "w.bin", have)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_is_not_taken_for_one_without_links(
    staged: Staged, have: Have, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(os, "link", _refusing(code))
    with pytest.raises(OSError, match=os.strerror(code)):
        assemble.reuse(staged, "w.bin", have)


def test_partial_on_another_disk_is_copied_and_kept(
    home: Home, staged: Staged, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = home.bring(WEIGHTS)
    replace = os.replace

    def other_disk(source: Path, goal: Path) -> None:
        if Path(source) == data:
            raise OSError(errno.EXDEV, "another disk")
        replace(source, goal)

    monkeypatch.setattr(os, "replace", other_disk)
    placed = assemble.adopt(staged, "w.bin", data, DIGEST)
    assert placed.how == "copied"
    assert staged.goal("w.bin").read_bytes() == data.read_bytes() == WEIGHTS


def test_only_files_that_look_as_listed_are_offered(home: Home) -> None:
    home.install("acme/pro:256@1.0.0", {"w.bin": WEIGHTS, "b": b"b"})
    path = home.store.layout.files(PackRef.parse("acme/pro:256"), 1) / "b"
    path.chmod(0o644)
    path.write_bytes(b"B")
    assert set(have_files(home.store.generations)) == {DIGEST}


def test_placing_a_file_again_replaces_it(home: Home, staged: Staged, have: Have) -> None:
    assemble.create(staged, "w.bin", b"x", Digest.of(b"x"))
    assemble.reuse(staged, "w.bin", have)
    assert staged.goal("w.bin").read_bytes() == WEIGHTS
    assert have.path.read_bytes() == WEIGHTS
