"""Which row and variant this device gets: `resolve` with everything that this process knows.

Invariants: what may be given back does not count against a pack (memory of packs that our own editors hold, disk that
`gc` or the install itself would reuse); a device is measured only where the measurement decides; the rows are the
signed ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from qie_hub.errors import NotInstalled, Tampered
from qie_hub.events import Sink, ignore
from qie_hub.formats.decision import Choice, Refusal, VariantVerdict
from qie_hub.formats.device import DeviceProfile
from qie_hub.formats.index import PackRow
from qie_hub.install import catalog
from qie_hub.install.catalog import Offer
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.resolve import ResolvePolicy, judge, resolve
from qie_hub.store import disk, gc, survey
from qie_hub.store.gc import PARTIAL_LIFE


def explain(site: Site, ref: PackRef, sink: Sink) -> Choice | Refusal:
    """Decide from the last verified view, or from a fresh one where there is none yet."""
    origin = catalog.select(site, ref)
    known = [view for view in catalog.last_views(site) if view.origin.name == origin.name]
    view = known[0] if known else catalog.refresh(site, origin, sink)
    return decide(site, catalog.offer(view, ref), ref)


def decide(site: Site, offer: Offer, ref: PackRef, sink: Sink = ignore) -> Choice | Refusal:
    """Choose a row and a variant for this device; ``sink`` hears when the device has to be measured first."""
    index = offer.view.indexes[offer.publisher]
    asked = PackRef(ref.name, offer.publisher, ref.resolution, ref.version, ref.channel)
    policy = _policy(site, offer, asked)
    profile = site.profile()
    if _speed_decides(offer.rows, asked, profile):
        profile = site.measure(profile, sink)
    return resolve(offer.rows, index.channels, asked, profile, policy)


def forecast(site: Site, profile: DeviceProfile) -> tuple[VariantVerdict, ...]:
    """Hold everything that edits and is on offer against a device: whether it fits, and how long an edit takes.

    The last verified views are read: no network, nothing is proved or measured. Of each pack and resolution only the
    newest release counts.
    """
    verdicts = []
    for view in catalog.last_views(site):
        for publisher in view.indexes:
            offer = Offer(view.origin, view, publisher)
            rows = [row for row in catalog.available((view,)) if row.publisher == publisher and row.abilities]
            newest = {(row.name, row.resolution): row for row in sorted(rows, key=lambda row: row.release)}
            policies = {row.name: _policy(site, offer, row.ref) for row in rows}
            for row in newest.values():
                verdicts += [judge(row, item, profile, policies[row.name]).verdict for item in row.variants]
    return tuple(sorted(verdicts, key=lambda item: (str(item.ref.publisher), item.ref.name, item.ref.resolution or 0)))


def _policy(site: Site, offer: Offer, ref: PackRef) -> ResolvePolicy:
    verdicts = {row.ref: offer.revocations.judge(row.ref) for row in offer.rows}
    # Who names a yanked version exactly has pinned it elsewhere, and gets it with a warning.
    taken_back = {"yanked", "revoked"} if ref.version is None else {"revoked"}
    return ResolvePolicy(
        client=site.client,
        pipelines=site.pipelines(),
        withdrawn={item: verdict for item, (verdict, _) in verdicts.items() if verdict in taken_back},
        successors={item: why.successor for item, (_, why) in verdicts.items() if why is not None and why.successor},
        reclaimable_memory=site.resident(),
        reclaimable_disk=reclaimable_disk(site, ref),
        targets={tier.name: tier.edit_ms for tier in offer.view.indexes[offer.publisher].tiers.values()},
        variant=_installed_variant(site, ref),
    )


def _speed_decides(rows: Sequence[PackRow], ref: PackRef, profile: DeviceProfile) -> bool:
    """Whether resolutions or variants that were timed compete, on a device whose speed is not known."""
    timed = [
        variant.id
        for row in rows
        if row.name == ref.name and ref.resolution in (None, row.resolution)
        for variant in row.variants
        if variant.edit_ms is not None
    ]
    return len(timed) > 1 and profile.figures is None and profile.onnxruntime_version is not None


def reclaimable_disk(site: Site, ref: PackRef) -> int:
    """Bytes on the home's disk that do not count against an install of ``ref``.

    What `gc` would remove, what is on its way already, and where files can be shared, what other resolutions and
    versions of the pack hold. An upper bound, since rows do not list files: the exact need is checked once the
    manifest is known, before anything is fetched (`plan.InstallPlan.need`).
    """
    seen = survey.look(site.store)
    waiting = sum(one.size for one in seen.orphans if one.kind == "partial" and one.age < PARTIAL_LIFE)
    kin = {
        (item.device, item.inode): item.size
        for receipt in seen.generations
        if (receipt.ref.publisher, receipt.ref.name) == (ref.publisher, ref.name)
        for item in receipt.files
    }
    shares = bool(kin) and disk.is_writable(site.home) and disk.probe(site.home).shares
    return gc.plan(seen).freed + waiting + (sum(kin.values()) if shares else 0)


def _installed_variant(site: Site, ref: PackRef) -> str | None:
    """An update keeps the variant while it fits."""
    pack = PackRef(ref.name, ref.publisher, ref.resolution)
    try:
        return site.store.generations.receipt(pack, site.store.refs.current(pack)).variant
    except (NotInstalled, Tampered):
        return None
