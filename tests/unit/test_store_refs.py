import fcntl
import os
import shutil
import threading
from pathlib import Path

import pytest

from qie_hub.clock import SystemClock
from qie_hub.errors import NotFound, NotInstalled, Pinned, Tampered
from qie_hub.formats.receipt import RefState
from qie_hub.packref import PackRef
from qie_hub.store.refs import Refs
from tests.support.homes import Home, no_sync

REF = PackRef.parse("acme/pro:512")
OTHER = PackRef.parse("acme/lite")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    no_sync(monkeypatch)
    home = Home(tmp_path / "home")
    for version in ("1.0.0", "1.0.1", "1.0.2"):
        home.install(f"acme/pro:512@{version}", {"a": version.encode()})
    return home


@pytest.fixture
def refs(home: Home) -> Refs:
    return home.store.refs


def test_activating_remembers_the_one_before(refs: Refs) -> None:
    assert refs.state(REF) == RefState(3, 2, pinned=False, channel="stable")
    assert refs.current(REF) == 3


def test_activating_what_is_active_keeps_the_way_back(refs: Refs) -> None:
    refs.activate(REF, 3)
    assert refs.state(REF) == RefState(3, 2, pinned=False, channel="stable")
    refs.activate(REF, 3, channel="beta")
    assert refs.state(REF) == RefState(3, 2, pinned=False, channel="beta")


def test_what_is_not_installed_cannot_be_activated(refs: Refs) -> None:
    with pytest.raises(NotInstalled):
        refs.activate(REF, 4)
    with pytest.raises(NotInstalled):
        refs.activate(OTHER, 1)
    assert set(refs.everything()) == {REF}
    assert refs.current(REF) == 3


def test_rollback_goes_back_and_forth(refs: Refs) -> None:
    assert refs.rollback(REF) == RefState(2, 3, pinned=False, channel="stable")
    assert refs.rollback(REF) == RefState(3, 2, pinned=False, channel="stable")


def test_rollback_without_a_way_back_says_so(home: Home, refs: Refs) -> None:
    shutil.rmtree(home.store.layout.generation(REF, 2))
    with pytest.raises(NotFound) as caught:
        refs.rollback(REF)
    assert caught.value.hint == "NO_PREVIOUS"
    assert refs.current(REF) == 3
    with pytest.raises(NotFound):
        refs.rollback(OTHER)


def test_a_pinned_pack_does_not_roll_back_until_unpinned(refs: Refs) -> None:
    refs.pin(REF)
    with pytest.raises(Pinned):
        refs.rollback(REF)
    assert refs.unpin(REF).pinned is False
    assert refs.rollback(REF).current == 2


def test_pins_survive_activation(refs: Refs) -> None:
    refs.pin(REF)
    assert refs.activate(REF, 2).pinned is True


def test_what_is_not_in_use_cannot_be_pinned(refs: Refs) -> None:
    with pytest.raises(NotInstalled):
        refs.pin(OTHER)
    assert refs.unpin(OTHER) == RefState()


def test_a_ref_to_nothing_means_not_installed(home: Home, refs: Refs) -> None:
    shutil.rmtree(home.store.layout.slot(REF))
    with pytest.raises(NotInstalled):
        refs.current(REF)
    receipt = home.install("acme/pro:512@2.0.0", {"a": b"new"})
    assert refs.state(REF) == RefState(receipt.generation, None, pinned=False, channel="stable")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema":1,"current":"3"}', b'{"schema":2}'])
def test_a_damaged_ref_is_neither_absent_nor_guessed_and_activation_mends_it(
    home: Home, refs: Refs, damage: bytes
) -> None:
    home.store.layout.ref_file(REF).write_bytes(damage)
    for ask in (refs.state, refs.current, refs.rollback, refs.pin, refs.unpin):
        with pytest.raises(Tampered) as caught:
            ask(REF)
        assert caught.value.hint == "REF_UNREADABLE"
    assert refs.everything() == {REF: None}
    assert refs.activate(REF, 2, channel="stable") == RefState(2, None, pinned=False, channel="stable")
    assert refs.current(REF) == 2


def test_the_default_is_the_one_that_was_chosen(home: Home, refs: Refs) -> None:
    home.install("acme/lite@1.0.0", {"a": b"lite"}, use=False)
    assert refs.default() == REF
    refs.use(PackRef.parse("acme/lite@1.0.0"))
    assert refs.default() == OTHER
    with pytest.raises(NotInstalled):
        refs.use(PackRef.parse("acme/none"))
    assert refs.default() == OTHER


def test_a_damaged_default_is_no_default(home: Home, refs: Refs) -> None:
    home.store.layout.default_file.write_bytes(b"{")
    assert refs.default() is None
    refs.use(REF)
    assert refs.default() == REF


def test_forgetting_a_pack_forgets_its_default_only(home: Home, refs: Refs) -> None:
    home.install("acme/lite@1.0.0", {"a": b"lite"})
    refs.forget(REF)
    assert refs.default() == OTHER
    refs.forget(OTHER)
    assert refs.default() is None
    assert refs.everything() == {}


def test_a_generation_that_vanishes_while_it_is_activated_does_not_stay_in_use(
    home: Home, refs: Refs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qie_hub import atomic

    write = atomic.write

    def late(path: Path, data: bytes) -> None:
        write(path, data)
        shutil.rmtree(home.store.layout.generation(REF, 1), ignore_errors=True)

    monkeypatch.setattr(atomic, "write", late)
    with pytest.raises(NotInstalled):
        refs.activate(REF, 1)
    assert refs.current(REF) == 3


def test_files_that_are_no_refs_are_passed_over(home: Home, refs: Refs) -> None:
    (home.store.layout.refs / "acme" / "notes.json").write_text("{}")
    (home.store.layout.refs / "acme" / "pro-512.json.tmp-001122334455").write_text("{}")
    assert set(refs.everything()) == {REF}


def test_changes_at_the_same_instant_all_count(home: Home) -> None:
    def toggle(store: Refs) -> None:
        for _ in range(20):
            store.pin(REF)
            store.unpin(REF)
        store.pin(REF)

    def follow(store: Refs) -> None:
        for number in (1, 2) * 20:
            store.activate(REF, number, channel=f"c{number}")

    threads = [
        threading.Thread(target=work, args=(Refs(home.store.layout, SystemClock()),)) for work in (toggle, follow)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert home.store.refs.state(REF) == RefState(2, 1, pinned=True, channel="c2")


def test_a_change_waits_for_another_one_but_not_for_ever(home: Home, refs: Refs) -> None:
    folder = os.open(home.store.layout.ref_file(REF).parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    sleep = home.clock.sleep

    def let_go(seconds: float) -> None:
        sleep(seconds)
        if len(home.clock.slept) == 3:
            fcntl.flock(folder, fcntl.LOCK_UN)

    home.clock.sleep = let_go  # type: ignore[method-assign]  # the other one ends while we wait
    refs.pin(REF)
    assert len(home.clock.slept) == 3
    fcntl.flock(folder, fcntl.LOCK_EX)
    refs.unpin(REF)
    assert sum(home.clock.slept[3:]) == pytest.approx(1.0)
    assert refs.state(REF).pinned is False
    os.close(folder)
