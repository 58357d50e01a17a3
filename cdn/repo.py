"""The repository: a folder in the CDN's layout with real TUF metadata and its targets.

For whoever builds and publishes packs, this is the whole signing side::

    ring = KeyRing(keys_dir, passphrase=lambda: secret)          # cdn.keys
    policy = Policy.load("small")                                # cdn.policy, manifests/policy.toml
    repo = Repository.init(folder, ring, policy, ["acme"], clock)   # once: keys, root, roles, empty index
    repo = Repository(folder, ring, policy, clock)               # later

    repo.fingerprint                      # Digest of metadata/1.root.json: the #sha256= of `origin add`
    repo.publishers()                     # ("acme",)
    repo.index("acme"), repo.revocations("acme")   # what is signed now
    repo.targets("acme")                  # {target path: Target(length, digest)}
    change = repo.set_targets("acme", {
        manifest.target_path: manifest_bytes,            # packs/acme/ultra-lite/512/1.0.0/pack.json
        index_path("acme"): index.to_bytes(),            # packs/acme/index.json
    })
    change.files                          # paths below the folder in upload order, timestamp.json last

Rotating keys, yanking, status and the like are functions of `cdn.care`; `cdn.verify` looks at the result as a client.

Invariants:

* Every file but ``metadata/timestamp.json`` is written once and never changes; the timestamp is replaced last, so a
  kill at any point leaves the old state valid and the next call starts from it.
* What is *current* is what the timestamp leads to. A version number that was ever written is not used again.
* A manifest that was published under a name and version never changes: `VersionConflict`.
* A publisher's targets lie below ``packs/<publisher>/``; only its own key signs them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from securesystemslib.signer import Signer
from tuf.api.metadata import Metadata, Root, Signed, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from cdn import sign
from cdn.keys import KeyEntry, KeyRing
from cdn.policy import TOP_ROLES, Policy
from qie_hub import atomic
from qie_hub.clock import Clock, to_text
from qie_hub.digest import Digest
from qie_hub.errors import NotFound, PublishError, UsageError, VersionConflict
from qie_hub.formats.index import PublisherIndex, Revocations, index_path, revocations_path
from qie_hub.packref import check_name

METADATA: Final = "metadata"
TIMESTAMP_FILE: Final = f"{METADATA}/timestamp.json"
S = TypeVar("S", bound=Signed)
_VERSIONED: Final = re.compile(r"([1-9][0-9]*)\.(.+)\.json\Z")


@dataclass(frozen=True, slots=True)
class Target:
    """A signed target as the publisher's role states it."""

    length: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Change:
    """What a call wrote: paths below the folder in upload order (timestamp last), and the new version of each role.

    Both are empty when everything was already as asked.
    """

    files: tuple[str, ...] = ()
    versions: Mapping[str, int] | None = None

    def __bool__(self) -> bool:
        return bool(self.files)


class Repository:
    """The owner of one repository folder."""

    def __init__(self, folder: Path, keys: KeyRing, policy: Policy, clock: Clock) -> None:
        self.folder = folder
        self.keys = keys
        self.policy = policy
        self.clock = clock

    @classmethod
    def init(cls, folder: Path, keys: KeyRing, policy: Policy, publishers: Sequence[str], clock: Clock) -> Repository:
        """Make keys that are missing, then version 1 of every role, with an empty index for each publisher.

        Raises:
            VersionConflict: the folder already holds a repository.
            KeyProblem: a key cannot be made or opened.
        """
        repo = cls(folder, keys, policy, clock)
        if (folder / TIMESTAMP_FILE).exists():
            raise VersionConflict(hint="REPO_EXISTS", path=str(folder))
        for role in TOP_ROLES:
            repo.ensure_keys(role)
        moment = clock.now()
        root = sign.new_root({role: keys.entries(role) for role in TOP_ROLES}, policy, moment)
        repo._write_role("root", repo._seal("root", root, root), fresh=True)
        repo._first_state(publishers, moment)
        return repo

    @property
    def fingerprint(self) -> Digest:
        """SHA-256 of ``1.root.json``: what a user types after ``#sha256=``.

        Raises:
            NotFound: there is no repository in the folder.
        """
        return Digest.of(self.root_bytes(1))

    def root_bytes(self, version: int | None = None) -> bytes:
        """The bytes of a root, of the newest if no version is given.

        Raises:
            NotFound: there is none.
        """
        number = self._highest("root") if version is None else version
        path = self.folder / METADATA / f"{number}.root.json"
        if not path.exists():
            raise NotFound(what="repository", name=str(self.folder), closest=())
        return path.read_bytes()

    def publishers(self) -> tuple[str, ...]:
        """The publishers that the repository delegates to."""
        delegations = self._targets("targets").delegations
        return () if delegations is None or delegations.roles is None else tuple(delegations.roles)

    def targets(self, publisher: str) -> dict[str, Target]:
        """The publisher's signed targets by path."""
        rows = self._targets(publisher).targets
        return {path: Target(row.length, Digest.parse(row.hashes["sha256"])) for path, row in rows.items()}

    def target_bytes(self, publisher: str, path: str) -> bytes | None:
        """The bytes of a target, None where the publisher has none of that path."""
        target = self.targets(publisher).get(path)
        return None if target is None else (self.folder / sign.prefixed(path, target.digest)).read_bytes()

    def index(self, publisher: str) -> PublisherIndex:
        """The publisher's index as it is signed now."""
        data = self.target_bytes(publisher, index_path(publisher))
        return PublisherIndex.from_bytes(data) if data else PublisherIndex(publisher, to_text(self.clock.now()))

    def revocations(self, publisher: str) -> Revocations:
        """The publisher's revocations as they are signed now."""
        data = self.target_bytes(publisher, revocations_path(publisher))
        return Revocations.from_bytes(data) if data else Revocations(publisher, to_text(self.clock.now()))

    def set_targets(self, publisher: str, targets: Mapping[str, bytes], *, remove: Collection[str] = ()) -> Change:
        """Add or replace targets, sign the publisher's role, then snapshot, then timestamp.

        Repeating a call changes nothing and returns an empty `Change`. Files of targets are written hash-prefixed
        and before the role that names them.

        Raises:
            UsageError: a path outside the publisher's name space.
            VersionConflict: a published manifest would change.
            KeyProblem: a key cannot be opened.
        """
        known = self.targets(publisher)
        wanted = {path: sign.target_file(path, data) for path, data in targets.items()}
        self._check_targets(publisher, known, targets)
        same = all(path in known and known[path].digest == Digest.of(data) for path, data in targets.items())
        if same and not any(path in known for path in remove):
            return Change()
        files = [self._write_target(path, data) for path, data in targets.items()]
        role = self._targets(publisher)
        role.targets = {path: row for path, row in {**role.targets, **wanted}.items() if path not in remove}
        return self._announce({publisher: role}, files)

    def ensure_keys(self, role: str) -> tuple[KeyEntry, ...]:
        """Make the keys that the policy asks for and the ring lacks."""
        while len(self.keys.entries(role)) < self.policy.rule(role).keys:
            self.keys.generate(role)
        return self.keys.entries(role)

    # -- for those who look after a repository (cdn.care) ---------------------------------------------------

    def root(self) -> Root:
        """The newest root, as a copy to change."""
        return _parsed(Root, self.root_bytes())

    def role(self, name: str) -> Targets:
        """The current ``targets`` role, or a publisher's, as a copy to change.

        Raises:
            NotFound: there is no such role.
        """
        return self._targets(name)

    def expiries(self) -> dict[str, tuple[int, datetime]]:
        """Version and end of life of every role."""
        named: dict[str, Signed] = {
            "root": self.root(), "targets": self._targets("targets"),
            "snapshot": self._snapshot(), "timestamp": self._timestamp(),
        }  # fmt: skip
        named |= {publisher: self._targets(publisher) for publisher in self.publishers()}
        return {role: (signed.version, signed.expires) for role, signed in named.items()}

    def write_root(self, root: Root, signers: Sequence[Signer], *, need: int) -> str:
        """Sign the next version of the root with these keys and write it.

        Raises:
            KeyProblem: fewer keys than the threshold.
        """
        sign.renewed(root, "root", self._highest("root") + 1, self.policy, self.clock.now())
        return self._write_role("root", sign.seal(root, signers, role="root", threshold=need))

    def new_publisher(self, targets: Targets, publisher: str) -> tuple[Targets, list[str]]:
        """Delegate to a new publisher: its first role, and the paths of its empty index and revocations.

        Raises:
            UsageError: the name cannot be a publisher's.
        """
        return self._new_publisher(targets, publisher, self.clock.now())

    def announce(self, roles: Mapping[str, Targets], files: Sequence[str] = ()) -> Change:
        """Sign changed roles, then the snapshot, then the timestamp, which makes all of it current.

        Raises:
            KeyProblem: a key cannot be opened.
        """
        return self._announce(roles, files)

    # -- inside ---------------------------------------------------------------------------------------------

    def _first_state(self, publishers: Sequence[str], moment: datetime) -> None:
        targets = sign.new_targets(self.policy, moment)
        roles: dict[str, Targets] = {"targets": targets}
        files = []
        for publisher in publishers:
            role, written = self._new_publisher(targets, publisher, moment)
            roles[publisher] = role
            files += written
        self._announce(roles, files, fresh=True)

    def _new_publisher(self, targets: Targets, publisher: str, moment: datetime) -> tuple[Targets, list[str]]:
        check_name(publisher)
        if publisher in TOP_ROLES:
            raise UsageError(hint="BAD_NAME", text=publisher)
        sign.delegate(targets, publisher, self.ensure_keys(publisher), self.policy.rule(publisher).threshold)
        role = sign.new_publisher(publisher, self.policy, moment)
        issued = to_text(moment)
        first = {
            index_path(publisher): PublisherIndex(publisher, issued).to_bytes(),
            revocations_path(publisher): Revocations(publisher, issued).to_bytes(),
        }
        role.targets = {path: sign.target_file(path, data) for path, data in first.items()}
        return role, [self._write_target(path, data) for path, data in first.items()]

    def _check_targets(self, publisher: str, known: Mapping[str, Target], targets: Mapping[str, bytes]) -> None:
        for path, data in targets.items():
            if not path.startswith(f"packs/{publisher}/"):
                raise UsageError(hint="OUTSIDE_NAME_SPACE", path=path, publisher=publisher)
            published = known.get(path)
            if published and path.endswith("/pack.json") and published.digest != Digest.of(data):
                raise VersionConflict(path=path, published=str(published.digest), offered=str(Digest.of(data)))

    def _announce(self, roles: Mapping[str, Targets], files: Sequence[str], *, fresh: bool = False) -> Change:
        """Write role files, then the snapshot, then the timestamp; the last write makes all of it current."""
        moment = self.clock.now()
        root = self.root()
        snapshot = sign.new_snapshot(self.policy, moment) if fresh else self._snapshot()
        timestamp = sign.new_timestamp(self.policy, moment) if fresh else self._timestamp()
        written = list(files)
        versions: dict[str, int] = {}
        delegator = roles["targets"] if "targets" in roles else self._targets("targets")
        for role, signed in roles.items():
            versions[role] = self._renew(role, signed, moment, fresh=fresh)
            data = self._seal(role, signed, root if role == "targets" else delegator)
            written.append(self._write_role(role, data, fresh=fresh))
            snapshot.meta[f"{role}.json"] = sign.meta_file(signed.version, data)
        versions["snapshot"] = self._renew("snapshot", snapshot, moment, fresh=fresh)
        data = self._seal("snapshot", snapshot, root)
        written.append(self._write_role("snapshot", data, fresh=fresh))
        timestamp.snapshot_meta = sign.meta_file(snapshot.version, data)
        versions["timestamp"] = timestamp.version = 1 if fresh else timestamp.version + 1
        sign.renewed(timestamp, "timestamp", timestamp.version, self.policy, moment)
        atomic.write(self.folder / TIMESTAMP_FILE, self._seal("timestamp", sign.stamped(timestamp, moment), root))
        return Change((*written, TIMESTAMP_FILE), versions)

    def _renew(self, role: str, signed: Signed, moment: datetime, *, fresh: bool) -> int:
        sign.renewed(signed, role, 1 if fresh else self._highest(role) + 1, self.policy, moment)
        return signed.version

    def _seal(self, role: str, signed: Root | Targets | Snapshot | Timestamp, delegator: Root | Targets) -> bytes:
        rule = delegator.get_delegated_role(role)
        signers = self.keys.signers(role, rule.keyids, need=rule.threshold)
        return sign.seal(signed, signers, role=role, threshold=rule.threshold)

    def _write_target(self, path: str, data: bytes) -> str:
        name = sign.prefixed(path, Digest.of(data))
        atomic.create(self.folder / name, data)
        return name

    def _write_role(self, role: str, data: bytes, *, fresh: bool = False) -> str:
        version = Metadata.from_bytes(data).signed.version
        name = f"{METADATA}/{version}.{role}.json"
        if fresh:  # nothing is published before the first timestamp, so the leftovers of a killed init may go
            atomic.write(self.folder / name, data)
        elif not atomic.create(self.folder / name, data):
            raise VersionConflict(path=name)
        return name

    def _highest(self, role: str) -> int:
        matches = (_VERSIONED.match(path.name) for path in (self.folder / METADATA).glob(f"*.{role}.json"))
        return max((int(match[1]) for match in matches if match and match[2] == role), default=0)

    def _timestamp(self) -> Timestamp:
        return self._read(Timestamp, "timestamp.json")

    def _snapshot(self) -> Snapshot:
        return self._read(Snapshot, f"{self._timestamp().snapshot_meta.version}.snapshot.json")

    def _targets(self, role: str) -> Targets:
        meta = self._snapshot().meta.get(f"{role}.json")
        if meta is None:
            raise NotFound(what="publisher", name=role, closest=[])
        return self._read(Targets, f"{meta.version}.{role}.json")

    def _read(self, kind: type[S], name: str) -> S:
        path = self.folder / METADATA / name
        if not path.exists():
            raise NotFound(what="repository", name=str(self.folder), closest=())
        return _parsed(kind, path.read_bytes())


def _parsed(kind: type[S], data: bytes) -> S:
    try:
        signed = Metadata.from_bytes(data).signed
    except DeserializationError as error:
        raise PublishError(hint="REPO_BROKEN", problem=str(error)) from error
    if not isinstance(signed, kind):
        raise PublishError(hint="REPO_BROKEN", problem=f"{signed.type} where {kind.type} belongs")
    return signed
