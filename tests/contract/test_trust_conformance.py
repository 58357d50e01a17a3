"""The scenarios of TUF's public client-conformance protocol, against our client's command line over real HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.support.ram import ram_folder
from tests.support.tuf_site import Client, Site, served

FIRST = [("root", 2), ("timestamp", None), ("snapshot", 1), ("targets", 1)]
ALL_ONE = {"root": 1, "snapshot": 1, "targets": 1, "timestamp": 1}


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
