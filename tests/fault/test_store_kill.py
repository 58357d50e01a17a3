"""A process dies before every single change that it makes to the disk: the old state or the new one is there."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from qie_hub.errors import DiskFull, QieHubError
from qie_hub.packref import PackRef
from qie_hub.store import claims, disk, gc
from tests.support.homes import Home, Seen, dead_process, no_sync

REF = PackRef.parse("acme/pro:512")
CHANGES = ("open", "write", "fsync", "replace", "rename", "link", "unlink", "mkdir", "rmdir", "chmod", "utime")
OLD = {"w.bin": b"weights", "s.json": b"old settings"}
NEW = {"w.bin": b"weights", "s.json": b"new settings", "deep/extra.bin": b"extra"}


State = dict[str, Seen | str]


class Killed(BaseException):
    """The process is gone: nothing of it runs any more, no handler and no cleaning up."""


class Reaper:
    """Counts the changes that a process makes to the disk, and lets it die before the one numbered ``at``."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.made = 0
        self.log: list[str] = []

    def watch(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            if name == "open" and not _writes(args, named):
                return real(*args, **named)
            self.made += 1
            self.log.append(f"{name} {args[0]}")
            if self.made >= self.at:
                raise Killed
            return real(*args, **named)

        return call


def _writes(args: tuple[object, ...], named: dict[str, object]) -> bool:
    flags = args[1] if len(args) > 1 else named.get("flags", 0)
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


@contextmanager
def dying(at: int) -> Iterator[Reaper]:
    """Within the block, the process is another one that dies before its change number ``at``."""
    reaper = Reaper(at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "me", dead_process)
        for name in CHANGES:
            patch.setattr(os, name, reaper.watch(name, getattr(os, name)))
        yield reaper


@dataclass(frozen=True)
class Verb:
    """Something that a user does, from a state that is set up first."""

    before: Callable[[Home], None]
    act: Callable[[Home], object]


def _one(home: Home) -> None:
    home.install("acme/pro:512@1.0.0", OLD)


def _two(home: Home) -> None:
    _one(home)
    home.install("acme/pro:512@1.1.0", NEW)


def _other_default(home: Home) -> None:
    _one(home)
    home.install("acme/lite@1.0.0", NEW)


def _three(home: Home) -> None:
    _two(home)
    home.install("acme/pro:512@1.2.0", {"w.bin": b"weights"})
    home.clock.advance(hours=2)


VERBS = {
    "first installation": Verb(lambda home: None, _one),
    "update": Verb(_one, lambda home: home.install("acme/pro:512@1.1.0", NEW)),
    "second resolution": Verb(_one, lambda home: home.install("acme/pro:256@1.0.0", NEW)),
    "rollback": Verb(_two, lambda home: home.store.refs.rollback(REF)),
    "pin": Verb(_two, lambda home: home.store.refs.pin(REF)),
    "use": Verb(_other_default, lambda home: home.store.refs.use(REF)),
    "remove": Verb(_two, lambda home: gc.remove(home.store, REF)),
    "gc": Verb(_three, lambda home: home.collect()),
}


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    no_sync(monkeypatch)


def _state(home: Home) -> dict[str, Seen | str]:
    """What a user sees: packs in use with the true digests of their files, and the default among them."""
    seen: dict[str, Seen | str] = dict(home.seen())
    default = str(home.store.refs.default())
    return seen | {"default": default} if default in seen else seen


def _between(state: State, old: State, new: State) -> bool:
    """Whether every pack, and the default, is as it was or as it will be: each changes at one instant of its own."""
    return all(state.get(key) in (old.get(key), new.get(key)) for key in {*state, *old, *new})


def _finish(home: Home, verb: Verb) -> None:
    """The user tries again. A verb that was done already may say so."""
    try:
        verb.act(home)
    except QieHubError as error:
        assert error.code in {"NOT_INSTALLED"}


def _swept(home: Home) -> set[str]:
    """Every file that is left after the hour and a collection, without the names that are random."""
    home.clock.advance(hours=2)
    home.collect()
    assert home.collect().orphans == 0
    return {path for path in home.tree() if not path.startswith("partial/")}


def _expected(path: Path, verb: Verb) -> tuple[State, State, set[str]]:
    """The state before, the state after, and what is left after the hour, of a life without accidents."""
    home = Home(path)
    verb.before(home)
    old = _state(home)
    verb.act(home)
    return old, _state(home), _swept(home)


def _killed_at(home: Home, verb: Verb, step: int) -> tuple[bool, str]:
    """Let the verb be killed before its change ``step``; whether it lived, and what it was about to do."""
    with dying(step) as reaper:
        try:
            verb.act(home)
        except Killed:
            return False, reaper.log[-1]
    return True, "nothing"


@pytest.mark.parametrize("name", sorted(VERBS))
def test_a_kill_before_any_change_leaves_the_old_or_the_new_state_and_the_next_try_ends_the_same(
    name: str, tmp_path: Path
) -> None:
    verb = VERBS[name]
    old, new, left = _expected(tmp_path / "calm", verb)
    found = []
    lived = False
    for step in range(1, 400):
        home = Home(tmp_path / str(step))
        verb.before(home)
        lived, last = _killed_at(home, verb, step)
        again = Home(home.path, home.clock)
        found.append(_state(again))
        assert _between(found[-1], old, new), f"half-made before {last}"
        if lived:
            break
        if name != "rollback" or found[-1] != new:  # a rollback that was done would be undone by another
            _finish(again, verb)
        assert _content(_state(again)) == _content(new), f"another end after a kill before {last}"
        assert _without_numbers(_swept(again)) == _without_numbers(left), f"orphans after a kill before {last}"
    assert lived
    assert (found[0], found[-1]) == (old, new)
    for key in {*old, *new}:
        changes = sum(a.get(key) != b.get(key) for a, b in pairwise(found))
        assert changes == (old.get(key) != new.get(key)), "a change happens at one instant and is never undone"


def _content(state: State) -> object:
    """The state without generation numbers: a repeated installation has the next one."""
    return {key: one if isinstance(one, str) else replace(one, current=None) for key, one in state.items()}


def _without_numbers(paths: set[str]) -> list[str]:
    """Generations that differ only in their number look alike; how many there are does not count here."""
    parts = (path.split("/") for path in paths)
    return sorted({"/".join("N" if part.isdigit() else part for part in path) for path in parts})


@pytest.mark.parametrize("name", ["first installation", "update"])
def test_no_verified_byte_is_lost_by_a_kill(name: str, tmp_path: Path) -> None:
    verb = VERBS[name]
    wanted = set((OLD if name == "first installation" else NEW).values())
    lived = False
    for step in range(1, 400):
        home = Home(tmp_path / str(step))
        verb.before(home)
        for data in wanted - (set() if name == "first installation" else set(OLD.values())):
            home.bring(data)
        lived, last = _killed_at(home, verb, step)
        again = Home(home.path, home.clock)
        with again.store.writers.only(REF, purpose="install"):
            pass  # whoever works on the pack next takes up what the dead one left
        brought = {path.read_bytes() for path in again.store.layout.partial.glob("*/data")}
        receipts = again.store.generations.installed()
        folders = [again.store.layout.files(one.ref, one.generation) for one in receipts]
        held = {path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
        assert wanted <= brought | held, f"lost by a kill before {last}"
        if lived:
            break
    assert lived


@pytest.mark.parametrize("name", ["update", "rollback", "remove", "gc"])
def test_a_disk_that_is_full_at_any_change_leaves_the_old_or_the_new_state_and_says_so(
    name: str, tmp_path: Path
) -> None:
    verb = VERBS[name]
    old, new, _ = _expected(tmp_path / "calm", verb)
    full = 0
    for step in range(1, 400):
        home = Home(tmp_path / str(step))
        verb.before(home)
        made = 0

        def watch(operation: str, real: Callable[..., object], at: int = step) -> Callable[..., object]:
            def call(*args: object, **named: object) -> object:
                nonlocal made
                if operation == "open" and not _writes(args, named):
                    return real(*args, **named)
                made += 1
                if made == at:
                    raise OSError(errno.ENOSPC, "full", str(args[0]))
                return real(*args, **named)

            return call

        with pytest.MonkeyPatch.context() as patch:
            for operation in ("open", "write", "fsync", "link", "mkdir", "replace", "rename"):
                patch.setattr(os, operation, watch(operation, getattr(os, operation)))
            try:
                with disk.translated(home.path):
                    verb.act(home)
            except DiskFull:
                full += 1
        assert _between(_state(Home(home.path, home.clock)), old, new)
        if made < step:
            break
    assert full >= 1
    assert made < step
