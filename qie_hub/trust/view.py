"""The last verified view of an origin, as plain files: what is on offer, without tuf and without network.

Invariants:

* ``view.json`` is replaced last; every other file is named by its SHA-256, so a kill leaves the whole old view or the
  whole new one. Files of the view before are kept for readers that are at it.
* What is read here was verified when it was written; each file is compared with its digest again, and `fetch_manifest`
  verifies the signatures again before anything is installed.

Layout below ``<home>/origins/<name>/view/``: ``view.json`` and ``<sha256>.json``.

Example::

    view = last_view(origin, home, clock)
    view.indexes["acme"].packs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.clock import Clock, from_text, to_text
from qie_hub.digest import Digest
from qie_hub.errors import FormatError, Tampered
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.index import PublisherIndex, Revocations
from qie_hub.trust.freshness import Freshness, judge
from qie_hub.trust.origins import Origin, origin_folder

SCHEMA: Final = 1
FILE_LIMIT: Final = canonical.MAX_BYTES
INDEX_PREFIX: Final = "index."
REVOCATIONS_PREFIX: Final = "revocations."


@dataclass(frozen=True, slots=True)
class View:
    """What an origin said when it was last asked successfully.

    ``checked`` is when (by the device's clock), ``issued`` when the publisher signed it (None: it does not say),
    ``expires`` the first signed end of life in it. ``requests`` and ``bytes`` are what asking cost, 0 for a view that
    was read from disk. ``missing`` lists publishers that the origin no longer speaks for; every other one has an index
    and revocations, empty where it signed none.
    """

    origin: Origin
    checked: datetime
    freshness: Freshness
    expires: datetime
    issued: datetime | None
    indexes: Mapping[str, PublisherIndex]
    revocations: Mapping[str, Revocations]
    requests: int = 0
    bytes: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A verified view with its documents by name: TUF metadata, ``index.<p>.json`` and ``revocations.<p>.json``."""

    checked: datetime
    expires: datetime
    issued: datetime | None
    files: Mapping[str, bytes]
    missing: tuple[str, ...] = ()

    def view(self, origin: Origin, now: datetime, *, requests: int = 0, cost: int = 0) -> View:
        """Parse what the record holds for the publishers that the origin speaks for."""
        names = [name for name in origin.publishers if name not in self.missing]
        return View(
            origin=origin,
            checked=self.checked,
            freshness=judge(expires=self.expires, issued=self.issued, now=now),
            expires=self.expires,
            issued=self.issued,
            indexes={name: self._index(name) for name in names},
            revocations={name: self._revocations(name) for name in names},
            requests=requests,
            bytes=cost,
            missing=self.missing,
        )

    def _index(self, publisher: str) -> PublisherIndex:
        data = self.files.get(f"{INDEX_PREFIX}{publisher}.json")
        return PublisherIndex.from_bytes(data) if data else PublisherIndex(publisher, to_text(self.checked))

    def _revocations(self, publisher: str) -> Revocations:
        data = self.files.get(f"{REVOCATIONS_PREFIX}{publisher}.json")
        return Revocations.from_bytes(data) if data else Revocations(publisher, to_text(self.checked))


@dataclass(frozen=True, slots=True)
class _Head:
    """``view.json``: which file holds which document."""

    checked: str
    expires: str
    issued: str | None
    files: Mapping[str, Digest] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        return canonical.dumps(
            {
                "schema": SCHEMA, "checked": self.checked, "expires": self.expires, "issued": self.issued,
                "files": {name: str(digest) for name, digest in self.files.items()}, "missing": list(self.missing),
            }
        )  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes) -> _Head:
        issues = Issues("view")
        fields = Fields(canonical.loads(data, what="view"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        head = cls(
            checked=fields.moment("checked"),
            expires=fields.moment("expires"),
            issued=fields.optional("issued", fields.moment),
            files=fields.table("files", lambda inner, key: inner.digest(key), limit=4096),
            missing=fields.texts("missing"),
        )
        issues.raise_any()
        return head


def last_view(origin: Origin, home: Path, clock: Clock) -> View | None:
    """The last verified view, judged by the clock of now; None if the origin was never refreshed.

    Raises:
        Tampered: a file of the view differs from its digest; a refresh mends it.
        FormatError: a file of the view is not what it should be.
    """
    record = read_record(origin, home)
    return None if record is None else record.view(origin, clock.now())


def read_record(origin: Origin, home: Path) -> Record | None:
    """The documents of the last verified view, None if there is none.

    Raises:
        Tampered: a file is gone or differs from its digest.
    """
    folder = _folder(origin, home)
    try:
        head = _Head.from_bytes((folder / "view.json").read_bytes())
    except FileNotFoundError:
        return None
    issued = None if head.issued is None else from_text(head.issued)
    files = {name: _read_file(folder, digest) for name, digest in head.files.items()}
    return Record(from_text(head.checked), from_text(head.expires), issued, files, head.missing)


def write_record(origin: Origin, home: Path, record: Record) -> None:
    """Replace the view: documents first, ``view.json`` last, then drop what neither view names."""
    folder = _folder(origin, home)
    digests = {name: Digest.of(data) for name, data in record.files.items()}
    for name, digest in digests.items():
        _put(folder / f"{digest}.json", record.files[name])
    issued = None if record.issued is None else to_text(record.issued)
    head = _Head(to_text(record.checked), to_text(record.expires), issued, digests, record.missing)
    before = _names_before(folder)
    atomic.write(folder / "view.json", head.to_bytes())
    keep = before | {f"{digest}.json" for digest in digests.values()} | {"view.json"}
    for path in folder.iterdir():
        if path.name not in keep:
            path.unlink(missing_ok=True)


def _put(path: Path, data: bytes) -> None:
    """Write a document unless it is there already; one that was damaged on disk is replaced."""
    if not path.is_file() or path.read_bytes() != data:
        atomic.write(path, data)


def _names_before(folder: Path) -> set[str]:
    try:
        head = _Head.from_bytes((folder / "view.json").read_bytes())
    except (FileNotFoundError, FormatError):
        return set()
    return {f"{digest}.json" for digest in head.files.values()}


def _read_file(folder: Path, digest: Digest) -> bytes:
    path = folder / f"{digest}.json"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Tampered(hint="VIEW_BROKEN", path=str(path), problem="missing") from None
    if Digest.of(data) != digest:
        raise Tampered(hint="VIEW_BROKEN", path=str(path), problem="changed")
    return data


def _folder(origin: Origin, home: Path) -> Path:
    return origin_folder(home, origin.name) / "view"
