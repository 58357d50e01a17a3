"""Every row of the attack table, by a malicious repository: the right error, and nothing that was known is lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from qie_hub.errors import (
    CaptivePortal,
    Expired,
    FormatError,
    HttpError,
    MissingEverywhere,
    MixAndMatch,
    NameSpaceConflict,
    Offline,
    QieHubError,
    Rollback,
    RootChainError,
    SignatureError,
    TooSlow,
    UsageError,
)
from qie_hub.formats.index import index_path
from qie_hub.trust.freshness import Freshness
from qie_hub.trust.manifests import fetch_manifest
from qie_hub.trust.origins import Origins
from qie_hub.trust.proof import verify
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import last_view
from tests.support.ram import ram_folder
from tests.support.repository import URL, HandClock, Publisher
from tests.support.trust_device import Device


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
