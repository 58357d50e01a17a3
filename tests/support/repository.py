"""A publisher in memory that is also the network: it signs real TUF metadata and serves it as a `Transport`.

Verbs say what happens in the world (`publish`, `rotate`, `expire`, `roll_back`, `mix`, `tamper`, `trickle` ...); what
changed is signed when somebody next asks for it. It shares no code with ``cdn``, so that both check each other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from qie_hub.clock import to_text
from qie_hub.digest import Digest
from qie_hub.errors import HttpError, NotFound, Offline
from qie_hub.formats.index import PackRow, PublisherIndex, Revocations, Withdrawal, row_of
from qie_hub.formats.manifest import Manifest
from qie_hub.packref import PackRef
from tests.support.small_manifest import make_manifest

URL = "https://packs.test"
LIFE = {"root": 365, "targets": 365, "snapshot": 90, "timestamp": 30}
START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class HandClock:
    """A clock whose hands move only when told; ``sleep`` moves them too."""

    def __init__(self, start: datetime = START) -> None:
        self.moment = start
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds

    def advance(self, **span: float) -> None:
        """Let time pass: ``days=3``."""
        self.sleep(timedelta(**span).total_seconds())

    def set(self, moment: datetime) -> None:
        """Move the wall clock only, as a wrong clock does."""
        self.moment = moment


@dataclass
class Body:
    """A `Response` made of pieces."""

    pieces: Iterator[bytes]
    total: int | None
    content_type: str = "application/json"
    start: int = 0
    closed: bool = False

    def blocks(self, size: int = 1 << 20) -> Iterator[bytes]:
        for piece in self.pieces:
            for at in range(0, len(piece), size):
                yield piece[at : at + size]

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Body:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Serve = Callable[[bytes | None], Body]


class Publisher:
    """The publisher of one origin, and every server that serves it."""

    def __init__(self, clock: HandClock, publishers: Sequence[str] = ("acme",)) -> None:
        self.clock = clock
        self.log: list[str] = []
        self.open_bodies: list[Body] = []
        self.files: dict[str, bytes] = {}
        self.history: list[bytes] = []
        self.keys = {role: [CryptoSigner.generate_ed25519() for _ in range(3)] for role in ("root", "targets")}
        self.keys |= {role: [CryptoSigner.generate_ed25519()] for role in ("snapshot", "timestamp", *publishers)}
        self.threshold = {"root": 2, "targets": 2}
        self.indexes = {name: PublisherIndex(name, to_text(clock.now())) for name in publishers}
        self.revocations = {name: Revocations(name, to_text(clock.now())) for name in publishers}
        self.old_roots: list[CryptoSigner] = []
        self._faults: list[tuple[str, str, Serve]] = []
        self._changed: set[str] = set()
        self._make_roles(publishers)

    # -- what a publisher does ------------------------------------------------------------------------------

    def publish(
        self,
        ref: str = "acme/pro:512@1.0.0",
        *,
        release: int | None = None,
        channel: str = "stable",
        rolled_back_from: str | None = None,
        listed_as: str | None = None,
        row: Callable[[PackRow], PackRow] = lambda row: row,
    ) -> Manifest:
        """Offer a pack. ``listed_as`` lists the manifest under another name than its own; ``row`` falsifies its row."""
        manifest = make_manifest(ref, release or self._next_release(ref), to_text(self.clock.now()), rolled_back_from)
        data = manifest.to_bytes()
        publisher = manifest.publisher
        index = self.indexes[publisher]
        shown = row(row_of(manifest, data))
        if listed_as is not None:
            other = PackRef.parse(listed_as)
            assert other.version is not None
            shown = replace(shown, name=other.name, resolution=other.resolution, version=other.version)
        others = tuple(known for known in index.packs if known.ref != shown.ref)
        channels = {**index.channels, shown.name: {**index.channels.get(shown.name, {}), channel: shown.version}}
        self.indexes[publisher] = replace(
            index, issued=to_text(self.clock.now()), packs=(*others, shown), channels=channels
        )
        self._target(publisher, shown.target_path, data)
        self._target(publisher, f"packs/{publisher}/index.json", self.indexes[publisher].to_bytes())
        return manifest

    def yank(self, ref: str, reason: str = "blurs faces") -> None:
        self._withdraw(ref, reason, None, "yanked")

    def revoke(self, ref: str, reason: str = "leaks memory", successor: str | None = None) -> None:
        self._withdraw(ref, reason, successor, "revoked")

    def touch(self, role: str = "timestamp") -> None:
        """Sign a role anew without changing what it says."""
        self._changed.add(role)

    def rotate(self, role: str) -> None:
        """Replace all keys of a role; a new root, signed by old and new keys, says so."""
        old = self.keys[role]
        self.old_roots += old if role == "root" else []
        self.keys[role] = [CryptoSigner.generate_ed25519() for _ in old]
        if role in self.roles:
            delegations = self.targets.delegations
            assert delegations is not None and delegations.roles is not None
            delegations.roles[role].keyids.clear()
            for signer in self.keys[role]:
                self.targets.add_key(signer.public_key, role)
            self._changed |= {"targets", role}
            return
        self.root.roles[role].keyids.clear()
        for signer in self.keys[role]:
            self.root.add_key(signer.public_key, role)
        self.root.version += 1
        self._publish_root([*old, *self.keys["root"]] if role == "root" else self.keys["root"])
        self._changed |= {"targets", "snapshot", "timestamp"} if role != "root" else set()

    def recover(self, role: str = "timestamp") -> None:
        """Rotate a role's keys and start its versions over: TUF's way back from a fast-forward attack."""
        self.rotate(role)
        for name in {"timestamp": ["timestamp"], "snapshot": ["snapshot", "timestamp"]}.get(role, [role]):
            self._signed(name).version = 0
        if role == "snapshot":
            self.rotate("timestamp")
            self._signed("timestamp").version = 0

    def expire(self, role: str) -> None:
        """Sign a role so that its life ended yesterday."""
        self._sign_all()
        if role == "root":
            self.root.expires = _whole(self.clock.now()) - timedelta(days=1)
            self.root.version += 1
            self._publish_root(self.keys["root"])
            self.touch()
            return
        self._ended.add(role)
        self._changed.add(role)

    def drop(self, publisher: str) -> None:
        """Stop delegating to a publisher."""
        delegations = self.targets.delegations
        assert delegations is not None and delegations.roles is not None
        del delegations.roles[publisher]
        self._changed.add("targets")

    # -- what an attacker does ------------------------------------------------------------------------------

    def roll_back(self, states: int = 1) -> None:
        """Serve the timestamp of an earlier state (all other files are still there)."""
        self._sign_all()
        self.files["metadata/timestamp.json"] = self.history[-1 - states]

    def mix(self, role: str = "snapshot") -> None:
        """Serve the previous document of a role under the name of the newest one."""
        self._sign_all()
        version = self._signed(role).version
        self.files[f"metadata/{version}.{role}.json"] = self.files[f"metadata/{version - 1}.{role}.json"]

    def forge(self, role: str) -> None:
        """Sign the newest document of a role with a key that nobody trusts, lengths and hashes kept true."""
        self._forged.add(role)
        self._changed.add(role)

    def tamper(self, name: str, change: Callable[[bytes], bytes] | None = None, *, host: str = "") -> None:
        """Change bytes of what is served under names that end so; by default the last letter of the file."""
        alter = change or (lambda data: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        self._fault(name, lambda data: Body(iter([alter(data or b"")]), None), host)

    def forget_key(self, role: str, signatures: int = 1) -> None:
        """Sign a role with fewer keys than its threshold asks for."""
        self._few[role] = signatures
        self._changed.add(role)

    def trickle(self, name: str, *, rate: int = 10, host: str = "") -> None:
        """Send ``rate`` bytes a second."""

        def pieces(data: bytes) -> Iterator[bytes]:
            for at in range(0, len(data), rate):
                self.clock.sleep(1.0)
                yield data[at : at + rate]

        self._fault(name, lambda data: Body(pieces(data or b" " * 4096), None), host)

    def endless(self, name: str, *, host: str = "") -> None:
        """Never end a body: 64 KiB at a time, a hundred times more than anything may be."""

        def pieces() -> Iterator[bytes]:
            for _ in range(1 << 14):
                yield b" " * 65_536
            raise AssertionError("a gigabyte was read")

        self._fault(name, lambda _: Body(pieces(), None), host)

    def captive_portal(self, name: str = "", *, content_type: str = "text/html; charset=utf-8") -> None:
        """Answer with a login page, as a hotel's network does."""
        page = b"<!DOCTYPE html><html><body>Welcome! Accept our terms.</body></html>"
        self._fault(name, lambda _: Body(iter([page]), len(page), content_type), "")

    def go_offline(self, host: str = "") -> None:
        def refuse(_: bytes | None) -> Body:
            raise Offline(url=host or URL, problem="connect")

        self._fault("", refuse, host)

    def refuse(self, name: str, status: int, *, host: str = "") -> None:
        """Answer with an HTTP status."""

        def answer(_: bytes | None) -> Body:
            raise HttpError(url=name, status=status, problem="status", retry_after=None)

        self._fault(name, answer, host)

    def lose(self, name: str, *, host: str = "") -> None:
        """Answer 404."""

        def answer(_: bytes | None) -> Body:
            raise NotFound(ref=name)

        self._fault(name, answer, host)

    def heal(self) -> None:
        """Serve truly again."""
        self._faults.clear()

    def mend(self) -> None:
        """Serve truly again, and sign everything anew with the right keys and a full life."""
        self.heal()
        everybody = [*self.old_roots, *self.keys["root"]]
        self._publish_root(everybody)
        self.root.version += 1
        self.root.expires = _whole(self.clock.now()) + timedelta(days=365)
        self._publish_root(everybody)
        for name, index in self.indexes.items():
            self._target(name, index.target_path, index.to_bytes())
        self._changed |= {"targets", "snapshot", "timestamp", *self.roles}

    # -- the network ----------------------------------------------------------------------------------------

    @property
    def fingerprint(self) -> str:
        return str(Digest.of(self.files["metadata/1.root.json"]))

    @property
    def line(self) -> str:
        return f"{URL}#sha256={self.fingerprint}"

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> Body:
        assert (start, stop) == (0, None)
        self._sign_all()
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        self.log.append(path)
        data = self.files.get(path)
        for name, where, serve in reversed(self._faults):
            if path.endswith(name) and f"{scheme}://{host}".startswith(where):
                return self._opened(serve(data))
        if data is None:
            raise NotFound(ref=url)
        return self._opened(Body(iter([data]), len(data)))

    def requests_of(self, call: Callable[[], Any]) -> list[str]:
        """The paths that a call asked for."""
        before = len(self.log)
        call()
        return self.log[before:]

    # -- inside ---------------------------------------------------------------------------------------------

    def _make_roles(self, publishers: Sequence[str]) -> None:
        self._ended: set[str] = set()
        self._forged: set[str] = set()
        self._few: dict[str, int] = {}
        end = _whole(self.clock.now()) + timedelta(days=365)
        self.root = Root(expires=end, consistent_snapshot=True)
        for role in ("root", "targets", "snapshot", "timestamp"):
            self.root.roles[role] = Role([], self.threshold.get(role, 1))
            for signer in self.keys[role]:
                self.root.add_key(signer.public_key, role)
        self.targets = Targets(expires=end, delegations=Delegations({}, {}))
        self.roles = {name: Targets(expires=end) for name in publishers}
        for name in publishers:
            self._delegate(name)
        self.snapshot = Snapshot(expires=end, meta={})
        self.timestamp = Timestamp(expires=end)
        for role in ("targets", "snapshot", "timestamp", *publishers):
            self._signed(role).version = 0  # the first signature makes it 1
        self._publish_root(self.keys["root"])
        self._changed |= {"targets", *publishers}

    def _delegate(self, name: str) -> None:
        delegations = self.targets.delegations
        assert delegations is not None and delegations.roles is not None
        paths = [f"packs/{name}/*", f"packs/{name}/*/*/*/*"]
        delegations.roles[name] = DelegatedRole(name, [], 1, terminating=True, paths=paths)
        for signer in self.keys[name]:
            self.targets.add_key(signer.public_key, name)
        self._target(name, f"packs/{name}/index.json", self.indexes[name].to_bytes())
        self._target(name, f"packs/{name}/revocations.json", self.revocations[name].to_bytes())

    def _target(self, publisher: str, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        self.files[f"{folder}/{Digest.of(data)}.{name}"] = data
        self.roles[publisher].targets[path] = TargetFile(len(data), {"sha256": Digest.of(data).hex}, path)
        self._changed.add(publisher)

    def _withdraw(self, text: str, reason: str, successor: str | None, kind: str) -> None:
        ref = PackRef.parse(text)
        assert ref.publisher is not None and ref.version is not None
        item = Withdrawal(ref.name, ref.resolution, ref.version, reason, to_text(self.clock.now()), successor)
        old = self.revocations[ref.publisher]
        yanked = (*old.yanked, item) if kind == "yanked" else old.yanked
        revoked = (*old.revoked, item) if kind == "revoked" else old.revoked
        new = replace(old, issued=item.issued, yanked=yanked, revoked=revoked)
        self.revocations[ref.publisher] = new
        self._target(ref.publisher, new.target_path, new.to_bytes())

    def _next_release(self, text: str) -> int:
        ref = PackRef.parse(text)
        rows = [row for row in self.indexes[str(ref.publisher)].packs if row.ref.slot == ref.slot]
        return max((row.release for row in rows), default=0) + 1

    def _signed(self, role: str) -> Any:
        top = {"root": self.root, "targets": self.targets, "snapshot": self.snapshot, "timestamp": self.timestamp}
        return top.get(role) or self.roles[role]

    def _sign_all(self) -> None:
        if not self._changed:
            return
        for role in ("targets", *self.roles):
            if role in self._changed:
                self.snapshot.meta[f"{role}.json"] = self._seal(role)
                self._changed.add("snapshot")
        if "snapshot" in self._changed:
            self.timestamp.snapshot_meta = self._seal("snapshot")
        self.timestamp.unrecognized_fields["x-qie-issued"] = to_text(self.clock.now())
        self._seal("timestamp")
        self.history.append(self.files["metadata/timestamp.json"])
        self._changed.clear()

    def _seal(self, role: str) -> MetaFile:
        signed = self._signed(role)
        signed.version += 1
        days = -1 if role in self._ended else LIFE.get(role, 365)
        signed.expires = _whole(self.clock.now()) + timedelta(days=days)
        self._ended.discard(role)
        signers = self.keys[role]
        if role in self._forged:
            signers = [CryptoSigner.generate_ed25519() for _ in signers]
            self._forged.discard(role)
        data = self._sign(signed, signers[: self._few.pop(role, len(signers))])
        name = "timestamp.json" if role == "timestamp" else f"{signed.version}.{role}.json"
        self.files[f"metadata/{name}"] = data
        return MetaFile(signed.version, len(data), {"sha256": Digest.of(data).hex})

    def _sign(self, signed: Any, signers: Sequence[CryptoSigner]) -> bytes:
        metadata: Metadata[Any] = Metadata(copy.deepcopy(signed))
        for signer in signers:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def _publish_root(self, signers: Sequence[CryptoSigner]) -> None:
        signers = signers[: self._few.pop("root", len(signers))]
        self.files[f"metadata/{self.root.version}.root.json"] = self._sign(self.root, signers)

    def _fault(self, name: str, serve: Serve, host: str) -> None:
        self._faults.append((name, host, serve))

    def _opened(self, body: Body) -> Body:
        self.open_bodies.append(body)
        return body


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
