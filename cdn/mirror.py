"""Copy an origin, or some packs of it, to another place: a second host, a local network, a stick.

Mirrors need no keys: what is signed is copied as it is. Invariants: an object is kept only if its bytes have the
digest in its name; signed documents are checked with the client's own trust code before they are kept, the whole
copy once more before its timestamp follows; what is already there is not fetched again. A mirror that was killed is
finished by running it again.

Example::

    mirror("https://packs.example#sha256=9f86…", Path("/media/stick/origin"), SystemClock())
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdn.publish import upload_order
from cdn.repo import METADATA, TIMESTAMP_FILE
from cdn.selection import Published
from cdn.stores import Blob
from cdn.stores.dir import DirStore
from cdn.verify import Report, Unannounced, open_transport, verify
from qie_hub.clock import Clock
from qie_hub.digest import Digest
from qie_hub.errors import FormatError, IntegrityError, NotFound
from qie_hub.formats.fileindex import SHARD_MAX
from qie_hub.formats.index import PackRow
from qie_hub.packref import PackRef
from qie_hub.ports import Transport

DOCUMENT_MAX: Final = 8 << 20
ROOTS_MAX: Final = 1024
_NAMED = re.compile(r"(?:^|/)([0-9a-f]{64})(?:\.[a-z]+\.json)?\Z")


@dataclass(frozen=True, slots=True)
class Copied:
    """What a mirror run did: objects and bytes that came new, and the check of the whole."""

    objects: int
    bytes: int
    report: Report


def mirror(
    url: str, folder: Path, clock: Clock, *, wanted: Sequence[PackRef] = (), transport: Transport | None = None
) -> Copied:
    """Copy what ``url`` (``URL#sha256=HEX``) offers into ``folder``.

    Args:
        url: the origin, as users paste it.
        folder: where the copy lies; made if need be.
        clock: judges expiry.
        wanted: packs to copy (publisher and name at least); without them every version of every pack.
        transport: opens URLs; by default the client's own.

    Raises:
        NotFound: the origin has no such pack.
        TrustError: what the origin serves is not to be trusted; the timestamp of ``folder`` stays as it was.
        IntegrityError: an object is not what its name says.
    """
    if transport is None:
        with closing(open_transport(clock)) as own:
            return mirror(url, folder, clock, wanted=wanted, transport=own)
    base, _, fragment = url.partition("#")
    goal = DirStore(folder)
    with tempfile.TemporaryDirectory(prefix="qie-hub-mirror-") as temp:
        staged = _Copier(base.rstrip("/"), DirStore(Path(temp) / "staged"), transport, Path(temp))
        timestamp = Path(temp) / "timestamp.json"
        timestamp.write_bytes(staged.document(TIMESTAMP_FILE))
        announced = Unannounced(transport, timestamp)
        _stage(staged, timestamp)
        verify(_line(staged.store.folder, fragment), clock, transport=announced, only=())
        copier = _Copier(base.rstrip("/"), goal, transport, Path(temp))
        for name in upload_order(staged.store.folder):
            copier.adopt(name, staged.store.get(name))
        rows = tuple(_rows(Published(folder, timestamp=timestamp), wanted))
        for name in Published(folder, timestamp=timestamp).names_for(rows):
            if name != TIMESTAMP_FILE:
                copier.copy(name)
        chosen = [row.ref for row in rows] if wanted else None
        report = verify(_line(folder, fragment), clock, transport=announced, only=chosen)
        goal.replace(TIMESTAMP_FILE, timestamp.read_bytes())
    return Copied(copier.objects, copier.bytes, report)


def _stage(staged: _Copier, timestamp: Path) -> None:
    """Fetch the signed documents to a place where they can be checked before they count."""
    staged.roots()
    for name in Published(staged.store.folder, timestamp=timestamp).documents():
        staged.copy(name)


def _line(folder: Path, fragment: str) -> str:
    return f"{folder.resolve().as_uri()}#{fragment}"


def _rows(state: Published, wanted: Sequence[PackRef]) -> Iterator[PackRow]:
    if not wanted:
        for publisher in state.publishers:
            yield from state.rows(publisher)
    for ref in wanted:
        publishers = state.publishers if ref.publisher is None else (ref.publisher,)
        if publishers[0] not in state.publishers:
            raise NotFound(hint="NOT_AMONG", what="publisher", name=publishers[0], closest=list(state.publishers))
        yield from state.rows(publishers[0], ref)


class _Copier:
    """Fetches objects by name, once, and keeps those that are what their names say."""

    def __init__(self, base: str, store: DirStore, transport: Transport, temp: Path) -> None:
        self._base = base
        self._transport = transport
        self._part = temp / "part"
        self.store = store
        self.objects = 0
        self.bytes = 0

    def document(self, name: str) -> bytes:
        """A small object's bytes, unchecked."""
        self._fetch(name, DOCUMENT_MAX)
        return self._part.read_bytes()

    def roots(self) -> None:
        """Copy every root there is: clients walk them one by one."""
        for version in range(1, ROOTS_MAX):
            name = f"{METADATA}/{version}.root.json"
            try:
                self.copy(name)
            except NotFound:
                if version == 1:
                    raise
                return

    def copy(self, name: str) -> None:
        """Copy one immutable object, unless it is there."""
        if self.store.exists(name):
            return
        length, digest = self._fetch(name, DOCUMENT_MAX if name.endswith(".json") else SHARD_MAX)
        match = _NAMED.search(name)
        if match and Digest(match[1]) != digest:
            raise IntegrityError(path=name, wanted=match[1], found=str(digest))
        self.store.put(name, Blob.of_part(self._part, 0, length, digest))
        self.objects += 1
        self.bytes += length

    def adopt(self, name: str, data: bytes) -> None:
        """Keep an object that was fetched before."""
        if self.store.put(name, Blob.of(data)):
            self.objects += 1
            self.bytes += len(data)

    def _fetch(self, name: str, limit: int) -> tuple[int, Digest]:
        state, length = hashlib.sha256(), 0
        with self._transport.open(f"{self._base}/{name}") as response, self._part.open("wb") as out:
            for block in response.blocks():
                length += len(block)
                if length > limit:
                    raise FormatError(what=name, issues=[f"more than {limit} bytes"])
                state.update(block)
                out.write(block)
        return length, Digest(state.hexdigest())
