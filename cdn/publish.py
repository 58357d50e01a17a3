"""Publish builds: objects first, signed documents next, the timestamp last.

The order is the whole safety of it: shards, file indexes, manifests, index and revocations, roles, snapshot, root,
and only then ``metadata/timestamp.json``, by which clients find everything. Every put creates and never changes, so a
publish that was killed anywhere is finished by running it again; until its timestamp is there, clients see the old
state whole.

Invariants:

* A version that is published never changes. Asking for the same version with other bytes is a `VersionConflict`,
  except where only measured figures differ (another run of the gate): then what is published stands.
* ``release`` and ``version`` rise together within a pack, and a channel only moves forward, unless a manifest says
  ``rolled_back_from``.
* ``check`` runs after everything but the timestamp is in place, and before the timestamp is.

Example::

    publish([build], Repository(folder, ring, policy, clock), DirStore(Path("origin")), channel="stable")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cdn.build import Build
from cdn.repo import METADATA, TIMESTAMP_FILE, Repository
from cdn.stores import Blob, Store
from qie_hub.clock import to_text
from qie_hub.digest import Digest
from qie_hub.errors import PublishError, RemoteDrift, VersionConflict
from qie_hub.formats import canonical
from qie_hub.formats.index import DEFAULT_CHANNEL, PackRow, PublisherIndex, Tier, index_path, row_of
from qie_hub.formats.manifest import Manifest
from qie_hub.packref import PackRef, Version


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish did: objects and bytes that were created (0 when all was there), and the refs it stands for."""

    objects: int
    bytes: int
    refs: tuple[str, ...]


def no_check() -> None:
    """The check of those who check afterwards."""


def publish(
    builds: Sequence[Build],
    repo: Repository,
    store: Store,
    *,
    tiers: Mapping[str, Tier],
    channel: str = DEFAULT_CHANNEL,
    check: Callable[[], object] = no_check,
) -> Published:
    """Publish builds of one publisher; see the module.

    Raises:
        VersionConflict: a published version would change.
        RemoteDrift: the store is ahead of the repository folder.
        PublishError: hint RELEASE_ORDER; a version or release number is out of order.
    """
    refuse_drift(repo.folder, store)
    _plan_offers(builds, repo, tiers, channel)  # refuses a conflict before a byte is uploaded
    count, size = put_objects(builds, store)
    refs = offer(builds, repo, tiers=tiers, channel=channel)
    files, more = upload(repo.folder, store, check=check)
    return Published(count + files, size + more, refs)


def offer(
    builds: Sequence[Build], repo: Repository, *, tiers: Mapping[str, Tier], channel: str = DEFAULT_CHANNEL
) -> tuple[str, ...]:
    """Sign the builds' manifests and the index that lists them; return their refs. Nothing becomes public.

    Raises:
        VersionConflict: a published version would change.
        PublishError: hint RELEASE_ORDER; a version or release number is out of order.
    """
    for publisher, targets in _plan_offers(builds, repo, tiers, channel).items():
        repo.set_targets(publisher, targets)
    return tuple(str(manifest.ref) for build in builds for manifest in build.manifests)


def put_objects(builds: Iterable[Build], store: Store) -> tuple[int, int]:
    """Bring shards and file indexes to the store; return how many objects and bytes were created."""
    created = [blob.length for name, blob in objects_of(builds) if store.put(name, blob)]
    return len(created), sum(created)


def _plan_offers(
    builds: Sequence[Build], repo: Repository, tiers: Mapping[str, Tier], channel: str
) -> dict[str, dict[str, bytes]]:
    wanted = [manifest for build in builds for manifest in build.manifests]
    publishers = sorted({manifest.publisher for manifest in wanted})
    return {publisher: plan_offer(publisher, wanted, repo, tiers, channel) for publisher in publishers}


def plan_offer(
    publisher: str, wanted: Sequence[Manifest], repo: Repository, tiers: Mapping[str, Tier], channel: str
) -> dict[str, bytes]:
    """Return the targets by which the publisher offers ``wanted`` besides what it offers already."""
    index = repo.index(publisher)
    rows = {row.ref: row for row in index.packs}
    targets: dict[str, bytes] = {}
    channels = {name: dict(table) for name, table in index.channels.items()}
    for manifest in (item for item in wanted if item.publisher == publisher):
        data = _manifest_bytes(manifest, rows, repo)
        targets[manifest.target_path] = data
        rows[manifest.ref] = row_of(Manifest.from_bytes(data), data)
        _check_release(manifest, rows.values())
        _move_channel(channels.setdefault(manifest.name, {}), channel, manifest)
    ordered = sorted(rows.values(), key=lambda row: (row.name, row.version, row.resolution or 0))
    fresh = PublisherIndex(publisher, index.issued, dict(tiers), channels, tuple(ordered))
    if fresh.to_bytes() != index.to_bytes():
        fresh = replace(fresh, issued=to_text(repo.clock.now()))
    return {**targets, index_path(publisher): fresh.to_bytes()}


def _manifest_bytes(manifest: Manifest, rows: Mapping[PackRef, PackRow], repo: Repository) -> bytes:
    """The bytes to offer: what is published under this ref, if it says the same, else the manifest's own."""
    data = manifest.to_bytes()
    if manifest.ref not in rows:
        return data
    published = repo.target_bytes(manifest.publisher, manifest.target_path)
    if published is None or published == data:
        return data
    before = Manifest.from_bytes(published)
    if _lasting(before) != _lasting(manifest):
        raise _conflict(before, manifest, str(Digest.of(published)), str(Digest.of(data)))
    return published


def _conflict(before: Manifest, manifest: Manifest, published: str, offered: str) -> VersionConflict:
    """Why a version cannot be offered again; a pack with other abilities was mostly built without some source."""
    lacking, more = (
        sorted({*before.abilities} - {*manifest.abilities}),
        sorted({*manifest.abilities} - {*before.abilities}),
    )
    path = manifest.target_path
    if lacking or more:
        return VersionConflict(
            hint="VERSION_ABILITIES", path=path, published=published, offered=offered, lacking=lacking, more=more
        )
    return VersionConflict(path=path, published=published, offered=offered)


def _lasting(manifest: Manifest) -> Manifest:
    """The manifest without what a second measurement may change."""
    variants = (
        replace(item, peak_ram=0, edit_ms=None, measured={}, requirements=replace(item.requirements, memory={}))
        for item in manifest.variants
    )
    return replace(manifest, variants=tuple(variants))


def _move_channel(table: dict[str, Version], channel: str, manifest: Manifest) -> None:
    """Point a channel at a version; only a signed `rolled_back_from` moves it back."""
    current = table.get(channel)
    if current is None or manifest.version > current or manifest.rolled_back_from == current:
        table[channel] = manifest.version


def _check_release(manifest: Manifest, rows: Iterable[PackRow]) -> None:
    """Complain unless the pack's release and version are in the same order as every other version's."""
    if manifest.rolled_back_from is not None:
        return
    for row in rows:
        if row.name != manifest.name or row.version == manifest.version:
            continue
        if (row.version < manifest.version) != (row.release < manifest.release) or row.release == manifest.release:
            raise PublishError(
                hint="RELEASE_ORDER", ref=str(manifest.ref), release=manifest.release,
                other=str(row.version), other_release=row.release,
            )  # fmt: skip


def objects_of(builds: Iterable[Build]) -> Iterator[tuple[str, Blob]]:
    """Yield every object of the builds once, by name: all shards, then all file indexes."""
    indexes: dict[str, Blob] = {}
    seen: set[str] = set()
    for build in builds:
        for file in {file.path: file for manifest in build.manifests for file in manifest.files}.values():
            start = 0
            for shard in build.index(file).shards:
                name = f"o/sha256/{shard.digest.fan_out}"
                if name not in seen:
                    seen.add(name)
                    yield name, Blob.of_part(build.source(file), start, shard.length, shard.digest)
                start += shard.length
            if file.index is not None:
                indexes[f"i/sha256/{file.index.fan_out}"] = Blob.of(build.index_bytes(file.index))
    yield from indexes.items()


def upload(folder: Path, store: Store, *, check: Callable[[], object] = no_check) -> tuple[int, int]:
    """Bring a repository folder to the store, the timestamp last; return how many objects and bytes were created.

    Raises:
        RemoteDrift: the store is ahead of the folder.
        VersionConflict: a signed file is there with other bytes: two machines publish from one state.
    """
    refuse_drift(folder, store)
    created = []
    for name in upload_order(folder):
        data = (folder / name).read_bytes()
        if store.put(name, Blob.of(data)):
            created.append(len(data))
    check()
    timestamp = (folder / TIMESTAMP_FILE).read_bytes()
    if not store.exists(TIMESTAMP_FILE) or store.get(TIMESTAMP_FILE) != timestamp:
        store.replace(TIMESTAMP_FILE, timestamp)
        created.append(len(timestamp))
    return len(created), sum(created)


def upload_order(folder: Path) -> list[str]:
    """The immutable files of a repository folder, children before the parents that name them.

    Roots come last: a new root may announce keys that only the timestamp after it is signed with.
    """
    targets = sorted(path for path in (folder / "packs").rglob("*.json") if path.is_file())
    roles = [path for path in (folder / METADATA).glob("*.*.json") if path.name[0].isdigit()]
    rank = {"targets": 1, "snapshot": 2, "root": 3}
    roles.sort(key=lambda path: (rank.get(path.name.split(".")[1], 0), path.name))
    return [path.relative_to(folder).as_posix() for path in (*targets, *roles)]


def refuse_drift(folder: Path, store: Store) -> None:
    """Complain if the store holds a newer timestamp than the folder: somebody else published in between."""
    if not store.exists(TIMESTAMP_FILE):
        return
    ours, theirs = _version((folder / TIMESTAMP_FILE).read_bytes()), _version(store.get(TIMESTAMP_FILE))
    if theirs > ours:
        raise RemoteDrift(hint="STORE_AHEAD", ours=ours, theirs=theirs)


def _version(timestamp: bytes) -> int:
    value = canonical.loads(timestamp, what="timestamp")
    try:
        return int(value["signed"]["version"])
    except (KeyError, TypeError, ValueError):
        raise PublishError(hint="REPO_BROKEN", problem="a timestamp without a version") from None
