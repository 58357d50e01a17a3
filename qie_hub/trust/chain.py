"""A complete chain of TUF metadata, verified from a trusted root without network, disk or clock.

Invariants: every signature threshold, version, length and hash between the trusted root and the publisher's role
holds; expiry is *reported*, never enforced (whether a view is fresh is another question than whether it is genuine,
see `qie_hub.trust.freshness`).

The documents go by fixed names: ``2.root.json`` and on, ``timestamp.json``, ``snapshot.json``, ``targets.json``, and
one file per publisher, ``role.<publisher>.json``.

Example::

    chain = verify_chain(files, trusted_root, ["acme"])
    chain.target("acme", "packs/acme/index.json").length  # as signed
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp

from qie_hub.clock import from_text
from qie_hub.errors import (
    FormatError,
    MixAndMatch,
    NameSpaceConflict,
    RootChainError,
    SignatureError,
    TrustError,
)
from qie_hub.trust.faults import translate
from qie_hub.trust.ledger import RoleMark

ISSUED: Final = "x-qie-issued"
"""The field of a timestamp that says when it was signed (docs/format.md)."""

RESERVED: Final = frozenset({"root", "targets", "snapshot", "timestamp"})
MAX_ROOTS: Final = 256

S = TypeVar("S", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True)
class Chain:
    """Verified metadata. ``issued`` is the timestamp's signed moment, None where it carries none."""

    root: Root
    timestamp: Timestamp
    snapshot: Snapshot
    targets: Targets
    publishers: Mapping[str, Targets]

    @property
    def issued(self) -> datetime | None:
        """When the timestamp was signed."""
        return issued(self.timestamp)

    @property
    def expires(self) -> datetime:
        """The first end of life among all roles."""
        signed: list[Signed] = [self.root, self.timestamp, self.snapshot, self.targets, *self.publishers.values()]
        return min(item.expires for item in signed)

    @property
    def marks(self) -> dict[str, RoleMark]:
        """Version of each role and the keys that may sign it: what the ledger remembers."""
        top: dict[str, Signed] = {
            "root": self.root, "timestamp": self.timestamp, "snapshot": self.snapshot, "targets": self.targets,
        }  # fmt: skip
        marks = {role: mark(signed, self.root, role) for role, signed in top.items()}
        return marks | {name: mark(signed, self.targets, name) for name, signed in self.publishers.items()}

    def target(self, publisher: str, path: str) -> TargetFile | None:
        """The statement about ``path``, from the publisher's own role; None if the role names no such target.

        Raises:
            NameSpaceConflict: the role may not speak for the path.
            FormatError: the statement has no SHA-256.
        """
        row = self.publishers[publisher].targets.get(path)
        if row is None:
            return None
        delegations = self.targets.delegations
        role = None if delegations is None or delegations.roles is None else delegations.roles.get(publisher)
        if role is None or not role.is_delegated_path(path):
            raise NameSpaceConflict(publisher=publisher, path=path)
        if "sha256" not in row.hashes:
            raise FormatError(what=publisher, issues=[f"{path}: no sha256"])
        return row


def role_file(publisher: str) -> str:
    """The name of a publisher's role among the chain's documents."""
    return f"role.{publisher}.json"


def issued(timestamp: Timestamp) -> datetime | None:
    """When a timestamp was signed, None where it does not say.

    Raises:
        FormatError: it says something that is not a moment.
    """
    value = timestamp.unrecognized_fields.get(ISSUED)
    if value is None:
        return None
    try:
        return from_text(value)
    except (TypeError, ValueError):
        raise FormatError(what="timestamp", issues=[f"$.signed.{ISSUED}: not a moment"]) from None


def delegated(targets: Targets) -> tuple[str, ...]:
    """The names of all roles that the top targets role delegates to."""
    delegations = targets.delegations
    return () if delegations is None or delegations.roles is None else tuple(delegations.roles)


def verify_chain(files: Mapping[str, bytes], trusted_root: bytes, publishers: Iterable[str]) -> Chain:
    """Verify all documents from the trusted root down to the publishers' roles.

    Raises:
        TrustError: one of its classes, by what is wrong.
    """
    root = newest_root(files, trusted_root)
    timestamp = _verified(Timestamp, _present(files, "timestamp.json", "timestamp"), "timestamp", root)
    above = timestamp.snapshot_meta
    snapshot = _verified(Snapshot, _stated(files, "snapshot.json", "snapshot", above), "snapshot", root)
    _same_version("snapshot", snapshot, above)
    targets = _role(files, "targets.json", "targets", root, snapshot)
    roles = {}
    for publisher in publishers:
        if publisher in RESERVED or publisher not in delegated(targets):
            raise NameSpaceConflict(publisher=publisher, path=f"packs/{publisher}/")
        roles[publisher] = _role(files, role_file(publisher), publisher, targets, snapshot)
    return Chain(root, timestamp, snapshot, targets, roles)


def newest_root(files: Mapping[str, bytes], trusted_root: bytes) -> Root:
    """Follow the chain of roots from the trusted one.

    Raises:
        RootChainError: a root is not signed by its predecessor and itself, or is not the next version.
    """
    metadata = parse(Root, trusted_root, "root")
    root = metadata.signed
    _verify(root, "root", metadata)
    for version in range(root.version + 1, root.version + MAX_ROOTS):
        data = files.get(f"{version}.root.json")
        if data is None:
            break
        newer = parse(Root, data, "root")
        _verify(root, "root", newer)
        _verify(newer.signed, "root", newer)
        if newer.signed.version != version:
            raise RootChainError(role="root", have=version, got=newer.signed.version)
        root = newer.signed
    return root


def parse(kind: type[S], data: bytes, role: str) -> Metadata[S]:
    """Read one document without verifying it.

    Raises:
        FormatError: it is not TUF metadata of that kind.
    """
    try:
        metadata: Metadata[Any] = Metadata.from_bytes(data)
    except RepositoryError as error:
        raise translate(error, role=role, data=data) from error
    if not isinstance(metadata.signed, kind):
        raise FormatError(what=role, issues=[f"$.signed._type: {metadata.signed.type}, not {kind.type}"])
    return metadata


def _role(files: Mapping[str, bytes], name: str, role: str, delegator: Root | Targets, snapshot: Snapshot) -> Targets:
    meta = snapshot.meta.get(f"{role}.json")
    if meta is None:
        raise MixAndMatch(role=role, got=None, detail="not part of the snapshot")
    targets = _verified(Targets, _stated(files, name, role, meta), role, delegator)
    _same_version(role, targets, meta)
    return targets


def _present(files: Mapping[str, bytes], name: str, role: str) -> bytes:
    data = files.get(name)
    if data is None:
        raise MixAndMatch(role=role, got=None, detail=f"{name} is missing")
    return data


def _stated(files: Mapping[str, bytes], name: str, role: str, meta: MetaFile) -> bytes:
    data = _present(files, name, role)
    try:
        meta.verify_length_and_hashes(data)
    except RepositoryError as error:
        raise translate(error, role=role, data=data) from error
    return data


def _verified(kind: type[S], data: bytes, role: str, delegator: Root | Targets) -> S:
    metadata = parse(kind, data, role)
    _verify(delegator, role, metadata)
    return metadata.signed


def _verify(delegator: Root | Targets, role: str, metadata: Metadata[Any]) -> None:
    try:
        delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except RepositoryError as error:
        raise _unsigned(error, role, metadata.signed.version) from error


def _unsigned(error: RepositoryError, role: str, version: int) -> TrustError:
    kind = RootChainError if role == "root" else SignatureError
    return kind(role=role, got=version, detail=str(error))


def _same_version(role: str, signed: Signed, meta: MetaFile) -> None:
    if signed.version != meta.version:
        raise MixAndMatch(role=role, have=meta.version, got=signed.version)


def mark(signed: Signed, delegator: Root | Targets, role: str) -> RoleMark:
    """The version of a role and the keys that may sign it."""
    return RoleMark(signed.version, tuple(sorted(delegator.get_delegated_role(role).keyids)))
