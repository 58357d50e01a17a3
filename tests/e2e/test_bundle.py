"""A pack that travels on a USB stick: exported without network, installed without network."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cdn import care
from qie_hub.errors import QieHubError, Revoked, UsageError
from qie_hub.hub import Hub
from qie_hub.packref import PackRef
from tests.e2e.conftest import MIB, MovableClock
from tests.support.small_origin import SmallOrigin, noise


def exported(hub: Hub, folder: Path, *refs: str) -> str:
    for ref in refs:
        hub.install(ref).wait()
    return hub.bundle_export(list(refs), folder).line


def test_a_bundle_installs_on_a_device_without_network_after_its_timestamp_ended(
    tmp_path: Path, hub: Hub, clock: MovableClock
) -> None:
    line = exported(hub, tmp_path / "stick", "sample:512", "sample:256")
    clock.skew = timedelta(days=200)
    with Hub(home=str(tmp_path / "other"), offline=True, clock=clock) as other:
        done = other.bundle_import(tmp_path / "stick", fingerprint=line.partition("#sha256=")[2])
        assert sorted(str(item.ref) for item in done) == ["acme/sample:256@1.0.0", "acme/sample:512@1.0.0"]
        with other.files("sample:512") as pack:
            assert (pack.path / "net.bin").read_bytes() == b"".join(noise(MIB, seed) for seed in range(4))


def test_a_bundle_of_an_unknown_publisher_needs_its_fingerprint(tmp_path: Path, hub: Hub, clock: MovableClock) -> None:
    exported(hub, tmp_path / "stick", "sample:512")
    with Hub(home=str(tmp_path / "other"), offline=True, clock=clock) as other:
        with pytest.raises(UsageError) as refused:
            other.bundle_import(tmp_path / "stick")
        assert refused.value.hint == "BUNDLE_ROOT"
        with pytest.raises(QieHubError):
            other.bundle_import(tmp_path / "stick", fingerprint="0" * 64)
        assert other.installed() == ()


def test_a_device_that_knows_the_publisher_needs_no_fingerprint_and_keeps_its_origin(
    tmp_path: Path, hub: Hub, origin: SmallOrigin, clock: MovableClock
) -> None:
    exported(hub, tmp_path / "stick", "sample:512")
    with Hub(home=str(tmp_path / "other"), clock=clock) as other:
        known = other.origin_add(origin.line)
    with Hub(home=str(tmp_path / "other"), offline=True, clock=clock) as other:
        [done] = other.bundle_import(tmp_path / "stick")
        assert done.origin == known.name
        assert other.origins()[0].url == known.url


def test_a_revocation_that_the_device_knows_stops_a_bundle_that_does_not_know_it(
    tmp_path: Path, hub: Hub, origin: SmallOrigin, clock: MovableClock
) -> None:
    exported(hub, tmp_path / "stick", "sample:512")
    care.revoke(origin.repo, PackRef.parse("acme/sample:512@1.0.0"), "bad weights")
    origin.upload()
    with Hub(home=str(tmp_path / "other"), clock=clock) as other:
        other.origin_add(origin.line)
        with pytest.raises(QieHubError) as refused:
            other.bundle_import(tmp_path / "stick")
            with other.files("sample:512"):
                pass
    assert isinstance(refused.value, Revoked) or 10 <= refused.value.exit_code <= 19


def test_a_damaged_bundle_is_refused(tmp_path: Path, hub: Hub, clock: MovableClock) -> None:
    line = exported(hub, tmp_path / "stick", "sample:512")
    shard = max((tmp_path / "stick" / "o").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    data = bytearray(shard.read_bytes())
    data[1000] ^= 1
    shard.write_bytes(bytes(data))
    with Hub(home=str(tmp_path / "other"), offline=True, clock=clock) as other:
        with pytest.raises(QieHubError) as refused:
            other.bundle_import(tmp_path / "stick", fingerprint=line.partition("#sha256=")[2])
        assert refused.value.exit_code == 20
        assert other.installed() == ()


def test_a_folder_that_is_no_bundle_is_named_so(tmp_path: Path, hub: Hub) -> None:
    with pytest.raises(UsageError) as refused:
        hub.bundle_import(tmp_path)
    assert refused.value.hint == "NO_BUNDLE"
