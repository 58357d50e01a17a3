"""Where packs come from: the origins that a person added, each with the root it is trusted by.

Invariants:

* Nothing is trusted on first use: an origin comes with the SHA-256 of its first root, or with the root itself.
* A publisher belongs to one origin only, so no origin can speak for another one's packs.
* ``origin.json`` is written last: a folder without it is the rest of an addition that was killed.
* Reading the list is plain JSON; tuf is imported only while an origin is added.

Layout: ``<home>/origins/<name>/{origin.json,root.json,metadata/,view/}`` and ``<home>/origins/default.json``.

Example::

    origins = Origins(home)
    origins.add("https://packs.example#sha256=9f86d0…", transport, clock)
    origins.default().publishers  # ('acme',)
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from qie_hub import atomic
from qie_hub.clock import Clock
from qie_hub.digest import Digest
from qie_hub.errors import NameSpaceConflict, NoOrigin, NotFound, RootChainError, UsageError
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.packref import check_name
from qie_hub.ports import Transport
from qie_hub.trust.ledger import Ledger

SCHEMA: Final = 1
LIVE: Final = "live"
BUNDLE: Final = "bundle"
"""A folder or USB stick: signatures, floors and revocations count, its expired timestamp is only shown."""

_FRAGMENT = re.compile(r"sha256=([0-9a-fA-F]{64})\Z")


@dataclass(frozen=True, slots=True)
class Origin:
    """A place to fetch from. ``root`` is the digest of the root it is trusted by; ``kind`` is live or bundle."""

    name: str
    url: str
    mirrors: tuple[str, ...]
    root: Digest
    publishers: tuple[str, ...]
    kind: str = LIVE

    @property
    def bases(self) -> tuple[str, ...]:
        """The URL and its mirrors, without a slash at the end, in the order in which they are asked."""
        return tuple(url.rstrip("/") for url in (self.url, *self.mirrors))

    def to_bytes(self) -> bytes:
        """The bytes of ``origin.json``."""
        return canonical.dumps(
            {
                "schema": SCHEMA, "name": self.name, "url": self.url, "mirrors": list(self.mirrors),
                "root": str(self.root), "publishers": list(self.publishers), "kind": self.kind,
            }
        )  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes) -> Origin:
        """Read ``origin.json``.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("origin")
        fields = Fields(canonical.loads(data, what="origin"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        origin = cls(
            name=fields.parsed("name", check_name, "invalid"),
            url=fields.text("url"),
            mirrors=fields.texts("mirrors"),
            root=fields.digest("root"),
            publishers=fields.texts("publishers", limit=1024),
            kind=fields.text("kind", limit=16),
        )
        if origin.kind not in {LIVE, BUNDLE}:
            fields.complain("kind", "neither live nor bundle")
        issues.raise_any()
        return origin


class Origins:
    """The owner of ``<home>/origins``."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = home / "origins"

    def all(self) -> tuple[Origin, ...]:
        """All origins by name."""
        files = sorted(self._folder.glob("*/origin.json")) if self._folder.is_dir() else []
        return tuple(Origin.from_bytes(path.read_bytes()) for path in files)

    def get(self, name: str) -> Origin:
        """The origin of that name.

        Raises:
            NotFound: there is none; ``closest`` lists the names there are.
        """
        for origin in self.all():
            if origin.name == name:
                return origin
        raise NotFound(what="origin", name=name, closest=[origin.name for origin in self.all()])

    def default(self) -> Origin:
        """The default origin: the one chosen, else the only one, else the first added by name.

        Raises:
            NoOrigin: none is known.
        """
        known = self.all()
        if not known:
            raise NoOrigin
        try:
            chosen = canonical.loads((self._folder / "default.json").read_bytes(), what="default origin")["name"]
        except FileNotFoundError:
            return known[0]
        return next((origin for origin in known if origin.name == chosen), known[0])

    def set_default(self, name: str) -> None:
        """Choose the default.

        Raises:
            NotFound: there is no origin of that name.
        """
        atomic.write(self._folder / "default.json", canonical.dumps({"name": self.get(name).name}))

    def holder(self, publisher: str) -> Origin | None:
        """The origin that speaks for a publisher, None if no origin does."""
        return next((origin for origin in self.all() if publisher in origin.publishers), None)

    def trusted_root(self, origin: Origin) -> bytes:
        """The bytes of the root that the origin is trusted by.

        Raises:
            RootChainError: the stored file is not the one that was trusted.
            NotFound: it is gone from the origin's folder and from the ledger.
        """
        try:
            data = (origin_folder(self._home, origin.name) / "root.json").read_bytes()
        except FileNotFoundError:
            data = Ledger(self._home).trusted_root(origin.root)
        if Digest.of(data) != origin.root:
            raise RootChainError(role="root", origin=origin.name, detail="the stored root was changed")
        return data

    def add(
        self,
        url: str,
        transport: Transport,
        clock: Clock,
        *,
        name: str | None = None,
        root: bytes | None = None,
        publishers: Sequence[str] | None = None,
        mirrors: Sequence[str] = (),
        kind: str = LIVE,
    ) -> Origin:
        """Add an origin and refresh it once. Adding the same origin again only updates it.

        Args:
            url: base URL, with ``#sha256=HEX`` of its ``1.root.json`` unless ``root`` is given.
            transport: opens the URL.
            clock: judges expiry.
            name: how to call it; by default its publisher's name, or a part of the URL.
            root: the bytes of a root file that the person got from the publisher.
            publishers: whom it may speak for; by default all that it delegates to now.
            mirrors: further base URLs that serve the same files.
            kind: ``live``, or ``bundle`` for a medium whose expired timestamp is only shown.

        Raises:
            UsageError: neither fingerprint nor root.
            RootChainError: the root is not the one of the fingerprint.
            NameSpaceConflict: another origin already speaks for one of the publishers.
            QieHubError: what the first refresh raised; nothing is added then.
        """
        from qie_hub.trust.adding import Addition, add_origin

        base, fingerprint = split_url(url)
        wish = Addition(base, fingerprint, root, name, publishers, tuple(mirrors), kind)
        return add_origin(self, self._home, wish, transport, clock)

    def remove(self, name: str) -> None:
        """Forget an origin and its cache. The ledger and everything installed stay.

        Raises:
            NotFound: there is no origin of that name.
        """
        origin = self.get(name)
        folder = origin_folder(self._home, origin.name)
        (folder / "origin.json").unlink()  # without it the folder does not count, also after a kill
        shutil.rmtree(folder)

    def write(self, origin: Origin) -> None:
        """Store an origin; its root and its first view are already there."""
        atomic.write(origin_folder(self._home, origin.name) / "origin.json", origin.to_bytes())

    def claim(self, name: str, publishers: Sequence[str]) -> None:
        """Check that nobody else speaks for these publishers.

        Raises:
            NameSpaceConflict: another origin does.
        """
        for publisher in publishers:
            other = self.holder(publisher)
            if other is not None and other.name != name:
                raise NameSpaceConflict(hint="PUBLISHER_TAKEN", publisher=publisher, origin=name, holder=other.name)

    def remember(self, origin: Origin, root: bytes) -> None:
        """Store the trusted root, in the origin's folder and in the ledger."""
        Ledger(self._home).trust_root(root)
        atomic.write(origin_folder(self._home, origin.name) / "root.json", root)


def origin_folder(home: Path, name: str) -> Path:
    """The folder of one origin."""
    return home / "origins" / name


def split_url(url: str) -> tuple[str, Digest | None]:
    """Split ``URL#sha256=HEX`` into the base URL and the fingerprint.

    Raises:
        UsageError: the fragment is something else, or there is no scheme.
    """
    base, mark, fragment = url.partition("#")
    if not urlsplit(base).scheme:
        raise UsageError(hint="BAD_ORIGIN_URL", url=url)
    if not mark:
        return base, None
    match = _FRAGMENT.match(fragment)
    if match is None:
        raise UsageError(hint="BAD_FINGERPRINT", url=url)
    return base, Digest.parse(match[1].lower())


def with_publishers(origin: Origin, publishers: Sequence[str]) -> Origin:
    """The same origin, speaking for these publishers."""
    return replace(origin, publishers=tuple(publishers))
