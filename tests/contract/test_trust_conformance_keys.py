"""The conformance scenarios about keys, thresholds and delegations; see `test_trust_conformance`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from securesystemslib.signer import CryptoSigner

from tests.support.ram import ram_folder
from tests.support.tuf_site import Client, Site, served

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
