from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from cdn import care
from cdn.serve import OriginServer
from qie_hub.errors import (
    Busy,
    Cancelled,
    DoesNotFit,
    Expired,
    LicenseNotAccepted,
    NameSpaceConflict,
    NoOrigin,
    NotFound,
    NotInstalled,
    Pinned,
    Revoked,
    UsageError,
)
from qie_hub.events import Event, Installed, Planned, Progress, Warned
from qie_hub.formats.manifest import Requirements
from qie_hub.hub import Hub
from qie_hub.packref import PackRef
from tests.e2e.conftest import MIB, MovableClock
from tests.support.small_origin import PackSpec, SmallOrigin, noise

TENSORS = [noise(MIB, seed) for seed in range(4)]


def contents(hub: Hub, ref: str) -> dict[str, bytes]:
    with hub.files(ref) as pack:
        return {str(path.relative_to(pack.path)): path.read_bytes() for path in pack.path.rglob("*") if path.is_file()}


def test_an_installed_pack_holds_exactly_the_published_bytes(hub: Hub, origin: SmallOrigin) -> None:
    done = hub.install("sample:512").wait()
    found = contents(hub, "sample:512")
    assert found["net.bin"] == b"".join(TENSORS)
    assert sorted(found) == ["licences/apache.txt", "net.bin", "net.onnx"]
    assert done.current
    assert done.default
    assert done.canary == "passed"


def test_installing_over_http_counts_every_byte_once(
    tmp_path: Path, origin: SmallOrigin, served: OriginServer, clock: MovableClock
) -> None:
    with Hub(home=str(tmp_path / "h"), refresh="never", clock=clock) as hub:
        hub.origin_add(f"{served.url}#sha256={origin.repo.fingerprint}")
        events: list[Event] = list(hub.install("acme/sample:256").events())
    planned = next(event for event in events if isinstance(event, Planned))
    progress = [event.verified for event in events if isinstance(event, Progress)]
    assert planned.net > 4 * MIB
    assert progress == sorted(progress)
    assert progress[-1] == planned.net
    assert next(event for event in events if isinstance(event, Installed)).net == planned.net


def test_a_second_resolution_fetches_nothing_that_is_here_and_shares_one_inode(hub: Hub) -> None:
    hub.install("sample:512").wait()
    events = list(hub.install("sample:256").events())
    assert next(event for event in events if isinstance(event, Installed)).net == 0
    with hub.files("sample:512") as one, hub.files("sample:256") as two:
        assert os.stat(one.path / "net.bin").st_ino == os.stat(two.path / "net.bin").st_ino


def test_an_update_fetches_only_the_tensor_that_changed(hub: Hub, origin: SmallOrigin) -> None:
    hub.install("sample:512").wait()
    changed = [*TENSORS[:2], noise(MIB, 99), TENSORS[3]]
    origin.publish(PackSpec(version="1.1.0", release=2, resolutions=(256, 512), tensors=changed))
    events: list[Event] = []
    [report] = hub.update(on_event=events.append)
    assert report.outcome == "updated"
    assert next(event for event in events if isinstance(event, Installed)).net <= 1.1 * MIB
    assert contents(hub, "sample:512")["net.bin"] == b"".join(changed)


def test_installing_again_moves_no_byte_and_makes_no_generation(hub: Hub) -> None:
    first = hub.install("sample:512").wait()
    events = list(hub.install("sample:512").events())
    assert next(event for event in events if isinstance(event, Installed)).net == 0
    assert hub.installation("sample:512").generation == first.generation


def test_rollback_returns_to_the_generation_before_and_again(hub: Hub, origin: SmallOrigin) -> None:
    hub.install("sample:512").wait()
    origin.publish(PackSpec(version="1.1.0", release=2, resolutions=(512,), tensors=TENSORS, scale=3.0))
    hub.update("sample")
    assert str(hub.installation("sample").ref.version) == "1.1.0"
    assert str(hub.rollback("sample").ref.version) == "1.0.0"
    assert str(hub.rollback("sample").ref.version) == "1.1.0"


def test_a_pinned_pack_is_reported_and_not_moved(hub: Hub, origin: SmallOrigin) -> None:
    hub.install("sample:512").wait()
    hub.pin("sample:512")
    origin.publish(PackSpec(version="1.1.0", release=2, resolutions=(512,), tensors=TENSORS, scale=3.0))
    assert [report.outcome for report in hub.update()] == ["pinned"]
    with pytest.raises(Pinned):
        hub.install("sample:512").wait()
    hub.unpin("sample:512")
    assert [report.outcome for report in hub.update()] == ["updated"]


def test_a_device_without_the_memory_is_refused_before_a_byte_of_the_pack_is_fetched(
    tmp_path: Path, clock: MovableClock
) -> None:
    publisher = SmallOrigin(tmp_path / "publisher")
    publisher.publish(PackSpec(requirements=Requirements(memory={"understand": 1 << 50}), tensors=TENSORS))
    for folder in ("o", "i"):
        for path in (publisher.origin / folder).rglob("*"):
            if path.is_file():
                path.unlink()
    with Hub(home=str(tmp_path / "h"), refresh="never", clock=clock) as hub:
        hub.origin_add(publisher.line)
        with pytest.raises(DoesNotFit) as refused:
            hub.install("sample").wait()
        assert refused.value.data["reasons"] == ["MEMORY"]
        assert hub.installed() == ()


def test_a_cancelled_install_keeps_what_is_verified_for_the_next_one(
    tmp_path: Path, origin: SmallOrigin, served: OriginServer, clock: MovableClock
) -> None:
    with Hub(home=str(tmp_path / "h"), refresh="never", clock=clock) as hub:
        hub.origin_add(f"{served.url}#sha256={origin.repo.fingerprint}")
        job = hub.install("sample:512", max_rate=MIB)
        for event in job.events():
            if isinstance(event, Progress) and event.verified > MIB // 2:
                job.cancel()
        with pytest.raises(Cancelled):
            job.wait()
        assert hub.installed() == ()
        left = hub.plan_install("sample:512")
        assert left.net < left.total
        events = list(hub.install("sample:512").events())
        assert next(event for event in events if isinstance(event, Installed)).net == left.net


def test_a_yanked_version_is_not_installed_but_still_runs(hub: Hub, origin: SmallOrigin) -> None:
    hub.install("sample:512").wait()
    care.yank(origin.repo, PackRef.parse("acme/sample:256@1.0.0"), "typo in the licence")
    origin.upload()
    with pytest.raises(DoesNotFit) as refused:
        hub.install("sample:256").wait()
    assert refused.value.data["reasons"] == ["YANKED"]
    assert hub.install("sample:256@1.0.0").wait().state is None
    assert {item.ref.resolution: item.state for item in hub.installed()} == {256: "yanked", 512: "listed"}
    assert contents(hub, "sample:256")


def test_a_revoked_pack_stops_after_the_next_refresh_and_names_its_successor(hub: Hub, origin: SmallOrigin) -> None:
    hub.install("sample:512").wait()
    origin.publish(PackSpec(version="1.0.1", release=2, resolutions=(512,), tensors=TENSORS, scale=2.5))
    care.revoke(origin.repo, PackRef.parse("acme/sample:512@1.0.0"), "wrong weights", "acme/sample:512@1.0.1")
    origin.upload()
    assert contents(hub, "sample:512")
    hub.refresh()
    with pytest.raises(Revoked) as refused, hub.files("sample:512"):
        raise AssertionError("a revoked pack was handed out")
    assert refused.value.data["successor"] == "acme/sample:512@1.0.1"
    hub.update("sample:512")
    assert contents(hub, "sample:512")


def test_installed_packs_run_offline_years_later(
    tmp_path: Path, hub: Hub, origin: SmallOrigin, clock: MovableClock
) -> None:

    hub.install("sample:512").wait()
    clock.skew = timedelta(days=3650)
    with Hub(home=str(tmp_path / "home"), offline=True, clock=clock) as later:
        assert contents(later, "sample:512")


def test_a_licence_that_asks_for_consent_is_accepted_by_name_or_nothing_is_fetched(
    tmp_path: Path, clock: MovableClock
) -> None:
    publisher = SmallOrigin(tmp_path / "publisher")
    publisher.publish(PackSpec(accept=True))
    with Hub(home=str(tmp_path / "h"), refresh="never", clock=clock) as hub:
        hub.origin_add(publisher.line)
        with pytest.raises(LicenseNotAccepted) as refused:
            hub.install("sample").wait()
        assert refused.value.data["licences"] == ["Apache-2.0"]
        done = hub.install("sample", accept=["Apache-2.0"]).wait()
        receipt = hub._site.store.generations.receipt(done.ref, done.generation)
        assert [item.licence for item in receipt.acceptances] == ["Apache-2.0"]


def test_a_held_pack_is_not_removed_and_the_default_moves_on(hub: Hub) -> None:
    hub.install("sample:256").wait()
    hub.install("sample:512").wait()
    with hub.files("sample:512"), pytest.raises(Busy):
        hub.remove("sample:512")
    hub.remove("sample:512")
    assert [(item.ref.resolution, item.default) for item in hub.installed()] == [(256, True)]
    with pytest.raises(NotInstalled):
        hub.installation("sample:512")


def test_names_that_match_nothing_offer_the_closest(hub: Hub) -> None:
    with pytest.raises(NotFound) as refused:
        hub.install("sampel").wait()
    assert "sample" in str(refused.value.data["closest"])
    with pytest.raises(UsageError):
        hub.install("sample:300")


def test_without_an_origin_the_error_says_so(tmp_path: Path) -> None:
    with Hub(home=str(tmp_path / "empty")) as hub, pytest.raises(NoOrigin):
        hub.install("sample").wait()


def test_one_ref_has_one_job_while_it_runs(hub: Hub) -> None:
    first = hub.install("sample:512", max_rate=2 * MIB)
    assert hub.install("sample:512") is first
    first.limit(None)
    first.wait()
    assert hub.install("sample:512") is not first


def test_a_job_pauses_and_goes_on(
    tmp_path: Path, origin: SmallOrigin, served: OriginServer, clock: MovableClock
) -> None:
    with Hub(home=str(tmp_path / "h"), refresh="never", clock=clock) as hub:
        hub.origin_add(f"{served.url}#sha256={origin.repo.fingerprint}")
        job = hub.install("sample:512", max_rate=MIB)
        for event in job.events():
            if isinstance(event, Progress) and event.verified > MIB // 2:
                job.pause()
                with pytest.raises(TimeoutError):
                    job.wait(0.5)
                job.limit("50M")
                job.resume()
                break
        assert job.wait(60).current


def test_a_stale_view_installs_only_where_the_settings_allow_it(
    tmp_path: Path, origin: SmallOrigin, clock: MovableClock
) -> None:
    home = str(tmp_path / "home")
    with Hub(home=home, refresh="never", clock=clock) as hub:
        hub.origin_add(origin.line)
    clock.skew = timedelta(days=40)
    with Hub(home=home, refresh="never", clock=clock) as hub, pytest.raises(Expired):
        hub.install("sample:512").wait()
    with Hub(home=home, refresh="never", clock=clock, stale_days=30) as hub:
        events: list[Event] = []
        hub.install("sample:512", on_event=events.append).wait()
        assert any(isinstance(event, Warned) and event.code == "STALE_VIEW" for event in events)
    clock.skew = timedelta(days=90)
    with Hub(home=home, refresh="never", clock=clock, stale_days=30) as hub, pytest.raises(Expired):
        hub.install("sample:256").wait()


@pytest.mark.parametrize("rate", [MIB, 3 * MIB])
def test_a_limited_install_fetches_no_byte_twice(hub: Hub, rate: int) -> None:
    events = list(hub.install("sample:512", max_rate=rate).events())
    planned = next(event for event in events if isinstance(event, Planned))
    assert next(event for event in events if isinstance(event, Installed)).net == planned.net


def test_a_pack_changes_its_origin_only_by_remove_and_install(
    tmp_path: Path, hub: Hub, origin: SmallOrigin, clock: MovableClock
) -> None:
    hub.install("sample:512").wait()
    other = SmallOrigin(tmp_path / "other")
    other.publish(PackSpec(version="2.0.0", release=9, tensors=TENSORS))
    with pytest.raises(NameSpaceConflict):
        hub.origin_add(other.line, name="other")
    hub.origin_remove(hub.origins()[0].name)
    hub.origin_add(other.line, name="other")
    with pytest.raises(NameSpaceConflict) as refused:
        hub.install("sample:512").wait()
    assert refused.value.hint == "PACK_ORIGIN"
    assert str(hub.installation("sample:512").ref.version) == "1.0.0"
    hub.remove("sample:512")
    assert str(hub.install("sample:512").wait().ref.version) == "2.0.0"


def test_a_mirror_delivers_what_the_first_url_lacks(tmp_path: Path, origin: SmallOrigin, clock: MovableClock) -> None:
    mirror = tmp_path / "mirror"
    shutil.copytree(origin.origin, mirror)
    shutil.rmtree(origin.origin / "o")
    with Hub(home=str(tmp_path / "h"), refresh="never", clock=clock) as hub:
        hub.origin_add(origin.line, mirrors=[mirror.as_uri()])
        assert hub.install("sample:512").wait().current
        assert contents(hub, "sample:512")["net.bin"] == b"".join(TENSORS)
