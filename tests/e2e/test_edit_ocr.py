"""The bytes that run are the given ones: rapidocr's code with our sessions, its own models gone, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image, ImageDraw, ImageFont

from qie_hub.edit.ocr import CHARACTERS, TextReader
from qie_hub.errors import LoadError
from qie_hub.runtime.sessions import PackSessions
from tests.support.lite_pack import ROOT, lite_folder, lite_pack
from tests.support.scenes import photograph, with_text

ALONE = """
    import socket, sys
    def refuse(*args, **kwargs):
        raise AssertionError("something opened a socket")
    socket.socket.connect = refuse
    socket.create_connection = refuse
    socket.getaddrinfo = refuse
    import rapidocr
    from pathlib import Path
    home = Path(rapidocr.__file__).parent
    assert str(home).startswith(sys.argv[1]), home
    assert not list(home.rglob("*.onnx"))
    from qie_hub.edit.ocr import TextReader
    from tests.support.lite_pack import lite_pack
    from tests.support.scenes import photograph
    with lite_pack() as pack:
        reader = TextReader(
            pack.session("ocr/det.onnx"), pack.session("ocr/rec.onnx"), pack.session("ocr/cls.onnx"), limit_side=736
        )
        print("|".join(line.text for line in reader.read(photograph("page.png"))))
"""


def reader(pack: PackSessions, limit_side: int = 736) -> TextReader:
    return TextReader(
        pack.session("ocr/det.onnx"), pack.session("ocr/rec.onnx"), pack.session("ocr/cls.onnx"), limit_side=limit_side
    )


def test_it_reads_with_the_librarys_own_models_removed_and_no_network(tmp_path: Path) -> None:
    spec = find_spec("rapidocr")
    assert spec is not None
    assert spec.origin is not None
    shutil.copytree(
        Path(spec.origin).parent, tmp_path / "rapidocr", ignore=shutil.ignore_patterns("*.onnx", "__pycache__")
    )
    lite_folder()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    command = [sys.executable, "-c", textwrap.dedent(ALONE), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Region-based segmentation|")
    assert done.stderr == "", "the library must stay silent"


def test_another_recognition_model_changes_what_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(lite_folder(), folder)
    model = onnx.load(folder / "ocr" / "rec.onnx")
    for entry in model.metadata_props:
        if entry.key == CHARACTERS:
            swap = str.maketrans("eE", "xX")
            entry.value = entry.value.translate(swap)
    onnx.save(model, folder / "ocr" / "rec.onnx")
    with lite_pack() as pack, PackSessions(pack.manifest, pack.variant, folder) as other:
        page = photograph("page.png")
        assert reader(pack).read(page)[0].text == "Region-based segmentation"
        assert reader(other).read(page)[0].text == "Rxgion-basxd sxgmxntation"


def test_a_recognition_model_without_an_alphabet_is_refused(tmp_path: Path) -> None:
    with lite_pack() as pack, pytest.raises(LoadError):
        TextReader(pack.session("ocr/det.onnx"), pack.session("ocr/det.onnx"), limit_side=736)


def test_places_are_in_pixels_of_the_picture_whatever_the_working_size() -> None:
    scene = with_text(photograph("gravel.png", (1500, 1500)), "OPEN", centre=(1000, 400), size=150, angle=10)
    with lite_pack() as pack:
        for limit in (480, 960):
            [line] = reader(pack, limit).read(scene)
            assert line.text == "OPEN"
            middle = line.polygon.mean(axis=0)
            assert np.hypot(*(middle - (1000, 400))) < 25
            along = line.polygon[1] - line.polygon[0]
            assert abs(np.degrees(np.arctan2(-along[1], along[0])) - 10) < 5


def test_characters_are_placed_along_the_line() -> None:
    scene = with_text(photograph("brick.png"), "AB 12", centre=(256, 256), size=60)
    with lite_pack() as pack:
        [line] = [one for one in reader(pack).read(scene) if "12" in one.text]
    assert len(line.centres) == len(line.text)
    assert list(line.centres) == sorted(line.centres)
    assert 0 <= line.centres[0] < 0.3
    assert 0.7 < line.centres[-1] <= 1.05


def test_a_line_that_stands_on_its_head_is_read_from_its_own_start() -> None:
    page = photograph("page.png")
    with lite_pack() as pack:
        lines = reader(pack).read(np.ascontiguousarray(page[::-1, ::-1]))
    [found] = [line for line in lines if line.text == "Region-based segmentation"]
    assert found.polygon[0][0] > found.polygon[1][0], "reading starts on the right of an upside-down picture"


def test_digits_that_read_both_ways_are_read_as_they_stand() -> None:
    face = ImageFont.truetype(str(lite_folder() / "fonts/NotoSansSC-Regular.otf"), 70)
    with lite_pack() as pack:
        for price, stroke, angle in (("¥9", 0, 8), ("¥99", 1, 15), ("¥99", 3, 10)):
            scene = Image.new("RGB", (300, 200), (130, 40, 20))
            ImageDraw.Draw(scene).text((60, 50), price, font=face, fill=(255, 240, 210), stroke_width=stroke)
            turned = scene.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(130, 40, 20))
            assert [line.text for line in reader(pack).read(np.array(turned))] == [price]


def test_an_empty_picture_holds_no_text() -> None:
    with lite_pack() as pack:
        for shape in ((1, 1, 3), (3, 400, 3), (64, 64, 3)):
            assert reader(pack).read(np.full(shape, 127, np.uint8)) == ()
