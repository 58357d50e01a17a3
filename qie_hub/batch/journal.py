"""What a batch has done, beside its outputs: ``<output>/.qie-hub/batch.jsonl``, one JSON object a line.

Invariants:

* An output is claimed here before it is written and noted as done after: a file that is claimed and not done was cut
  short by us and may go; a file that is done and still has the noted digest is ours; any other file is somebody's.
* Only whole lines count. A torn last line (a power cut) costs the redoing of one picture.
* One process at a time works in an output folder.

Example::

    with Journal.open(Path("out")) as journal:
        journal.claim(["a.jpg"], request)
        journal.add("a.jpg", Done(request, input, output, "acme/ultra-lite:512@1.0.0", 3))
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from qie_hub import atomic
from qie_hub.batch.sources import STATE_FOLDER
from qie_hub.errors import Busy

_FILE: Final = "batch.jsonl"
_LOCK: Final = "lock"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Done:
    """One picture that was edited. ``request`` digests what was asked; ``input`` and ``output`` digest the files."""

    request: str
    input: str
    output: str
    pack: str
    generation: int


class Journal:
    """The state of one output folder, by the outputs' names below it. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._claimed: dict[str, str] = {}
        self._done: dict[str, Done] = {}

    @classmethod
    def read(cls, folder: Path) -> Journal:
        """What stands in the journal of an output folder; changes nothing."""
        journal = cls(folder)
        path = folder / STATE_FOLDER / _FILE
        if path.is_file():
            for line in path.read_bytes().split(b"\n"):
                journal._take(line)
        return journal

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Journal]:
        """The journal, for writing, while nobody else writes.

        Raises:
            Busy: another process works in this folder.
            OSError: the folder cannot be made or written.
        """
        state = folder / STATE_FOLDER
        atomic.make_dirs(state)
        lock = FileLock(str(state / _LOCK))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise Busy(hint="BATCH_BUSY", path=str(folder)) from None
        try:
            journal = cls.read(folder)
            if not (state / _FILE).exists():
                journal._write({"journal": "qie_hub batch", "version": _VERSION})
            yield journal
        finally:
            lock.release()

    def done(self, name: str) -> Done | None:
        """How an output was made, None if this room did not finish it."""
        return self._done.get(name)

    def claimed(self, name: str, request: str) -> bool:
        """Whether an earlier run with the same request began this output and did not finish it."""
        return self._claimed.get(name) == request and name not in self._done

    def claim(self, names: Iterable[str], request: str) -> None:
        """Say which outputs will be written for a request; none of them exists, or all may go."""
        names = list(names)
        with self._lock:
            for name in names:
                self._claimed[name] = request
                self._done.pop(name, None)
            if names:
                self._write({"claim": names, "request": request})

    def add(self, name: str, done: Done) -> None:
        """Note that an output was written."""
        with self._lock:
            self._done[name] = done
            self._write({"done": name, **asdict(done)})

    def _write(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
        atomic.append(self._folder / STATE_FOLDER / _FILE, line)

    def _take(self, line: bytes) -> None:
        """Read one line; torn or foreign ones say nothing."""
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if not isinstance(entry, dict):
            return
        if isinstance(entry.get("claim"), list):
            for name in entry["claim"]:
                self._claimed[str(name)] = str(entry.get("request"))
                self._done.pop(str(name), None)
        elif isinstance(entry.get("done"), str):
            name = entry.pop("done")
            if set(entry) == set(Done.__slots__) and isinstance(entry["generation"], int):
                self._done[name] = Done(**entry)
