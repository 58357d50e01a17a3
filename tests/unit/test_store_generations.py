import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.errors import FormatError, NotInstalled, Tampered
from qie_hub.packref import PackRef
from qie_hub.store import assemble
from qie_hub.store.layout import STAGED
from tests.support.homes import Home, no_sync

REF = PackRef.parse("acme/pro:512")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    no_sync(monkeypatch)
    return Home(tmp_path / "home")


def test_an_installed_generation_is_listed_with_its_files(home: Home) -> None:
    receipt = home.install("acme/pro:512@1.0.0", {"a.bin": b"a", "deep/er/b.bin": b"b"})
    assert receipt.generation == 1
    assert home.store.generations.installed() == (receipt,)
    assert home.store.generations.receipt(REF, 1) == receipt
    path = home.store.generations.path(REF, 1)
    assert (path / "files" / "deep" / "er" / "b.bin").read_bytes() == b"b"
    assert (path / "proof" / "pack.json").exists()
    assert {stat.S_IMODE(file.stat().st_mode) for file in (path / "files").rglob("*.bin")} == {0o444}


def test_what_is_staged_is_in_no_listing(home: Home) -> None:
    with home.store.generations.staging(REF) as staged:
        assemble.create(staged, "a", b"a", Digest.of(b"a"))
        (staged.path / "receipt.json").write_bytes(replace(home.draft(REF), generation=1).to_bytes())
        assert home.store.generations.installed() == ()
        assert home.store.generations.numbers(REF) == ()
        assert staged.path.exists()
    assert not staged.path.exists()


@pytest.mark.parametrize("torn", [b"", b"{", b'{"schema":1}', b"\0" * 700])
def test_a_generation_with_a_torn_receipt_does_not_exist_for_listings_and_is_broken_when_asked_for(
    home: Home, torn: bytes
) -> None:
    good = home.install("acme/pro:512@1.0.0", {"a": b"a"})
    home.install("acme/pro:512@1.0.1", {"a": b"b"})
    home.store.layout.receipt(REF, 2).write_bytes(torn)
    assert home.store.generations.of(REF) == (good,)
    with pytest.raises(Tampered) as caught:
        home.store.generations.receipt(REF, 2)
    assert caught.value.hint == "RECEIPT_UNREADABLE"


def test_a_generation_without_a_receipt_is_not_installed(home: Home) -> None:
    home.install("acme/pro:512@1.0.0", {"a": b"a"})
    home.store.layout.receipt(REF, 1).unlink()
    assert home.store.generations.installed() == ()
    for ask in (home.store.generations.receipt, home.store.generations.path):
        with pytest.raises(NotInstalled):
            ask(REF, 1)


def test_a_receipt_that_speaks_of_another_place_does_not_count(home: Home) -> None:
    home.install("acme/pro:512@1.0.0", {"a": b"a"})
    shutil.copytree(home.store.layout.generation(REF, 1), home.store.layout.generation(REF, 7))
    other = PackRef.parse("acme/pro:256")
    shutil.copytree(home.store.layout.slot(REF), home.store.layout.slot(other))
    assert [(str(one.ref), one.generation) for one in home.store.generations.installed()] == [("acme/pro:512@1.0.0", 1)]
    with pytest.raises(Tampered):
        home.store.generations.receipt(other, 1)


def test_numbers_rise_past_everything_that_remembers_one(home: Home) -> None:
    home.install("acme/pro:512@1.0.0", {"a": b"a"})
    assert home.install("acme/pro:512@1.0.1", {"a": b"b"}).generation == 2
    (home.store.layout.slot(REF) / ".doomed-5-001122334455").mkdir()
    assert home.install("acme/pro:512@1.0.2", {"a": b"c"}).generation == 6
    shutil.rmtree(home.store.layout.slot(REF))
    assert home.install("acme/pro:512@1.0.3", {"a": b"c"}).generation == 7


def test_two_writers_at_once_get_two_generations(home: Home) -> None:
    generations = home.store.generations
    with generations.staging(REF) as mine, generations.staging(REF) as theirs:
        stamps = {}
        for staged, data in ((mine, b"mine"), (theirs, b"theirs")):
            stamps[staged] = assemble.create(staged, "a", data, Digest.of(data)).stamp
        rename = os.replace
        raced: list[int] = []

        def slower(source: Path, goal: Path) -> None:
            if Path(goal).name == "1" and not raced:
                raced.append(1)
                raced.append(generations.commit(theirs, replace(home.draft(REF), files=(stamps[theirs],))).generation)
            rename(source, goal)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "replace", slower)
            receipt = generations.commit(mine, replace(home.draft(REF), files=(stamps[mine],)))
    assert (raced, receipt.generation) == ([1, 1], 2)
    assert home.hashed(REF, 1) == (("a", Digest.of(b"theirs").hex),)
    assert home.hashed(REF, 2) == (("a", Digest.of(b"mine").hex),)


def test_a_commit_takes_exactly_what_was_placed(home: Home) -> None:
    with home.store.generations.staging(REF) as staged:
        stamp = assemble.create(staged, "a", b"a", Digest.of(b"a")).stamp
        draft = home.draft(REF)
        with pytest.raises(FormatError):
            home.store.generations.commit(staged, draft)
        with pytest.raises(FormatError):
            home.store.generations.commit(staged, replace(draft, files=(replace(stamp, sha256=Digest.of(b"b")),)))
        (staged.files / "smuggled").write_bytes(b"x")
        with pytest.raises(FormatError) as caught:
            home.store.generations.commit(staged, replace(draft, files=(stamp,)))
        assert caught.value.data["issues"] == ["smuggled: nobody placed it"]
    assert home.store.generations.installed() == ()


def test_a_commit_refuses_a_file_that_changed_after_it_was_verified(home: Home) -> None:
    with home.store.generations.staging(REF) as staged:
        stamp = assemble.create(staged, "a", b"abc", Digest.of(b"abc")).stamp
        goal = staged.goal("a")
        goal.chmod(0o644)
        goal.write_bytes(b"abd")
        os.utime(goal, ns=(stamp.mtime_ns + 1, stamp.mtime_ns + 1))
        with pytest.raises(Tampered):
            home.store.generations.commit(staged, replace(home.draft(REF), files=(stamp,)))
    assert home.store.generations.installed() == ()


def test_a_failed_installation_gives_verified_files_back(home: Home) -> None:
    data = home.bring(b"many bytes")
    inode = data.stat().st_ino
    with pytest.raises(ZeroDivisionError), home.store.generations.staging(REF) as staged:
        assemble.adopt(staged, "deep/a", data, Digest.of(b"many bytes"))
        assert not data.exists()
        raise ZeroDivisionError
    assert data.read_bytes() == b"many bytes"
    assert data.stat().st_ino == inode
    assert not list(home.store.layout.slot(REF).iterdir())


def test_a_dead_writers_files_are_recovered_even_if_their_folder_is_gone(home: Home) -> None:
    data = home.bring(b"many bytes")
    staged = home.store.generations.stage(REF)
    assemble.adopt(staged, "a", data, Digest.of(b"many bytes"))
    staged.goal("a").chmod(0o444)
    data.parent.rmdir()
    home.store.generations.recover(REF)
    assert data.read_bytes() == b"many bytes"
    assert os.access(data, os.W_OK)
    assert stat.S_IMODE(data.stat().st_mode) == 0o644
    assert not list(home.store.layout.slot(REF).iterdir())


@pytest.mark.parametrize(
    "record",
    [b"", b"{", b'{"schema":1,"moved":{"a":"../../../victim"}}', b'{"schema":1,"moved":{"../a":"partial/x/data"}}'],
)
def test_a_damaged_record_of_moves_moves_nothing(home: Home, record: bytes) -> None:
    staged = home.store.generations.stage(REF)
    assemble.create(staged, "a", b"a", Digest.of(b"a"))
    staged.path.with_name(staged.path.name + ".moved").write_bytes(record)
    before = {path for path in home.path.parent.rglob("*") if STAGED not in str(path)}
    home.store.generations.recover(REF)
    assert {path for path in home.path.parent.rglob("*") if STAGED not in str(path)} == before
    assert not list(home.store.layout.slot(REF).iterdir())


def test_only_the_receipt_of_a_generation_can_be_rewritten(home: Home) -> None:
    receipt = home.install("acme/pro:512@1.0.0", {"a": b"a"})
    home.store.generations.rewrite(replace(receipt, canary="passed"))
    assert home.store.generations.receipt(REF, 1).canary == "passed"
    with pytest.raises(NotInstalled):
        home.store.generations.rewrite(replace(receipt, generation=2))
    assert home.store.generations.numbers(REF) == (1,)


@pytest.mark.parametrize("change", ["bytes", "size", "time", "other file", "gone", "symlink"])
def test_a_file_that_looks_different_is_named(home: Home, change: str, tmp_path: Path) -> None:
    receipt = home.install("acme/pro:512@1.0.0", {"a": b"abc", "b": b"b"})
    assert home.store.generations.changed(receipt) == ()
    path = home.store.layout.files(REF, 1) / "a"
    path.chmod(0o644)
    stamp = next(item for item in receipt.files if item.path == "a")
    if change == "bytes":
        path.write_bytes(b"abd")
    elif change == "size":
        path.write_bytes(b"abcd")
        os.utime(path, ns=(stamp.mtime_ns, stamp.mtime_ns))
    elif change == "time":
        os.utime(path, ns=(stamp.mtime_ns, stamp.mtime_ns + 1))
    else:
        path.rename(tmp_path / "old")
        if change == "other file":
            path.write_bytes(b"abc")
            os.utime(path, ns=(stamp.mtime_ns, stamp.mtime_ns))
        elif change == "symlink":
            path.symlink_to(tmp_path / "old")
    assert [item.path for item in home.store.generations.changed(receipt)] == ["a"]


def test_every_byte_and_name_is_synced_before_a_generation_is_visible_and_its_name_after(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    before: set[int] = set()
    replace_, slot = os.replace, home.store.layout.slot(REF)
    monkeypatch.setattr(os, "fsync", lambda handle: synced.add(os.fstat(handle).st_ino))

    def rename(source: Path, goal: Path) -> None:
        replace_(source, goal)
        if Path(goal).parent == slot and Path(goal).name == "1":
            before.update(synced)
            synced.clear()

    monkeypatch.setattr(os, "replace", rename)
    home.install("acme/pro:512@1.0.0", {"a": b"a", "deep/er/b": b"b"})
    generation = home.store.layout.generation(REF, 1)
    everything = {path.stat().st_ino for path in (generation, *generation.rglob("*"))}
    assert everything <= before
    assert slot.stat().st_ino in synced
    assert {slot.parent.stat().st_ino, home.store.layout.packs.stat().st_ino} <= before
