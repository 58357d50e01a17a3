"""What this device has seen and must not be made to forget: ``<home>/ledger/``, never inside a cache.

Invariants:

* A role never goes back: an older version than the highest one seen is `Rollback`, also after every cache was
  deleted. The floor of a role falls only with the keys that it was signed by, and keys change only through a newer
  root: that is TUF's recovery from a stolen key. New timestamp or snapshot keys drop the floors of everything
  below them, as the specification has it.
* A pack never goes back on its channel, unless the person names the exact version or the publisher signed
  ``rolled_back_from`` for the very version that was seen.
* A revocation stays known when its origin is removed.

Layout: ``origins/<root digest>.json`` (roles, newest signed issue time), ``packs/<publisher>/<slot>.json`` (highest
release per channel), ``revocations/<publisher>.json`` (last signed bytes), ``roots/<digest>.json`` (roots ever
trusted here, by which proof bundles are judged). Only plain JSON: reading it imports neither tuf nor cryptography.

Example::

    ledger = Ledger(home)
    ledger.check_pack(manifest.ref, "stable", manifest, exact=False)   # Downgrade?
    ledger.note_pack(manifest.ref, "stable", manifest)                 # after the commit
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.clock import from_text, to_text
from qie_hub.digest import Digest
from qie_hub.errors import Downgrade, NotFound, Rollback
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.index import Revocations
from qie_hub.formats.manifest import Manifest
from qie_hub.packref import PackRef, Version

SCHEMA: Final = 1
FOLDER: Final = "ledger"
TOP: Final = ("root", "timestamp", "snapshot", "targets")
BELOW: Final = ("timestamp", "snapshot")
"""New keys for one of these drop the floors of both and of every role that a snapshot lists."""


@dataclass(frozen=True, slots=True)
class RoleMark:
    """The version of a role, and the keys that may sign it."""

    version: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Floors:
    """The highest versions seen of one origin, and its newest signed issue time. A value; `Ledger` keeps it."""

    roles: Mapping[str, RoleMark] = field(default_factory=dict)
    issued: datetime | None = None

    def standing(self, seen: Mapping[str, RoleMark]) -> Floors:
        """The floors that still hold, given the keys that the newest root and targets name."""
        recovered = any(self._rekeyed(role, seen) for role in BELOW)
        kept = {
            role: mark
            for role, mark in self.roles.items()
            if role == "root" or not (recovered or self._rekeyed(role, seen))
        }
        return Floors(kept, None if recovered else self.issued)

    def check(self, seen: Mapping[str, RoleMark]) -> None:
        """Compare with a verified chain.

        Raises:
            Rollback: a role is older than one seen before, signed by the same keys.
        """
        standing = self.standing(seen).roles
        for role in sorted(standing, key=_rank):
            mark = standing[role]
            if role in seen and seen[role].version < mark.version:
                raise Rollback(role=role, have=mark.version, got=seen[role].version)

    def raised(self, seen: Mapping[str, RoleMark], issued: datetime | None) -> Floors:
        """The floors after this chain was accepted."""
        kept = self.standing(seen)
        moments = [moment for moment in (kept.issued, issued) if moment is not None]
        return Floors({**kept.roles, **seen}, max(moments, default=None))

    def _rekeyed(self, role: str, seen: Mapping[str, RoleMark]) -> bool:
        return role in self.roles and role in seen and set(self.roles[role].keys) != set(seen[role].keys)

    def to_bytes(self) -> bytes:
        """The bytes of the ledger's file."""
        roles = {role: {"version": mark.version, "keys": list(mark.keys)} for role, mark in self.roles.items()}
        issued = None if self.issued is None else to_text(self.issued)
        return canonical.dumps({"schema": SCHEMA, "roles": roles, "issued": issued})

    @classmethod
    def from_bytes(cls, data: bytes) -> Floors:
        """Read the file.

        Raises:
            FormatError: with every issue found. Floors that cannot be read are never taken for "no floors".
        """
        issues = Issues("ledger")
        fields = Fields(canonical.loads(data, what="ledger"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        roles = fields.table("roles", lambda inner, key: _read_mark(inner.inner(key)), limit=4096)
        issued = fields.optional("issued", fields.moment)
        issues.raise_any()
        return cls(roles, None if issued is None else from_text(issued))


@dataclass(frozen=True, slots=True)
class ReleaseMark:
    """The highest release of a pack on one channel."""

    release: int
    version: Version


class Ledger:
    """The owner of ``<home>/ledger``. One writer per origin and per pack at a time (their locks see to it)."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    # -- roles ----------------------------------------------------------------------------------------------

    def floors(self, root: Digest) -> Floors:
        """The floors of the origin whose trusted root has this digest; empty for a new one."""
        data = _read(self._origin(root))
        return Floors() if data is None else Floors.from_bytes(data)

    def note_roles(self, root: Digest, floors: Floors) -> None:
        """Remember floors (see `Floors.raised`)."""
        _replace(self._origin(root), floors.to_bytes())

    # -- packs ----------------------------------------------------------------------------------------------

    def check_pack(self, ref: PackRef, channel: str, manifest: Manifest, *, exact: bool) -> None:
        """Refuse a step back of one pack.

        Args:
            ref: the pack; only publisher, name and resolution count.
            channel: the channel that it is followed on.
            manifest: what would be installed.
            exact: the person named this very version.

        Raises:
            Downgrade: the release is lower than the highest one installed on this channel.
        """
        floor = self._releases(ref).get(channel)
        if exact or floor is None or manifest.release >= floor.release:
            return
        if manifest.rolled_back_from is not None and manifest.rolled_back_from == floor.version:
            return
        raise Downgrade(
            ref=str(manifest.ref), channel=channel, have=str(floor.version), have_release=floor.release,
            got=str(manifest.version), got_release=manifest.release,
        )  # fmt: skip

    def note_pack(self, ref: PackRef, channel: str, manifest: Manifest) -> None:
        """Remember what is installed now; after a legitimate step back the floor steps back with it."""
        marks = {**self._releases(ref), channel: ReleaseMark(manifest.release, manifest.version)}
        rows = {name: {"release": mark.release, "version": str(mark.version)} for name, mark in marks.items()}
        _replace(self._pack(ref), canonical.dumps({"schema": SCHEMA, "channels": rows}))

    def release(self, ref: PackRef, channel: str) -> ReleaseMark | None:
        """The highest release noted, None for a pack that was never installed on this channel."""
        return self._releases(ref).get(channel)

    # -- revocations ----------------------------------------------------------------------------------------

    def revocations(self, publisher: str) -> Revocations | None:
        """What the publisher last took back, as far as this device has heard; None if it never heard."""
        data = _read(self._folder / "revocations" / f"{publisher}.json")
        return None if data is None else Revocations.from_bytes(data)

    def note_revocations(self, publisher: str, data: bytes) -> None:
        """Keep verified revocations where no cache cleaning reaches them."""
        _replace(self._folder / "revocations" / f"{publisher}.json", data)

    # -- trusted roots --------------------------------------------------------------------------------------

    def trust_root(self, data: bytes) -> Digest:
        """Keep a root that the person trusts; installed packs are judged by it also when its origin is removed."""
        digest = Digest.of(data)
        _replace(self._root(digest), data)
        return digest

    def trusted_root(self, digest: Digest) -> bytes:
        """The root of that digest.

        Raises:
            NotFound: it was never trusted on this device.
        """
        data = _read(self._root(digest))
        if data is None or Digest.of(data) != digest:
            raise NotFound(what="trusted root", name=str(digest), closest=())
        return data

    # -- inside ---------------------------------------------------------------------------------------------

    def _releases(self, ref: PackRef) -> dict[str, ReleaseMark]:
        data = _read(self._pack(ref))
        if data is None:
            return {}
        issues = Issues("ledger")
        fields = Fields(canonical.loads(data, what="ledger"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        marks = fields.table("channels", lambda inner, key: _read_release(inner.inner(key)))
        issues.raise_any()
        return marks

    def _origin(self, root: Digest) -> Path:
        return self._folder / "origins" / f"{root}.json"

    def _pack(self, ref: PackRef) -> Path:
        return self._folder / "packs" / str(ref.publisher) / f"{ref.slot}.json"

    def _root(self, digest: Digest) -> Path:
        return self._folder / "roots" / f"{digest}.json"


def _rank(role: str) -> tuple[int, str]:
    """The order of the specification: what is checked first is what the person reads."""
    return (TOP.index(role) if role in TOP else len(TOP), role)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _replace(path: Path, data: bytes) -> None:
    if _read(path) != data:
        atomic.write(path, data)


def _read_mark(fields: Fields) -> RoleMark:
    return RoleMark(fields.integer("version", low=1), fields.texts("keys"))


def _read_release(fields: Fields) -> ReleaseMark:
    return ReleaseMark(fields.integer("release", low=1), fields.parsed("version", Version.parse, Version(0, 0, 0)))
