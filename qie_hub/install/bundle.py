"""Bundles: installed packs as a folder in CDN layout, for a USB stick or a device without network.

Exporting needs no network: signed metadata come from the proof beside the pack, shards are cut out of its files.
Importing is an install from that folder: every signature, digest and revocation counts, only the timestamp's age is
shown instead of enforced. ``bundle.json`` lists the refs; it is a hint, never trusted for anything.

Example::

    export(site, [PackRef.parse("ultra-lite:512")], Path("/media/stick/qie"))
    import_(site, Path("/media/stick/qie"), None, Control(), sink)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.errors import IntegrityError, NotFound, UsageError
from qie_hub.events import Sink
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.fileindex import FileIndex
from qie_hub.formats.index import index_path, revocations_path
from qie_hub.install import shelf
from qie_hub.install.admit import Admitted, admit
from qie_hub.install.install import install
from qie_hub.install.installed import Installation, find
from qie_hub.install.plan import InstallRequest
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.transfer.control import Control
from qie_hub.transfer.mirrors import index_path as file_index_path
from qie_hub.transfer.mirrors import shard_path
from qie_hub.trust import carry
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.origins import BUNDLE, Origin, Origins
from qie_hub.trust.proof import INDEX, PACK, REVOCATIONS, read_proof

NOTE: Final = "bundle.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """What a bundle holds: refs, files and bytes written (0 where all was there), and the line that trusts it."""

    refs: tuple[PackRef, ...]
    files: int
    bytes: int
    line: str

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return {"refs": [str(ref) for ref in self.refs], "files": self.files, "bytes": self.bytes, "line": self.line}


def export(site: Site, refs: Sequence[PackRef], folder: Path) -> Exported:
    """Write installed packs of one publisher's view into ``folder``.

    Raises:
        NotInstalled: a ref names none.
        UsageError: the packs were installed from different states of their origin; update them first.
        TrustError, Tampered: a pack may not be used.
    """
    chosen = [find(site, ref) for ref in refs]
    admitted = [admit(site, item.ref, item.generation) for item in chosen]
    proofs = [read_proof(site.store.layout.proof(item.ref, item.generation)) for item in chosen]
    metadata = _one_state(proofs, chosen)
    written = [
        len(data) for path, data in _documents(metadata, proofs, admitted, site) if atomic.create(folder / path, data)
    ]
    known = tuple(sorted({*_noted(folder), *(str(item.ref) for item in chosen)}))
    atomic.write(folder / NOTE, canonical.dumps({"schema": 1, "refs": list(known)}))
    _, root = carry.first_root(metadata)
    line = f"{folder.resolve().as_uri()}#sha256={Digest.of(root)}"
    return Exported(tuple(item.ref for item in chosen), len(written), sum(written), line)


def import_(
    site: Site, folder: Path, fingerprint: str | None, control: Control, sink: Sink
) -> tuple[Installation, ...]:
    """Install what a bundle lists, without network.

    Args:
        site: where to.
        folder: the bundle.
        fingerprint: SHA-256 of the publisher's first root; not needed where this device trusts that root already.
        control: pauses and cancels.
        sink: hears events.

    Raises:
        UsageError: the folder is no bundle, or its root is not trusted here and no fingerprint was given.
        QieHubError: as `install`.
    """
    refs = _noted(folder)
    if not refs:
        raise UsageError(hint="NO_BUNDLE", path=str(folder))
    origin = _origin_of(site, folder, fingerprint)
    return tuple(install(site, InstallRequest(PackRef.parse(ref)), control, sink, origin=origin) for ref in refs)


def _origin_of(site: Site, folder: Path, fingerprint: str | None) -> Origin:
    """The bundle as an origin: under the name of the origin with the same root, else as a new one."""
    origins = Origins(site.home)
    digest = Digest.of(_first_root(folder))
    for known in origins.all():
        if known.root == digest:
            return Origin(known.name, folder.resolve().as_uri(), (), digest, known.publishers, BUNDLE)
    if fingerprint is None:
        _require_known_root(site, digest, folder)
    line = f"{folder.resolve().as_uri()}#sha256={fingerprint or digest}"
    return origins.add(line, site.transport(), site.clock, kind=BUNDLE)


def _first_root(folder: Path) -> bytes:
    files = {path.name: path.read_bytes() for path in (folder / "metadata").glob("*.root.json")}
    if not files:
        raise UsageError(hint="NO_BUNDLE", path=str(folder))
    return carry.first_root(files)[1]


def _require_known_root(site: Site, digest: Digest, folder: Path) -> None:
    try:
        Ledger(site.home).trusted_root(digest)
    except NotFound:
        raise UsageError(hint="BUNDLE_ROOT", path=str(folder), found=str(digest)) from None


def _one_state(proofs: Sequence[Mapping[str, bytes]], chosen: Sequence[Installation]) -> Mapping[str, bytes]:
    """The newest metadata among the packs' proofs; it must list every pack."""
    newest = max(proofs, key=carry.timestamp_version)
    for proof, item in zip(proofs, chosen, strict=True):
        publisher = item.ref.publisher or ""
        if not carry.lists(newest, publisher, item.ref, Digest.of(proof[PACK])):
            raise UsageError(hint="BUNDLE_STATES", ref=str(item.ref))
    return newest


def _documents(
    metadata: Mapping[str, bytes], proofs: Sequence[Mapping[str, bytes]], admitted: Sequence[Admitted], site: Site
) -> Iterator[tuple[str, bytes]]:
    for proof, item in zip(proofs, admitted, strict=True):
        yield from _objects(site, item)
        yield _target(item.manifest.target_path, proof[PACK])
        publisher = item.manifest.publisher
        yield _target(index_path(publisher), metadata[INDEX])
        yield _target(revocations_path(publisher), metadata[REVOCATIONS])
    yield from carry.metadata_paths(metadata)


def _target(path: str, data: bytes) -> tuple[str, bytes]:
    folder, _, name = path.rpartition("/")
    return f"{folder}/{Digest.of(data)}.{name}", data


def _objects(site: Site, item: Admitted) -> Iterator[tuple[str, bytes]]:
    """Shards and file indexes of a pack; each is hashed as it is written."""
    indexes = dict(shelf.indexes_of(site, item.receipt))
    for file in item.manifest.files_of(item.variant):
        index = indexes.get(item.root / file.path)
        if index is None:
            raise IntegrityError(hint="NO_INDEX", path=file.path)
        if file.index is not None:
            yield file_index_path(file.index), index.to_bytes()
        yield from _shards(item.root / file.path, index)


def _shards(path: Path, index: FileIndex) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as stream:
        for shard in index.shards:
            data = stream.read(shard.length)
            if Digest.of(data) != shard.digest:
                raise IntegrityError(path=path.name, expected=str(shard.digest))
            yield shard_path(shard.digest), data


def _noted(folder: Path) -> tuple[str, ...]:
    try:
        data = (folder / NOTE).read_bytes()
    except OSError:
        return ()
    issues = Issues("bundle")
    refs = Fields(canonical.loads(data, what="bundle"), issues).texts("refs")
    issues.raise_any()
    return refs
