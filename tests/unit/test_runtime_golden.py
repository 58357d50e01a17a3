from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from qie_hub.clock import SystemClock
from qie_hub.errors import LoadError
from qie_hub.formats.manifest import Golden
from qie_hub.runtime.golden import Memo, distance, prove
from qie_hub.runtime.host import Host
from qie_hub.runtime.loading import PackSource
from tests.support import graphs
from tests.support.pipelines import Factory, key_of, picture, run

IMAGE = picture(3)


def golden_source(root: Path, *, off: int = 0, tolerance: int = 500, sentence: str = "tint") -> PackSource:
    """A pack that adds 10 and ships a golden edit whose expected picture is ``off`` grey levels away from that."""
    expected = np.clip(IMAGE.astype(np.int16) + 10 + off, 0, 255).astype(np.uint8)
    expected[IMAGE > 230] = np.clip(IMAGE.astype(np.int16) + 10, 0, 255).astype(np.uint8)[IMAGE > 230]
    files = {"tint.onnx": graphs.affine(1, 10).SerializeToString()}
    root.mkdir(parents=True, exist_ok=True)
    for name, array in (("golden/in.png", IMAGE), ("golden/out.png", expected)):
        (root / name).parent.mkdir(exist_ok=True)
        Image.fromarray(array).save(root / name)
        files[name] = (root / name).read_bytes()
    manifest, _ = graphs.pack(root, files)
    manifest = replace(manifest, golden=Golden("golden/in.png", sentence, "golden/out.png", tolerance))
    return PackSource(manifest, "cpu", root, Factory(), threads=1)


def check(source: PackSource, memo: Memo | None = None) -> None:
    pack, pipeline = source()
    with pack:
        prove(pack, pipeline, source.factory.understand, memo)


def test_an_edit_within_the_tolerance_passes(tmp_path: Path) -> None:
    check(golden_source(tmp_path / "exact"))
    check(golden_source(tmp_path / "near", off=1, tolerance=1000))


def test_an_edit_beyond_the_tolerance_fails_with_the_difference(tmp_path: Path) -> None:
    with pytest.raises(LoadError) as caught:
        check(golden_source(tmp_path, off=3, tolerance=1000))
    assert caught.value.hint == "GOLDEN_MISMATCH"
    assert 2000 < int(str(caught.value.data["difference"])) <= 3000
    assert caught.value.data["tolerance"] == 1000


@pytest.mark.parametrize("damage", ["in.png", "out.png"])
def test_a_broken_golden_picture_is_a_mismatch(tmp_path: Path, damage: str) -> None:
    source = golden_source(tmp_path)
    (tmp_path / "golden" / damage).write_bytes(b"no picture")
    with pytest.raises(LoadError) as caught:
        check(source)
    assert caught.value.hint == "GOLDEN_MISMATCH"


def test_a_picture_of_another_size_is_a_mismatch(tmp_path: Path) -> None:
    source = golden_source(tmp_path)
    Image.fromarray(picture(3, side=8)).save(tmp_path / "golden" / "out.png")
    with pytest.raises(LoadError) as caught:
        check(source)
    assert caught.value.hint == "GOLDEN_MISMATCH"


def test_a_pass_is_remembered_for_this_pack_and_device_only(tmp_path: Path) -> None:
    source = golden_source(tmp_path / "pack")
    memo = Memo(tmp_path / "derived", "cpu one")
    check(source, memo)
    (tmp_path / "pack" / "tint.onnx").write_bytes(b"broken")
    check(source, memo)
    with pytest.raises(LoadError):
        check(source, replace(memo, device="cpu two"))
    newer = replace(source, manifest=replace(source.manifest, release=2))
    with pytest.raises(LoadError):
        check(newer, memo)


def test_a_failure_is_never_remembered(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "derived", "cpu")
    bad = golden_source(tmp_path / "pack", off=50)
    for _ in range(2):
        with pytest.raises(LoadError):
            check(bad, memo)
    assert not (tmp_path / "derived").exists()


def test_a_forged_note_of_a_pass_does_not_count(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "derived", "cpu")
    bad = golden_source(tmp_path / "pack", off=50)
    pack, _ = bad()
    memo.folder.mkdir()
    memo.path(pack).write_bytes(b"")
    with pytest.raises(LoadError):
        check(bad, memo)


def test_a_pack_whose_golden_edit_fails_never_takes_traffic(tmp_path: Path) -> None:
    good, bad = golden_source(tmp_path / "good"), golden_source(tmp_path / "bad", off=50)
    bad = replace(bad, manifest=replace(bad.manifest, name="other"))
    with Host(SystemClock()) as host:
        host.swap(key_of(good), good)
        with pytest.raises(LoadError) as caught:
            host.swap(key_of(bad), bad)
        assert caught.value.hint == "GOLDEN_MISMATCH"
        with host.lease() as pipeline:
            np.testing.assert_array_equal(run(pipeline, IMAGE), np.clip(IMAGE.astype(int) + 10, 0, 255))


def test_distance_is_that_of_the_worst_channel() -> None:
    one = np.zeros((4, 4, 3), np.uint8)
    other = one.copy()
    other[:, :, 1] = 2
    other[0, 0, 2] = 255
    assert distance(one, other) == 15_938
    assert distance(one, one) == 0
