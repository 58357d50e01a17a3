"""The proof bundle: why the files of a generation are what the publisher signed. It holds for ever.

A bundle is a handful of small files beside an installed pack: the chain of roots, ``timestamp.json``,
``snapshot.json``, ``targets.json``, ``role.<publisher>.json`` and the manifest ``pack.json`` (and, for a bundle that
travels, ``index.json`` and ``revocations.json``). `verify` follows it from a trusted root to the manifest, without
network, disk cache or clock.

Invariants: every signature, version, length and hash holds; the manifest is the one of the ref that was asked for;
an expired timestamp is recorded (`Proven.expired_at`), never enforced. The root inside a bundle is only a name for a
root that this device already trusts (`verify_installed` looks it up in the ledger).

Example::

    proven = verify_installed(generation / "proof", home, receipt.ref)
    proven.manifest.files
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from tuf.api.exceptions import RepositoryError

from qie_hub.digest import Digest
from qie_hub.errors import FormatError, MixAndMatch, NotFound, RootChainError, Tampered, UsageError
from qie_hub.formats.manifest import Manifest
from qie_hub.packref import PackRef
from qie_hub.trust.chain import Chain, role_file, verify_chain
from qie_hub.trust.ledger import Ledger, RoleMark

PACK: Final = "pack.json"
INDEX: Final = "index.json"
REVOCATIONS: Final = "revocations.json"
FILE_LIMIT: Final = 8 << 20
_ROOT = re.compile(r"([1-9][0-9]{0,5})\.root\.json\Z")


@dataclass(frozen=True, slots=True)
class Proven:
    """What a bundle proves. ``expired_at`` is when its timestamp ended, ``issued`` when it was signed (or None).

    ``marks`` are the versions of all roles, for the ledger's floors.
    """

    manifest: Manifest
    data: bytes
    expired_at: datetime
    issued: datetime | None
    marks: Mapping[str, RoleMark]


def verify(proof: Mapping[str, bytes] | Path, trusted_root: bytes, *, ref: PackRef) -> Proven:
    """Verify a bundle from a root that is already trusted.

    Args:
        proof: the files by name, or the folder that holds them.
        trusted_root: bytes of the root from which the chain starts.
        ref: the exact ref (publisher and version named) that the bundle must speak of.

    Raises:
        UsageError: the ref is not exact.
        Tampered: the folder cannot be read.
        TrustError: the bundle does not hold; the class says where it breaks.
    """
    if ref.publisher is None or ref.version is None:
        raise UsageError(hint="REF_NOT_EXACT", ref=str(ref))
    files = read_proof(proof, needed_only=True) if isinstance(proof, Path) else proof
    chain = verify_chain(files, trusted_root, [ref.publisher])
    path = target_path(ref)
    data = files.get(PACK)
    if data is None:
        raise MixAndMatch(role=path, got=None, detail=f"{PACK} is missing")
    manifest = check_manifest(chain, ref, data)
    return Proven(manifest, data, chain.timestamp.expires, chain.issued, chain.marks)


def verify_installed(folder: Path, home: Path, ref: PackRef) -> Proven:
    """Verify the bundle of an installed pack by the root under which its origin was trusted.

    Raises:
        Tampered: the folder cannot be read.
        TrustError: the bundle does not hold, or its root was never trusted on this device.
    """
    files = read_proof(folder, needed_only=True)
    anchor = Digest.of(first_root(files))
    try:
        trusted = Ledger(home).trusted_root(anchor)
    except NotFound:
        raise RootChainError(role="root", ref=str(ref), detail=f"root {anchor} is not trusted here") from None
    return verify(files, trusted, ref=ref)


def check_manifest(chain: Chain, ref: PackRef, data: bytes) -> Manifest:
    """Compare a manifest with the publisher's statement about it, and its name with the path that it lies at.

    Raises:
        MixAndMatch: the statement is missing or another one, or the manifest describes another pack.
        FormatError: the manifest is malformed.
    """
    path = target_path(ref)
    target = chain.target(str(ref.publisher), path)
    if target is None:
        raise MixAndMatch(role=path, got=None, detail="the publisher's role does not list it")
    try:
        target.verify_length_and_hashes(data)
    except RepositoryError as error:
        raise MixAndMatch(role=path, got=None, detail=str(error)) from error
    manifest = Manifest.from_bytes(data)
    if manifest.target_path != path:
        raise MixAndMatch(role=path, got=str(manifest.ref), detail="the manifest names another pack than its path")
    return manifest


def target_path(ref: PackRef) -> str:
    """The path at which the manifest of an exact ref lies."""
    return f"packs/{ref.publisher}/{ref.name}/{ref.resolution_text}/{ref.version}/{PACK}"


def read_proof(folder: Path, *, needed_only: bool = False) -> dict[str, bytes]:
    """Read the files of a bundle by name; with ``needed_only`` not those that `verify` does not look at.

    Raises:
        Tampered: there is no such folder, or a file is absurdly large.
    """
    skipped = {INDEX, REVOCATIONS} if needed_only else set()
    try:
        paths = [path for path in folder.iterdir() if path.name.endswith(".json") and path.name not in skipped]
        if any(path.stat().st_size > FILE_LIMIT for path in paths):
            raise Tampered(path=str(folder), problem="a file of the proof is too large")
        return {path.name: path.read_bytes() for path in paths}
    except OSError as error:
        raise Tampered(path=str(folder), problem=f"the proof cannot be read: {error}") from None


def first_root(files: Mapping[str, bytes]) -> bytes:
    """The lowest root of a bundle: it names the trusted root, it does not replace it.

    Raises:
        RootChainError: the bundle holds no root.
    """
    versions = [int(match[1]) for match in map(_ROOT.match, files) if match]
    if not versions:
        raise RootChainError(role="root", detail="the bundle holds no root")
    return files[f"{min(versions)}.root.json"]


def bundle_files(metadata: Mapping[str, bytes], root: bytes, version: int, publisher: str) -> dict[str, bytes]:
    """Choose from a view's documents what proves this publisher's packs; the manifest comes on top.

    ``version`` is that of the trusted root.
    """
    names = {"timestamp.json", "snapshot.json", "targets.json", role_file(publisher)}
    chosen = {name: data for name, data in metadata.items() if name in names or _ROOT.match(name)}
    if not names <= set(chosen):
        raise FormatError(what="view", issues=[f"no {name}" for name in sorted(names - set(chosen))])
    return {f"{version}.root.json": root, **chosen}
