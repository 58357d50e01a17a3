"""Publishing: what may be published over what, and what becomes visible when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cdn.build import Build
from cdn.publish import publish, upload, upload_order
from cdn.stores.dir import DirStore
from cdn.verify import Unannounced, open_transport, verify
from qie_hub.digest import Digest
from qie_hub.errors import IntegrityError, MissingEverywhere, PublishError, RemoteDrift, VersionConflict
from qie_hub.packref import Version
from tests.support.cdn import FixedClock, tree
from tests.support.small_origin import PUBLISHER, TIERS, PackSpec, SmallOrigin, noise

BIG = {"weights.bin": noise(3 << 20, 5)}


@pytest.fixture
def small(tmp_path: Path) -> SmallOrigin:
    return SmallOrigin(tmp_path, FixedClock())


def test_publishing_again_changes_nothing(small: SmallOrigin) -> None:
    small.publish(PackSpec(files=BIG))
    before = tree(small.origin)
    small.publish(PackSpec(files=BIG))
    assert tree(small.origin) == before
    assert {"metadata/timestamp.json", "metadata/1.root.json"} <= set(before)


def test_a_published_version_never_changes(small: SmallOrigin) -> None:
    small.publish(PackSpec(scale=2.0))
    before = tree(small.origin)
    with pytest.raises(VersionConflict) as caught:
        small.publish(PackSpec(scale=3.0))
    assert caught.value.data["path"] == "packs/acme/sample/512/1.0.0/pack.json"
    assert tree(small.origin) == before, "a refused publish uploaded something"


def test_other_measurements_of_the_same_pack_leave_the_published_one_in_place(small: SmallOrigin) -> None:
    small.publish(PackSpec())
    before = tree(small.origin)
    build = small.build(PackSpec(), PUBLISHER)
    [manifest] = build.manifests
    measured = replace(manifest.variants[0], peak_ram=77_000_000, edit_ms=900, measured={"text_px": 12})
    again = Build(build.folder, (replace(manifest, variants=(measured,)),))
    done = publish([again], small.repo, DirStore(small.origin), tiers=TIERS)
    assert (done.objects, done.bytes) == (0, 0)
    assert tree(small.origin) == before


def test_the_index_lists_every_version_and_the_channel_moves_only_forward(small: SmallOrigin) -> None:
    for version, release in (("1.1.0", 2), ("1.0.0", 1), ("1.2.0", 3), ("1.1.0", 2)):
        small.publish(PackSpec(version=version, release=release, scale=release))
    index = small.repo.index(PUBLISHER)
    assert [str(row.version) for row in index.packs] == ["1.0.0", "1.1.0", "1.2.0"]
    assert index.channels == {"sample": {"stable": Version(1, 2, 0)}}
    assert index.tiers == TIERS


def test_channels_are_kept_apart(small: SmallOrigin) -> None:
    small.publish(PackSpec())
    small.publish(PackSpec(version="2.0.0", release=2, scale=3), channel="beta")
    assert small.repo.index(PUBLISHER).channels["sample"] == {"stable": Version(1, 0, 0), "beta": Version(2, 0, 0)}


@pytest.mark.parametrize(("version", "release"), [("1.1.0", 1), ("1.1.0", 5), ("0.9.0", 6), ("0.9.0", 5)])
def test_versions_and_releases_rise_together(small: SmallOrigin, version: str, release: int) -> None:
    small.publish(PackSpec(release=5))
    with pytest.raises(PublishError) as caught:
        small.publish(PackSpec(version=version, release=release, scale=3))
    assert caught.value.hint == "RELEASE_ORDER"


def test_a_signed_step_back_moves_the_channel_back(small: SmallOrigin) -> None:
    small.publish(PackSpec(release=2))
    small.publish(PackSpec(version="1.1.0", release=3, scale=3))
    small.publish(PackSpec(version="1.0.1", release=2, rolled_back_from="1.1.0"))
    assert small.repo.index(PUBLISHER).channels["sample"]["stable"] == Version(1, 0, 1)


def test_resolutions_share_their_objects(small: SmallOrigin) -> None:
    small.publish(PackSpec(files=BIG, resolutions=(512,)))
    one = {name for name in tree(small.origin) if name[0] in "io"}
    small.publish(PackSpec(name="other", files=BIG, resolutions=(256, 512, 1024)))
    assert {name for name in tree(small.origin) if name[0] in "io"} == one


def test_shards_come_first_and_the_timestamp_last(small: SmallOrigin) -> None:
    names: list[str] = []

    class Noting(DirStore):
        def put(self, name: str, blob: object) -> bool:
            names.append(name)
            return super().put(name, blob)  # type: ignore[arg-type]  # passed on as it came

        def replace(self, name: str, data: bytes) -> None:
            names.append(name)
            super().replace(name, data)

    publish([small.build(PackSpec(files=BIG), PUBLISHER)], small.repo, Noting(small.origin), tiers=TIERS)
    kinds = [name.split("/")[0] for name in names]
    order = [kind for number, kind in enumerate(kinds) if number == 0 or kinds[number - 1] != kind]
    assert order == ["o", "i", "packs", "metadata"]
    roles = [name.split(".")[-2].split("/")[-1] for name in names if name.startswith("metadata")]
    assert roles == ["acme", "acme", "targets", "snapshot", "snapshot", "root", "timestamp"]


def test_every_published_file_is_what_the_manifest_says(small: SmallOrigin) -> None:
    small.publish(PackSpec(files=BIG, resolutions=(256, 512)))
    report = verify(small.line, small.clock)
    assert report.packs == ("acme/sample:256@1.0.0", "acme/sample:512@1.0.0")
    assert report.objects == len([name for name in tree(small.origin) if name[0] in "io"])
    assert report.bytes > 3 << 20


@pytest.mark.parametrize("kind", ["o", "i"])
def test_verify_finds_any_damaged_object(small: SmallOrigin, kind: str) -> None:
    small.publish(PackSpec(files=BIG))
    for path in sorted((small.origin / kind).rglob("*")):
        if path.is_file():
            good = path.read_bytes()
            path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
            with pytest.raises(IntegrityError):
                verify(small.line, small.clock)
            path.unlink()
            with pytest.raises(MissingEverywhere):
                verify(small.line, small.clock)
            path.write_bytes(good)
    verify(small.line, small.clock)


def test_what_is_not_announced_yet_can_be_verified_before_it_is(small: SmallOrigin) -> None:
    small.publish(PackSpec())
    seen: list[tuple[str, ...]] = []
    transport = Unannounced(open_transport(small.clock), small.repo.folder / "metadata" / "timestamp.json")

    def check() -> None:
        seen.append(verify(small.line, small.clock).packs)
        seen.append(verify(small.line, small.clock, transport=transport).packs)

    build = small.build(PackSpec(version="1.1.0", release=2, scale=3), PUBLISHER)
    publish([build], small.repo, DirStore(small.origin), tiers=TIERS, check=check)
    assert seen == [("acme/sample:512@1.0.0",), ("acme/sample:512@1.0.0", "acme/sample:512@1.1.0")]


def test_a_store_that_is_ahead_is_not_published_over(small: SmallOrigin, tmp_path: Path) -> None:
    small.publish(PackSpec())
    ahead = (small.origin / "metadata" / "timestamp.json").read_bytes()
    other = SmallOrigin(tmp_path / "other", small.clock)
    store = DirStore(tmp_path / "store")
    upload(other.repo.folder, store)
    store.replace("metadata/timestamp.json", ahead)
    with pytest.raises(RemoteDrift) as caught:
        publish([other.build(PackSpec(), PUBLISHER)], other.repo, store, tiers=TIERS)
    assert caught.value.hint == "STORE_AHEAD"
    assert not (store.folder / "o").exists()


def test_the_upload_order_names_every_signed_file_once(small: SmallOrigin) -> None:
    small.publish(PackSpec())
    names = upload_order(small.repo.folder)
    assert len(names) == len(set(names))
    assert {*names, "metadata/timestamp.json"} == set(tree(small.repo.folder))
    assert str(Digest.of((small.repo.folder / "metadata/1.root.json").read_bytes())) == str(small.repo.fingerprint)
