"""The verbs of a hub: everything that changes what is installed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qie_hub.errors import (
    NotFound,
    ProviderError,
    QieHubError,
    UsageError,
)
from qie_hub.events import Sink, ignore
from qie_hub.hub.base import as_ref
from qie_hub.hub.looking import Looking
from qie_hub.install import installed as listing
from qie_hub.install.installed import Installation
from qie_hub.packref import PackRef

if TYPE_CHECKING:
    from qie_hub.install.bundle import Exported
    from qie_hub.install.job import Job
    from qie_hub.install.jobs import PausedJob
    from qie_hub.install.plan import InstallPlan
    from qie_hub.install.repair import Report
    from qie_hub.install.update import UpdateReport
    from qie_hub.store.gc import GcPlan, GcReport


class Acting(Looking):
    """Install, update, remove, repair and the like."""

    def plan_install(self, ref: str | PackRef, accept: Sequence[str] = (), *, on_event: Sink = ignore) -> InstallPlan:
        """What an install would do; nothing of the pack is fetched.

        Raises:
            QieHubError: what would stop the install.
        """
        from qie_hub.install import plan

        self._adopt_declared()
        return plan.make(
            self._site, plan.InstallRequest(as_ref(ref), tuple(accept), self.settings.stale_days), on_event
        )

    def install(
        self,
        ref: str | PackRef,
        *,
        policy: str = "essential",
        accept: Sequence[str] = (),
        max_rate: int | None = None,
        on_event: Sink | None = None,
    ) -> Job:
        """Begin to install a pack; returns at once. The same ref gives the same job while it runs.

        Args:
            ref: what to install.
            policy: ``essential`` at full rate; ``prefetch`` in the background, never on a metered network;
                ``on_demand`` at full rate, but asks (by ending with `WaitingForPolicy`) on a metered network.
            accept: ids of licences that the person accepts.
            max_rate: bytes per second; None takes the settings' limit.
            on_event: hears every event; `Job.events` is the other way.

        Raises:
            UsageError: an unknown policy.
        """
        from qie_hub.install.begin import Terms, begin
        from qie_hub.install.job import Job
        from qie_hub.install.plan import InstallRequest
        from qie_hub.transfer.control import Control

        terms = Terms.of(policy, self.settings.network)
        asked = as_ref(ref)
        request = InstallRequest(asked, tuple(accept), self.settings.stale_days)
        control = Control(max_rate=max_rate or self.settings.max_rate, background=policy == "prefetch")

        def work(sink: Sink) -> Installation:
            self._adopt_declared()
            return begin(self._site, request, terms, control, sink, is_closing=lambda: self._closing)

        with self._lock:
            job = self._jobs.get(str(asked))
            if job is None or job.done:
                job = self._jobs[str(asked)] = Job(str(asked), work, control, on_event=on_event)
            return job

    def paused(self) -> tuple[PausedJob, ...]:
        """Installs that an earlier process began and did not end; `install` goes on with one."""
        from qie_hub.install import jobs

        with self._lock:
            running = {ref for ref, job in self._jobs.items() if not job.done}
        return tuple(job for job in jobs.everything(self._site) if str(job.ref) not in running)

    def status(self, ref: str | PackRef) -> str:
        """``available``, ``downloading`` (here or in another process), ``downloadable`` or ``unavailable``."""
        from qie_hub.formats.decision import Choice

        asked = as_ref(ref)
        with self._lock:
            job = self._jobs.get(str(asked))
        if job is not None and not job.done:
            return "downloading"
        with suppress(NotFound, UsageError):
            listing.find(self._site, asked)
            return "available"
        try:
            decision = self.explain(asked)
        except QieHubError:
            return "unavailable"
        if not isinstance(decision, Choice):
            return "unavailable"
        busy = self._site.store.writers.other(decision.row.ref) is not None
        return "downloading" if busy else "downloadable"

    def update(self, ref: str | PackRef | None = None, *, on_event: Sink = ignore) -> tuple[UpdateReport, ...]:
        """Bring one pack, or all, to the version that its channel names now.

        Raises:
            NotInstalled: there is no such pack.
            QieHubError: what stopped the only pack that was asked for.
        """
        from qie_hub.install.update import update
        from qie_hub.transfer.control import Control

        control = Control(max_rate=self.settings.max_rate)
        return update(self._site, None if ref is None else as_ref(ref), control, on_event)

    def ensure(
        self, sentence: str, pack: str | PackRef | None = None, *, on_event: Sink | None = None
    ) -> Installation | None:
        """Install a pack that can do what ``sentence`` asks, if none is installed; return it, or None.

        Raises:
            QieHubError: what stopped the install.
        """
        wanted = self._missing(sentence) if pack is None else self._absent(as_ref(pack))
        return None if wanted is None else self.install(wanted, on_event=on_event).wait()

    def use(self, ref: str | PackRef) -> Installation:
        """Make a pack the one that edits by default; see `install.life.use`."""
        from qie_hub.install import life

        return life.use(self._site, as_ref(ref))

    def rollback(self, ref: str | PackRef) -> Installation:
        """Go back to the generation before; see `install.life.rollback`."""
        from qie_hub.install import life

        return life.rollback(self._site, as_ref(ref))

    def pin(self, ref: str | PackRef) -> Installation:
        """Keep a pack as it is; see `install.life.pin`."""
        from qie_hub.install import life

        return life.pin(self._site, as_ref(ref))

    def unpin(self, ref: str | PackRef) -> Installation:
        """Undo `pin`."""
        from qie_hub.install import life

        return life.unpin(self._site, as_ref(ref))

    def remove(self, ref: str | PackRef) -> Installation:
        """Remove a pack; see `install.life.remove`."""
        from qie_hub.install import life

        return life.remove(self._site, as_ref(ref))[0]

    def verify(
        self, ref: str | PackRef | None = None, *, deep: bool = False, on_event: Sink = ignore
    ) -> tuple[Report, ...]:
        """Check what is installed; see `install.repair.verify`."""
        from qie_hub.install import repair

        return repair.verify(self._site, None if ref is None else as_ref(ref), on_event, deep=deep)

    def repair(self, ref: str | PackRef | None = None, *, on_event: Sink = ignore) -> tuple[Report, ...]:
        """Mend what is damaged, fetching only that; see `install.repair.repair`."""
        from qie_hub.install import repair
        from qie_hub.transfer.control import Control

        control = Control(max_rate=self.settings.max_rate)
        return repair.repair(self._site, None if ref is None else as_ref(ref), control, on_event)

    def gc(self, *, dry_run: bool = False, budget: int | None = None) -> tuple[GcPlan, GcReport | None]:
        """Remove what nothing needs; with ``dry_run`` only say what that is.

        Args:
            dry_run: plan only; the report is None.
            budget: bytes that installed packs may take together; older generations go first.
        """
        from qie_hub.store import gc, survey

        plan = gc.plan(survey.look(self._site.store), budget=budget)
        return plan, None if dry_run else gc.act(self._site.store, plan)

    def bundle_export(self, refs: Sequence[str | PackRef], folder: Path) -> Exported:
        """Write installed packs into a folder that another device can install from; see `install.bundle`."""
        from qie_hub.install import bundle

        return bundle.export(self._site, [as_ref(ref) for ref in refs], folder)

    def bundle_import(
        self, folder: Path, *, fingerprint: str | None = None, on_event: Sink = ignore
    ) -> tuple[Installation, ...]:
        """Install what a bundle lists, without network; see `install.bundle`."""
        from qie_hub.install import bundle
        from qie_hub.transfer.control import Control

        return bundle.import_(self._site, folder, fingerprint, Control(), on_event)

    def _absent(self, ref: PackRef) -> PackRef | None:
        try:
            listing.find(self._site, ref)
        except NotFound:
            return ref
        return None

    def _missing(self, sentence: str) -> PackRef | None:
        """The pack on offer that can do what no installed one can; None if none is needed, or none can."""
        if any(self._can(item.pipeline, item.abilities, sentence) for item in self.runnable()):
            return None
        for row in self.available():
            if any(self._can(variant.pipeline, row.abilities, sentence) for variant in row.variants):
                return PackRef(row.name, row.publisher)
        return None

    def _can(self, kind: str, abilities: Sequence[str], sentence: str) -> bool:
        try:
            instruction = self.plugins.pipeline(kind).understand(sentence)
        except ProviderError:
            return False
        return instruction.problem is None and instruction.abilities <= set(abilities)
