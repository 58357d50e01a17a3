"""The bytes that run are the signed ones: another recogniser in a re-signed pack changes what is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image, ImageDraw, ImageFont

from cdn.workspace import Workspace
from qie_hub.editor import Editor
from qie_hub.errors import EditRefused
from qie_hub.hub import Hub
from tests.support import ultra_lite
from tests.support.small_origin import PackSpec, SmallOrigin


def picture() -> np.ndarray:
    image = Image.new("RGB", (600, 200), (240, 236, 228))
    ImageDraw.Draw(image).text((60, 60), "PRICE 345", font=ImageFont.load_default(size=72), fill=(30, 30, 60))
    return np.asarray(image)


def files_of_the_real_pack() -> tuple[dict[str, bytes], dict[str, object]]:
    [*_, build] = Workspace(ultra_lite.workspace()).builds()
    manifest = next(item for item in build.manifests if item.resolution == 512)
    files = {file.path: build.source(file).read_bytes() for file in manifest.files}
    return files, dict(manifest.variants[0].pipeline.settings)


def installed(folder: Path, files: dict[str, bytes], settings: dict[str, object]) -> Path:
    publisher = SmallOrigin(folder / "publisher")
    abilities = ("text.replace", "text.delete")
    publisher.publish(PackSpec(kind="lite", files=files, settings=settings, abilities=abilities))
    with Hub(home=str(folder / "home"), refresh="never") as hub:
        hub.origin_add(publisher.line)
        hub.install("sample").wait()
    return folder / "home"


def with_digits_turned(recogniser: bytes) -> bytes:
    """The same net whose character list says 4 where it said 3, and so on."""
    model = onnx.load_from_string(recogniser)
    turned = str.maketrans("0123456789", "1234567890")
    for entry in model.metadata_props:
        if entry.key == "character":
            entry.value = entry.value.translate(turned)
    return bytes(model.SerializeToString())


def texts_found(home: Path) -> str:
    with Hub(home=str(home), offline=True) as hub, Editor(hub) as editor, pytest.raises(EditRefused) as refused:
        editor.edit(picture(), "把‘NOTHING LIKE IT’改成‘x’")
    return str(refused.value.data)


def test_a_re_signed_pack_with_another_recogniser_reads_other_texts(tmp_path: Path) -> None:
    files, settings = files_of_the_real_pack()
    real = texts_found(installed(tmp_path / "real", files, settings))
    assert "345" in real
    files["ocr/rec.onnx"] = with_digits_turned(files["ocr/rec.onnx"])
    other = texts_found(installed(tmp_path / "other", files, settings))
    assert "345" not in other
    assert "456" in other
