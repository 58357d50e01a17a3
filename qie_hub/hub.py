"""The hub: one home, its origins and its packs, as one object. The command line is only a face on it.

Invariants:

* Nothing is read or asked before a method needs it; making a hub costs nothing.
* Methods return frozen values and raise `QieHubError`; only a `Job` works in the background.
* ``close`` ends running jobs, keeping what they verified; the next process finds them paused (`Hub.paused`).

Example::

    with Hub() as hub:
        hub.origin_add("https://packs.example#sha256=9f86d0…")
        hub.install("ultra-lite").wait()
        hub.installed()
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qie_hub import settings as settings_module
from qie_hub.clock import Clock, SystemClock
from qie_hub.errors import (
    NotFound,
    ProviderError,
    QieHubError,
    StoreError,
    TransferError,
    UsageError,
    WaitingForPolicy,
)
from qie_hub.events import Sink, Waiting, ignore
from qie_hub.install import installed as listing
from qie_hub.install.installed import Installation
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.plugins import Plugins
from qie_hub.settings import Settings
from qie_hub.store import disk
from qie_hub.store.store import Store
from qie_hub.version import VERSION

if TYPE_CHECKING:
    from qie_hub.formats.decision import Choice, Refusal
    from qie_hub.formats.device import DeviceProfile
    from qie_hub.formats.index import PackRow
    from qie_hub.install.admit import Admitted
    from qie_hub.install.bundle import Exported
    from qie_hub.install.job import Job
    from qie_hub.install.jobs import PausedJob
    from qie_hub.install.plan import InstallPlan
    from qie_hub.install.repair import Report
    from qie_hub.install.update import UpdateReport
    from qie_hub.store.gc import GcPlan, GcReport
    from qie_hub.transfer.client import Transports
    from qie_hub.transfer.control import Control
    from qie_hub.trust.origins import Origin, Origins
    from qie_hub.trust.view import View

POLICIES = ("essential", "prefetch", "on_demand")
CLOSE_SECONDS = 20.0
REFRESH_SECONDS = 3.0


class PackFolder:
    """A verified folder of a pack's files for other programs; held against gc while it is open."""

    def __init__(self, admitted: Admitted) -> None:
        self.ref = admitted.receipt.ref
        self.generation = admitted.receipt.generation
        self.path = admitted.root
        self.manifest = admitted.manifest


class Hub:
    """Everything that can be done with packs. Thread-safe.

    Args:
        settings: made by `settings.load`; None reads environment and config file.
        clock: the machine's clock by default.
        overrides: single settings by name (``home="…"``, ``offline=True``) where ``settings`` is not given.
    """

    def __init__(self, settings: Settings | None = None, *, clock: Clock | None = None, **overrides: object) -> None:
        if settings is not None and overrides:
            raise UsageError(hint="SETTINGS_TWICE", names=sorted(overrides))
        self.settings = settings or settings_module.load(overrides)
        self.clock = clock or SystemClock(self.settings.clock_skew)
        self.plugins = Plugins(enabled=self.settings.plugins)
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._refreshing: threading.Thread | None = None
        self._closing = False
        store = Store(self.settings.home, self.clock)
        store.open()
        self._site = Site(
            store=store,
            clock=self.clock,
            transport=lambda: self._transport,
            profile=lambda: self._profile(prove=True),
            client=VERSION,
            origin=self.settings.origin,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Pause running jobs for the next process (what is verified stays) and give connections back."""
        with self._lock:
            self._closing = True
            jobs = [job for job in self._jobs.values() if not job.done]
        for job in jobs:
            job.cancel()
        for job in jobs:
            with suppress(QieHubError, TimeoutError):
                job.wait(CLOSE_SECONDS)
        if self._refreshing is not None:
            self._refreshing.join(REFRESH_SECONDS)
        if "_transport" in self.__dict__:
            self._transport.close()

    # -- origins ------------------------------------------------------------------------------------------------

    def origin_add(
        self, url: str, *, name: str | None = None, root: Path | None = None, publishers: Sequence[str] = ()
    ) -> Origin:
        """Add an origin, trusted by the SHA-256 in its URL (``URL#sha256=HEX``) or by a root file.

        Raises:
            UsageError: neither is given, or the root file cannot be read.
            RootChainError: the origin has another root.
            NameSpaceConflict: another origin speaks for one of its publishers.
            TransferError: it cannot be reached.
        """
        return self._origins.add(
            url,
            self._transport,
            self.clock,
            name=name,
            root=None if root is None else _read(root),
            publishers=publishers or None,
        )

    def origins(self) -> tuple[Origin, ...]:
        """Every origin that was added, and those that installed packages declare."""
        self._adopt_declared()
        return self._origins.all()

    def origin_remove(self, name: str) -> None:
        """Forget an origin; what was installed from it stays.

        Raises:
            NotFound: there is none of that name.
        """
        self._origins.remove(name)

    def origin_default(self, name: str) -> None:
        """Choose the origin that is asked first.

        Raises:
            NotFound: there is none of that name.
        """
        self._origins.set_default(name)

    def refresh(self, *, on_event: Sink = ignore) -> tuple[View, ...]:
        """Ask every origin what is new; recalls take effect at once.

        Raises:
            TransferError: no origin could be asked.
            TrustError: one is not to be trusted.
        """
        from qie_hub.install import catalog

        self._adopt_declared()
        return catalog.refresh_all(self._site, on_event)

    # -- what is there ------------------------------------------------------------------------------------------

    def installed(self) -> tuple[Installation, ...]:
        """Everything that is installed, with what its publisher last said of it."""
        from qie_hub.install import recall

        return recall.judged(self._site, listing.everything(self._site))

    def available(self) -> tuple[PackRow, ...]:
        """What origins offer, as last verified; an origin that was never asked is asked now.

        Raises:
            NoOrigin: none is known.
        """
        from qie_hub.install import catalog

        return catalog.available(self._views())

    def installation(self, ref: str | PackRef) -> Installation:
        """The installed pack that a ref names.

        Raises:
            NotInstalled: none; ``closest`` offers names.
            UsageError: several.
        """
        return listing.find(self._site, _ref(ref))

    def runnable(self) -> tuple[Installation, ...]:
        """The generation in use of every pack that can edit, the default first."""
        return tuple(item for item in listing.in_use(self._site) if item.abilities)

    def show(self, ref: str | PackRef) -> Installation | PackRow:
        """The installed pack of that name, else the one on offer.

        Raises:
            NotFound: neither.
        """
        asked = _ref(ref)
        with suppress(NotFound):
            return listing.find(self._site, asked)
        matching = [row for row in self.available() if listing.matches(row.ref, asked)]
        if not matching:
            names = [str(row.ref.unversioned) for row in self.available()]
            raise NotFound(what="pack", name=str(asked), closest=_closest(str(asked), names))
        return max(matching, key=lambda row: (row.version, row.resolution or 0))

    def explain(self, ref: str | PackRef) -> Choice | Refusal:
        """Which variant this device would get and why, or why none.

        Raises:
            NoOrigin, NotFound: nothing of that name is on offer.
        """
        from qie_hub.install import plan

        self._adopt_declared()
        return plan.explain(self._site, _ref(ref), ignore)

    def able(self, abilities: frozenset[str]) -> tuple[PackRef, ...]:
        """The packs on offer that could do all of ``abilities``; reads the last verified views only."""
        from qie_hub.install import catalog

        return catalog.able(catalog.last_views(self._site), abilities)

    def tiers_for(self, abilities: frozenset[str]) -> tuple[str, ...]:
        """The tiers that publishers announce for ``abilities``."""
        from qie_hub.install import catalog

        return catalog.tiers_for(catalog.last_views(self._site), abilities)

    def device(self, *, bench: bool = False) -> DeviceProfile:
        """This device, as detected; ``bench`` proves providers and measures.

        Raises:
            SettingsError: a malformed override.
        """
        return self._profile(prove=bench)

    # -- verbs --------------------------------------------------------------------------------------------------

    def plan_install(self, ref: str | PackRef, accept: Sequence[str] = (), *, on_event: Sink = ignore) -> InstallPlan:
        """What an install would do; nothing of the pack is fetched.

        Raises:
            QieHubError: what would stop the install.
        """
        from qie_hub.install import plan

        self._adopt_declared()
        return plan.make(self._site, plan.InstallRequest(_ref(ref), tuple(accept), self.settings.stale_days), on_event)

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
        from qie_hub.install.job import Job
        from qie_hub.transfer.control import Control

        if policy not in POLICIES:
            raise UsageError(hint="BAD_POLICY", policy=policy, known=POLICIES)
        asked = _ref(ref)
        control = Control(max_rate=max_rate or self.settings.max_rate, background=policy == "prefetch")

        def work(sink: Sink) -> Installation:
            return self._install(asked, policy, tuple(accept), control, sink)

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

        asked = _ref(ref)
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
        return update(self._site, None if ref is None else _ref(ref), control, on_event)

    def ensure(
        self, sentence: str, pack: str | PackRef | None = None, *, on_event: Sink | None = None
    ) -> Installation | None:
        """Install a pack that can do what ``sentence`` asks, if none is installed; return it, or None.

        Raises:
            QieHubError: what stopped the install.
        """
        wanted = self._missing(sentence) if pack is None else self._absent(_ref(pack))
        return None if wanted is None else self.install(wanted, on_event=on_event).wait()

    def use(self, ref: str | PackRef) -> Installation:
        """Make a pack the one that edits by default; see `install.life.use`."""
        from qie_hub.install import life

        return life.use(self._site, _ref(ref))

    def rollback(self, ref: str | PackRef) -> Installation:
        """Go back to the generation before; see `install.life.rollback`."""
        from qie_hub.install import life

        return life.rollback(self._site, _ref(ref))

    def pin(self, ref: str | PackRef) -> Installation:
        """Keep a pack as it is; see `install.life.pin`."""
        from qie_hub.install import life

        return life.pin(self._site, _ref(ref))

    def unpin(self, ref: str | PackRef) -> Installation:
        """Undo `pin`."""
        from qie_hub.install import life

        return life.unpin(self._site, _ref(ref))

    def remove(self, ref: str | PackRef) -> Installation:
        """Remove a pack; see `install.life.remove`."""
        from qie_hub.install import life

        return life.remove(self._site, _ref(ref))[0]

    def verify(
        self, ref: str | PackRef | None = None, *, deep: bool = False, on_event: Sink = ignore
    ) -> tuple[Report, ...]:
        """Check what is installed; see `install.repair.verify`."""
        from qie_hub.install import repair

        return repair.verify(self._site, None if ref is None else _ref(ref), on_event, deep=deep)

    def repair(self, ref: str | PackRef | None = None, *, on_event: Sink = ignore) -> tuple[Report, ...]:
        """Mend what is damaged, fetching only that; see `install.repair.repair`."""
        from qie_hub.install import repair
        from qie_hub.transfer.control import Control

        control = Control(max_rate=self.settings.max_rate)
        return repair.repair(self._site, None if ref is None else _ref(ref), control, on_event)

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

        return bundle.export(self._site, [_ref(ref) for ref in refs], folder)

    def bundle_import(
        self, folder: Path, *, fingerprint: str | None = None, on_event: Sink = ignore
    ) -> tuple[Installation, ...]:
        """Install what a bundle lists, without network; see `install.bundle`."""
        from qie_hub.install import bundle
        from qie_hub.transfer.control import Control

        return bundle.import_(self._site, folder, fingerprint, Control(), on_event)

    @contextmanager
    def files(self, ref: str | PackRef) -> Iterator[PackFolder]:
        """A verified folder of an installed pack, for programs that bring their own runtime.

        Raises:
            NotInstalled: it is not installed.
            TrustError, Tampered: it may not be used.
        """
        chosen = self.installation(ref)
        with self.admitted(chosen.ref, chosen.generation, purpose="files") as admitted:
            yield PackFolder(admitted)

    # -- for the editor -----------------------------------------------------------------------------------------

    @contextmanager
    def admitted(self, ref: PackRef, generation: int, *, purpose: str = "edit") -> Iterator[Admitted]:
        """Within the block a generation is held, and its bytes were found to be the signed ones.

        Raises:
            NotInstalled: it is gone.
            TrustError, Tampered: it may not run.
        """
        from qie_hub.install.admit import admit

        with self._site.store.holds.holding(ref, generation, purpose=purpose):
            yield admit(self._site, ref, generation)

    def after_edit(self) -> None:
        """Once a day, look for recalls in the background, if the settings and the network allow it."""
        from qie_hub.install import recall

        if self.settings.refresh != "daily" or self.settings.offline or self._refreshing is not None:
            return
        if not recall.is_due(self._site):
            return
        self._refreshing = threading.Thread(target=self._refresh_quietly, name="refresh", daemon=True)
        self._refreshing.start()

    # -- inside -------------------------------------------------------------------------------------------------

    @cached_property
    def _origins(self) -> Origins:
        from qie_hub.trust.origins import Origins

        return Origins(self.settings.home)

    @cached_property
    def _transport(self) -> Transports:
        from qie_hub.transfer.client import open_transport

        return open_transport(self.clock, offline=self.settings.offline)

    def _profile(self, *, prove: bool) -> DeviceProfile:
        from qie_hub.device import profile, providers

        if self.settings.device_file is not None:
            return profile.from_file(self.settings.device_file, self.settings.device)
        found = profile.profile(self.settings.home, self.settings.device)
        cache = self._site.store.layout.derived / "providers.json"
        if prove and found.onnxruntime_version is not None:
            return replace(found, proofs=providers.prove(found, cache))
        return replace(found, proofs=providers.cached(found, cache))

    def _install(
        self, ref: PackRef, policy: str, accept: tuple[str, ...], control: Control, sink: Sink
    ) -> Installation:
        from qie_hub.install import jobs
        from qie_hub.install.install import install
        from qie_hub.install.plan import InstallRequest

        self._adopt_declared()
        with disk.translated(self.settings.home):
            jobs.note(self._site, ref, policy, accept)
        try:
            self._ask_network(ref, policy, sink)
            done = install(self._site, InstallRequest(ref, accept, self.settings.stale_days), control, sink)
        except QieHubError as error:
            # What may work later stays as a paused job; what was refused, or cancelled by its caller, does not.
            if not isinstance(error, TransferError | StoreError) or (control.cancelled and not self._closing):
                jobs.forget(self._site, ref)
            raise
        jobs.forget(self._site, ref)
        return done

    def _ask_network(self, ref: PackRef, policy: str, sink: Sink) -> None:
        """Refuse to use a metered network without being told to; unknown counts as not metered."""
        if policy == "essential" and self.settings.network == "always":
            return
        if self._profile(prove=False).metered:
            sink(Waiting(str(ref), "metered"))
            raise WaitingForPolicy(ref=str(ref), policy=policy, reason="metered")

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

    def _views(self) -> tuple[View, ...]:
        from qie_hub.install import catalog

        self._adopt_declared()
        self._origins.default()
        views = catalog.last_views(self._site)
        return views or catalog.refresh_all(self._site, ignore)

    def _adopt_declared(self) -> None:
        """Know the origins that installed packages bring: installing the package was the act of trust."""
        from qie_hub.trust.origins import BUNDLE

        known = {(origin.url, str(origin.root)) for origin in self._origins.all()}
        for item in self.plugins.declared_origins():
            if (item.url, item.root_sha256) not in known:
                line = f"{item.url}#sha256={item.root_sha256}"
                self._origins.add(line, self._transport, self.clock, name=item.name, kind=BUNDLE)

    def _refresh_quietly(self) -> None:
        from qie_hub.install import recall

        # A refresh that nobody asked for has nobody to complain to; what it verified counts all the same.
        with suppress(QieHubError, OSError):
            recall.note_attempt(self._site)
            self.refresh()


def _ref(ref: str | PackRef) -> PackRef:
    return ref if isinstance(ref, PackRef) else PackRef.parse(ref)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(hint="UNREADABLE_FILE", path=str(path), problem=error.strerror) from None


def _closest(name: str, names: Sequence[str]) -> list[str]:
    import difflib

    return difflib.get_close_matches(name, [*names, *(item.partition("/")[2] for item in names)], n=3, cutoff=0.4)
