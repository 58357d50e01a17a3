"""What a client makes of bad mirrors, of time, of steps back, of its own disk, and of a USB stick."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from qie_hub.errors import (
    Downgrade,
    Expired,
    FormatError,
    MixAndMatch,
    NotFound,
    QieHubError,
    Rollback,
    SignatureError,
    Tampered,
    TooSlow,
)
from qie_hub.events import Event, MirrorDemoted
from qie_hub.formats.manifest import Manifest
from qie_hub.packref import PackRef
from qie_hub.trust.freshness import Freshness, require
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.manifests import fetch_manifest
from qie_hub.trust.origins import BUNDLE, Origin, Origins
from qie_hub.trust.proof import verify
from qie_hub.trust.recall import Standing, judge
from qie_hub.trust.updater import refresh
from tests.support.ram import ram_folder
from tests.support.repository import URL, HandClock, Publisher
from tests.support.trust_device import Device

MIRROR = "https://mirror.test"


@pytest.fixture
def device() -> Iterator[Device]:
    with ram_folder() as folder:
        yield Device(folder, Publisher(HandClock()))


def newer(then: Callable[[Publisher], None]) -> Callable[[Publisher], None]:
    """An honest update, of which somebody then makes something else."""

    def act(publisher: Publisher) -> None:
        publisher.publish("acme/pro:512@1.1.0")
        then(publisher)

    return act


# -- mirrors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        lambda p: p.go_offline(URL),
        lambda p: p.tamper("timestamp.json", host=URL),
        lambda p: p.endless("snapshot.json", host=URL),
        lambda p: p.trickle("index.json", host=URL),
        lambda p: p.lose("acme.json", host=URL),
    ],
)
def test_one_bad_mirror_does_not_stop_a_refresh(device: Device, harm: Callable[[Publisher], None]) -> None:
    origin = replace(device.origin, mirrors=(MIRROR,))
    device.publisher.publish("acme/pro:512@1.1.0")
    harm(device.publisher)
    heard: list[Event] = []
    view = refresh(origin, device.home, device.publisher, device.clock, on_event=heard.append)
    assert len(view.indexes["acme"].packs) == 2
    assert [event.url for event in heard if isinstance(event, MirrorDemoted)] == [URL]


def test_when_every_mirror_fails_the_first_failure_is_told(device: Device) -> None:
    origin = replace(device.origin, mirrors=(MIRROR,))
    device.publisher.tamper("timestamp.json", lambda data: data[:-1], host=URL)
    device.publisher.go_offline(MIRROR)
    with pytest.raises(FormatError):
        refresh(origin, device.home, device.publisher, device.clock)


# -- time ---------------------------------------------------------------------------------------------------


def test_a_slow_but_steady_server_ends_at_the_deadline(device: Device) -> None:
    for number in range(150):
        device.publisher.publish(f"acme/pack-{number}:512@1.0.0")
    device.publisher.trickle("index.json", rate=1100)
    with pytest.raises(TooSlow) as caught:
        device.refresh()
    assert caught.value.data["problem"] == "deadline"
    assert 60 < device.clock.monotonic() < 63


def test_a_view_grows_old_and_installed_packs_do_not(device: Device) -> None:
    root = Origins(device.home).trusted_root(device.origin)
    signed = device.fetch()
    ages = [
        (29, Freshness.FRESH),
        (2, Freshness.STALE),
        (27, Freshness.STALE),
        (3, Freshness.EXPIRED),
        (4000, Freshness.EXPIRED),
    ]
    for days, state in ages:
        device.clock.advance(days=days)
        view = device.view()
        assert view.freshness is state
        assert verify(signed.proof, root, ref=signed.manifest.ref).manifest == signed.manifest


def test_installing_needs_a_fresh_view_unless_a_policy_allows_a_stale_one(device: Device) -> None:
    view = device.view()
    device.clock.advance(days=35)
    now = device.clock.now()
    with pytest.raises(Expired):
        require(device.view().freshness, expires=view.expires, now=now)
    require(device.view().freshness, expires=view.expires, now=now, stale_days=6)
    device.clock.advance(days=40)
    with pytest.raises(Expired):
        require(device.view().freshness, expires=view.expires, now=device.clock.now(), stale_days=3650)


def test_a_clock_far_behind_is_neither_fooled_nor_bricked(device: Device) -> None:
    device.clock.advance(days=100)
    device.publisher.mend()
    device.refresh()
    device.publisher.roll_back()
    device.clock.set(device.clock.now().replace(year=1970))
    assert device.view().freshness is Freshness.UNKNOWN_CLOCK
    device.forget_cache()
    with pytest.raises(Expired):  # judged by the newest signed issue time, not by 1970
        device.refresh()
    device.publisher.files["metadata/timestamp.json"] = device.publisher.history[-1]
    view = device.refresh()
    assert view.freshness is Freshness.UNKNOWN_CLOCK
    require(view.freshness, expires=view.expires, now=device.clock.now())


def test_setting_the_clock_back_does_not_revive_expired_metadata(device: Device) -> None:
    now = device.clock.now()
    device.clock.advance(days=10)
    device.publisher.touch("timestamp")
    device.refresh()
    device.publisher.expire("timestamp")  # it ended a day before the newest signed issue time
    device.publisher._sign_all()
    device.clock.set(now)
    with pytest.raises(Expired):
        device.refresh()


def test_an_issue_time_from_the_future_is_taken_back_by_new_timestamp_keys(device: Device) -> None:
    now = device.clock.now()
    device.clock.advance(days=3650)
    device.publisher.mend()
    device.refresh()
    device.clock.set(now)
    device.publisher.touch("timestamp")
    device.publisher._sign_all()
    with pytest.raises(Expired):
        device.refresh()
    device.publisher.rotate("timestamp")
    device.publisher.touch("acme")
    assert device.refresh().freshness is Freshness.FRESH


# -- one pack -----------------------------------------------------------------------------------------------


def installed(device: Device, ref: str, **facts: object) -> Manifest:
    manifest = device.publisher.publish(ref, **facts)  # type: ignore[arg-type]  # the facts are publish's own
    Ledger(device.home).note_pack(manifest.ref, "stable", manifest)
    return manifest


def test_a_pack_does_not_go_back_on_its_channel(device: Device) -> None:
    installed(device, "acme/pro:512@2.0.0", release=7)
    ledger = Ledger(device.home)
    older = device.publisher.publish("acme/pro:512@1.5.0", release=6)
    with pytest.raises(Downgrade) as caught:
        ledger.check_pack(older.ref, "stable", older, exact=False)
    assert (caught.value.exit_code, caught.value.data["have"], caught.value.data["got"]) == (16, "2.0.0", "1.5.0")
    ledger.check_pack(older.ref, "stable", older, exact=True)
    ledger.check_pack(older.ref, "beta", older, exact=False)
    ledger.check_pack(PackRef.parse("acme/pro:1024"), "stable", older, exact=False)


def test_a_signed_step_back_is_allowed_from_the_version_it_names_only(device: Device) -> None:
    installed(device, "acme/pro:512@2.0.0", release=7)
    ledger = Ledger(device.home)
    back = device.publisher.publish("acme/pro:512@1.5.1", release=5, rolled_back_from="2.0.0")
    ledger.check_pack(back.ref, "stable", back, exact=False)
    ledger.note_pack(back.ref, "stable", back)
    mark = ledger.release(back.ref, "stable")
    assert mark is not None
    assert mark.release == 5
    installed(device, "acme/pro:512@3.0.0", release=9)
    with pytest.raises(Downgrade):
        ledger.check_pack(back.ref, "stable", back, exact=False)


def test_a_revocation_reaches_the_ledger_and_outlives_cache_and_origin(device: Device) -> None:
    ref = device.manifest.ref
    assert judge(ref, "stable", view=device.view(), known=None).standing is Standing.LISTED
    device.publisher.revoke(str(ref), successor="acme/pro:512@1.0.1")
    device.refresh()
    device.forget_cache()
    Origins(device.home).remove(device.origin.name)
    verdict = judge(ref, "stable", view=None, known=Ledger(device.home).revocations("acme"))
    assert (verdict.standing, verdict.successor) == (Standing.REVOKED, "acme/pro:512@1.0.1")


# -- what lies on the disk ----------------------------------------------------------------------------------


def test_a_view_that_was_changed_on_disk_is_noticed_and_mended_by_a_refresh(device: Device) -> None:
    folder = device.home / "origins" / device.origin.name / "view"
    for path in folder.glob("????????????????*.json"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(Tampered):
        device.view()
    device.refresh()
    assert len(device.view().indexes["acme"].packs) == 1


def test_an_origin_is_gone_after_removal_and_its_trusted_root_is_remembered(device: Device) -> None:
    root = Origins(device.home).trusted_root(device.origin)
    Origins(device.home).remove(device.origin.name)
    with pytest.raises(NotFound):
        Origins(device.home).get(device.origin.name)
    assert Ledger(device.home).trusted_root(device.origin.root) == root


# -- a medium that cannot be asked anew ---------------------------------------------------------------------


def bundle(device: Device) -> Origin:
    Origins(device.home).remove(device.origin.name)
    return Origins(device.home).add(device.publisher.line, device.publisher, device.clock, name="stick", kind=BUNDLE)


def test_a_bundle_is_read_long_after_its_timestamp_ended_and_says_so(device: Device) -> None:
    device.clock.advance(days=900)
    origin = bundle(device)
    view = refresh(origin, device.home, device.publisher, device.clock)
    assert view.freshness is Freshness.EXPIRED
    signed = fetch_manifest(origin, device.home, device.publisher, device.clock, view.indexes["acme"].packs[0])
    assert signed.manifest == device.manifest


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda p: p.forge("acme"), SignatureError),
        (lambda p: p.tamper("index.json"), MixAndMatch),
        (newer(lambda p: p.mix("snapshot")), MixAndMatch),
        (lambda p: p.roll_back(), Rollback),
    ],
)
def test_a_bundle_is_judged_by_signatures_and_floors(
    device: Device, harm: Callable[[Publisher], None], error: type[QieHubError]
) -> None:
    device.publisher.publish("acme/pro:512@1.1.0")
    device.refresh()
    device.clock.advance(days=900)
    harm(device.publisher)
    with pytest.raises(error):
        bundle(device)
