"""The scenarios of TUF's public client-conformance protocol, against our client's command line over real HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from securesystemslib.signer import CryptoSigner

from tests.support.ram import ram_folder
from tests.support.tuf_site import Client, Site, served

FIRST = [("root", 2), ("timestamp", None), ("snapshot", 1), ("targets", 1)]
ALL_ONE = {"root": 1, "snapshot": 1, "targets": 1, "timestamp": 1}
KEYS = [CryptoSigner.generate_ed25519() for _ in range(10)]


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with ram_folder() as folder, served(site) as url:
        yield Client(folder, url, site)


@pytest.fixture
def started(client: Client) -> Client:
    assert client.init() == 0
    return client


# -- the workflow -------------------------------------------------------------------------------------------


def test_init_asks_for_nothing_and_refresh_asks_in_order(site: Site, client: Client) -> None:
    assert client.init() == 0
    assert site.asked == []
    assert client.refresh() == 0
    assert site.asked == FIRST
    assert client.trusted() == ALL_ONE


def test_a_download_refreshes_first(site: Site, started: Client) -> None:
    assert started.download("nonexistent") == 1
    assert site.asked == FIRST
    assert started.trusted() == ALL_ONE


def test_a_second_refresh_asks_for_root_and_timestamp_only(site: Site, started: Client) -> None:
    started.refresh()
    site.asked.clear()
    assert started.refresh() == 0
    assert site.asked == [("root", 2), ("timestamp", None)]


@pytest.mark.parametrize("harm", ["no version", "another signature"])
def test_a_broken_initial_root_is_refused_without_a_request(site: Site, client: Client, harm: str) -> None:
    document = json.loads(site.published["root", 1])
    if harm == "no version":
        del document["signed"]["version"]
    else:
        document["signatures"][0]["sig"] = "0" * 128
    client.init(json.dumps(document).encode())
    assert client.refresh() == 1
    assert site.asked == []


@pytest.mark.parametrize(
    ("role", "kept"),
    [
        ("root", {"root": 1}),
        ("timestamp", {"root": 1}),
        ("snapshot", {"root": 1, "timestamp": 2}),
        ("targets", {"root": 1, "timestamp": 2, "snapshot": 2}),
    ],
)
def test_an_unsigned_role_ends_the_refresh_there(site: Site, started: Client, role: str, kept: dict[str, int]) -> None:
    site.signers[role].clear()
    site.publish("root") if role == "root" else site.announce("targets")
    assert started.refresh() == 1
    assert started.trusted() == kept


def test_the_same_version_with_other_content_is_not_taken(site: Site, started: Client) -> None:
    started.refresh()
    site.signed["timestamp"].snapshot_meta.version = 100
    site.publish("timestamp", bump=False)
    assert started.refresh() == 0
    assert site.asked[-1] == ("timestamp", None)
    kept = json.loads((started.metadata / "timestamp.json").read_bytes())
    assert kept["signed"]["meta"]["snapshot.json"]["version"] == 1


def test_metadata_is_kept_byte_for_byte(site: Site, started: Client) -> None:
    site.newest["timestamp"] = site.newest["timestamp"] + b"\n \n"
    assert started.refresh() == 0
    for role in ALL_ONE:
        assert (started.metadata / f"{role}.json").read_bytes() == site.newest[role]


def test_hashes_of_metadata_are_checked(site: Site, started: Client) -> None:
    site.hashes = True
    site.announce("targets")
    assert started.refresh() == 0
    site.publish("targets")
    site.signed["snapshot"].meta["targets.json"].hashes["sha256"] = "0" * 64
    site.publish("snapshot", "timestamp")
    assert started.refresh() == 1
    assert started.trusted() == {"root": 1, "targets": 2, "snapshot": 3, "timestamp": 3}


def test_a_version_that_the_snapshot_does_not_name_is_not_asked_for(site: Site, started: Client) -> None:
    started.refresh()
    site.publish("targets")
    assert started.refresh() == 0
    assert started.trusted() == ALL_ONE
    assert site.asked[-1] == ("timestamp", None)


def test_unknown_fields_are_part_of_what_is_signed(site: Site, started: Client) -> None:
    started.refresh()
    root = site.root
    root.unrecognized_fields["custom-field"] = "value"
    root.keys[root.roles["root"].keyids[0]].unrecognized_fields["extra"] = {"a": 1, "b": 2}
    root.roles["root"].unrecognized_fields["another"] = "value"
    site.publish("root")
    assert started.refresh() == 0
    assert started.trusted()["root"] == 2


def test_many_roots_are_followed(site: Site, started: Client) -> None:
    site.publish(*["root"] * 30)
    assert started.refresh() == 0
    assert [asked for asked in site.asked if asked[0] == "root"] == [("root", number) for number in range(2, 33)]
    assert started.trusted()["root"] == 31


def test_a_repository_without_consistent_snapshots_is_read_by_plain_names(site: Site, started: Client) -> None:
    site.root.consistent_snapshot = False
    site.target("targets", "dir/file.txt", b"content")
    site.publish("root", "targets", "snapshot", "timestamp")
    assert started.download("dir/file.txt") == 0
    assert site.asked[2:] == [("timestamp", None), ("snapshot", None), ("targets", None)]
    assert (site.fetched, started.downloaded()) == (["dir/file.txt"], [b"content"])


# -- downloads ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["file.txt", "path/to/a/file.txt", "with space.txt"])
def test_a_file_is_downloaded_once(site: Site, started: Client, path: str) -> None:
    site.target("targets", path, b"contents")
    site.announce("targets")
    assert started.refresh() == 0
    assert started.downloaded() == []
    site.content[quote(path)] = b"contents"
    for _ in range(2):
        assert started.download(path) == 0
    assert started.downloaded() == [b"contents"]
    assert len(site.fetched) == 1


def test_substituted_files_are_refused(site: Site, started: Client) -> None:
    site.target("targets", "one", b"honest one")
    site.target("targets", "two", b"honest two")
    site.announce("targets")
    assert started.download("one") == 0
    site.content |= {"one": b"malicious!", "two": b"malicious!"}
    started.download("one")
    assert started.download("two") == 1
    site.content["two"] = b"honest two and a lot more"
    assert started.download("two") == 1
    assert started.downloaded() == [b"honest one"]


def test_a_file_that_changes_is_downloaded_again_under_the_same_name(site: Site, started: Client) -> None:
    for number in range(4):
        site.target("targets", "file", f"contents {number}".encode())
        site.announce("targets")
        assert started.download("file") == 0
        assert started.downloaded() == [f"contents {number}".encode()]
        site.content["file"] = b"malicious"
        started.download("file")
        assert started.downloaded() == [f"contents {number}".encode()]


# -- rollback and recovery ----------------------------------------------------------------------------------


def test_an_older_timestamp_is_refused(site: Site, started: Client) -> None:
    site.publish("timestamp")
    assert started.refresh() == 0
    site.newest["timestamp"] = site.published["timestamp", 1]
    assert started.refresh() == 1
    assert started.trusted()["timestamp"] == 2


@pytest.mark.parametrize("hashes", [False, True])
def test_an_older_snapshot_under_a_newer_timestamp_is_refused(site: Site, started: Client, hashes: bool) -> None:
    site.hashes = hashes
    site.publish("snapshot", "timestamp")
    assert started.refresh() == 0
    site.signed["snapshot"].version = 1
    site.publish("snapshot", bump=False)
    site.publish("timestamp")
    assert started.refresh() == 1
    assert (started.trusted()["timestamp"], started.trusted()["snapshot"]) == (2, 2)
    assert site.asked[-1] == ("timestamp", None)


@pytest.mark.parametrize("hashes", [False, True])
def test_older_targets_under_a_newer_snapshot_are_refused(site: Site, started: Client, hashes: bool) -> None:
    site.hashes = hashes
    site.announce("targets")
    assert started.refresh() == 0
    site.signed["targets"].version = 1
    site.publish("targets", bump=False)
    site.publish("snapshot", "timestamp")
    assert started.refresh() == 1
    assert (started.trusted()["snapshot"], started.trusted()["targets"]) == (2, 2)


def test_a_snapshot_that_the_timestamp_does_not_name_is_refused(site: Site, started: Client) -> None:
    site.published["snapshot", 7] = site.published["snapshot", 1]
    site.signed["timestamp"].snapshot_meta.version = 7
    site.publish("timestamp")
    assert started.refresh() == 1
    assert started.trusted() == {"root": 1, "timestamp": 2}
    assert site.asked[-1] == ("snapshot", 7)


def test_a_snapshot_may_not_forget_a_role(site: Site, started: Client) -> None:
    site.delegate("targets", "A")
    site.announce("A", "targets")
    assert started.download("nothing") == 1
    del site.signed["snapshot"].meta["A.json"]
    site.announce()
    assert started.refresh() == 1
    assert started.trusted()["snapshot"] == 2


def test_new_timestamp_keys_recover_from_a_fast_forwarded_timestamp(site: Site, started: Client) -> None:
    site.signed["timestamp"].version = 99
    site.publish("timestamp")
    assert started.refresh() == 0
    site.rekey("timestamp")
    site.signed["timestamp"].version = 1
    site.publish("timestamp", bump=False)
    site.publish("root")
    assert started.refresh() == 0
    assert started.trusted()["timestamp"] == 1


def test_new_online_keys_recover_from_a_fast_forwarded_snapshot(site: Site, started: Client) -> None:
    site.signed["snapshot"].version = 99_998
    site.announce()
    assert started.refresh() == 0
    assert started.trusted()["snapshot"] == 99_999
    site.rekey("snapshot")
    site.rekey("timestamp")
    site.signed["snapshot"].version = 1
    site.announce()
    site.publish("root")
    assert started.refresh() == 0
    assert started.trusted()["snapshot"] == 2


def test_new_snapshot_keys_recover_from_fast_forwarded_targets(site: Site, started: Client) -> None:
    site.signed["targets"].version = 99
    site.announce("targets")
    assert started.refresh() == 0
    assert started.trusted()["targets"] == 100
    site.rekey("snapshot")
    site.signed["targets"].version = 1
    site.publish("root")
    site.announce("targets")
    assert started.refresh() == 0
    assert started.trusted()["targets"] == 2


# -- expiry -------------------------------------------------------------------------------------------------


def test_a_new_root_is_kept_even_if_it_is_expired_and_nothing_below_it(site: Site, started: Client) -> None:
    started.refresh()
    site.root.expires = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    site.publish("root", "targets", "snapshot", "timestamp")
    assert started.refresh() == 1
    assert started.trusted() == {**ALL_ONE, "root": 2}
    site.root.expires = site.end
    site.publish("root")
    assert started.refresh() == 0
    assert started.trusted() == {"root": 3, "timestamp": 2, "snapshot": 2, "targets": 2}


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_expired_roles_are_not_taken(site: Site, started: Client, role: str) -> None:
    started.refresh()
    site.signed[role].expires = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5)
    site.announce("targets")
    assert started.refresh() == 1
    assert started.trusted()[role] == 1


def test_an_expired_delegated_role_is_not_taken(site: Site, started: Client) -> None:
    site.delegate("targets", "A")
    site.target("A", "file", b"content")
    site.signed["A"].expires = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5)
    site.announce("A", "targets")
    assert started.download("file") == 1
    assert "A" not in started.trusted()
    assert started.downloaded() == []


def test_expired_local_metadata_still_leads_to_newer(site: Site, started: Client) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    site.signed["timestamp"].expires = now + timedelta(days=7)
    site.publish("timestamp")
    assert started.refresh() == 0
    site.signed["timestamp"].expires = now + timedelta(days=21)
    site.announce("targets")
    assert started.refresh(days=18) == 0
    assert started.trusted() == {"root": 1, "timestamp": 3, "snapshot": 2, "targets": 2}
    site.newest["timestamp"] = site.published["timestamp", 2]
    assert started.refresh(days=18) == 1


# -- keys and thresholds ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signing:
    """Which keys a role names, how many must sign, which did, and whether that is enough."""

    keys: Sequence[int]
    threshold: int
    signed: Sequence[int]
    good: bool = True


ROOTS: dict[str, list[Signing]] = {
    "one key replaced": [Signing([1], 1, [1]), Signing([2], 1, [2, 1]), Signing([2], 1, [2])],
    "unused signatures": [Signing([1], 1, [3, 1, 4]), Signing([2], 1, [3, 2, 1, 4]), Signing([2], 1, [3, 2, 4])],
    "three of five in turns": [Signing(range(5), 3, who) for who in ([0, 2, 4], [0, 4, 1], [0, 1, 3], [0, 1, 3])],
    "one of five replaced": [Signing(range(5), 3, [0, 2, 4]), Signing([0, 1, 3, 4, 5], 3, [0, 4, 1])],
    "one of five replaced in two steps": [
        Signing(range(5), 3, [0, 2, 4]),
        Signing([0, 1, 3, 4, 5], 3, [0, 2, 4, 5]),
        Signing([0, 1, 3, 4, 5], 3, [0, 4, 5]),
    ],
    "all five replaced": [
        Signing(range(5), 3, [0, 2, 4]),
        Signing(range(5, 10), 3, [0, 2, 4, 5, 6, 7]),
        Signing(range(5, 10), 3, [5, 6, 7]),
    ],
    "threshold raised": [Signing([1, 2, 3], 1, [1]), Signing([1, 2, 3], 2, [1, 2])],
    "threshold lowered": [Signing([1, 2, 3], 2, [1, 2]), Signing([1, 2, 3], 1, [1, 2]), Signing([1, 2, 3], 1, [1])],
    "key added": [Signing([1], 1, [1]), Signing([1, 2], 2, [1, 2])],
    "old key did not sign": [Signing([1], 1, [1]), Signing([2], 1, [2, 3, 4], good=False)],
    "new key did not sign": [Signing([1], 1, [1]), Signing([2], 1, [1, 3, 4], good=False)],
    "not three new": [Signing(range(5), 3, [0, 2, 4]), Signing([0, 1, 3, 4, 5], 3, [0, 2, 4], good=False)],
    "not three old": [Signing(range(5), 3, [0, 2, 4]), Signing([0, 1, 3, 4, 5], 3, [0, 4, 5], good=False)],
    "raised threshold not reached": [Signing([1, 2, 3], 1, [1]), Signing([1, 2, 3], 2, [2], good=False)],
    "old threshold not reached": [Signing([1, 2, 3], 2, [1, 2]), Signing([1, 2, 3], 1, [1], good=False)],
}  # fmt: skip

OTHERS: dict[str, Signing] = {
    "replaced": Signing([2], 1, [2]),
    "unused signatures": Signing([1], 1, [3, 1, 4]),
    "the old key signed": Signing([2], 1, [1, 3, 4], good=False),
    "one of three is a stranger": Signing([0, 1, 3, 4, 5], 3, [0, 2, 4], good=False),
    "one is missing": Signing([0, 1, 3, 4, 5], 3, [0, 4], good=False),
    **{f"three of five {who}": Signing(range(5), 3, who) for who in ([0, 2, 4], [0, 4, 1], [0, 1, 3], [1, 2, 3])},
}


def give(site: Site, role: str, signing: Signing) -> None:
    site.rekey(role, [KEYS[number] for number in signing.keys], signing.threshold)
    site.signers[role] = [KEYS[number] for number in signing.signed]


@pytest.mark.parametrize("versions", ROOTS.values(), ids=ROOTS.keys())
def test_root_keys_change_only_as_old_and_new_keys_agree(site: Site, client: Client, versions: list[Signing]) -> None:
    site.root.version = 0
    for signing in versions:
        give(site, "root", signing)
        site.publish("root")
    assert client.init() == 0
    good = versions[-1].good
    assert client.refresh() == (0 if good else 1)
    expected = site.published["root", len(versions) if good else len(versions) - 1]
    assert (client.metadata / "root.json").read_bytes() == expected


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("signing", OTHERS.values(), ids=OTHERS.keys())
def test_a_role_is_taken_with_enough_signatures_of_its_keys(
    site: Site, started: Client, role: str, signing: Signing
) -> None:
    give(site, role, signing)
    site.publish("root")
    site.announce("targets")
    assert started.refresh() == (0 if signing.good else 1)
    assert (started.trusted().get(role) == 2) is signing.good


def test_a_key_that_is_named_twice_counts_once(site: Site, started: Client) -> None:
    role = site.root.roles["snapshot"]
    role.keyids, role.threshold = role.keyids * 3, 2
    site.publish("root")
    assert started.refresh() == 1
    assert started.trusted() == {"root": 1}


def test_a_signature_that_is_given_twice_counts_once(site: Site, started: Client) -> None:
    site.rekey("snapshot", KEYS[:2], 2)
    site.signers["snapshot"] = KEYS[:1]
    site.publish("root", "snapshot", "timestamp")
    document = json.loads(site.newest["snapshot"])
    document["signatures"] *= 2
    site.published["snapshot", 2] = json.dumps(document).encode()
    assert started.refresh() == 1
    assert started.trusted() == {"root": 2, "timestamp": 2}


def test_a_threshold_above_the_number_of_signatures_is_never_met(site: Site, started: Client) -> None:
    started.refresh()
    site.rekey("snapshot", KEYS[:5], 6)
    site.publish("root", "snapshot", "timestamp")
    assert started.refresh() == 1
    assert (started.trusted()["root"], started.trusted()["snapshot"]) == (2, 1)


def test_a_wrong_keyid_hash_algorithm_does_not_matter(site: Site, started: Client) -> None:
    key = site.root.keys[site.root.roles["snapshot"].keyids[0]]
    key.unrecognized_fields["keyid_hash_algorithms"] = ["md5"]
    site.publish("root", "snapshot", "timestamp")
    assert started.refresh() == 0
    assert started.trusted() == {"root": 2, "snapshot": 2, "timestamp": 2, "targets": 1}


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_every_common_key_type_is_understood(site: Site, started: Client, kind: str) -> None:
    make = {"rsa": lambda: CryptoSigner.generate_rsa(size=2048), "ecdsa": CryptoSigner.generate_ecdsa}
    site.rekey("timestamp", [make.get(kind, CryptoSigner.generate_ed25519)()])
    site.publish("root", "timestamp")
    assert started.refresh() == 0
    assert started.trusted()["timestamp"] == 2


# -- delegations --------------------------------------------------------------------------------------------

Delegation = tuple[str, str, dict[str, Any]]

GRAPHS: dict[str, tuple[list[Delegation], str]] = {
    "one": ([("targets", "A", {})], "A"),
    "two side by side": ([("targets", "A", {}), ("targets", "B", {})], "AB"),
    "two levels": ([("targets", "A", {}), ("targets", "B", {}), ("B", "C", {})], "ABC"),
    "depth first": ([("targets", "A", {}), ("targets", "B", {}), ("A", "C", {}), ("A", "D", {})], "ACDB"),
    "three levels depth first": ([("targets", "A", {}), ("targets", "B", {}), ("A", "C", {}), ("C", "D", {})], "ACDB"),
    "terminating": (
        [("targets", "A", {}), ("targets", "B", {}), ("A", "C", {"terminating": True}), ("A", "D", {})], "AC",
    ),
    "terminating with children": (
        [("targets", "A", {}), ("targets", "B", {}), ("A", "C", {"terminating": True}), ("C", "D", {})], "ACD",
    ),
    "paths that do not match": ([("targets", "A", {"paths": ["*.py"]}), ("targets", "B", {}), ("A", "C", {})], "B"),
    "paths that do not match below": (
        [("targets", "A", {}), ("targets", "B", {}), ("A", "C", {"paths": ["*.py"]}), ("C", "D", {})], "AB",
    ),
    "circle": (
        [("targets", "A", {}), ("targets", "B", {}), ("B", "C", {}), ("C", "D", {}), ("D", "B", {})], "ABCD",
    ),
    "two ways to one": ([("targets", "A", {}), ("targets", "B", {}), ("B", "C", {}), ("A", "C", {})], "ACB"),
    "two ways, one matches": (
        [("targets", "A", {}), ("targets", "B", {}), ("B", "C", {}), ("A", "C", {"paths": ["*.py"]})], "ABC",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("delegations", "order"), GRAPHS.values(), ids=GRAPHS.keys())
def test_delegations_are_searched_in_order(
    site: Site, started: Client, delegations: list[Delegation], order: str
) -> None:
    for parent, name, options in delegations:
        site.delegate(parent, name, **options)
    roles = {name: None for _, name, _ in delegations}
    for role in roles:
        site.signed[role].version = 0
    site.announce(*roles, "targets")
    assert started.download("missing") == 1
    assert site.asked[4:] == [(role, 1) for role in order]


@pytest.mark.parametrize(
    ("path", "found", "order"),
    [
        ("file", True, ""),
        ("README.md", True, "A"),
        ("releases/x/x_v1", True, "BC"),
        ("releases/y/y_v1.zip", True, "BD"),
        ("releases/z/z_v1.zip", False, "B"),
    ],
)
def test_a_target_is_found_only_where_every_delegation_allows_it(
    site: Site, started: Client, path: str, found: bool, order: str
) -> None:
    site.delegate("targets", "A", ["*.doc", "*.md"])
    site.delegate("targets", "B", ["releases/*/*"])
    site.delegate("B", "C", ["releases/x/*"])
    site.delegate("B", "D", ["releases/y/*.zip"])
    site.target("targets", "file", b"file")
    site.target("A", "README.md", b"read me")
    site.target("C", "releases/x/x_v1", b"x")
    site.target("D", "releases/y/y_v1.zip", b"y")
    site.target("D", "releases/z/z_v1.zip", b"z")
    for role in "ABCD":
        site.signed[role].version = 0
    site.announce(*"ABCD", "targets")
    assert started.download(path) == (0 if found else 1)
    assert started.downloaded() == ([site.content[path]] if found else [])
    assert site.asked[4:] == [(role, 1) for role in order]


def test_a_target_is_found_in_its_hash_bin(site: Site, started: Client) -> None:
    site.delegate_bins("targets", 3, "bin")
    bins = site.signed["targets"].delegations.succinct_roles
    role = bins.get_role_for_target("some/file")
    site.target(role, "some/file", b"content")
    for name in bins.get_roles():
        site.signed[name].version = 0
    site.announce(*bins.get_roles(), "targets")
    assert started.download("some/file") == 0
    assert site.asked[4:] == [(role, 1)]


@pytest.mark.parametrize("role", ["?", "#", "/delegatedrole", "../delegatedrole"])
def test_unusual_role_names_are_quoted_in_urls_and_file_names(site: Site, started: Client, role: str) -> None:
    site.delegate("targets", role)
    site.signed[role].version = 0
    site.announce(role, "targets")
    assert started.download("nonexistent") == 1
    assert (quote(role, ""), 1) in site.asked
    assert len(started.trusted()) == 5


# -- the command line ---------------------------------------------------------------------------------------


def test_the_module_runs_as_a_program(site: Site, client: Client) -> None:
    def run(*arguments: str) -> int:
        command = [sys.executable, "-m", "qie_hub.trust.conformance", "--metadata-dir", str(client.metadata)]
        return subprocess.run([*command, *arguments], capture_output=True, timeout=60).returncode

    root = client.metadata.parent / "root.json"
    root.write_bytes(site.published["root", 1])
    assert run("init", str(root)) == 0
    assert run("--metadata-url", f"{client.url}/metadata/", "refresh") == 0
    assert client.trusted() == ALL_ONE
    site.newest.pop("timestamp")
    assert run("--metadata-url", f"{client.url}/metadata/", "refresh") == 1
