"""``admit``: may this generation run? Asked before every use, answered without network.

Order: the proof bundle (signed, for this name and version), then what the publisher is known to have revoked, then
the files as they lie on disk. A file that no longer looks as it did when it was hashed is hashed again; what then
still has its signed digest gets a fresh stamp, anything else is `Tampered`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from qie_hub.digest import Digest
from qie_hub.errors import Tampered
from qie_hub.formats.manifest import Manifest, Variant
from qie_hub.formats.receipt import FileStamp, Receipt
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.store.stamps import stamp
from qie_hub.trust import proof, recall
from qie_hub.trust.ledger import Ledger

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Admitted:
    """A generation that may run: its proven manifest and the folder of its files."""

    receipt: Receipt
    manifest: Manifest
    variant: Variant
    root: Path


def admit(site: Site, ref: PackRef, number: int) -> Admitted:
    """Check a generation before it is used.

    Raises:
        TrustError: the proof does not hold, or the publisher revoked the pack.
        Tampered: a file differs from the signed manifest; ``repair`` mends it.
        NotInstalled: there is no such generation.
    """
    receipt = site.store.generations.receipt(ref, number)
    manifest = prove(site, receipt)
    refuse_revoked(site, receipt)
    fresh = restamp(site, receipt, manifest)
    root = site.store.layout.files(receipt.ref, number)
    return Admitted(fresh, manifest, manifest.variant(receipt.variant), root)


def prove(site: Site, receipt: Receipt) -> Manifest:
    """Verify the proof bundle of a generation and that the receipt lists exactly what it signs.

    Raises:
        TrustError: the proof does not hold.
        Tampered: the receipt speaks of other files.
    """
    folder = site.store.layout.proof(receipt.ref, receipt.generation)
    manifest = proof.verify_installed(folder, site.home, receipt.ref).manifest
    signed = {file.path: file.sha256 for file in manifest.files_of(manifest.variant(receipt.variant))}
    listed = {file.path: file.sha256 for file in receipt.files}
    if signed != listed:
        wrong = sorted(set(signed.items()) ^ set(listed.items()))
        raise Tampered(ref=str(receipt.ref), generation=receipt.generation, path=wrong[0][0])
    return manifest


def refuse_revoked(site: Site, receipt: Receipt) -> None:
    """Refuse what its publisher is known to have revoked.

    Raises:
        Revoked: with the reason and the successor.
    """
    known = Ledger(site.home).revocations(receipt.ref.publisher or "")
    recall.judge(receipt.ref, receipt.channel, view=None, known=known).refuse()


def restamp(site: Site, receipt: Receipt, manifest: Manifest) -> Receipt:
    """Hash every file whose stamp changed; write fresh stamps for those that still have their signed digest.

    Raises:
        Tampered: one has not.
    """
    changed = site.store.generations.changed(receipt)
    if not changed:
        return receipt
    folder = site.store.layout.files(receipt.ref, receipt.generation)
    fresh = {item.path: hashed(folder, item, manifest.file(item.path).sha256, receipt) for item in changed}
    mended = replace(receipt, files=tuple(fresh.get(item.path, item) for item in receipt.files))
    try:
        site.store.generations.rewrite(mended)
    except OSError:
        # A home that cannot be written still runs; the file is hashed again next time.
        return mended
    return mended


def hashed(folder: Path, item: FileStamp, digest: Digest, receipt: Receipt) -> FileStamp:
    """Return a fresh stamp of a file that has ``digest``.

    Raises:
        Tampered: the file is gone or has another digest.
    """
    try:
        before = stamp(folder, item.path, digest)
        with (folder / item.path).open("rb", buffering=0) as stream:
            found = Digest.of_stream(iter(lambda: stream.read(_BLOCK), b""))
    except OSError:
        raise Tampered(ref=str(receipt.ref), generation=receipt.generation, path=item.path, found=None) from None
    if found != digest:
        raise Tampered(ref=str(receipt.ref), generation=receipt.generation, path=item.path, found=str(found))
    return before
