"""One refresh of one origin, from the trusted root to a new view.

Invariants:

* One refresh of an origin at a time across processes (an advisory lock; a second one waits). Every file is written
  through `qie_hub.atomic`, so a kill leaves a cache from which the next refresh works and the old view in place.
* One attempt uses one mirror; when it fails, whatever the reason, the next mirror starts from the beginning. The
  first failure is what the caller sees if none works.
* The ledger's floors are checked before the view changes: neither a deleted cache nor a lying mirror brings back an
  older state.
* Requests go out in the order of the TUF specification, and no others: newer roots, timestamp, snapshot, targets,
  publisher roles, then each publisher's index and revocations where they changed.

Example::

    view = refresh(origins.default(), home, transport, clock)
    view.freshness, view.requests  # (Freshness.FRESH, 2)
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from filelock import FileLock, Timeout
from tuf.api.metadata import Root, TargetFile, Targets

from qie_hub import atomic
from qie_hub.clock import Clock
from qie_hub.digest import Digest
from qie_hub.errors import Busy, DiskFull, FormatError, MixAndMatch, QieHubError, ReadOnlyHome, StoreError
from qie_hub.events import MirrorDemoted, Refreshed, Sink, Warned, ignore
from qie_hub.formats.index import PublisherIndex, Revocations, index_path, revocations_path
from qie_hub.ports import Transport
from qie_hub.trust import chain as chains
from qie_hub.trust.bundle import read_bundle
from qie_hub.trust.chain import Chain, delegated, role_file
from qie_hub.trust.engine import HISTORY, fetch_target, run
from qie_hub.trust.fetcher import DEFAULT_LIMITS, Fetcher, Limits
from qie_hub.trust.ledger import Floors, Ledger
from qie_hub.trust.origins import BUNDLE, Origin, Origins, origin_folder
from qie_hub.trust.view import FILE_LIMIT, INDEX_PREFIX, REVOCATIONS_PREFIX, Record, View, read_record, write_record

_FULL: Final = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})

Choose: TypeAlias = Callable[[tuple[str, ...]], Origin]
"""Given the publishers that the origin delegates to, the origin with those that it may speak for here."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What does not change between the attempts of one refresh."""

    origin: Origin
    home: Path
    root: bytes
    transport: Transport
    clock: Clock
    limits: Limits
    floors: Floors
    before: Record | None
    choose: Choose

    @property
    def cache(self) -> Path:
        return origin_folder(self.home, self.origin.name) / "metadata"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one attempt verified; nothing is announced yet."""

    origin: Origin
    chain: Chain
    files: dict[str, bytes]
    missing: tuple[str, ...]
    requests: int
    cost: int


def refresh(
    origin: Origin,
    home: Path,
    transport: Transport,
    clock: Clock,
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_event: Sink = ignore,
) -> View:
    """Ask the origin what is on offer now, and verify the answer from its trusted root.

    Raises:
        TrustError: what was served is not to be trusted; the last view stays.
        TransferError: no mirror could be asked; the last view stays.
        Busy: another process has been refreshing this origin for longer than the deadline.
    """
    _, view = _refresh(origin, home, transport, clock, limits, on_event, lambda _: origin)
    return view


def first_refresh(
    draft: Origin, home: Path, transport: Transport, clock: Clock, *, choose: Choose
) -> tuple[Origin, View]:
    """Refresh an origin whose publishers are not chosen yet; ``choose`` gets all that it delegates to.

    Raises:
        QieHubError: as `refresh`, or what ``choose`` raised.
    """
    return _refresh(draft, home, transport, clock, DEFAULT_LIMITS, ignore, choose)


def _refresh(
    origin: Origin, home: Path, transport: Transport, clock: Clock, limits: Limits, on_event: Sink, choose: Choose
) -> tuple[Origin, View]:
    root = Origins(home).trusted_root(origin)
    ledger = Ledger(home)
    with _alone(origin, home, limits):
        floors = ledger.floors(origin.root)
        job = _Job(origin, home, root, transport, clock, limits, floors, _last(origin, home), choose)
        outcome = _first_that_works(job, on_event)
        return outcome.origin, _commit(job, ledger, outcome, on_event)


def _first_that_works(job: _Job, on_event: Sink) -> _Outcome:
    failures: list[QieHubError] = []
    for base in job.origin.bases:
        try:
            return _attempt(job, base)
        except QieHubError as error:
            failures.append(error)
            if len(job.origin.bases) > 1:
                on_event(MirrorDemoted(base, error.code))
    raise failures[0]


def _attempt(job: _Job, base: str) -> _Outcome:
    fetcher = Fetcher(job.transport, job.clock, job.limits)
    if job.origin.kind == BUNDLE:
        origin, files = read_bundle(fetcher, base, job.root, job.choose)
    else:
        origin, files = _update(job, base, fetcher)
    present = tuple(name for name in origin.publishers if role_file(name) in files)
    chain = chains.verify_chain(files, job.root, present)
    job.floors.check(chain.marks)
    for publisher in present:
        files |= _documents(job, base, fetcher, chain, publisher)
    missing = tuple(name for name in origin.publishers if name not in present)
    return _Outcome(origin, chain, files, missing, fetcher.requests, fetcher.bytes)


def _update(job: _Job, base: str, fetcher: Fetcher) -> tuple[Origin, dict[str, bytes]]:
    """Run the client workflow and collect the documents that it left in the cache."""
    engine = run(job.cache, f"{base}/metadata/", job.root, fetcher, clock=job.clock, floors=job.floors)
    targets = chains.parse(Targets, (job.cache / "targets.json").read_bytes(), "targets").signed
    origin = job.choose(delegated(targets))
    present = [name for name in origin.publishers if name in delegated(targets)]
    for publisher in present:
        engine.locate(index_path(publisher))  # loads the publisher's role
    return origin, _collect(job, engine.root(), present)


def _collect(job: _Job, root: Root, publishers: list[str]) -> dict[str, bytes]:
    first = chains.parse(Root, job.root, "root").signed.version
    names = {f"{number}.root.json": f"{HISTORY}/{number}.root.json" for number in range(first + 1, root.version + 1)}
    names |= {f"{role}.json": f"{role}.json" for role in ("timestamp", "snapshot", "targets")}
    names |= {role_file(publisher): f"{publisher}.json" for publisher in publishers}
    return {name: (job.cache / path).read_bytes() for name, path in names.items()}


def _documents(job: _Job, base: str, fetcher: Fetcher, chain: Chain, publisher: str) -> dict[str, bytes]:
    """The publisher's index and revocations, fetched only where they differ from the last view's."""
    wanted = {
        f"{INDEX_PREFIX}{publisher}.json": index_path(publisher),
        f"{REVOCATIONS_PREFIX}{publisher}.json": revocations_path(publisher),
    }
    found = {}
    for name, path in wanted.items():
        target = chain.target(publisher, path)
        if target is not None:
            found[name] = _document(job, base, fetcher, chain, target, name)
    _check_documents(publisher, found)
    return found


def _document(job: _Job, base: str, fetcher: Fetcher, chain: Chain, target: TargetFile, name: str) -> bytes:
    known = None if job.before is None else job.before.files.get(name)
    if known is not None and Digest.of(known).hex == target.hashes["sha256"]:
        return known
    if target.length > FILE_LIMIT:
        raise FormatError(what=target.path, issues=[f"{target.length} bytes, more than the {FILE_LIMIT} allowed"])
    return fetch_target(fetcher, f"{base}/", target, prefixed=bool(chain.root.consistent_snapshot))


def _check_documents(publisher: str, found: dict[str, bytes]) -> None:
    index = found.get(f"{INDEX_PREFIX}{publisher}.json")
    revocations = found.get(f"{REVOCATIONS_PREFIX}{publisher}.json")
    names = [] if index is None else [PublisherIndex.from_bytes(index).publisher]
    names += [] if revocations is None else [Revocations.from_bytes(revocations).publisher]
    for name in names:
        if name != publisher:
            raise MixAndMatch(role=publisher, got=None, detail=f"a document of {name}")


def _commit(job: _Job, ledger: Ledger, outcome: _Outcome, on_event: Sink) -> View:
    """Floors and revocations first: after a kill they are at worst too careful."""
    chain = outcome.chain
    ledger.note_roles(job.origin.root, job.floors.raised(chain.marks, chain.issued))
    for name, data in outcome.files.items():
        if name.startswith(REVOCATIONS_PREFIX):
            ledger.note_revocations(name.removeprefix(REVOCATIONS_PREFIX).removesuffix(".json"), data)
    record = Record(job.clock.now(), chain.expires, chain.issued, outcome.files, outcome.missing)
    write_record(job.origin, job.home, record)
    view = record.view(outcome.origin, job.clock.now(), requests=outcome.requests, cost=outcome.cost)
    for publisher in outcome.missing:
        on_event(Warned("PUBLISHER_GONE", {"publisher": publisher, "origin": job.origin.name}))
    on_event(Refreshed(job.origin.name, str(view.freshness), view.requests, view.bytes))
    return view


def _last(origin: Origin, home: Path) -> Record | None:
    """The last view's documents; a broken one is as good as none, for it is about to be replaced."""
    try:
        return read_record(origin, home)
    except QieHubError:
        return None


@contextmanager
def _alone(origin: Origin, home: Path, limits: Limits) -> Iterator[None]:
    """Hold the origin's refresh lock; what the disk refuses becomes an error of the store."""
    folder = origin_folder(home, origin.name)
    try:
        atomic.make_dirs(folder)
        with FileLock(str(folder / ".refresh.lock"), timeout=limits.deadline):
            for rest in folder.rglob(f"*{atomic.TEMP_MARK}*"):  # of a process that was killed
                rest.unlink(missing_ok=True)
            yield
    except Timeout:
        raise Busy(hint="REFRESH_BUSY", origin=origin.name) from None
    except OSError as error:
        raise _refused(error, home) from error


def _refused(error: OSError, home: Path) -> StoreError:
    path = None if error.filename is None else str(error.filename)
    if error.errno in _FULL:
        return DiskFull(hint="DISK_FULL_HERE", path=path)
    if error.errno in _READ_ONLY:
        return ReadOnlyHome(home=str(home))
    return StoreError(home=str(home), path=path, problem=error.strerror or str(error))
