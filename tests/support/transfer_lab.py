"""What transfer tests share: generated packs with tensors of all sizes, a fast clock, one call to fetch."""

from __future__ import annotations

import hashlib
import random
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from qie_hub.digest import Digest
from qie_hub.events import Event, Sink
from qie_hub.formats.fileindex import CHUNK_MAX, FileIndex, Shard
from qie_hub.ports import Transport
from qie_hub.transfer.client import Timeouts, Transports, open_transport
from qie_hub.transfer.control import Control
from qie_hub.transfer.engine import Engine, Outcome
from qie_hub.transfer.journal import PartialFile
from qie_hub.transfer.mirrors import Mirrors, shard_path
from qie_hub.transfer.plan import Place, TransferPlan, WantedFile, plan

MIB = 1 << 20
BOOT = "boot-of-this-test"


class FastClock:
    """The machine's clock, ``factor`` times as fast: waits and limits shrink, their order stays."""

    def __init__(self, factor: float = 80.0) -> None:
        self._factor = factor
        self._start = time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return (time.monotonic() - self._start) * self._factor

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds / self._factor)


@dataclass(frozen=True)
class LabFile:
    """A file of a generated pack: its bytes, its index, its shards as objects of a server."""

    name: str
    data: bytes
    digest: Digest
    index: FileIndex
    objects: Mapping[str, bytes]
    stage: int = 0

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def wanted(self) -> WantedFile:
        return WantedFile(self.name, self.size, self.digest, self.index, self.stage)

    def is_at(self, path: Path) -> bool:
        """Whether the file at ``path`` is this one."""
        return path.read_bytes() == self.data


def make_file(name: str, data: bytes, *, shard: int = 4 * MIB, stage: int = 0, seed: int = 0) -> LabFile:
    """Cut ``data`` as a publisher does: at tensor edges of all sizes (by ``seed``), at 1 MiB, into shards."""
    dice = random.Random(f"{name} {seed}")
    rows: list[tuple[int, int, Digest]] = []
    shards: list[Shard] = []
    objects: dict[str, bytes] = {}
    for start in range(0, len(data), shard):
        body = data[start : start + shard]
        at = 0
        while at < len(body):
            length = min(len(body) - at, CHUNK_MAX if dice.random() < 0.7 else dice.randint(1, CHUNK_MAX))
            rows.append((length, len(shards), Digest.of(body[at : at + length])))
            at += length
        digest = Digest.of(body)
        shards.append(Shard(len(body), digest))
        objects[shard_path(digest)] = body
    return LabFile(name, data, Digest.of(data), FileIndex.build(shards, rows), objects, stage)


@dataclass(frozen=True)
class BigFile:
    """A file too large to hold: every MiB is the same random bytes under a stamp of its own, made when asked for."""

    name: str
    size: int
    seed: int
    digest: Digest
    index: FileIndex
    stage: int = 0

    @classmethod
    def make(cls, name: str, size: int, *, seed: int, shard: int = 256 * MIB, chunk: int = MIB) -> BigFile:
        """Cut into tensors of all sizes, ``chunk`` bytes at most, and shards."""
        dice = random.Random(seed)
        whole = hashlib.sha256()
        rows: list[tuple[int, int, Digest]] = []
        shards: list[Shard] = []
        for start in range(0, size, shard):
            length = min(shard, size - start)
            state = hashlib.sha256()
            at = 0
            while at < length:
                count = min(length - at, chunk if dice.random() < 0.9 else dice.randint(1, chunk))
                data = b"".join(_stamped(seed, start + at, start + at + count))
                rows.append((count, len(shards), Digest.of(data)))
                state.update(data)
                whole.update(data)
                at += count
            shards.append(Shard(length, Digest(state.hexdigest())))
        return cls(name, size, seed, Digest(whole.hexdigest()), FileIndex.build(shards, rows))

    @property
    def objects(self) -> Mapping[str, Callable[[int, int], Iterator[bytes]]]:
        """Every shard as a function of (start, stop)."""
        found: dict[str, Callable[[int, int], Iterator[bytes]]] = {}
        base = 0
        for shard in self.index.shards:
            found[shard_path(shard.digest)] = partial(_shifted, self.seed, base)
            base += shard.length
        return found

    @property
    def sizes(self) -> Mapping[str, int]:
        """The length of every shard."""
        return {shard_path(shard.digest): shard.length for shard in self.index.shards}

    def is_at(self, path: Path) -> bool:
        """Whether the file at ``path`` is this one."""
        with path.open("rb") as file:
            return Digest.of_stream(iter(lambda: file.read(MIB), b"")) == self.digest


_BASE = random.Random(0).randbytes(MIB)


def _shifted(seed: int, base: int, start: int, stop: int) -> Iterator[bytes]:
    return _stamped(seed, base + start, base + stop)


def _stamped(seed: int, start: int, stop: int) -> Iterator[bytes]:
    step = 64 << 10
    while start < stop:
        unit, inner = divmod(start, MIB)
        end = min(stop - unit * MIB, MIB, (inner // step + 1) * step)
        block = _BASE[inner:end]
        if inner < 16:
            block = struct.pack("<QQ", seed, unit)[inner : min(16, end)] + block[16 - inner :]
        yield block
        start += end - inner


def make_pack(
    sizes: Sequence[int] = (9 * MIB + 12345, 5 * MIB, 700), *, shard: int = 4 * MIB, seed: int = 1
) -> list[LabFile]:
    """Files of random bytes."""
    dice = random.Random(seed)
    return [make_file(f"file{n}.bin", dice.randbytes(size), shard=shard, stage=n) for n, size in enumerate(sizes)]


def objects_of(files: Sequence[LabFile]) -> dict[str, bytes]:
    """Every shard of a pack, by its path on a mirror."""
    return {path: body for file in files for path, body in file.objects.items()}


@dataclass
class Lab:
    """One home with one transport, for one test."""

    home: Path
    clock: FastClock
    transport: Transport
    events: list[Event]
    boot: str | None = BOOT
    sink: Sink | None = None

    def partial(self, file: LabFile) -> PartialFile:
        return PartialFile(self.home / file.digest.hex, file.index, file.digest, boot=self.boot)

    def fetch(
        self,
        files: Sequence[LabFile],
        mirrors: Sequence[str],
        *,
        have: Mapping[Digest, Place] | None = None,
        control: Control | None = None,
        memory: Path | None = None,
        on_plan: Callable[[TransferPlan], None] | None = None,
    ) -> Outcome:
        """Plan, run and finish; assert that what came is right."""
        partials = {file.digest: self.partial(file) for file in files}
        try:
            todo = plan(
                [file.wanted for file in files],
                {digest: partial.verified() for digest, partial in partials.items()},
                have or {},
            )
            if on_plan is not None:
                on_plan(todo)
            engine = Engine(
                self.transport,
                Mirrors(mirrors, self.clock, memory=memory),
                self.clock,
                self.sink or self.events.append,
                ref="lab",
            )
            outcome = engine.run(todo, partials, control or Control())
            for file in files:
                assert partials[file.digest].finish().read_bytes() == file.data
            return outcome
        finally:
            for partial in partials.values():
                partial.close()

    def close(self) -> None:
        if isinstance(self.transport, Transports):
            self.transport.close()


def make_lab(home: Path, *, factor: float = 80.0, stall: float = 15.0) -> Lab:
    """A lab whose limits (15 s without a byte and the like) pass ``factor`` times as fast."""
    clock = FastClock(factor)
    return Lab(home, clock, open_transport(clock, timeouts=Timeouts(connect=5.0, stall=stall)), [])
