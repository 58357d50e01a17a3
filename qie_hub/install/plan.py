"""What an install would do, as a value: nothing of the pack is fetched or written while it is made.

The order is the promise of the hub: verify what is on offer, decide from the signed rows whether the device can run
it, only then ask for the manifest, and only then count bytes. ``--dry-run`` prints an `InstallPlan` and stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qie_hub.clock import to_text
from qie_hub.digest import Digest
from qie_hub.errors import (
    Expired,
    IntegrityError,
    LicenseNotAccepted,
    NameSpaceConflict,
    NotInstalled,
    Tampered,
    TransferError,
    TrustError,
)
from qie_hub.events import Sink, Step, VariantChosen, Warned
from qie_hub.formats.decision import Choice, Refusal
from qie_hub.formats.fileindex import FileIndex
from qie_hub.formats.index import DEFAULT_CHANNEL
from qie_hub.formats.manifest import STAGES, Manifest, PackFile, Variant
from qie_hub.formats.receipt import Receipt
from qie_hub.install import catalog, shelf
from qie_hub.install.catalog import Offer
from qie_hub.install.choosing import decide
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.store import disk
from qie_hub.store.assemble import Have, have_files
from qie_hub.store.disk import DiskNeed
from qie_hub.transfer.mirrors import index_path
from qie_hub.transfer.objects import fetch_object
from qie_hub.transfer.plan import TransferPlan, WantedFile
from qie_hub.transfer.plan import plan as plan_transfer
from qie_hub.trust.freshness import require
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.manifests import fetch_manifest
from qie_hub.trust.origins import Origin
from qie_hub.trust.proof import first_root, read_proof
from qie_hub.trust.view import View, last_view

RESERVE = 64 << 20
"""Bytes that stay free: receipts, metadata, the system's own needs."""


@dataclass(frozen=True, slots=True)
class InstallRequest:
    """What was asked for. ``accept`` lists ids of licences that the person accepts."""

    ref: PackRef
    accept: tuple[str, ...] = ()
    stale_days: int = 0


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """What an install would do. ``installed`` is the generation that already holds exactly this, None if none does.

    ``net``, ``reused`` and ``disk`` are bytes: to be fetched, already on this device, and newly taken on the disk.
    """

    ref: PackRef
    offer: Offer
    choice: Choice
    manifest: Manifest
    manifest_bytes: bytes
    proof: Mapping[str, bytes]
    variant: Variant
    channel: str | None
    wanted: tuple[WantedFile, ...]
    indexes: Mapping[Digest, bytes]
    transfer: TransferPlan
    links: Mapping[str, Have]
    need: DiskNeed
    installed: int | None
    accepted: tuple[str, ...] = field(default=())

    @property
    def net(self) -> int:
        """Bytes to be fetched."""
        return self.transfer.net

    @property
    def reused(self) -> int:
        """Bytes that need not be fetched because they are on this device."""
        return self.total - self.net

    @property
    def total(self) -> int:
        """Bytes of all files of the variant."""
        return sum(file.size for file in self.manifest.files_of(self.variant))

    @property
    def disk(self) -> int:
        """Bytes that the disk will newly hold."""
        return self.need.total - self.need.reserve

    def to_json(self) -> dict[str, object]:
        """What ``--dry-run --format json`` prints."""
        return {
            "ref": str(self.ref),
            "variant": self.variant.id,
            "origin": self.offer.origin.name,
            "freshness": self.offer.view.freshness.value,
            "net": self.net,
            "reused": self.reused,
            "disk": self.disk,
            "total": self.total,
            "files": [{"path": file.path, "size": file.size} for file in self.wanted],
            "linked": sorted(self.links),
            "licences": [licence.id for licence in self.manifest.licences],
            "installed": self.installed,
            "decision": self.choice.to_json(),
        }


def make(site: Site, request: InstallRequest, sink: Sink, *, origin: Origin | None = None) -> InstallPlan:
    """Plan an install.

    Raises:
        NoOrigin, NotFound: nothing of that name is on offer.
        TrustError: what is on offer is not to be trusted, too old, revoked or a downgrade.
        DoesNotFit: no variant fits this device.
        LicenseNotAccepted: a licence needs consent.
        TransferError: the origin cannot be asked.
    """
    text = str(request.ref)
    sink(Step(text, "refresh"))
    origin = origin or catalog.select(site, request.ref)
    view = _view(site, origin, request, sink)
    offer = catalog.offer(view, request.ref)
    sink(Step(text, "resolve"))
    choice = decide(site, offer, request.ref, sink)
    if isinstance(choice, Refusal):
        raise choice.to_error()
    sink(_chosen(request.ref, choice))
    _warn_of_yank(offer, choice, sink)
    _refuse_other_origin(site, origin, choice)
    sink(Step(text, "plan"))
    signed = fetch_manifest(origin, site.home, site.transport(), site.clock, choice.row)
    channel = _channel(request.ref)
    exact = request.ref.version is not None
    Ledger(site.home).check_pack(signed.manifest.ref, channel or DEFAULT_CHANNEL, signed.manifest, exact=exact)
    variant = signed.manifest.variant(choice.variant.id)
    accepted = _licences(signed.manifest, request)
    wanted, indexes = _wanted(site, offer, signed.manifest, variant)
    links, todo = _todo(site, wanted)
    return InstallPlan(
        ref=signed.manifest.ref,
        offer=offer,
        choice=choice,
        manifest=signed.manifest,
        manifest_bytes=signed.data,
        proof=signed.proof,
        variant=variant,
        channel=channel,
        wanted=wanted,
        indexes=indexes,
        transfer=todo,
        links=links,
        need=_need(site, wanted, links, todo),
        installed=_already(site, signed.manifest, variant, Digest.of(signed.data)),
        accepted=accepted,
    )


def _view(site: Site, origin: Origin, request: InstallRequest, sink: Sink) -> View:
    """A fresh view; where the policy allows it, the last verified one if the origin cannot give a fresh one."""
    try:
        view = catalog.refresh(site, origin, sink)
    except (Expired, TransferError) as error:
        known = last_view(origin, site.home, site.clock) if request.stale_days > 0 else None
        if known is None:
            raise
        view = known
        sink(Warned("STALE_VIEW", {"origin": origin.name, "checked": to_text(view.checked), "code": error.code}))
    if origin.kind == "live":
        require(view.freshness, expires=view.expires, now=site.clock.now(), stale_days=request.stale_days)
    return view


def replan(site: Site, plan: InstallPlan) -> InstallPlan:
    """The same plan over what is on this device now: another process may have fetched some of it meanwhile."""
    from dataclasses import replace

    links, todo = _todo(site, plan.wanted)
    return replace(
        plan,
        links=links,
        transfer=todo,
        need=_need(site, plan.wanted, links, todo),
        installed=_already(site, plan.manifest, plan.variant, Digest.of(plan.manifest_bytes)),
    )


def _chosen(asked: PackRef, choice: Choice) -> VariantChosen:
    """What was taken, and for the variant itself what is not known for certain."""
    verdict = next(item for item in choice.verdicts if (item.ref, item.variant) == (choice.row.ref, choice.variant.id))
    why = [reason.to_json() for reason in (*choice.why, *verdict.reasons)]
    return VariantChosen(str(asked), str(choice.row.ref), choice.variant.id, why, verdict.predicted_ms)


def _refuse_other_origin(site: Site, origin: Origin, choice: Choice) -> None:
    """A pack changes its origin only by remove and install.

    Raises:
        NameSpaceConflict: what is in use was signed under another root than this origin's.
    """
    pack = choice.row.ref.unversioned
    try:
        proof = read_proof(site.store.layout.proof(pack, site.store.refs.current(pack)))
        root = Digest.of(first_root(proof))
    except (NotInstalled, Tampered, TrustError):
        return
    if root != origin.root:
        raise NameSpaceConflict(hint="PACK_ORIGIN", ref=str(pack), publisher=pack.publisher, origin=origin.name)


def _warn_of_yank(offer: Offer, choice: Choice, sink: Sink) -> None:
    """A yanked version passes `resolve` only by its exact name: say what its publisher thinks of it."""
    verdict, why = offer.revocations.judge(choice.row.ref)
    if verdict == "yanked" and why is not None:
        sink(Warned("YANKED_PINNED", {"ref": str(choice.row.ref), "reason": why.reason}))


def _licences(manifest: Manifest, request: InstallRequest) -> tuple[str, ...]:
    asking = [licence.id for licence in manifest.licences if licence.accept]
    missing = [licence for licence in asking if licence not in request.accept]
    if missing:
        raise LicenseNotAccepted(ref=str(manifest.ref), licences=missing)
    return tuple(asking)


def _wanted(
    site: Site, offer: Offer, manifest: Manifest, variant: Variant
) -> tuple[tuple[WantedFile, ...], dict[Digest, bytes]]:
    """The variant's files with their indexes, which are fetched where no generation here holds them."""
    mirrors = shelf.mirrors(site, offer.origin.bases)
    known = shelf.known_indexes(site)
    indexes: dict[Digest, bytes] = {}
    wanted = []
    for file in manifest.files_of(variant):
        if file.index is not None and file.index not in indexes:
            if file.index in known:
                indexes[file.index] = known[file.index].read_bytes()
            else:
                path = index_path(file.index)
                indexes[file.index] = fetch_object(
                    site.transport(), mirrors, path, file.index_size or 0, file.index, clock=site.clock
                )
        wanted.append(_wanted_file(file, indexes))
    return tuple(wanted), indexes


def _wanted_file(file: PackFile, indexes: Mapping[Digest, bytes]) -> WantedFile:
    if file.index is None:
        index = FileIndex.of_small(file.size, file.sha256)
    else:
        index = FileIndex.from_bytes(indexes[file.index])
    if index.size != file.size:
        raise IntegrityError(hint="INDEX_SIZE", path=file.path)
    return WantedFile(file.path, file.size, file.sha256, index, STAGES.index(file.stage))


def _todo(site: Site, wanted: Sequence[WantedFile]) -> tuple[dict[str, Have], TransferPlan]:
    """Which whole files are here already, and what has to move for the others."""
    files = have_files(site.store.generations)
    links = {file.path: files[file.sha256] for file in wanted if file.sha256 in files}
    missing = [file for file in wanted if file.path not in links and file.size > 0]
    unique = list({file.sha256: file for file in missing}.values())
    verified = {file.sha256: shelf.verified(site, file) for file in unique}
    return links, plan_transfer(unique, verified, shelf.places(site) if unique else {})


def _need(site: Site, wanted: Sequence[WantedFile], links: Mapping[str, Have], todo: TransferPlan) -> DiskNeed:
    linked = sum(file.size for file in wanted if file.path in links)
    shares = disk.probe(site.home).shares if links and disk.is_writable(site.home) else True
    return DiskNeed(fetch=todo.disk, reuse=linked, shares=shares, reserve=RESERVE)


def _already(site: Site, manifest: Manifest, variant: Variant, digest: Digest) -> int | None:
    for receipt in reversed(site.store.generations.of(manifest.ref)):
        if receipt.manifest == digest and receipt.variant == variant.id and _whole(site, receipt):
            return receipt.generation
    return None


def _whole(site: Site, receipt: Receipt) -> bool:
    return not site.store.generations.changed(receipt)


def _channel(ref: PackRef) -> str | None:
    """An exact version follows no channel; everything else follows the one that was named, or the default."""
    return None if ref.version is not None else ref.channel or DEFAULT_CHANNEL
