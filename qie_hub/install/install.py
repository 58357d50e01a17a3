"""The verb install, as one story: plan, fetch, stage, gate, canary, commit, activate.

Any failure leaves what is in use as it was, and leaves every verified byte for the next attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from qie_hub import atomic
from qie_hub.clock import to_text
from qie_hub.digest import Digest
from qie_hub.errors import Cancelled, Pinned, Tampered
from qie_hub.events import Installed, Planned, Sink, Step, Warned
from qie_hub.formats.receipt import Acceptance, FileStamp, Receipt
from qie_hub.install.fetch import Errand, fetched
from qie_hub.install.installed import Installation
from qie_hub.install.life import again
from qie_hub.install.plan import InstallPlan, InstallRequest, make, replan
from qie_hub.install.room import make_room
from qie_hub.install.shelf import INDEXES
from qie_hub.install.site import Site
from qie_hub.runtime import gate
from qie_hub.store import assemble, disk
from qie_hub.store.staged import Staged
from qie_hub.store.writers import Writer
from qie_hub.transfer.control import Control
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.origins import Origin

TRIES = 3


def install(
    site: Site, request: InstallRequest, control: Control, sink: Sink, *, origin: Origin | None = None
) -> Installation:
    """Install a pack and use it from now on; from ``origin`` if it is given, else from the one that the ref means.

    Raises:
        QieHubError: what stopped it; nothing that was in use has changed.
    """
    began = site.clock.monotonic()
    plan = make(site, request, sink, origin=origin)
    sink(Planned(str(plan.ref), plan.variant.id, plan.net, plan.reused, plan.disk, len(plan.wanted)))
    _refuse_pinned(site, plan)
    check = _stopper(control, plan)
    waiting = site.store.writers.wait
    with disk.translated(site.home), waiting(plan.ref, purpose="install", on_event=sink, check=check) as writer:
        number, received = _bring_patiently(site, plan, writer, control, sink)
        _activate(site, plan, number)
    sink(Installed(str(plan.ref), number, received, site.clock.monotonic() - began))
    return again(site, plan.ref, number)


def _bring_patiently(site: Site, plan: InstallPlan, writer: Writer, control: Control, sink: Sink) -> tuple[int, int]:
    """`_bring`, planned anew when a file that should be shared vanished meanwhile: its pack was removed."""
    for _ in range(TRIES - 1):
        try:
            return _bring(site, replan(site, plan), writer, control, sink)
        except Tampered:
            continue
    return _bring(site, replan(site, plan), writer, control, sink)


def _bring(site: Site, plan: InstallPlan, writer: Writer, control: Control, sink: Sink) -> tuple[int, int]:
    """Have a generation with the plan's files; return its number and the bytes that came over the network."""
    if plan.installed is not None:
        return plan.installed, 0
    make_room(site, plan.need, sink)
    missing = list({file.sha256: file for file in plan.wanted if file.path not in plan.links}.values())
    errand = Errand(str(plan.ref), missing, plan.offer.origin.bases, control, sink)
    sink(Step(str(plan.ref), "fetch"))
    with fetched(site, errand, writer) as brought:
        writer.check()
        sink(Step(str(plan.ref), "stage"))
        number = _generation(site, plan, brought.files, sink)
    return number, brought.received


def _generation(site: Site, plan: InstallPlan, data: Mapping[Digest, Path], sink: Sink) -> int:
    """Stage files, proof and indexes; let the content gate and the canary look; commit."""
    text = str(plan.ref)
    with site.store.generations.staging(plan.ref) as staged:
        stamps = _place(staged, plan, data)
        _write_beside(staged, plan)
        sink(Step(text, "gate"))
        gate.check(staged.files, plan.manifest, plan.variant)
        sink(Step(text, "canary"))
        canary = _canary(site, staged, plan, sink)
        sink(Step(text, "commit"))
        return site.store.generations.commit(staged, _receipt(site, plan, stamps, canary)).generation


def _place(staged: Staged, plan: InstallPlan, data: Mapping[Digest, Path]) -> tuple[FileStamp, ...]:
    placed: dict[Digest, assemble.Have] = {}
    stamps = []
    for file in plan.wanted:
        if file.path in plan.links:
            result = assemble.reuse(staged, file.path, plan.links[file.path])
        elif file.sha256 in placed:
            result = assemble.reuse(staged, file.path, placed[file.sha256])
        elif file.size == 0:
            result = assemble.create(staged, file.path, b"", file.sha256)
        else:
            # The whole file was hashed when its last chunk was in place (`PartialFile.finish`).
            result = assemble.adopt(staged, file.path, data[file.sha256], file.sha256, hashed=file.sha256)
        placed.setdefault(file.sha256, assemble.Have(staged.files, result.stamp))
        stamps.append(result.stamp)
    return tuple(stamps)


def _write_beside(staged: Staged, plan: InstallPlan) -> None:
    for name, data in plan.proof.items():
        atomic.write(staged.proof / name, data)
    for digest, data in plan.indexes.items():
        atomic.write(staged.path / INDEXES / str(digest), data)


def _canary(site: Site, staged: Staged, plan: InstallPlan, sink: Sink) -> str:
    """Open every graph once in a child process. Without the edit engine nothing can: the first edit will."""
    if find_spec("onnxruntime") is None:
        sink(Warned("CANARY_LATER", {"ref": str(plan.ref)}))
        return "unproved"
    from qie_hub.runtime import canary

    proof = canary.prove(staged.files, plan.manifest, plan.variant, clock=site.clock)
    if proof is canary.Proof.UNPROVED:
        sink(Warned("CANARY_UNPROVED", {"pack": str(plan.ref)}))
    return proof.value


def _receipt(site: Site, plan: InstallPlan, stamps: tuple[FileStamp, ...], canary: str) -> Receipt:
    now = to_text(site.clock.now())
    texts = {licence.id: plan.manifest.file(licence.text).sha256 for licence in plan.manifest.licences}
    return Receipt(
        ref=plan.ref,
        generation=1,
        origin=plan.offer.origin.name,
        variant=plan.variant.id,
        release=plan.manifest.release,
        channel=plan.channel,
        tier=plan.manifest.tier,
        title=plan.manifest.title,
        abilities=plan.manifest.abilities,
        pipeline=plan.variant.pipeline.kind,
        manifest=Digest.of(plan.manifest_bytes),
        installed=now,
        freshness=plan.offer.view.freshness.value,
        files=stamps,
        acceptances=tuple(Acceptance(licence, texts[licence], now) for licence in plan.accepted),
        canary=canary,
    )


def _activate(site: Site, plan: InstallPlan, number: int) -> None:
    site.store.refs.activate(plan.ref, number, channel=plan.channel)
    if plan.channel is not None:
        Ledger(site.home).note_pack(plan.ref, plan.channel, plan.manifest)
    if plan.manifest.abilities:
        site.store.refs.use(plan.ref)


def _refuse_pinned(site: Site, plan: InstallPlan) -> None:
    try:
        state = site.store.refs.state(plan.ref)
    except Tampered:
        return
    if state.pinned and state.current != plan.installed:
        raise Pinned(ref=str(plan.ref.unversioned))


def _stopper(control: Control, plan: InstallPlan) -> Callable[[], None]:
    def check() -> None:
        if control.cancelled:
            raise Cancelled(ref=str(plan.ref))

    return check
