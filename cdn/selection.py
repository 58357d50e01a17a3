"""Which objects of a published folder a client needs for some packs: the least that verifies and installs.

Used by whatever copies a part of an origin: pack wheels and mirrors. Pure reading; the folder is trusted as far as
`cdn.verify` has checked it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cdn.repo import METADATA, TIMESTAMP_FILE
from cdn.sign import prefixed
from qie_hub.digest import Digest
from qie_hub.errors import NotFound
from qie_hub.formats import canonical
from qie_hub.formats.fileindex import FileIndex
from qie_hub.formats.index import DEFAULT_CHANNEL, PackRow, PublisherIndex, index_path, revocations_path
from qie_hub.formats.manifest import Manifest, PackFile
from qie_hub.packref import PackRef


class Published:
    """The current state of an origin folder: what its timestamp leads to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        timestamp = self._signed(TIMESTAMP_FILE)
        self._snapshot = f"{METADATA}/{timestamp['meta']['snapshot.json']['version']}.snapshot.json"
        self._roles: dict[str, str] = {
            name.removesuffix(".json"): f"{METADATA}/{entry['version']}.{name}"
            for name, entry in self._signed(self._snapshot)["meta"].items()
        }

    @property
    def publishers(self) -> tuple[str, ...]:
        """Who publishes here."""
        return tuple(sorted(set(self._roles) - {"targets"}))

    def metadata_names(self) -> Iterator[str]:
        """Every current role and every root, the timestamp last."""
        roots = sorted(path.name for path in (self.folder / METADATA).glob("*.root.json"))
        yield from (f"{METADATA}/{name}" for name in roots)
        yield from self._roles.values()
        yield self._snapshot
        yield TIMESTAMP_FILE

    def index(self, publisher: str) -> PublisherIndex:
        """A publisher's index."""
        return PublisherIndex.from_bytes(
            (self.folder / self.target_name(publisher, index_path(publisher))).read_bytes()
        )

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
        for publisher in self.publishers:
            for path in (index_path(publisher), revocations_path(publisher)):
                yield from _fresh(self.target_name(publisher, path), seen)
        yield from self.metadata_names()

    def target_name(self, publisher: str, path: str) -> str:
        """Where a publisher's target lies."""
        row = self._signed(self._roles[publisher])["targets"][path]
        return prefixed(path, Digest.parse(row["hashes"]["sha256"]))

    def _file_names(self, file: PackFile) -> Iterator[str]:
        if file.index is None:
            index = FileIndex.of_small(file.size, file.sha256)
        else:
            name = f"i/sha256/{file.index.fan_out}"
            yield name
            index = FileIndex.from_bytes((self.folder / name).read_bytes())
        yield from (f"o/sha256/{shard.digest.fan_out}" for shard in index.shards)

    def _signed(self, name: str) -> Any:
        try:
            data = (self.folder / name).read_bytes()
        except FileNotFoundError:
            raise NotFound(what="repository", name=str(self.folder), closest=()) from None
        return canonical.loads(data, what=name)["signed"]


def _fresh(name: str, seen: set[str]) -> Iterator[str]:
    if name not in seen:
        seen.add(name)
        yield name
