"""Role documents of the repository: built purely, then sealed by signers.

Invariants: nothing here touches a disk or reads a clock; `seal` never returns a document that its own threshold would
refuse; a timestamp carries the moment of its signing as ``x-qie-issued``, by which clients know a clock that is wrong.

Example::

    seal(new_timestamp(policy, moment), ring.signers("timestamp"), role="timestamp", threshold=1)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from securesystemslib.signer import Signer
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from cdn.keys import KeyEntry
from cdn.policy import TOP_ROLES, Policy
from qie_hub.clock import to_text
from qie_hub.digest import Digest
from qie_hub.errors import KeyProblem

ISSUED: Final = "x-qie-issued"


def seal(
    signed: Root | Targets | Snapshot | Timestamp, signers: Sequence[Signer], *, role: str, threshold: int
) -> bytes:
    """Sign a role document with every signer and return its bytes.

    Raises:
        KeyProblem: fewer distinct keys than the threshold.
    """
    have = len({signer.public_key.keyid for signer in signers})
    if have < threshold:
        raise KeyProblem(hint="KEY_THRESHOLD", role=role, need=threshold, have=have)
    metadata: Metadata[Any] = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes(JSONSerializer(compact=True))


def new_root(keys: Mapping[str, Sequence[KeyEntry]], policy: Policy, moment: datetime) -> Root:
    """Build version 1 of the root: who may sign each of the four top roles."""
    root = Root(expires=_until(policy, "root", moment), consistent_snapshot=True)
    for role in TOP_ROLES:
        root.roles[role] = Role([], policy.rule(role).threshold)
        for entry in keys[role]:
            root.add_key(entry.public, role)
    return root


def new_targets(policy: Policy, moment: datetime) -> Targets:
    """Build version 1 of the top targets: it lists no target of its own and only delegates to publishers."""
    return Targets(expires=_until(policy, "targets", moment), delegations=Delegations({}, {}))


def new_publisher(publisher: str, policy: Policy, moment: datetime) -> Targets:
    """Build version 1 of a publisher's role, without targets."""
    return Targets(expires=_until(policy, publisher, moment))


def new_snapshot(policy: Policy, moment: datetime) -> Snapshot:
    """Build version 1 of the snapshot; its entries are filled in when it is sealed."""
    return Snapshot(expires=_until(policy, "snapshot", moment), meta={})


def new_timestamp(policy: Policy, moment: datetime) -> Timestamp:
    """Build version 1 of the timestamp."""
    timestamp = Timestamp(expires=_until(policy, "timestamp", moment))
    return stamped(timestamp, moment)


def stamped(timestamp: Timestamp, moment: datetime) -> Timestamp:
    """Note the moment of signing in a timestamp (it is part of what is signed)."""
    timestamp.unrecognized_fields[ISSUED] = to_text(moment)
    return timestamp


def renewed(signed: Signed, role: str, version: int, policy: Policy, moment: datetime) -> None:
    """Give a document its next version and a new end of life."""
    signed.version = version
    signed.expires = _until(policy, role, moment)


def delegate(targets: Targets, publisher: str, entries: Iterable[KeyEntry], threshold: int) -> None:
    """Hand the publisher's name space, and only it, to these keys.

    ``*`` does not cross ``/``, so two patterns are needed: the index and the revocations lie one level below the
    publisher, manifests four. The delegation is terminating: no other role can answer for the name space.
    """
    if targets.delegations is None or targets.delegations.roles is None:
        targets.delegations = Delegations({}, {})
    roles = targets.delegations.roles
    if roles is None:  # cannot be: the line above made it
        raise KeyProblem(hint="KEY_RING", path="targets", problem="no delegations")
    for keyid in list(roles[publisher].keyids) if publisher in roles else ():
        targets.revoke_key(keyid, publisher)
    paths = [f"packs/{publisher}/*", f"packs/{publisher}/*/*/*/*"]
    roles[publisher] = DelegatedRole(publisher, [], threshold, terminating=True, paths=paths)
    for entry in entries:
        targets.add_key(entry.public, publisher)


def meta_file(version: int, data: bytes) -> MetaFile:
    """State version, length and SHA-256 of a role file, for its parent."""
    return MetaFile(version, len(data), {"sha256": Digest.of(data).hex})


def target_file(path: str, data: bytes) -> TargetFile:
    """State length and SHA-256 of a target."""
    return TargetFile(len(data), {"sha256": Digest.of(data).hex}, path)


def prefixed(path: str, digest: Digest) -> str:
    """The path of a target on the CDN: ``packs/acme/index.json`` lies at ``packs/acme/<sha256>.index.json``."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{digest}.{name}" if folder else f"{digest}.{name}"


def _until(policy: Policy, role: str, moment: datetime) -> datetime:
    return moment.replace(microsecond=0) + policy.rule(role).life
