"""A generation in the making, and how it is undone.

Invariants:

* Before a file is moved here from ``partial/``, a record beside the folder says from where. So a failure, and a kill
  at any point, gives every verified file back to where the next attempt looks for it.
* `Staged.close` seals: after it the folder holds exactly the placed files, mode 0444, every name synced.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from qie_hub import atomic
from qie_hub.errors import FormatError, Tampered
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.receipt import FileStamp
from qie_hub.packref import PackRef
from qie_hub.store.layout import STAGED, Layout
from qie_hub.store.stamps import matches, safe_name

MODE: Final = 0o444
RECORD_END: Final = ".moved"


class Staged:
    """A hidden folder that no listing shows. One thread at a time."""

    def __init__(self, home: Path, ref: PackRef, path: Path) -> None:
        self.ref = ref
        self.path = path
        self._home = home
        self._placed: dict[str, FileStamp] = {}
        self._moved: dict[str, str] = {}

    @property
    def files(self) -> Path:
        """The folder of the pack's files."""
        return self.path / "files"

    @property
    def proof(self) -> Path:
        """The folder of the signed metadata."""
        return self.path / "proof"

    def goal(self, name: str) -> Path:
        """Where the file ``name`` of the manifest belongs.

        Raises:
            FormatError: the name may not name a file of a pack.
        """
        return self.files / safe_name(name)

    def note(self, stamp: FileStamp) -> None:
        """Remember a file that was placed, verified."""
        self._placed[stamp.path] = stamp

    def will_move(self, data: Path, name: str) -> None:
        """Record, durably, that ``data`` of the home is about to become the file ``name``."""
        if not data.is_relative_to(self._home):
            return  # not ours to give back
        self._moved[name] = data.relative_to(self._home).as_posix()
        atomic.write(_record_of(self.path), canonical.dumps({"schema": 1, "moved": self._moved}))

    def close(self, listed: Sequence[FileStamp]) -> None:
        """Make sure that what was placed is what is listed and is still there, seal it, sync it.

        Raises:
            FormatError: the listed files are not those that were placed.
            Tampered: a file has changed since it was placed.
            OSError: the home refused.
        """
        self._compare({(item.path, item.size, item.sha256) for item in listed})
        for stamp in self._placed.values():
            if not matches(self.files, stamp):
                raise Tampered(path=stamp.path, sha256=str(stamp.sha256))
            seal(self.files / stamp.path)
        _sync_tree(self.path)

    def _compare(self, listed: set[tuple[Any, ...]]) -> None:
        placed = {(item.path, item.size, item.sha256) for item in self._placed.values()}
        present = {path.relative_to(self.files).as_posix() for path in self.files.rglob("*") if not path.is_dir()}
        issues = [f"{path}: listed but not placed" for path, *_ in listed - placed]
        issues += [f"{path}: placed but not listed" for path, *_ in placed - listed]
        issues += [f"{name}: nobody placed it" for name in present - set(self._placed)]
        if issues:
            raise FormatError(what="staged generation", issues=sorted(issues))


def begin(layout: Layout, ref: PackRef) -> Staged:
    """Make the folders of a new generation; the slot exists."""
    path = layout.slot(ref) / f"{STAGED}{secrets.token_hex(8)}"
    path.mkdir()
    (path / "files").mkdir()
    (path / "proof").mkdir()
    return Staged(layout.home, ref.unversioned, path)


def abandoned(layout: Layout, ref: PackRef) -> Iterator[Path]:
    """What is staged of a pack: folders, also those of which only the record is left."""
    found = {path.with_name(path.name.removesuffix(RECORD_END)) for path in layout.slot(ref).glob(f"{STAGED}*")}
    yield from sorted(found)


def undo(layout: Layout, path: Path) -> None:
    """Give the moved files of a staged folder back and delete the rest; of a committed one, only the record.

    Raises:
        OSError: the home refused; what was not given back stays, and can be undone again.
    """
    record = _record_of(path)
    if path.is_dir():
        for name, origin in _moved(record).items():
            _give_back(path / "files" / name, layout.home / origin)
        shutil.rmtree(path, ignore_errors=True)
    record.unlink(missing_ok=True)


def seal(path: Path) -> None:
    """Make a file read-only."""
    with suppress(PermissionError, NotImplementedError):  # FAT and some network drives have no modes
        os.chmod(path, MODE)


def _give_back(staged: Path, origin: Path) -> None:
    if origin.exists() or not staged.exists():
        return  # the move never happened, or this was done before
    atomic.make_dirs(origin.parent)
    with suppress(PermissionError, NotImplementedError):
        os.chmod(staged, 0o644)
    atomic.rename(staged, origin)


def _record_of(path: Path) -> Path:
    return path.with_name(path.name + RECORD_END)


def _moved(record: Path) -> dict[str, str]:
    """What a record says; a damaged one, or one that points elsewhere, says nothing."""
    issues = Issues("moved")
    try:
        fields = Fields(canonical.loads(record.read_bytes(), what="moved"), issues)
        moved = fields.table("moved", lambda inner, key: inner.file_path(key), limit=4096)
        return {} if issues.found else {safe_name(name): origin for name, origin in moved.items()}
    except (OSError, FormatError):
        return {}


def _sync_tree(folder: Path) -> None:
    """Sync every folder, innermost first, and every file that is not a pack's (those are synced when placed)."""
    files = folder / "files"
    for path, _, names in os.walk(folder, topdown=False):
        inside = Path(path)
        if inside != files and files not in inside.parents:
            for name in names:
                atomic.sync_file(inside / name)
        atomic.sync_dir(inside)
