"""The publisher's signing side, looked at with the client's own trust code over the folder that it wrote."""

import json
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner

from cdn import care
from cdn.keys import KeyRing
from cdn.policy import Policy
from cdn.repo import Change, Repository
from qie_hub.clock import to_text
from qie_hub.errors import Expired, FormatError, KeyProblem, NotFound, SettingsError, UsageError, VersionConflict
from qie_hub.formats.index import index_path, row_of
from qie_hub.packref import PackRef
from qie_hub.transfer.folder import FolderTransport
from qie_hub.trust.freshness import Freshness
from qie_hub.trust.manifests import fetch_manifest
from qie_hub.trust.origins import Origin, Origins
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import View
from tests.support.ram import ram_folder
from tests.support.repository import HandClock
from tests.support.small_manifest import make_manifest

PASSPHRASE = b"a passphrase for tests only"


class Desk:
    """A publisher's folder and a client that looks at it."""

    def __init__(self, folder: Path, publishers: Sequence[str] = ("acme",)) -> None:
        self.clock = HandClock()
        self.ring = KeyRing(folder / "keys", lambda: PASSPHRASE)
        self.repo = Repository.init(folder / "repo", self.ring, Policy.load("small"), publishers, self.clock)
        self.home = folder / "home"

    def origin(self) -> Origin:
        line = f"{self.repo.folder.as_uri()}#sha256={self.repo.fingerprint}"
        return Origins(self.home).add(line, FolderTransport(), self.clock)

    def look(self) -> View:
        return refresh(self.origin(), self.home, FolderTransport(), self.clock)

    def offer(self, ref: str = "acme/pro:512@1.0.0", release: int = 1) -> Change:
        manifest = make_manifest(ref, release, to_text(self.clock.now()))
        data = manifest.to_bytes()
        index = self.repo.index(manifest.publisher)
        channels = {**index.channels, manifest.name: {"stable": manifest.version}}
        index = replace(index, packs=(*index.packs, row_of(manifest, data)), channels=channels)
        return self.repo.set_targets(
            manifest.publisher, {manifest.target_path: data, index_path(manifest.publisher): index.to_bytes()}
        )


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with ram_folder() as folder:
        yield folder


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_is_signed_is_accepted_by_the_client(desk: Desk) -> None:
    desk.offer()
    view = desk.look()
    assert view.freshness is Freshness.FRESH
    row = view.indexes["acme"].packs[0]
    signed = fetch_manifest(view.origin, desk.home, FolderTransport(), desk.clock, row)
    assert signed.manifest.ref == PackRef.parse("acme/pro:512@1.0.0")


def test_the_timestamp_is_the_last_file_and_says_when_it_was_signed(desk: Desk) -> None:
    change = desk.offer()
    assert change.files[-1] == "metadata/timestamp.json"
    assert change.versions == {"acme": 2, "snapshot": 2, "timestamp": 2}
    timestamp = json.loads((desk.repo.folder / change.files[-1]).read_bytes())
    assert timestamp["signed"]["x-qie-issued"] == to_text(desk.clock.now())


def test_roles_have_the_thresholds_and_lives_of_the_policy(desk: Desk) -> None:
    root = json.loads(desk.repo.root_bytes())["signed"]
    shape = {role: (len(rule["keyids"]), rule["threshold"]) for role, rule in root["roles"].items()}
    assert shape == {"root": (3, 2), "targets": (3, 2), "snapshot": (1, 1), "timestamp": (1, 1)}
    left = {row.role: row.days_left for row in care.status(desk.repo)}
    assert left == {"root": 365, "targets": 365, "acme": 365, "snapshot": 90, "timestamp": 30}


def test_offering_the_same_again_signs_nothing(desk: Desk) -> None:
    desk.offer()
    data = desk.repo.target_bytes("acme", "packs/acme/pro/512/1.0.0/pack.json")
    assert data is not None
    assert not desk.repo.set_targets("acme", {"packs/acme/pro/512/1.0.0/pack.json": data})


def test_a_published_manifest_never_changes(desk: Desk) -> None:
    desk.offer()
    with pytest.raises(VersionConflict):
        desk.repo.set_targets("acme", {"packs/acme/pro/512/1.0.0/pack.json": b"{}"})


def test_a_publisher_cannot_sign_outside_its_name_space(desk: Desk) -> None:
    with pytest.raises(UsageError):
        desk.repo.set_targets("acme", {"packs/other/pro/512/1.0.0/pack.json": b"{}"})


def test_no_file_but_the_timestamp_ever_changes(desk: Desk) -> None:
    def state() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in desk.repo.folder.rglob("*") if path.is_file()}

    desk.offer()
    before = state()
    desk.offer("acme/pro:512@1.1.0", 2)
    care.rotate(desk.repo, "timestamp")
    after = state()
    changed = [path for path, data in before.items() if after[path] != data]
    assert [Path(path).name for path in changed] == ["timestamp.json"]


def test_a_kill_before_the_timestamp_leaves_the_old_state_and_the_next_call_goes_on(desk: Desk) -> None:
    desk.offer()
    timestamp = (desk.repo.folder / "metadata/timestamp.json").read_bytes()
    desk.offer("acme/pro:512@1.1.0", 2)
    (desk.repo.folder / "metadata/timestamp.json").write_bytes(timestamp)
    assert [str(row.ref) for row in desk.look().indexes["acme"].packs] == ["acme/pro:512@1.0.0"]
    desk.offer("acme/pro:512@1.2.0", 3)
    assert [str(row.ref.version) for row in desk.look().indexes["acme"].packs] == ["1.0.0", "1.2.0"]


def test_an_init_that_was_killed_can_be_repeated_and_a_finished_one_cannot(desk: Desk, tmp_path: Path) -> None:
    (desk.repo.folder / "metadata/timestamp.json").unlink()
    again = Repository.init(desk.repo.folder, desk.ring, desk.repo.policy, ["acme"], desk.clock)
    assert len(desk.ring.entries()) == 9
    assert desk.look().freshness is Freshness.FRESH
    with pytest.raises(VersionConflict):
        Repository.init(again.folder, desk.ring, desk.repo.policy, ["acme"], desk.clock)


def test_a_new_publisher_signs_for_itself_only(desk: Desk) -> None:
    desk.offer()
    care.delegate(desk.repo, "bell")
    desk.offer("bell/fonts@1.0.0")
    view = desk.look()
    assert {name: len(index.packs) for name, index in view.indexes.items()} == {"acme": 1, "bell": 1}
    with pytest.raises(VersionConflict):
        care.delegate(desk.repo, "bell")
    for bad in ("targets", "Not A Name"):
        with pytest.raises(UsageError):
            care.delegate(desk.repo, bad)


def test_a_publisher_that_is_dropped_is_missing_for_clients(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ("acme", "bell"))
    origin = desk.origin()
    care.undelegate(desk.repo, "bell")
    view = refresh(origin, desk.home, FolderTransport(), desk.clock)
    assert (view.missing, set(view.indexes)) == (("bell",), {"acme"})
    with pytest.raises(NotFound):
        care.undelegate(desk.repo, "bell")


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp", "acme"])
def test_clients_follow_a_key_rotation(desk: Desk, role: str) -> None:
    origin = desk.origin()
    old = {entry.keyid for entry in desk.ring.entries(role)}
    care.rotate(desk.repo, role)
    new = {entry.keyid for entry in desk.ring.entries(role)}
    assert not old & new
    desk.offer()
    view = refresh(origin, desk.home, FolderTransport(), desk.clock)
    assert len(view.indexes["acme"].packs) == 1
    assert not old & set(json.loads(desk.repo.root_bytes())["signed"]["keys"])


def test_after_a_recovery_clients_accept_lower_versions_again(desk: Desk) -> None:
    origin = desk.origin()
    timestamp = desk.repo.folder / "metadata/timestamp.json"
    honest = timestamp.read_bytes()
    for _ in range(3):
        care.bump(desk.repo)  # the thief pushes versions up ...
    refresh(origin, desk.home, FolderTransport(), desk.clock)
    timestamp.write_bytes(honest)  # ... and the publisher starts from its own last state
    for number in (2, 3, 4):
        (desk.repo.folder / f"metadata/{number}.snapshot.json").unlink()
    care.recover(desk.repo, "timestamp")
    desk.offer()
    view = refresh(origin, desk.home, FolderTransport(), desk.clock)
    assert len(view.indexes["acme"].packs) == 1


def test_recovering_a_publisher_replaces_the_online_keys_too(desk: Desk) -> None:
    origin = desk.origin()
    before = {role: {entry.keyid for entry in desk.ring.entries(role)} for role in ("acme", "snapshot", "timestamp")}
    change = care.recover(desk.repo, "acme")
    after = {role: {entry.keyid for entry in desk.ring.entries(role)} for role in before}
    assert all(not before[role] & after[role] for role in before)
    assert change.files[-1] == "metadata/timestamp.json"
    assert refresh(origin, desk.home, FolderTransport(), desk.clock).freshness is Freshness.FRESH


def test_yanking_and_revoking_are_signed_once_and_seen_by_clients(desk: Desk) -> None:
    desk.offer()
    ref = PackRef.parse("acme/pro:512@1.0.0")
    assert care.yank(desk.repo, ref, "blurs faces")
    assert not care.yank(desk.repo, ref, "blurs faces")
    assert desk.look().revocations["acme"].judge(ref)[0] == "yanked"
    assert care.revoke(desk.repo, ref, "leaks memory", successor="acme/pro:512@1.0.1")
    verdict, why = desk.look().revocations["acme"].judge(ref)
    assert why is not None
    assert (verdict, why.reason, why.successor) == ("revoked", "leaks memory", "acme/pro:512@1.0.1")
    assert desk.repo.revocations("acme").yanked == ()


def test_what_was_never_published_cannot_be_taken_back(desk: Desk) -> None:
    desk.offer()
    with pytest.raises(NotFound) as caught:
        care.revoke(desk.repo, PackRef.parse("acme/pro:512@9.0.0"), "typo")
    assert caught.value.data["closest"] == ["acme/pro:512@1.0.0"]
    with pytest.raises(UsageError):
        care.yank(desk.repo, PackRef.parse("pro:512"), "which one?")


def test_a_daily_check_complains_before_anything_ends(desk: Desk) -> None:
    care.fail_if_due(desk.repo)
    desk.clock.advance(days=21)
    with pytest.raises(Expired) as caught:
        care.fail_if_due(desk.repo)
    assert (caught.value.data["role"], caught.value.data["roles"]) == ("timestamp", ["timestamp"])
    care.fail_if_due(desk.repo, days=5)
    with pytest.raises(Expired):
        care.fail_if_due(desk.repo, days=10)


def test_a_bump_renews_what_is_due(desk: Desk) -> None:
    desk.clock.advance(days=320)
    with pytest.raises(Expired) as caught:
        desk.look()
    assert caught.value.data["role"] == "timestamp"
    care.bump(desk.repo)
    assert {row.role: row.days_left for row in care.status(desk.repo)} == {
        "root": 365, "targets": 365, "acme": 365, "snapshot": 90, "timestamp": 30,
    }  # fmt: skip
    assert desk.look().freshness is Freshness.FRESH


def test_a_bump_without_the_offline_keys_renews_the_online_roles(desk: Desk) -> None:
    for entry in [*desk.ring.entries("root"), *desk.ring.entries("targets")]:
        (desk.ring.folder / entry.uri.partition(":")[2]).unlink()
    desk.clock.advance(days=320)
    change = care.bump(desk.repo)
    assert set(change.versions or {}) == {"acme", "snapshot", "timestamp"}
    assert desk.look().freshness is Freshness.FRESH


def test_two_of_three_offline_keys_are_enough_and_one_is_not(desk: Desk) -> None:
    files = [desk.ring.folder / entry.uri.partition(":")[2] for entry in desk.ring.entries("targets")]
    files[0].unlink()
    care.delegate(desk.repo, "bell")
    files[1].unlink()
    with pytest.raises(KeyProblem) as caught:
        care.delegate(desk.repo, "cobb")
    assert caught.value.hint == "KEY_MISSING"
    assert set(desk.look().indexes) == {"acme", "bell"}


def test_key_files_are_encrypted_and_private(desk: Desk) -> None:
    files = list(desk.ring.folder.glob("*.pem"))
    assert len(files) == 9
    for path in files:
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyProblem) as caught:
        KeyRing(desk.ring.folder, lambda: b"a wrong passphrase").signers("timestamp")
    assert caught.value.hint == "KEY_LOCKED"


def test_a_passphrase_is_asked_for_once_and_must_not_be_short(tmp_path: Path) -> None:
    asked = []

    def ask() -> bytes:
        asked.append(1)
        return PASSPHRASE

    ring = KeyRing(tmp_path, ask)
    ring.generate("timestamp")
    ring.generate("snapshot")
    ring.signers("timestamp")
    assert asked == [1]
    with pytest.raises(KeyProblem) as caught:
        KeyRing(tmp_path, lambda: b"short").generate("root")
    assert caught.value.hint == "KEY_PASSPHRASE"


def test_any_signer_uri_of_securesystemslib_can_sign_a_role(desk: Desk, tmp_path: Path) -> None:
    signer = CryptoSigner.generate_ed25519()
    path = tmp_path / "elsewhere.pem"
    path.write_bytes(signer.private_bytes)
    desk.ring.adopt("acme", f"file2:{path}", signer.public_key)
    assert desk.ring.signers("acme", [signer.public_key.keyid])[0].sign(b"x").signature == signer.sign(b"x").signature
    path.unlink()
    with pytest.raises(KeyProblem) as caught:
        desk.ring.signers("acme", [signer.public_key.keyid])
    assert caught.value.hint == "KEY_UNREACHABLE"
    with pytest.raises(KeyProblem) as caught:
        desk.ring.adopt("acme", "carrier-pigeon:7", signer.public_key)
    assert caught.value.hint == "KEY_SCHEME"


def test_policies_are_checked(tmp_path: Path) -> None:
    assert Policy.load("hub").rule("timestamp").life == timedelta(days=7)
    assert Policy.load("hub").rule("acme").days == 180
    with pytest.raises(SettingsError):
        Policy.load("galactic")
    good = {"keys": 3, "threshold": 2, "days": 365, "warn": 60}
    bad = {"root": {**good, "threshold": 4}, "targets": {**good, "days": 0}, "snapshot": good, "timestamp": {"keys": 1}}
    with pytest.raises(FormatError) as caught:
        Policy.parse("bad", bad)
    issues = caught.value.data["issues"]
    assert isinstance(issues, list)
    assert [issue.partition(":")[0] for issue in issues] == ["root", "targets", "publisher", "timestamp"]
