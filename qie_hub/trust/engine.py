"""python-tuf's ngclient with our network, clock and disk: the only place that drives it.

Two of python-tuf's methods are overridden (a contract test watches both): files are written durably, and ``root.json``
is a copy instead of a symlink, which FAT file systems and Windows do not have. Its reference time is set from the
injected clock.

Example::

    engine = run(folder, "https://host/metadata/", root, fetcher, clock=clock, floors=Floors())
    engine.fetch("https://host/", engine.locate("packs/acme/index.json"))
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.api.metadata import Root, Signed, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater

from qie_hub import atomic
from qie_hub.clock import Clock
from qie_hub.errors import Expired, MixAndMatch
from qie_hub.trust import chain
from qie_hub.trust.faults import role_of, translate
from qie_hub.trust.fetcher import Fetcher
from qie_hub.trust.freshness import reference_time
from qie_hub.trust.ledger import Floors, RoleMark

HISTORY: Final = "root_history"


class _DurableUpdater(Updater):
    """ngclient's Updater with durable writes and without links."""

    def _persist_file(self, filename: str, data: bytes) -> None:
        atomic.write(Path(filename), data)

    def _update_root_symlink(self) -> None:
        folder = Path(self._dir)
        newest = (folder / HISTORY / f"{self._trusted_set.root.version}.root.json").read_bytes()
        link = folder / "root.json"
        if not link.is_file() or link.read_bytes() != newest:
            atomic.write(link, newest)

    def judge_by(self, now: datetime) -> None:
        """Set the time by which expiry is judged."""
        self._trusted_set.reference_time = now


class Engine:
    """One client workflow over one mirror and one cache folder. Use it for one refresh; `run` does that."""

    def __init__(self, folder: Path, metadata_url: str, root: bytes, fetcher: Fetcher, *, now: datetime) -> None:
        self._folder = folder
        self._fetcher = fetcher
        atomic.make_dirs(folder)
        with self._translated("root"):
            self._updater = _DurableUpdater(str(folder), metadata_url, fetcher=fetcher, bootstrap=root)
        self._updater.judge_by(now)

    def refresh(self) -> None:
        """Bring the top-level roles up to date.

        Raises:
            QieHubError: a class of trust or transfer, by what went wrong.
        """
        with self._translated():
            self._updater.refresh()

    def locate(self, path: str) -> TargetFile | None:
        """The signed statement about a target, None if no role makes one; loads delegated roles as needed.

        Raises:
            QieHubError: as `refresh`.
        """
        with self._translated():
            return self._updater.get_targetinfo(path)

    def fetch(self, base_url: str, target: TargetFile) -> bytes:
        """Fetch and verify a target.

        Raises:
            QieHubError: see `fetch_target`.
        """
        return fetch_target(self._fetcher, base_url, target, prefixed=bool(self.root().consistent_snapshot))

    def root(self) -> Root:
        """The newest verified root."""
        return chain.parse(Root, self._read("root"), "root").signed

    def marks(self) -> dict[str, RoleMark]:
        """Versions and keys of the four top roles, after `refresh`."""
        root = self.root()
        signed: dict[str, Signed] = {
            "root": root,
            "timestamp": self._timestamp(),
            "snapshot": chain.parse(Snapshot, self._read("snapshot"), "snapshot").signed,
            "targets": chain.parse(Targets, self._read("targets"), "targets").signed,
        }
        return {role: chain.mark(item, root, role) for role, item in signed.items()}

    def timestamp_mark(self) -> dict[str, RoleMark]:
        """The timestamp's keys as the newest verified root names them (its version does not matter here)."""
        return {"timestamp": RoleMark(1, tuple(sorted(self.root().roles["timestamp"].keyids)))}

    def issued(self) -> datetime | None:
        """When the timestamp was signed, None where it does not say."""
        return chain.issued(self._timestamp())

    def _timestamp(self) -> Timestamp:
        return chain.parse(Timestamp, self._read("timestamp"), "timestamp").signed

    def _read(self, role: str) -> bytes:
        return (self._folder / f"{role}.json").read_bytes()

    @contextmanager
    def _translated(self, role: str | None = None) -> Iterator[None]:
        try:
            yield
        except (RepositoryError, DownloadError) as error:
            fetched = self._fetcher
            known = role or role_of(fetched.url)
            raise translate(error, role=known, data=bytes(fetched.data), url=fetched.url) from error


def run(folder: Path, metadata_url: str, root: bytes, fetcher: Fetcher, *, clock: Clock, floors: Floors) -> Engine:
    """Refresh the top-level roles under the ledger's floors.

    Expiry is judged by the clock, but never by a time before the newest signed issue time: a clock that was set back
    must not bring dead metadata to life. A publisher who signed with a clock far ahead takes that back with new
    timestamp keys, which drop the floor.

    Raises:
        Rollback: a role is older than one seen before.
        QieHubError: any other class of trust or transfer.
    """
    now = clock.now()
    judged = reference_time(now, floors.issued)
    engine = Engine(folder, metadata_url, root, fetcher, now=judged)
    try:
        engine.refresh()
    except Expired:
        if judged == now or floors.standing(engine.timestamp_mark()).issued is not None:
            raise
        engine = Engine(folder, metadata_url, root, fetcher, now=now)
        engine.refresh()
    floors.check(engine.marks())
    return engine


def fetch_target(fetcher: Fetcher, base_url: str, target: TargetFile, *, prefixed: bool) -> bytes:
    """Fetch a target into memory and compare it with its signed statement.

    ``base_url`` ends in a slash. With ``prefixed`` (consistent snapshots) the file name begins with the digest.

    Raises:
        MixAndMatch: length or hash differ from the statement.
        QieHubError: it could not be fetched.
    """
    folder, slash, name = target.path.rpartition("/")
    file = f"{next(iter(target.hashes.values()))}.{name}" if prefixed else name
    url = f"{base_url}{folder}{slash}{file}"
    try:
        data = fetcher.download_bytes(url, target.length)
        target.verify_length_and_hashes(data)
    except (RepositoryError, DownloadError) as error:
        raise _of_target(error, target.path, url) from error
    return data


def _of_target(error: RepositoryError | DownloadError, path: str, url: str) -> Exception:
    translated = translate(error, role=path, url=url)
    if isinstance(error, RepositoryError):
        return MixAndMatch(role=path, got=None, url=url, detail=str(error))
    return translated
