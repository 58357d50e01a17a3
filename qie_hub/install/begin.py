"""Beginning an install as a job: noted for the next process, asked of the network policy, then carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from qie_hub.errors import QieHubError, StoreError, TransferError, UsageError, WaitingForPolicy
from qie_hub.events import Sink, Waiting
from qie_hub.install import jobs
from qie_hub.install.install import install
from qie_hub.install.installed import Installation
from qie_hub.install.plan import InstallRequest
from qie_hub.install.site import Site
from qie_hub.store import disk
from qie_hub.transfer.control import Control

POLICIES: Final = ("essential", "prefetch", "on_demand")


@dataclass(frozen=True, slots=True)
class Terms:
    """When the network may be used: an install policy of `POLICIES`, and ``always`` or ``unmetered``."""

    policy: str
    network: str

    @classmethod
    def of(cls, policy: str, network: str) -> Terms:
        """Check a policy.

        Raises:
            UsageError: it is none.
        """
        if policy not in POLICIES:
            raise UsageError(hint="BAD_POLICY", policy=policy, known=POLICIES)
        return cls(policy, network)

    @property
    def careful(self) -> bool:
        """Whether a metered network needs consent."""
        return self.policy != "essential" or self.network != "always"


def begin(
    site: Site,
    request: InstallRequest,
    terms: Terms,
    control: Control,
    sink: Sink,
    *,
    is_closing: Callable[[], bool] = lambda: False,
) -> Installation:
    """Install, leaving a paused job behind if this process cannot end it.

    What may work later stays as a paused job; what was refused, or cancelled by its caller, does not.

    Raises:
        WaitingForPolicy: the network is metered and the terms are careful.
        QieHubError: as `install`.
    """
    with disk.translated(site.home):
        jobs.note(site, request.ref, terms.policy, request.accept)
    try:
        _ask_network(site, request, terms, sink)
        done = install(site, request, control, sink)
    except QieHubError as error:
        if not isinstance(error, TransferError | StoreError) or (control.cancelled and not is_closing()):
            jobs.forget(site, request.ref)
        raise
    jobs.forget(site, request.ref)
    return done


def _ask_network(site: Site, request: InstallRequest, terms: Terms, sink: Sink) -> None:
    """Refuse to use a metered network without being told to; unknown counts as not metered."""
    if terms.careful and site.profile().metered:
        sink(Waiting(str(request.ref), "metered"))
        # Consent to one install does not overrule what the owner of the device set for all of them.
        hint = "NETWORK_UNMETERED" if terms.network != "always" else None
        raise WaitingForPolicy(hint=hint, ref=str(request.ref), policy=terms.policy, reason="metered")
