"""Which objects of a published folder a client needs for some packs: the least that verifies and installs.

Used by whatever copies a part of an origin: pack wheels and mirrors. Pure reading; the folder is trusted as far as
`cdn.verify` has checked it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from cdn.repo import METADATA, TIMESTAMP_FILE
from cdn.sign import prefixed
from qie_hub.digest import Digest
from qie_hub.errors import FormatError, NotFound
from qie_hub.formats import canonical
from qie_hub.formats.fileindex import FileIndex
from qie_hub.formats.index import DEFAULT_CHANNEL, PackRow, PublisherIndex, Revocations, index_path, revocations_path
from qie_hub.formats.manifest import Manifest, PackFile
from qie_hub.packref import PackRef


class Published:
    """The state of an origin folder that a timestamp leads to: its own, or one that is not there yet.

    Everything is read when it is asked for, and names are yielded before what they name is read: whoever copies an
    origin can fetch each object as its name comes.
    """

    def __init__(self, folder: Path, *, timestamp: Path | None = None) -> None:
        self.folder = folder
        self._timestamp = timestamp or folder / TIMESTAMP_FILE

    def documents(self) -> Iterator[str]:
        """Snapshot, roles, indexes and revocations: what every client reads."""
        yield self._snapshot
        yield from self._roles.values()
        for publisher in self.publishers:
            for path in (index_path(publisher), revocations_path(publisher)):
                yield self.target_name(publisher, path)

    @property
    def publishers(self) -> tuple[str, ...]:
        """Who publishes here."""
        return tuple(sorted(set(self._roles) - {"targets"}))

    def chain_names(self) -> Iterator[str]:
        """Every root, then the timestamp."""
        roots = sorted(path.name for path in (self.folder / METADATA).glob("*.root.json"))
        yield from (f"{METADATA}/{name}" for name in roots)
        yield TIMESTAMP_FILE

    @cached_property
    def _snapshot(self) -> str:
        version = _within(self._signed(self._timestamp), "meta", "snapshot.json", "version")
        return f"{METADATA}/{version}.snapshot.json"

    @cached_property
    def _roles(self) -> dict[str, str]:
        meta = _within(self._signed(self.folder / self._snapshot), "meta")
        versions = {name: _within(meta, name, "version") for name in meta}
        return {name.removesuffix(".json"): f"{METADATA}/{version}.{name}" for name, version in versions.items()}

    def index(self, publisher: str) -> PublisherIndex:
        """A publisher's index."""
        return PublisherIndex.from_bytes(self._target(publisher, index_path(publisher)))

    def revocations(self, publisher: str) -> Revocations:
        """What a publisher took back."""
        return Revocations.from_bytes(self._target(publisher, revocations_path(publisher)))

    def rows(self, publisher: str, wanted: PackRef | None = None) -> tuple[PackRow, ...]:
        """The rows that a ref means: every resolution unless it names one, its version or channel (stable).

        Raises:
            NotFound: none matches.
        """
        index = self.index(publisher)
        if wanted is None:
            return index.packs
        channel = wanted.channel or DEFAULT_CHANNEL
        version = wanted.version or index.channels.get(wanted.name, {}).get(channel)
        found = tuple(
            row
            for row in index.packs
            if (row.name, row.version) == (wanted.name, version) and wanted.resolution in (None, row.resolution)
        )
        if not found:
            raise NotFound(
                hint="NOT_AMONG", what="pack", name=str(wanted), closest=sorted(str(row.ref) for row in index.packs)
            )
        return found

    def manifest(self, row: PackRow) -> Manifest:
        """The manifest of a row."""
        return Manifest.from_bytes((self.folder / prefixed(row.target_path, row.manifest)).read_bytes())

    def names_for(self, rows: Iterable[PackRow]) -> Iterator[str]:
        """Every object that installing these packs can ask for, once, the timestamp last."""
        seen: set[str] = set()
        for row in rows:
            yield from _fresh(prefixed(row.target_path, row.manifest), seen)
            for file in self.manifest(row).files:
                for name in self._file_names(file):
                    yield from _fresh(name, seen)
        for name in (*self.documents(), *self.chain_names()):
            yield from _fresh(name, seen)

    def target_name(self, publisher: str, path: str) -> str:
        """Where a publisher's target lies."""
        role = self._signed(self.folder / self._roles[publisher])
        return prefixed(path, Digest.parse(_within(role, "targets", path, "hashes", "sha256")))

    def _target(self, publisher: str, path: str) -> bytes:
        return (self.folder / self.target_name(publisher, path)).read_bytes()

    def _file_names(self, file: PackFile) -> Iterator[str]:
        if file.index is None:
            index = FileIndex.of_small(file.size, file.sha256)
        else:
            name = f"i/sha256/{file.index.fan_out}"
            yield name
            index = FileIndex.from_bytes((self.folder / name).read_bytes())
        yield from (f"o/sha256/{shard.digest.fan_out}" for shard in index.shards)

    def _signed(self, path: Path) -> Any:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(what="repository", name=str(self.folder), closest=()) from None
        return _within(canonical.loads(data, what=path.name), "signed")


def _fresh(name: str, seen: set[str]) -> Iterator[str]:
    if name not in seen:
        seen.add(name)
        yield name


def _within(value: Any, *keys: str) -> Any:
    """Step into a document that nobody has checked yet.

    Raises:
        FormatError: it has no such part.
    """
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            raise FormatError(what="metadata", issues=[f"no {key}"])
        value = value[key]
    return value
