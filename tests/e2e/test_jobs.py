"""Jobs that outlive their process, and the four words of a pack's status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cdn.serve import OriginServer
from qie_hub.clock import SystemClock
from qie_hub.errors import Cancelled, DoesNotFit, WaitingForPolicy
from qie_hub.events import Installed, Progress
from qie_hub.hub import Hub
from qie_hub.packref import PackRef
from tests.e2e.conftest import MIB, MovableClock
from tests.support.small_origin import SmallOrigin


@pytest.fixture
def home(tmp_path: Path, origin: SmallOrigin, served: OriginServer) -> Path:
    home = tmp_path / "home"
    with Hub(home=str(home), refresh="never") as hub:
        hub.origin_add(f"{served.url}#sha256={origin.repo.fingerprint}")
    return home


def test_the_next_process_finds_a_killed_install_paused_and_goes_on(home: Path) -> None:
    code = (
        "import sys; from qie_hub.hub import Hub;"
        " Hub(home=sys.argv[1], refresh='never').install('sample:512', policy='prefetch', max_rate=1500000).wait()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(home)])
    with Hub(home=str(home), refresh="never") as hub:
        for _ in range(200):
            work = hub._site.store.writers.other(PackRef.parse("acme/sample:512"))
            if process.poll() is not None or (work and work.work and work.work.verified > MIB):
                break
            SystemClock().sleep(0.05)
        assert hub.status("sample:512") == "downloading"
        process.kill()
        process.wait()
        [paused] = hub.paused()
        assert (str(paused.ref), paused.policy) == ("sample:512", "prefetch")
        assert hub.status("sample:512") == "downloadable"
        left = hub.plan_install("sample:512")
        assert left.net < left.total
        events = list(hub.install(paused.ref, policy=paused.policy).events())
        done = next(event for event in events if isinstance(event, Installed))
        assert done.net == left.net
        assert hub.paused() == ()
        assert hub.status("sample:512") == "available"


def test_closing_pauses_and_cancelling_forgets(home: Path) -> None:
    with Hub(home=str(home), refresh="never") as hub:
        hub.install("sample:512", max_rate=MIB)
        SystemClock().sleep(0.8)
    with Hub(home=str(home), refresh="never") as hub:
        assert [str(job.ref) for job in hub.paused()] == ["sample:512"]
        job = hub.install("sample:512", max_rate=MIB)
        for event in job.events():
            if isinstance(event, Progress):
                job.cancel()
        with pytest.raises(Cancelled):
            job.wait()
        assert hub.paused() == ()


def test_a_metered_network_is_not_used_for_what_nobody_waits_for(home: Path, clock: MovableClock) -> None:
    from qie_hub import settings

    metered = {"QIE_HUB_HOME": str(home), "QIE_HUB_DEVICE_METERED": "true", "QIE_HUB_REFRESH": "never"}
    with Hub(settings.load({}, metered), clock=clock) as hub:
        for policy in ("prefetch", "on_demand"):
            with pytest.raises(WaitingForPolicy):
                hub.install("sample:512", policy=policy).wait()
        assert hub.install("sample:512", policy="essential").wait().current
    careful = {**metered, "QIE_HUB_NETWORK": "unmetered"}
    with Hub(settings.load({}, careful), clock=clock) as hub, pytest.raises(WaitingForPolicy):
        hub.install("sample:256", policy="essential").wait()


def test_status_says_what_cannot_be_had(home: Path, clock: MovableClock) -> None:
    from qie_hub import settings

    tiny = {"QIE_HUB_HOME": str(home), "QIE_HUB_DEVICE_DISK_FREE": "1000", "QIE_HUB_REFRESH": "never"}
    with Hub(settings.load({}, tiny), clock=clock) as hub:
        assert hub.status("sample:512") == "unavailable"
        assert hub.status("nothing-like-it") == "unavailable"
        with pytest.raises(DoesNotFit):
            hub.install("sample:512").wait()
        assert hub.paused() == ()
