"""Pack wheels: an origin as a package, with nothing missing and nothing else in it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cdn.selection import Published
from cdn.verify import verify
from cdn.wheel import pack_wheel
from qie_hub.errors import NotFound, UsageError
from qie_hub.packref import PackRef
from tests.support.cdn import FixedClock, tree
from tests.support.small_origin import PUBLISHER, PackSpec, SmallOrigin, noise

REF = PackRef.parse("sample")


@pytest.fixture
def small(tmp_path: Path) -> SmallOrigin:
    small = SmallOrigin(tmp_path / "publisher", FixedClock())
    small.publish(PackSpec(resolutions=(256, 512), files={"w.bin": noise(2 << 20, 1)}))
    small.publish(PackSpec(name="other", files={"o.bin": noise(2 << 20, 2)}))
    small.publish(PackSpec(version="1.1.0", release=2, resolutions=(256, 512), files={"w.bin": noise(2 << 20, 3)}))
    return small


def installed(wheel: Path, folder: Path) -> Path:
    """Install with pip into a folder of its own; return the origin folder as the package itself states it."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, str(wheel)], check=True)
    code = "import qie_hub_pack_sample as pack; print(pack.origin()['path'], pack.origin()['root_sha256'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True)
    path, fingerprint = done.stdout.split()
    assert hashlib.sha256((Path(path) / "metadata" / "1.root.json").read_bytes()).hexdigest() == fingerprint
    return Path(path)


def test_an_installed_pack_wheel_is_an_origin_that_verifies(small: SmallOrigin, tmp_path: Path) -> None:
    wheel = pack_wheel(small.origin, PUBLISHER, REF, tmp_path)
    assert wheel.name == "qie_hub_pack_sample-1.1.0-py3-none-any.whl"
    folder = installed(wheel, tmp_path / "site")
    line = f"{folder.as_uri()}#sha256={small.repo.fingerprint}"
    held = [PackRef.parse(f"acme/sample:{size}@1.1.0") for size in (256, 512)]
    assert {row.ref for row in Published(folder).rows(PUBLISHER, REF)} == set(held)
    for name, data in tree(folder).items():
        assert (small.origin / name).read_bytes() == data
    report = verify(line, small.clock, only=held)
    assert report.packs == tuple(str(ref) for ref in held)
    assert report.bytes > 2 << 20


def test_only_the_objects_of_the_pack_are_in_the_wheel(small: SmallOrigin, tmp_path: Path) -> None:
    with zipfile.ZipFile(pack_wheel(small.origin, PUBLISHER, REF, tmp_path)) as archive:
        objects = {name.rsplit("/", 1)[1] for name in archive.namelist() if "/o/sha256/" in name}
        manifests = [name for name in archive.namelist() if name.endswith(".pack.json")]
    state = Published(small.origin)
    wanted = {name.rsplit("/", 1)[1] for name in state.names_for(state.rows(PUBLISHER, REF)) if name.startswith("o/")}
    assert objects == wanted
    assert {hashlib.sha256(noise(2 << 20, 2)).hexdigest(), hashlib.sha256(noise(2 << 20, 1)).hexdigest()}.isdisjoint(
        objects
    )
    assert sorted(name.split("/")[5:7] for name in manifests) == [["256", "1.1.0"], ["512", "1.1.0"]]


def test_one_resolution_can_be_asked_for(small: SmallOrigin, tmp_path: Path) -> None:
    with zipfile.ZipFile(pack_wheel(small.origin, PUBLISHER, PackRef.parse("sample:512"), tmp_path)) as archive:
        manifests = [name for name in archive.namelist() if name.endswith(".pack.json")]
    assert [name.split("/")[5] for name in manifests] == ["512"]


def test_the_record_lists_every_member_with_its_digest(small: SmallOrigin, tmp_path: Path) -> None:
    with zipfile.ZipFile(pack_wheel(small.origin, PUBLISHER, REF, tmp_path)) as archive:
        record = next(name for name in archive.namelist() if name.endswith("RECORD"))
        rows = {name: (digest, size) for name, digest, size in csv.reader(io.StringIO(archive.read(record).decode()))}
        assert set(rows) == set(archive.namelist())
        for name in set(rows) - {record}:
            digest = base64.urlsafe_b64encode(hashlib.sha256(archive.read(name)).digest()).rstrip(b"=").decode()
            assert rows[name] == (f"sha256={digest}", str(len(archive.read(name))))


def test_the_wheel_declares_its_origin_licences_and_no_code(small: SmallOrigin, tmp_path: Path) -> None:
    with zipfile.ZipFile(pack_wheel(small.origin, PUBLISHER, REF, tmp_path)) as archive:
        names = archive.namelist()
        info = "qie_hub_pack_sample-1.1.0.dist-info"
        assert [name for name in names if name.endswith((".py", ".so", ".pth"))] == ["qie_hub_pack_sample/__init__.py"]
        points = archive.read(f"{info}/entry_points.txt").decode()
        assert points == "[qie_hub.origins]\nqie-hub-pack-sample = qie_hub_pack_sample:origin\n"
        assert archive.read(f"{info}/licenses/apache.txt") == b"Apache License 2.0\n"
        metadata = archive.read(f"{info}/METADATA").decode()
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Dist: qie-hub\n" in metadata


def test_the_same_origin_gives_the_same_wheel(small: SmallOrigin, tmp_path: Path) -> None:
    one, two = (pack_wheel(small.origin, PUBLISHER, REF, tmp_path / name).read_bytes() for name in "ab")
    assert one == two


def test_a_version_that_the_channel_does_not_offer_makes_no_wheel(small: SmallOrigin, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        pack_wheel(small.origin, PUBLISHER, PackRef.parse("sample@1.0.0"), tmp_path)
    assert caught.value.hint == "WHEEL_VERSION"
    with pytest.raises(NotFound) as missing:
        pack_wheel(small.origin, PUBLISHER, PackRef.parse("nothing"), tmp_path)
    assert "acme/sample:512@1.1.0" in missing.value.data["closest"]  # type: ignore[operator]  # a list of refs
    assert not list(tmp_path.glob("*.whl"))
