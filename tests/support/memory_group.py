"""A control group of this machine that bounds memory, version 1 or 2. Needs the right to make one (root)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
NAME = "qie-hub-test"


@dataclass(frozen=True)
class MemoryGroup:
    """Processes whose number is written to ``procs`` share the limit."""

    folder: Path

    @property
    def procs(self) -> Path:
        return self.folder / "cgroup.procs"

    @property
    def kills(self) -> int:
        """How many processes the system killed for the limit's sake."""
        for name in ("memory.events", "memory.oom_control"):
            if (self.folder / name).is_file():
                words = dict(line.split() for line in (self.folder / name).read_text().splitlines())
                return int(words["oom_kill"])
        raise AssertionError(f"{self.folder} counts no kills")


@contextmanager
def memory_group(limit: int) -> Iterator[MemoryGroup]:
    """A fresh group with this many bytes, removed at the end."""
    first = (ROOT / "memory").is_dir()
    folder = (ROOT / "memory" if first else ROOT) / NAME
    folder.mkdir(exist_ok=True)
    try:
        (folder / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(limit))
        yield MemoryGroup(folder)
    finally:
        folder.rmdir()
