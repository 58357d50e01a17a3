"""Proof bundles, and what a disk that refuses or lost a file does."""

import errno
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.errors import (
    DiskFull,
    Expired,
    MixAndMatch,
    NotFound,
    QieHubError,
    ReadOnlyHome,
    RootChainError,
    StoreError,
    Tampered,
    UsageError,
)
from qie_hub.formats.index import PublisherIndex
from qie_hub.packref import PackRef
from qie_hub.trust.freshness import Freshness
from qie_hub.trust.manifests import SignedManifest, fetch_manifest
from qie_hub.trust.origins import Origin, Origins
from qie_hub.trust.proof import verify, verify_installed
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import last_view
from tests.support.ram import ram_folder
from tests.support.repository import START, URL, HandClock, Publisher

DAY = timedelta(days=1)


@pytest.fixture
def home() -> Iterator[Path]:
    with ram_folder() as folder:
        yield folder


@pytest.fixture
def publisher() -> Publisher:
    publisher = Publisher(HandClock())
    publisher.publish("acme/pro:512@1.0.0")
    return publisher


# -- proof bundles ------------------------------------------------------------------------------------------


def signed(publisher: Publisher, home: Path) -> SignedManifest:
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    view = last_view(origin, home, publisher.clock)
    assert view is not None
    return fetch_manifest(origin, home, publisher, publisher.clock, view.indexes["acme"].packs[0])


def test_a_bundle_holds_for_ever_and_says_when_it_was_fresh(publisher: Publisher, home: Path) -> None:
    publisher.rotate("root")
    publisher.rotate("timestamp")
    bundle = signed(publisher, home)
    folder = home / "proof"
    folder.mkdir()
    for name, data in bundle.proof.items():
        (folder / name).write_bytes(data)
    publisher.clock.advance(days=4000)
    proven = verify_installed(folder, home, bundle.manifest.ref)
    assert proven.manifest == bundle.manifest
    assert (proven.issued, proven.expired_at) == (START, START + 30 * DAY)
    assert sorted(bundle.proof) == [
        "1.root.json", "2.root.json", "3.root.json", "index.json", "pack.json", "revocations.json",
        "role.acme.json", "snapshot.json", "targets.json", "timestamp.json",
    ]  # fmt: skip


def test_a_bundle_is_good_for_the_one_pack_that_it_names(publisher: Publisher, home: Path) -> None:
    publisher.publish("acme/pro:1024@1.0.0")
    bundle = signed(publisher, home)
    root = bundle.proof["1.root.json"]
    for other in ("acme/pro:1024@1.0.0", "acme/pro@1.0.0", "acme/lite:512@1.0.0"):
        with pytest.raises(MixAndMatch):
            verify(bundle.proof, root, ref=PackRef.parse(other))
    for vague in ("acme/pro:512", "pro:512@1.0.0"):
        with pytest.raises(UsageError):
            verify(bundle.proof, root, ref=PackRef.parse(vague))


def test_a_bundle_of_a_root_that_was_never_trusted_here_is_refused(publisher: Publisher, home: Path) -> None:
    bundle = signed(publisher, home)
    folder = home / "proof"
    folder.mkdir()
    with pytest.raises(RootChainError):
        verify_installed(folder, home / "elsewhere", bundle.manifest.ref)
    for name, data in bundle.proof.items():
        (folder / name).write_bytes(data)
    with pytest.raises(RootChainError):
        verify_installed(folder, home / "elsewhere", bundle.manifest.ref)
    with pytest.raises(Tampered):
        verify_installed(home / "nothing", home, bundle.manifest.ref)


@pytest.mark.parametrize("name", ["timestamp.json", "snapshot.json", "targets.json", "role.acme.json", "pack.json"])
def test_a_bundle_without_one_of_its_parts_is_refused(publisher: Publisher, home: Path, name: str) -> None:
    bundle = signed(publisher, home)
    rest = {key: data for key, data in bundle.proof.items() if key != name}
    with pytest.raises(MixAndMatch):
        verify(rest, bundle.proof["1.root.json"], ref=bundle.manifest.ref)


def test_a_manifest_is_not_fetched_before_the_first_refresh(publisher: Publisher, home: Path) -> None:
    bundle = signed(publisher, home)
    origin = Origins(home).default()
    view = home / "origins" / origin.name / "view/view.json"
    view.unlink()
    row = publisher.indexes["acme"].packs[0]
    assert row.manifest == Digest.of(bundle.data)
    with pytest.raises(Expired) as caught:
        fetch_manifest(origin, home, publisher, publisher.clock, row)
    assert caught.value.hint == "REFRESH_FIRST"


def test_an_empty_index_is_read_as_it_was_written() -> None:
    index = PublisherIndex("acme", "2026-11-23T12:00:00Z")
    assert PublisherIndex.from_bytes(index.to_bytes()) == index


def test_an_origin_knows_the_places_to_ask() -> None:
    origin = Origin("x", f"{URL}/", ("https://mirror.test/p/",), Digest.of(b""), ())
    assert origin.bases == (URL, "https://mirror.test/p")
    assert Origin.from_bytes(origin.to_bytes()) == origin


def test_two_signed_documents_of_one_version_cannot_stand_for_each_other(publisher: Publisher, home: Path) -> None:
    bundle = signed(publisher, home)
    publisher.roles["acme"].version -= 1
    publisher.publish("acme/pro:512@6.6.6")
    publisher._sign_all()
    other = publisher.files["metadata/1.acme.json"]
    assert other != bundle.proof["role.acme.json"]
    with pytest.raises(MixAndMatch):
        verify({**bundle.proof, "role.acme.json": other}, bundle.proof["1.root.json"], ref=bundle.manifest.ref)


def test_a_parent_that_states_another_version_is_refused(publisher: Publisher, home: Path) -> None:
    bundle = signed(publisher, home)
    publisher.timestamp.snapshot_meta.version = 7
    publisher._seal("timestamp")
    forged = {**bundle.proof, "timestamp.json": publisher.files["metadata/timestamp.json"]}
    with pytest.raises(MixAndMatch) as caught:
        verify(forged, bundle.proof["1.root.json"], ref=bundle.manifest.ref)
    assert (caught.value.data["have"], caught.value.data["got"]) == (7, 1)


@pytest.mark.parametrize(
    ("code", "error"), [(errno.ENOSPC, DiskFull), (errno.EROFS, ReadOnlyHome), (errno.EIO, StoreError)]
)
def test_a_disk_that_refuses_is_an_error_of_the_store(
    publisher: Publisher, home: Path, monkeypatch: pytest.MonkeyPatch, code: int, error: type[QieHubError]
) -> None:
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    publisher.publish("acme/pro:512@1.1.0")

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code), "file")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(error) as caught:
            refresh(origin, home, publisher, publisher.clock)
    assert type(caught.value) is error
    assert len(refresh(origin, home, publisher, publisher.clock).indexes["acme"].packs) == 2


def test_a_lost_root_file_is_found_again_in_the_ledger(publisher: Publisher, home: Path) -> None:
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    (home / "origins" / origin.name / "root.json").unlink()
    assert refresh(origin, home, publisher, publisher.clock).freshness is Freshness.FRESH
    shutil.rmtree(home / "ledger/roots")
    with pytest.raises(NotFound):
        refresh(origin, home, publisher, publisher.clock)
