"""Check an origin the way a client does: the client's own trust code, from the root down to the last shard.

Invariants: nothing here knows a shortcut. An origin is added by its fingerprint in a throw-away home, refreshed, and
every manifest of every index is fetched through `qie_hub.trust`; then every file index and every shard that a
manifest names is read and compared with the digest that the signed statement gives. One buffer holds one block.

Example::

    report = verify("file:///srv/origin#sha256=9f86…", SystemClock())
    report.packs, report.objects, report.bytes
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdn.repo import TIMESTAMP_FILE
from qie_hub.clock import Clock
from qie_hub.digest import Digest
from qie_hub.errors import FormatError, IntegrityError, MissingEverywhere, NotFound
from qie_hub.formats.fileindex import FileIndex, Shard
from qie_hub.formats.manifest import Manifest, PackFile
from qie_hub.packref import PackRef
from qie_hub.ports import Response, Transport

if TYPE_CHECKING:
    from qie_hub.transfer.client import Transports


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked: manifests, objects (file indexes and shards, each once) and their bytes."""

    packs: tuple[str, ...]
    objects: int
    bytes: int


def verify(
    url: str, clock: Clock, *, transport: Transport | None = None, only: Collection[PackRef] | None = None
) -> Report:
    """Check everything that an origin offers.

    Args:
        url: ``URL#sha256=HEX``, as users paste it.
        clock: judges expiry.
        transport: opens URLs; by default the client's own.
        only: exact refs to check, for a place that holds a part of an origin; without it every pack is.

    Raises:
        TrustError: the signed documents are not in order.
        IntegrityError: an object's bytes differ from the signed statement.
        MissingEverywhere: an object is absent.
        TransferError: the origin cannot be reached.
    """
    from qie_hub.trust.manifests import fetch_manifest
    from qie_hub.trust.origins import Origins
    from qie_hub.trust.view import last_view

    if transport is None:
        with closing(open_transport(clock)) as own:
            return verify(url, clock, transport=own, only=only)
    with tempfile.TemporaryDirectory(prefix="qie-hub-verify-") as temp:
        home = Path(temp)
        origin = Origins(home).add(url, transport, clock)
        view = last_view(origin, home, clock)
        rows = [row for index in (view.indexes.values() if view else ()) for row in index.packs]
        wanted = [row for row in rows if only is None or row.ref in only]
        manifests = [fetch_manifest(origin, home, transport, clock, row).manifest for row in wanted]
    reader = _Reader(origin.bases[0], transport)
    for manifest in manifests:
        reader.check_pack(manifest)
    return Report(tuple(str(manifest.ref) for manifest in manifests), len(reader.objects), reader.bytes)


def open_transport(clock: Clock) -> Transports:
    """The client's own transport, for http, https and file URLs; close it when done."""
    from qie_hub.transfer.client import open_transport as client_transport

    return client_transport(clock)


class Unannounced:
    """A published place as it will be once the new timestamp is there: that one name is read from elsewhere."""

    def __init__(self, inner: Transport, timestamp: Path) -> None:
        self._inner = inner
        self._timestamp = timestamp

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> Response:
        """See `Transport.open`."""
        where = self._timestamp.resolve().as_uri() if url.endswith(f"/{TIMESTAMP_FILE}") else url
        return self._inner.open(where, start=start, stop=stop)


class _Reader:
    """Reads the objects of one origin, those of one file once."""

    def __init__(self, base: str, transport: Transport) -> None:
        self._base = base
        self._transport = transport
        self._files: set[str] = set()
        self.objects: set[str] = set()
        self.bytes = 0

    def check_pack(self, manifest: Manifest) -> None:
        """Check every file of a pack: its index, its shards, and that both make up the signed file."""
        for file in manifest.files:
            key = f"{file.path} {file.sha256} {file.index}"
            if key not in self._files:
                self._check_file(file)
                self._files.add(key)

    def _check_file(self, file: PackFile) -> None:
        index = self._index(file)
        whole = hashlib.sha256()
        for shard in index.shards:
            self._check_shard(shard, whole.update)
        if Digest(whole.hexdigest()) != file.sha256:
            raise IntegrityError(path=file.path, wanted=str(file.sha256), found=whole.hexdigest())

    def _index(self, file: PackFile) -> FileIndex:
        if file.index is None:
            return FileIndex.of_small(file.size, file.sha256)
        name = f"i/sha256/{file.index.fan_out}"
        data = b"".join(self._blocks(name))
        if Digest.of(data) != file.index:
            raise IntegrityError(path=name, wanted=str(file.index), found=str(Digest.of(data)))
        index = FileIndex.from_bytes(data)
        if index.size != file.size or len(data) != file.index_size:
            raise FormatError(what="file index", issues=[f"{file.path}: sizes differ from the manifest"])
        return index

    def _check_shard(self, shard: Shard, feed: Callable[[bytes], None]) -> None:
        name = f"o/sha256/{shard.digest.fan_out}"
        state = hashlib.sha256()
        length = 0
        for block in self._blocks(name):
            state.update(block)
            feed(block)
            length += len(block)
        if length != shard.length or Digest(state.hexdigest()) != shard.digest:
            raise IntegrityError(path=name, wanted=str(shard.digest), found=state.hexdigest())

    def _blocks(self, name: str) -> Iterator[bytes]:
        url = f"{self._base}/{name}"
        self.objects.add(name)
        try:
            with self._transport.open(url) as response:
                for block in response.blocks():
                    self.bytes += len(block)
                    yield block
        except NotFound:
            raise MissingEverywhere(what=name, url=url) from None
