"""A folder as a store: what `python -m cdn serve`, nginx, rsync, a USB stick or ``file://`` serves.

Invariant: an object appears under its name only when it is whole and on the disk: it is written beside its goal,
checked against its digest while it is written, synced, and then linked into place, which fails if the name is taken.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from cdn.sources.packages import digest_of
from cdn.stores import Blob, check_object_name
from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.errors import NotFound, PublishError, VersionConflict


class DirStore:
    """See `cdn.stores.Store`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, blob: Blob) -> bool:
        """See `Store.put`."""
        goal = self._path(name)
        if goal.exists():
            return _same(goal, name, blob)
        goal.parent.mkdir(parents=True, exist_ok=True)
        temp = goal.with_name(f"{goal.name}{atomic.TEMP_MARK}{secrets.token_hex(6)}")
        try:
            _write_checked(temp, blob, name)
            try:
                os.link(temp, goal)
            except FileExistsError:
                return _same(goal, name, blob)
            except OSError:  # a file system without links: names are digests or versions, so a race writes equal bytes
                os.replace(temp, goal)
        finally:
            temp.unlink(missing_ok=True)
        atomic.sync_dir(goal.parent)
        return True

    def replace(self, name: str, data: bytes) -> None:
        """See `Store.replace`."""
        atomic.write(self._path(name), data)

    def get(self, name: str) -> bytes:
        """See `Store.get`."""
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFound(what="object", name=name, closest=()) from None

    def exists(self, name: str) -> bool:
        """See `Store.exists`."""
        return self._path(name).is_file()

    def _path(self, name: str) -> Path:
        return self.folder / check_object_name(name)


def _same(goal: Path, name: str, blob: Blob) -> bool:
    """Return False for equal bytes.

    Raises:
        VersionConflict: they differ.
    """
    if goal.stat().st_size == blob.length:
        found = digest_of(goal)
        if found == blob.digest:
            return False
    else:
        found = None
    raise VersionConflict(path=name, published=None if found is None else str(found), offered=str(blob.digest))


def _write_checked(temp: Path, blob: Blob, name: str) -> None:
    state = hashlib.sha256()
    length = 0
    with temp.open("xb") as stream:
        for block in blob.blocks():
            stream.write(block)
            state.update(block)
            length += len(block)
        stream.flush()
        os.fsync(stream.fileno())
    if length != blob.length or Digest(state.hexdigest()) != blob.digest:
        raise PublishError(hint="FILE_CHANGED", path=name)
