"""From a row of a verified index to the signed manifest behind it.

Invariants: the manifest lies where its name says, is the very one that the publisher's role lists, and says the same
as its row in the index; the bytes that prove it come along, for the generation's proof bundle.

Example::

    signed = fetch_manifest(origin, home, transport, clock, row)
    signed.manifest.variants, sorted(signed.proof)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tuf.api.metadata import Root, TargetFile

from qie_hub.clock import Clock
from qie_hub.errors import Expired, FormatError, MixAndMatch, NameSpaceConflict, QieHubError
from qie_hub.formats import canonical
from qie_hub.formats.index import PackRow, row_of
from qie_hub.formats.manifest import Manifest
from qie_hub.ports import Transport
from qie_hub.trust import chain as chains
from qie_hub.trust.engine import fetch_target
from qie_hub.trust.fetcher import DEFAULT_LIMITS, Fetcher, Limits
from qie_hub.trust.origins import Origin, Origins
from qie_hub.trust.proof import INDEX, PACK, REVOCATIONS, bundle_files, check_manifest
from qie_hub.trust.view import INDEX_PREFIX, REVOCATIONS_PREFIX, Record, read_record

LIMIT: Final = canonical.MAX_BYTES


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A verified manifest, its bytes, and the files of its proof bundle by name (``pack.json`` among them)."""

    manifest: Manifest
    data: bytes
    proof: Mapping[str, bytes]


def fetch_manifest(
    origin: Origin, home: Path, transport: Transport, clock: Clock, row: PackRow, *, limits: Limits = DEFAULT_LIMITS
) -> SignedManifest:
    """Fetch the manifest of an index row, from the view that the last refresh left.

    One request. Each mirror is asked in turn; the first failure is raised if none has it.

    Raises:
        NameSpaceConflict: the origin does not speak for the publisher.
        Expired: the origin was never refreshed.
        MixAndMatch: the manifest is not the one that role and row state.
        QieHubError: it could not be fetched, or the view is broken.
    """
    if row.publisher not in origin.publishers:
        raise NameSpaceConflict(publisher=row.publisher, origin=origin.name)
    record = read_record(origin, home)
    if record is None:
        raise Expired(hint="REFRESH_FIRST", role="view", origin=origin.name)
    root = Origins(home).trusted_root(origin)
    chain = chains.verify_chain(record.files, root, [row.publisher])
    target = chain.target(row.publisher, row.target_path)
    if target is None:
        raise MixAndMatch(role=row.target_path, got=None, detail="the index lists it, the publisher's role does not")
    if target.length > LIMIT:
        raise FormatError(what=row.target_path, issues=[f"{target.length} bytes, more than the {LIMIT} allowed"])
    data = _fetch(origin, target, Fetcher(transport, clock, limits), prefixed=bool(chain.root.consistent_snapshot))
    manifest = check_manifest(chain, row.ref, data)
    if row_of(manifest, data) != row:
        raise MixAndMatch(role=row.target_path, got=None, detail="the manifest disagrees with its row in the index")
    return SignedManifest(manifest, data, _proof(record, root, row.publisher, data))


def _fetch(origin: Origin, target: TargetFile, fetcher: Fetcher, *, prefixed: bool) -> bytes:
    failures: list[QieHubError] = []
    for base in origin.bases:
        try:
            return fetch_target(fetcher, f"{base}/", target, prefixed=prefixed)
        except QieHubError as error:
            failures.append(error)
    raise failures[0]


def _proof(record: Record, root: bytes, publisher: str, data: bytes) -> dict[str, bytes]:
    version = chains.parse(Root, root, "root").signed.version
    files = bundle_files(record.files, root, version, publisher)
    travelling = {INDEX: f"{INDEX_PREFIX}{publisher}.json", REVOCATIONS: f"{REVOCATIONS_PREFIX}{publisher}.json"}
    files |= {name: record.files[key] for name, key in travelling.items() if key in record.files}
    return {**files, PACK: data}
