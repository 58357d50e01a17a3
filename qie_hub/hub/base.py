"""What every part of the hub stands on: settings, clock, plugins, the site, and the way to the network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qie_hub import settings as settings_module
from qie_hub.clock import Clock, SystemClock
from qie_hub.errors import (
    QieHubError,
    UsageError,
)
from qie_hub.events import Sink, Step
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.plugins import Plugins
from qie_hub.settings import Settings
from qie_hub.store.store import Store
from qie_hub.version import VERSION

if TYPE_CHECKING:
    from qie_hub.formats.device import DeviceProfile
    from qie_hub.install.job import Job
    from qie_hub.transfer.client import Transports
    from qie_hub.trust.origins import Origins

CLOSE_SECONDS = 20.0
REFRESH_SECONDS = 3.0


class Base:
    """One home and what belongs to it. Thread-safe.

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
        self.residents: list[Callable[[], int]] = []
        """What each editor over this hub holds for packs, in bytes: it is not held against another pack."""
        store = Store(self.settings.home, self.clock)
        store.open()
        self._site = Site(
            store=store,
            clock=self.clock,
            transport=lambda: self._transport,
            profile=lambda: self._profile(prove=True),
            client=VERSION,
            origin=self.settings.origin,
            measure=self._measured,
            pipelines=self.plugins.kinds,
            resident=lambda: sum(held() for held in tuple(self.residents)),
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

    @cached_property
    def _origins(self) -> Origins:
        from qie_hub.trust.origins import Origins

        return Origins(self.settings.home)

    @cached_property
    def _transport(self) -> Transports:
        from qie_hub.transfer.client import open_transport

        return open_transport(self.clock, offline=self.settings.offline)

    def _profile(self, *, prove: bool = False, measure: bool = False) -> DeviceProfile:
        from qie_hub.install import machine

        chosen = self.settings
        return machine.describe(chosen.home, chosen.device, chosen.device_file, prove=prove, measure=measure)

    def _measured(self, profile: DeviceProfile, sink: Sink) -> DeviceProfile:
        from qie_hub.install import machine

        if self.settings.device_file is not None:
            return profile  # a device that is elsewhere cannot be measured here
        sink(Step("", "measure"))
        return machine.measured(self.settings.home, profile)

    def _adopt_declared(self) -> None:
        """Know the origins that installed packages bring: installing the package was the act of trust."""
        from qie_hub.trust.origins import BUNDLE

        known = {(origin.url, str(origin.root)) for origin in self._origins.all()}
        for item in self.plugins.declared_origins():
            if (item.url, item.root_sha256) not in known:
                line = f"{item.url}#sha256={item.root_sha256}"
                self._origins.add(line, self._transport, self.clock, name=item.name, kind=BUNDLE)


def as_ref(ref: str | PackRef) -> PackRef:
    """Take a ref or its text.

    Raises:
        UsageError: the text is none.
    """
    return ref if isinstance(ref, PackRef) else PackRef.parse(ref)


def read_file(path: Path) -> bytes:
    """Read a file that the caller named.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(hint="UNREADABLE_FILE", path=str(path), problem=error.strerror) from None


def closest(name: str, names: Sequence[str]) -> list[str]:
    """Up to three names like ``name``; short forms without publisher count too."""
    import difflib

    return difflib.get_close_matches(name, [*names, *(item.partition("/")[2] for item in names)], n=3, cutoff=0.4)
