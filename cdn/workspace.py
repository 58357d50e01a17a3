"""One publisher's folder, as `python -m cdn up DIR` lays it out.

::

    DIR/keys/         encrypted private keys and the list of them        DIR/passphrase   what opens them (mode 0600)
    DIR/sources/      downloaded packages                                DIR/build/       builds by recipe
    DIR/repo/         what is signed: TUF metadata, manifests, index     DIR/origin/      what is published

``keys/`` and ``passphrase`` are the publisher's identity: whoever has both can sign. A passphrase is made up only
together with the first keys, so that nobody has to think of one to try things out; ``--passphrase-file`` keeps it
elsewhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from cdn.build import Build, Builder
from cdn.keys import RING, KeyRing
from cdn.policy import Policy
from cdn.repo import TIMESTAMP_FILE, Repository
from cdn.sources.packages import PackageShelf
from cdn.stores.dir import DirStore
from qie_hub import atomic
from qie_hub.clock import Clock
from qie_hub.errors import Busy, KeyProblem


@dataclass(frozen=True, slots=True)
class Workspace:
    """The paths, and what is made from them."""

    folder: Path

    @property
    def origin(self) -> Path:
        """The published folder."""
        return self.folder / "origin"

    def builder(self) -> Builder:
        """The builder of this workspace."""
        return Builder(self.folder / "build", self.shelf())

    def shelf(self) -> PackageShelf:
        """The downloaded packages of this workspace."""
        return PackageShelf(self.folder / "sources")

    def builds(self) -> tuple[Build, ...]:
        """Every finished build."""
        found = (Build.open(path) for path in sorted((self.folder / "build").glob("*")))
        return tuple(build for build in found if build is not None)

    def store(self) -> DirStore:
        """The local origin as a store."""
        return DirStore(self.origin)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work in the folder while nobody else does.

        Raises:
            Busy: another process works in it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise Busy(hint="WORKSPACE_BUSY", folder=str(self.folder)) from None
        try:
            yield
        finally:
            lock.release()

    def ring(self, passphrase_file: Path | None = None) -> KeyRing:
        """The keys, opened with the passphrase in a file: the given one, or the workspace's own.

        Raises:
            KeyProblem: the given file is absent or empty.
        """
        return KeyRing(self.folder / "keys", self._passphrase(passphrase_file))

    def repository(self, ring: KeyRing, policy: Policy, clock: Clock) -> Repository:
        """The signed state; the caller makes it first if need be (`ensure_repository`)."""
        return Repository(self.folder / "repo", ring, policy, clock)

    def ensure_repository(self, ring: KeyRing, policy: Policy, publishers: Sequence[str], clock: Clock) -> Repository:
        """The signed state, made with its keys on first use."""
        if (self.folder / "repo" / TIMESTAMP_FILE).exists():
            return self.repository(ring, policy, clock)
        return Repository.init(self.folder / "repo", ring, policy, publishers, clock)

    def _passphrase(self, file: Path | None) -> Callable[[], bytes]:
        own = self.folder / "passphrase"

        def read() -> bytes:
            if file is None and not own.exists() and not (self.folder / "keys" / RING).exists():
                atomic.write(own, secrets.token_urlsafe(24).encode(), mode=0o600)
            path = file or own
            try:
                secret = path.read_bytes().strip()
            except OSError:
                raise KeyProblem(hint="KEY_PASSPHRASE_FILE", path=str(path)) from None
            if not secret:
                raise KeyProblem(hint="KEY_PASSPHRASE_FILE", path=str(path))
            return secret

        return read
