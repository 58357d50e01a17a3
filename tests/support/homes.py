"""A home to play with: a clock that is moved by hand, packs made of a few bytes, and what a user would see of them."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qie_hub.clock import to_text
from qie_hub.digest import Digest
from qie_hub.formats.claim import Process
from qie_hub.formats.receipt import Receipt
from qie_hub.packref import PackRef
from qie_hub.store import assemble, gc, survey
from qie_hub.store.gc import GcReport
from qie_hub.store.processes import me
from qie_hub.store.store import Store

Files = Mapping[str, bytes]


class HandClock:
    """Starts now (files get the system's times) and moves only when told, or when somebody waits."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)
        self._monotonic = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds=seconds)

    def advance(self, **step: float) -> None:
        self._now += timedelta(**step)
        self._monotonic += timedelta(**step).total_seconds()


@dataclass(frozen=True)
class Seen:
    """What a user sees of one pack."""

    current: int | None
    pinned: bool
    channel: str | None
    files: tuple[tuple[str, str], ...]


class Home:
    """One home, used by one process."""

    def __init__(self, path: Path, clock: HandClock | None = None) -> None:
        self.clock = clock or HandClock()
        self.store = Store(path, self.clock)

    @property
    def path(self) -> Path:
        return self.store.layout.home

    def bring(self, data: bytes) -> Path:
        """Let a complete file lie in ``partial/``, as the transfer leaves it."""
        path = self.store.layout.partial / Digest.of(data).hex / "data"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return path

    def install(self, text: str, files: Files, *, use: bool = True) -> Receipt:
        """Do what the verb does: claim, fetch, place, commit, activate, clean up."""
        ref = PackRef.parse(text)
        store = self.store
        writer = store.writers.only(ref, purpose="install")
        try:
            receipt = self._generation(ref, files)
            store.refs.activate(ref, receipt.generation, channel="stable")
            if use:
                store.refs.use(ref)
        finally:
            writer.release()
        self.clear_partial(files)
        return receipt

    def _generation(self, ref: PackRef, files: Files) -> Receipt:
        have = assemble.have_files(self.store.generations)
        with self.store.generations.staging(ref) as staged:
            stamps = []
            for name, data in files.items():
                digest = Digest.of(data)
                if digest in have:
                    placed = assemble.reuse(staged, name, have[digest])
                else:
                    placed = assemble.adopt(staged, name, self.bring(data), digest)
                stamps.append(placed.stamp)
            (staged.proof / "pack.json").write_bytes(b"{}")
            return self.store.generations.commit(staged, replace(self.draft(ref), files=tuple(stamps)))

    def draft(self, ref: PackRef) -> Receipt:
        return Receipt(
            ref=ref, generation=1, origin="o", variant="v", release=1, channel="stable", tier=None, title={},
            abilities=("a",), pipeline="lite", manifest=Digest.of(str(ref).encode()),
            installed=to_text(self.clock.now()), freshness="fresh", files=(),
        )  # fmt: skip

    def clear_partial(self, files: Files) -> None:
        for data in files.values():
            folder = self.store.layout.partial / Digest.of(data).hex
            (folder / "data").unlink(missing_ok=True)
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def collect(self, *, budget: int | None = None) -> GcReport:
        return gc.act(self.store, gc.plan(survey.look(self.store), budget=budget))

    def seen(self) -> dict[str, Seen]:
        """What is in use, file by file, hashed; a pack whose current generation is not there is not in use."""
        found = {}
        for ref, state in self.store.refs.everything().items():
            assert state is not None
            numbers = {receipt.generation for receipt in self.store.generations.of(ref)}
            if state.current in numbers:
                files = self.hashed(ref, state.current)
                found[str(ref)] = Seen(state.current, state.pinned, state.channel, files)
        return found

    def hashed(self, ref: PackRef, number: int) -> tuple[tuple[str, str], ...]:
        """Every file of a generation with its true digest, after checking the receipt's word for it."""
        receipt = self.store.generations.receipt(ref, number)
        folder = self.store.layout.files(ref, number)
        found = []
        for item in receipt.files:
            digest = hashlib.sha256((folder / item.path).read_bytes()).hexdigest()
            assert digest == item.sha256.hex
            found.append((item.path, digest))
        assert self.store.generations.changed(receipt) == ()
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
            item.path for item in receipt.files
        }
        return tuple(found)

    def tree(self) -> set[str]:
        """Every file of the home, and every folder whose name begins with a dot."""
        found = set()
        for folder, folders, names in os.walk(self.path):
            place = Path(folder).relative_to(self.path)
            found |= {(place / name).as_posix() for name in names}
            found |= {(place / name).as_posix() for name in folders if name.startswith(".")}
        return found


def no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk: what syncing adds shows only after a power cut."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def dead_process() -> Process:
    """A process of this machine and boot that does not run: no pid is this high."""
    return replace(me(), pid=(1 << 22) + 17, start=1)
