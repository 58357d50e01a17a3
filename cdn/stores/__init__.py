"""Where published objects go: one small contract, one module per kind of place.

A new kind of place is one module with a `Store` and one row in `open_store`; the suite in ``tests/contract`` runs
against every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from qie_hub.digest import Digest
from qie_hub.errors import UsageError

BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes to be published: how many, their digest, and how to read them in blocks of at most 1 MiB."""

    length: int
    digest: Digest
    blocks: Callable[[], Iterable[bytes]]

    @classmethod
    def of(cls, data: bytes) -> Blob:
        """A blob of bytes in memory."""
        return cls(len(data), Digest.of(data), lambda: (data,))

    @classmethod
    def of_part(cls, path: Path, start: int, length: int, digest: Digest) -> Blob:
        """A blob that is a part of a file."""
        return cls(length, digest, lambda: _part(path, start, length))


class Store(Protocol):
    """A place whose objects a static host serves.

    * ``put`` MUST create the object whole or not at all, whenever the process dies; it MUST return True if it created
      it, MUST return False and write nothing if the name already holds exactly these bytes, MUST raise
      `VersionConflict` and write nothing if it holds others, and MUST raise `PublishError` and leave the name absent
      if the blob's bytes are not of its length and digest.
    * ``replace`` MUST swap the object in one step, so that a reader sees the old or the new one; only
      ``metadata/timestamp.json`` is ever replaced.
    * ``get`` MUST raise `NotFound` for an absent name, and ``exists`` MUST agree with it.
    * Names are relative, with ``/`` between parts; a name with an empty, ``.`` or ``..`` part MUST be refused with
      `UsageError`.
    """

    def put(self, name: str, blob: Blob) -> bool:
        """Create an object, never change one."""

    def replace(self, name: str, data: bytes) -> None:
        """Create or swap a small object."""

    def get(self, name: str) -> bytes:
        """Return an object's bytes."""

    def exists(self, name: str) -> bool:
        """Say whether the object is there."""


def check_object_name(name: str) -> str:
    """Return ``name`` if it may name an object.

    Raises:
        UsageError: it could leave the store.
    """
    if any(part in {"", ".", ".."} for part in name.split("/")) or "\\" in name or "\0" in name:
        raise UsageError(hint="BAD_OBJECT_NAME", text=name)
    return name


def open_store(place: str) -> Store:
    """Open the store that a command line names: a folder's path."""
    from cdn.stores.dir import DirStore

    return DirStore(Path(place))


def _part(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(start)
        while length > 0:
            block = stream.read(min(BLOCK, length))
            if not block:
                return
            length -= len(block)
            yield block
