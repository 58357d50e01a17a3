"""`python -m cdn up` with the house's recipe: the packages come from the registry that pip is set up with.

Two of its three resolutions are built here: 1024 differs in settings alone, and proving it takes most of a minute.

``tests/golden/span_x2.npz`` holds a crop of scikit-image's astronaut (NASA, public domain), made half as large with
Pillow's bicubic filter, and what the PyPI package ncnn 1.0.20261020 computes for it from the original param and bin
(fp32, one thread, no fp16 options)::

    net.load_param(".../spanx2_ch48.param"); net.load_model(".../spanx2_ch48.bin")
    extractor.input("data", ncnn.Mat(picture / 255, planar)); extractor.extract("output")
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from PIL import Image
from skimage import data as photos

from cdn.selection import Published
from cdn.verify import verify
from cdn.workspace import Workspace
from qie_hub.clock import SystemClock
from qie_hub.editor import Editor
from qie_hub.errors import EditRefused
from qie_hub.formats.manifest import STAGES, PackFile
from qie_hub.hub import Hub
from qie_hub.messages import describe
from qie_hub.packref import PackRef
from tests.support.cdn import CACHE, ROOT, tree, up

HOUSE = ROOT / "manifests" / "packs" / "ultra-lite.toml"


def recipe_in(folder: Path, before: str, after: str) -> Path:
    """The house's recipe with one part replaced."""
    text = HOUSE.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path = folder / "ultra-lite.toml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recipe_in(tmp_path_factory.mktemp("recipe"), "resolutions = [256, 512, 1024]", "resolutions = [256, 512]")


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory, recipe: Path) -> Path:
    folder = tmp_path_factory.mktemp("up") / "space"
    up(folder, "--pack", str(recipe))
    return folder


def session(space: Path) -> ort.InferenceSession:
    path, *_ = (space / "build").glob("qie-ultra-lite-1.0.0-*/files/sr/span_x2.onnx")
    return ort.InferenceSession(path, providers=["CPUExecutionProvider"])


def planar(picture: np.ndarray) -> np.ndarray:
    return (picture.astype(np.float32) / 255).transpose(2, 0, 1)[None]


def test_up_ends_with_the_line_that_users_paste_and_changes_nothing_the_second_time(space: Path, recipe: Path) -> None:
    before = tree(space / "origin")
    out = up(space, "--pack", str(recipe)).stdout
    assert re.fullmatch(r"qie-hub origin add file://\S+/space/origin#sha256=[0-9a-f]{64}\n", out)
    assert tree(space / "origin") == before
    line = out.split()[-1]
    report = verify(line, SystemClock())
    assert report.packs == tuple(f"qie/ultra-lite:{size}@1.0.0" for size in (256, 512))
    out = up(space, "--pack", str(recipe), "--url", "https://packs.example").stdout
    assert out == f"qie-hub origin add https://packs.example#{line.rpartition('#')[2]}\n"


def test_the_pack_holds_what_the_lite_pipeline_names_with_a_licence_for_each_file(space: Path) -> None:
    state = Published(space / "origin")
    row = state.rows("qie", PackRef.parse("ultra-lite:512"))[0]
    manifest = state.manifest(row)
    [variant] = manifest.variants
    settings = variant.pipeline.settings
    nets = ("ocr_det", "ocr_rec", "ocr_cls", "sr_x2", "sr_x4", "detector", "portrait")
    named = {settings[key] for key in nets} | set(settings["fonts"].values())
    paths = {file.path for file in manifest.files}
    assert named <= paths
    assert {licence.text for licence in manifest.licences} <= paths
    assert settings["resolution"] == 512
    assert 10_000_000 < variant.params < 20_000_000
    assert manifest.optional == ("matting-isnet",)
    assert sum(file.size for file in manifest.files) < 80_000_000
    assert state.index("qie").tiers["ultra-lite"].max_bytes == 500_000_000
    assert "background.replace" in state.index("qie").tiers["pro"].abilities


def test_keys_and_their_passphrase_are_for_the_owner_alone(space: Path) -> None:
    private = [space / "passphrase", *(space / "keys").glob("*.pem")]
    assert len(private) >= 9
    assert all(path.stat().st_mode & 0o077 == 0 for path in private)
    assert all(b"ENCRYPTED" in path.read_bytes() for path in (space / "keys").glob("*.pem"))
    public = b"".join(tree(space / "origin").values())
    assert (space / "passphrase").read_bytes().strip() not in public
    assert b"PRIVATE KEY" not in public


def test_the_converted_network_computes_what_ncnn_computes(space: Path) -> None:
    golden = np.load(ROOT / "tests" / "golden" / "span_x2.npz")
    [result] = session(space).run(["upscaled"], {"image": planar(golden["picture"])})
    assert result.shape == (1, 3, 64, 80)
    assert np.abs(result[0] - golden["upscaled"]).max() <= 1e-4


@pytest.mark.parametrize("photo", ["astronaut", "coffee"])
def test_enlarging_beats_bicubic_on_real_photographs(space: Path, photo: str) -> None:
    whole = getattr(photos, photo)()[:256, :256, :3]
    small = np.asarray(Image.fromarray(whole).resize((128, 128), Image.Resampling.BICUBIC))
    [result] = session(space).run(["upscaled"], {"image": planar(small)})
    net = np.clip(result[0].transpose(1, 2, 0) * 255, 0, 255)
    bicubic = np.asarray(Image.fromarray(small).resize((256, 256), Image.Resampling.BICUBIC))

    def error(picture: np.ndarray) -> float:
        return float(np.mean((picture.astype(float) - whole) ** 2))

    assert error(net) < 0.75 * error(bicubic)


def test_the_golden_edit_is_in_the_pack_and_the_pack_carried_it_out(space: Path) -> None:
    for size in (256, 512):
        state = Published(space / "origin")
        manifest = state.manifest(state.rows("qie", PackRef.parse(f"ultra-lite:{size}"))[0])
        golden, [variant] = manifest.golden, manifest.variants
        assert golden is not None
        assert {golden.picture, golden.expected} <= set(variant.files)
        before, after = (pixels(space, manifest.file(path)) for path in (golden.picture, golden.expected))
        changed = np.abs(after - before).max(axis=-1) > 40
        assert 0.01 < changed.mean() < 0.1, "the price was not deleted"
        assert round(float(np.abs(after - before).mean()) * 1000) > 2 * golden.tolerance, "doing nothing would pass"
        memory = variant.requirements.memory
        peaks = [memory[stage] for stage in STAGES]
        assert peaks == sorted(peaks)
        # One search of a small picture may need as much as all that follows: the peaks only never fall.
        assert 150_000_000 < memory["locate"] <= variant.peak_ram == memory["finish"] < 2_000_000_000
        assert variant.edit_ms is not None
        assert variant.measured["sr_tile"] == size // 2
        assert 5 < variant.measured["text_px"] < 30
        assert variant.requirements.disk == sum(file.size for file in manifest.files)


def test_without_npm_the_pack_signs_up_to_less_and_refuses_the_rest_with_that_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = tmp_path / "space"
    (space / "sources").mkdir(parents=True)
    for wheel in (CACHE / "sources").glob("*/*.whl"):  # pip's packages are here already, npm's are not
        (space / "sources" / wheel.parent.name).symlink_to(wheel.parent)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    done = up(space, "--pack", str(unproved(tmp_path, "resolutions = [512]")))
    assert "there is no npm on this machine" in done.stderr
    assert (
        "without background.plain, background.blur, background.cutout, background.picture, image.compose" in done.stderr
    )
    with Hub(home=str(tmp_path / "home"), refresh="never") as hub:
        hub.origin_add(done.stdout.split()[-1])
        item = hub.install("ultra-lite").wait()
        assert {"text.replace", "object.erase"} <= set(item.abilities)
        assert not any(name.startswith("background.") or name == "object.remove" for name in item.abilities)
        with Editor(hub) as editor, pytest.raises(EditRefused) as caught:
            editor.edit(photos.coffee(), "换白底")
    refusal = caught.value
    assert (refusal.data["reason"], refusal.hint) == ("out_of_ability", "COULD_FULLER")
    assert refusal.data["abilities"] == ["background.plain"]
    assert "构建时缺少所需的部分" in describe(refusal, "zh")[0]


def unproved(folder: Path, resolutions: str) -> Path:
    """The house's recipe without its proof, which takes time and is tested above."""
    house = HOUSE.read_text(encoding="utf-8")
    proof = house[house.index("[golden]") : house.index("# -- releases")]
    path = recipe_in(folder, proof, "")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("resolutions = [256, 512, 1024]", resolutions), encoding="utf-8")
    return path


def pixels(space: Path, file: PackFile) -> np.ndarray:
    data = (space / "origin" / "o" / "sha256" / file.sha256.fan_out).read_bytes()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=np.int16)


def test_a_second_version_shares_all_weights_with_the_first(tmp_path: Path) -> None:
    recipe = unproved(tmp_path, "resolutions = [256, 512, 1024]")
    space = tmp_path / "space"
    up(space, "--pack", str(recipe))
    before = set(tree(space / "origin"))
    up(space, "--pack", str(recipe), "--set", "version=1.1.0")
    new = {name: len(data) for name, data in tree(space / "origin").items() if name not in before}
    objects = {name: size for name, size in new.items() if name[0] in "io"}
    assert 0 < sum(objects.values()) < 200_000
    state = Published(space / "origin")
    row = state.rows("qie", PackRef.parse("ultra-lite:512"))[0]
    assert (str(row.version), row.release) == ("1.1.0", 2)
    older = state.rows("qie", PackRef.parse("ultra-lite:512@1.0.0"))[0]
    assert state.manifest(row).variants[0].pipeline.settings != state.manifest(older).variants[0].pipeline.settings
    up(space, "--pack", str(recipe))
    assert Published(space / "origin").rows("qie", PackRef.parse("ultra-lite:512")) == (row,)


def test_errors_are_told_with_their_code_and_exit_status(space: Path) -> None:
    done = up(space, "--set", "version=9.9.9", check=False)
    assert done.returncode == 4
    assert "NOT_FOUND" in done.stderr
    assert "1.0.0, 1.1.0" in done.stderr
    assert "Traceback" not in done.stderr
    assert up(space, "--set", "colour=red", check=False).returncode == 2


def test_two_processes_never_work_in_one_folder(space: Path) -> None:
    with Workspace(space).alone():
        done = up(space, check=False)
    assert done.returncode == 41
    assert str(space) in done.stderr
