"""Every row of the attack table, by a malicious repository: the right error, and nothing that was known is lost."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from qie_hub.errors import (
    CaptivePortal,
    Downgrade,
    Expired,
    FormatError,
    HttpError,
    MissingEverywhere,
    MixAndMatch,
    NameSpaceConflict,
    NotFound,
    Offline,
    QieHubError,
    Rollback,
    RootChainError,
    SignatureError,
    Tampered,
    TooSlow,
    UsageError,
)
from qie_hub.events import Event, MirrorDemoted
from qie_hub.formats.index import PackRow, index_path
from qie_hub.formats.manifest import Manifest
from qie_hub.packref import PackRef
from qie_hub.trust.freshness import Freshness, require
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.manifests import SignedManifest, fetch_manifest
from qie_hub.trust.origins import BUNDLE, Origin, Origins
from qie_hub.trust.proof import verify
from qie_hub.trust.recall import Standing, judge
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import View, last_view
from tests.support.ram import ram_folder
from tests.support.repository import URL, HandClock, Publisher

MIRROR = "https://mirror.test"


class Device:
    """A client with one origin that it has refreshed once, and the publisher behind it."""

    def __init__(self, home: Path, publisher: Publisher) -> None:
        self.home = home
        self.publisher = publisher
        self.clock = publisher.clock
        self.manifest = publisher.publish()
        self.origin = Origins(home).add(publisher.line, publisher, self.clock)

    def refresh(self) -> View:
        return refresh(self.origin, self.home, self.publisher, self.clock)

    def view(self) -> View:
        view = last_view(self.origin, self.home, self.clock)
        assert view is not None
        return view

    def fetch(self, row: PackRow | None = None) -> SignedManifest:
        row = row or self.view().indexes["acme"].packs[-1]
        return fetch_manifest(self.origin, self.home, self.publisher, self.clock, row)

    def forget_cache(self) -> None:
        for name in ("metadata", "view"):
            shutil.rmtree(self.home / "origins" / self.origin.name / name)


@pytest.fixture
def device() -> Iterator[Device]:
    with ram_folder() as folder:
        yield Device(folder, Publisher(HandClock()))


@dataclass(frozen=True)
class Attack:
    """What somebody does between two refreshes, and what the client must say."""

    name: str
    act: Callable[[Publisher], None]
    error: type[QieHubError]
    exit_code: int


def newer(then: Callable[[Publisher], None]) -> Callable[[Publisher], None]:
    """An honest update, of which somebody then makes something else."""

    def act(publisher: Publisher) -> None:
        publisher.publish("acme/pro:512@1.1.0")
        then(publisher)

    return act


def steal_one_targets_key(publisher: Publisher) -> None:
    publisher.touch("targets")
    publisher.forget_key("targets", 1)


def new_root_without_the_old_keys(publisher: Publisher) -> None:
    old = publisher.keys["root"]
    publisher.rotate("root")
    publisher._publish_root([signer for signer in publisher.keys["root"] if signer not in old])


def new_root_without_the_new_keys(publisher: Publisher) -> None:
    old = publisher.keys["root"]
    publisher.rotate("root")
    publisher._publish_root(old)


def index_of_another(publisher: Publisher) -> None:
    index = replace(publisher.indexes["acme"], publisher="bell")
    publisher._target("acme", index_path("acme"), index.to_bytes())


def index_with_duplicate_keys(publisher: Publisher) -> None:
    data = publisher.indexes["acme"].to_bytes()
    publisher._target("acme", index_path("acme"), b'{"schema":1,' + data[1:])


def index_without_bounds(publisher: Publisher) -> None:
    publisher._target("acme", index_path("acme"), b" " * (9 << 20))


def nonsense_issue_time(publisher: Publisher) -> None:
    publisher._sign_all()
    publisher.timestamp.unrecognized_fields["x-qie-issued"] = "tomorrow"
    publisher._seal("timestamp")


def yank_and_tamper(publisher: Publisher) -> None:
    publisher.yank("acme/pro:512@1.0.0")
    publisher.tamper("revocations.json")


ATTACKS = [
    Attack("timestamp by a stranger", lambda p: p.forge("timestamp"), SignatureError, 11),
    Attack("snapshot by a stranger", lambda p: p.forge("snapshot"), SignatureError, 11),
    Attack("targets by a stranger", lambda p: p.forge("targets"), SignatureError, 11),
    Attack("publisher role by a stranger", lambda p: p.forge("acme"), SignatureError, 11),
    Attack("one stolen key where two must sign", steal_one_targets_key, SignatureError, 11),
    Attack("expired timestamp", lambda p: p.expire("timestamp"), Expired, 12),
    Attack("expired snapshot", lambda p: p.expire("snapshot"), Expired, 12),
    Attack("expired targets", lambda p: p.expire("targets"), Expired, 12),
    Attack("expired publisher role", lambda p: p.expire("acme"), Expired, 12),
    Attack("expired root", lambda p: p.expire("root"), Expired, 12),
    Attack("freeze", lambda p: p.clock.advance(days=31), Expired, 12),
    Attack("snapshot of another state", newer(lambda p: p.mix("snapshot")), MixAndMatch, 15),
    Attack("publisher role of another state", newer(lambda p: p.mix("acme")), MixAndMatch, 15),
    Attack("index changed on the way", newer(lambda p: p.tamper("index.json")), MixAndMatch, 15),
    Attack("revocations changed on the way", yank_and_tamper, MixAndMatch, 15),
    Attack("index of another publisher", index_of_another, MixAndMatch, 15),
    Attack("index that can be read in two ways", index_with_duplicate_keys, FormatError, 10),
    Attack("index of nine megabytes", index_without_bounds, FormatError, 10),
    Attack("timestamp that is no JSON", lambda p: p.tamper("timestamp.json", lambda data: data[:-1]), FormatError, 10),
    Attack("issue time that is none", nonsense_issue_time, FormatError, 10),
    Attack("endless timestamp", lambda p: p.endless("timestamp.json"), FormatError, 10),
    Attack("endless root", lambda p: p.endless("2.root.json"), FormatError, 10),
    Attack("endless snapshot", newer(lambda p: p.endless("snapshot.json")), MixAndMatch, 15),
    Attack("endless publisher role", newer(lambda p: p.endless("acme.json")), MixAndMatch, 15),
    Attack("endless index", newer(lambda p: p.endless("index.json")), MixAndMatch, 15),
    Attack("trickled timestamp", lambda p: p.trickle("timestamp.json"), TooSlow, 31),
    Attack("trickled index", newer(lambda p: p.trickle("index.json")), TooSlow, 31),
    Attack("new root without the old keys", new_root_without_the_old_keys, RootChainError, 14),
    Attack("new root without the new keys", new_root_without_the_new_keys, RootChainError, 14),
    Attack("login page", lambda p: p.captive_portal(), CaptivePortal, 34),
    Attack(
        "login page that calls itself JSON",
        lambda p: p.captive_portal(content_type="application/json"),
        CaptivePortal,
        34,
    ),
    Attack("login page only for new roots", lambda p: p.captive_portal("root.json"), CaptivePortal, 34),
    Attack("no network", lambda p: p.go_offline(), Offline, 33),
    Attack("no timestamp", lambda p: p.lose("timestamp.json"), MissingEverywhere, 32),
    Attack("no snapshot", newer(lambda p: p.lose("snapshot.json")), MissingEverywhere, 32),
    Attack("server broken", lambda p: p.refuse("timestamp.json", 503), HttpError, 30),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_named_and_changes_nothing(device: Device, attack: Attack) -> None:
    before = (device.view().indexes, device.view().revocations)
    attack.act(device.publisher)
    with pytest.raises(attack.error) as caught:
        device.refresh()
    assert type(caught.value) is attack.error
    assert caught.value.exit_code == attack.exit_code
    assert (device.view().indexes, device.view().revocations) == before
    assert all(body.closed for body in device.publisher.open_bodies)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_after_an_attack_the_next_honest_refresh_works(device: Device, attack: Attack) -> None:
    attack.act(device.publisher)
    with pytest.raises(attack.error):
        device.refresh()
    device.publisher.mend()
    device.publisher.publish("acme/pro:512@2.0.0")
    view = device.refresh()
    assert view.freshness is Freshness.FRESH
    assert str(view.indexes["acme"].packs[-1].ref) == "acme/pro:512@2.0.0"
    assert str(device.fetch().manifest.ref) == "acme/pro:512@2.0.0"


# -- rollback, and what must not be taken for it ------------------------------------------------------------


def test_an_older_state_is_refused(device: Device) -> None:
    device.publisher.publish("acme/pro:512@1.1.0")
    device.refresh()
    device.publisher.roll_back()
    with pytest.raises(Rollback) as caught:
        device.refresh()
    assert (caught.value.exit_code, caught.value.data["role"], caught.value.data["got"]) == (13, "timestamp", 1)
    assert len(device.view().indexes["acme"].packs) == 2


def test_deleting_the_cache_does_not_reopen_a_rollback(device: Device) -> None:
    device.publisher.publish("acme/pro:512@1.1.0")
    device.refresh()
    device.publisher.roll_back()
    device.forget_cache()
    with pytest.raises(Rollback) as caught:
        device.refresh()
    assert (caught.value.data["role"], caught.value.data["have"], caught.value.data["got"]) == ("timestamp", 2, 1)
    assert last_view(device.origin, device.home, device.clock) is None


def test_removing_and_adding_the_origin_again_does_not_reopen_a_rollback(device: Device) -> None:
    device.publisher.publish("acme/pro:512@1.1.0")
    device.refresh()
    device.publisher.roll_back()
    Origins(device.home).remove(device.origin.name)
    with pytest.raises(Rollback):
        Origins(device.home).add(device.publisher.line, device.publisher, device.clock)
    assert Origins(device.home).all() == ()


@pytest.mark.parametrize("role", ["snapshot", "acme"])
def test_a_single_role_cannot_go_back_under_a_newer_timestamp(device: Device, role: str) -> None:
    for version in ("1.1.0", "1.2.0"):
        device.publisher.publish(f"acme/pro:512@{version}")
        device.refresh()
    device.publisher._signed(role).version = 0
    device.publisher.touch(role)
    device.forget_cache()
    with pytest.raises(Rollback) as caught:
        device.refresh()
    assert caught.value.data["role"] == role


def test_a_ledger_that_cannot_be_read_is_not_taken_for_an_empty_one(device: Device) -> None:
    path = next((device.home / "ledger/origins").glob("*.json"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FormatError):
        device.refresh()


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_recovery_by_new_keys_brings_lower_versions_back(device: Device, role: str) -> None:
    for _ in range(5):
        device.publisher.touch("acme")
        device.publisher._sign_all()
    device.refresh()
    device.publisher.recover(role)
    device.publisher.publish("acme/pro:512@1.1.0")
    for _ in range(2):
        assert len(device.refresh().indexes["acme"].packs) == 2
        device.forget_cache()


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp", "acme"])
def test_new_keys_are_followed_through_the_chain_of_roots(device: Device, role: str) -> None:
    device.publisher.rotate(role)
    device.publisher.publish("acme/pro:512@1.1.0")
    assert len(device.refresh().indexes["acme"].packs) == 2
    proven = verify(
        device.fetch().proof, Origins(device.home).trusted_root(device.origin), ref=device.fetch().manifest.ref
    )
    assert str(proven.manifest.version) == "1.1.0"


def test_roots_planted_in_the_cache_are_ignored(device: Device) -> None:
    stranger = Publisher(device.clock)
    stranger.rotate("root")
    history = device.home / "origins" / device.origin.name / "metadata/root_history"
    (history / "2.root.json").write_bytes(stranger.files["metadata/2.root.json"])
    (history.parent / "root.json").write_bytes(stranger.files["metadata/1.root.json"])
    assert device.refresh().freshness is Freshness.FRESH
    assert "2.root.json" not in device.fetch().proof


# -- whose packs they are -----------------------------------------------------------------------------------


def test_a_manifest_under_another_name_is_refused(device: Device) -> None:
    device.publisher.publish("acme/pro:512@3.0.0", listed_as="acme/ultra-lite:512@3.0.0")
    device.refresh()
    with pytest.raises(MixAndMatch):
        device.fetch()


def test_a_manifest_that_disagrees_with_its_row_is_refused(device: Device) -> None:
    device.publisher.publish("acme/pro:512@3.0.0", row=lambda row: replace(row, abilities=("anything",)))
    device.refresh()
    with pytest.raises(MixAndMatch):
        device.fetch()


def test_a_row_without_a_signed_manifest_is_refused(device: Device) -> None:
    row = device.view().indexes["acme"].packs[0]
    other = replace(row, name="other")
    with pytest.raises(MixAndMatch):
        device.fetch(other)


def test_a_changed_manifest_is_refused(device: Device) -> None:
    device.publisher.tamper("pack.json")
    with pytest.raises(MixAndMatch) as caught:
        device.fetch()
    assert caught.value.exit_code == 15


def test_an_endless_manifest_is_cut_off(device: Device) -> None:
    device.publisher.endless("pack.json")
    with pytest.raises(MixAndMatch):
        device.fetch()


def test_an_origin_cannot_offer_packs_of_another_ones_publisher(device: Device) -> None:
    stranger = Publisher(device.clock)
    with pytest.raises(NameSpaceConflict) as caught:
        Origins(device.home).add(f"https://other.test#sha256={stranger.fingerprint}", stranger, device.clock)
    assert (caught.value.exit_code, caught.value.data["holder"]) == (17, device.origin.name)
    assert [origin.name for origin in Origins(device.home).all()] == [device.origin.name]
    assert not (device.home / "origins/other-test").exists()


def test_an_origin_speaks_only_for_the_publishers_it_was_added_for(device: Device) -> None:
    both = Publisher(device.clock, ("acme", "bell"))
    both.publish("bell/fonts@1.0.0")
    both.publish("acme/pro:512@9.0.0")
    origin = Origins(device.home).add(
        f"https://other.test#sha256={both.fingerprint}", both, device.clock, publishers=["bell"]
    )
    assert origin.publishers == ("bell",)
    view = refresh(origin, device.home, both, device.clock)
    assert set(view.indexes) == {"bell"}
    row = both.indexes["acme"].packs[0]
    with pytest.raises(NameSpaceConflict):
        fetch_manifest(origin, device.home, both, device.clock, row)


def test_a_role_cannot_sign_for_a_path_outside_its_name_space(device: Device) -> None:
    paths = device.publisher.targets.delegations
    assert paths is not None and paths.roles is not None
    paths.roles["acme"].paths = ["packs/acme/*"]
    device.publisher.touch("targets")
    device.refresh()
    with pytest.raises(NameSpaceConflict):
        device.fetch()


# -- trust on first use does not exist ----------------------------------------------------------------------


def test_an_origin_without_fingerprint_and_root_is_refused_before_a_request(device: Device) -> None:
    with pytest.raises(UsageError) as caught:
        Origins(device.home).add("https://other.test", device.publisher, device.clock)
    assert caught.value.hint == "NO_FINGERPRINT"
    assert device.publisher.requests_of(lambda: None) == []


def test_a_root_that_differs_from_the_fingerprint_is_refused(device: Device) -> None:
    with pytest.raises(RootChainError) as caught:
        Origins(device.home).add(f"https://other.test#sha256={'0' * 64}", device.publisher, device.clock)
    assert caught.value.hint == "FINGERPRINT_DIFFERS"


def test_an_origin_can_be_added_by_a_root_file(device: Device) -> None:
    root = device.publisher.files["metadata/1.root.json"]
    Origins(device.home).remove(device.origin.name)
    asked = device.publisher.requests_of(
        lambda: Origins(device.home).add(URL, device.publisher, device.clock, root=root, name="handed-over")
    )
    assert "metadata/1.root.json" not in asked
    assert Origins(device.home).get("handed-over").root == device.origin.root


def test_a_root_that_its_own_keys_did_not_sign_is_refused(device: Device) -> None:
    device.publisher.forget_key("root", 1)
    device.publisher._publish_root(device.publisher.keys["root"])
    root = device.publisher.files["metadata/1.root.json"]
    with pytest.raises(RootChainError):
        Origins(device.home).add("https://other.test", device.publisher, device.clock, root=root)


def test_a_stored_root_that_was_changed_is_noticed(device: Device) -> None:
    path = device.home / "origins" / device.origin.name / "root.json"
    path.write_bytes(Publisher(device.clock).files["metadata/1.root.json"])
    with pytest.raises(RootChainError):
        device.refresh()


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
