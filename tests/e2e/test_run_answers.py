"""What a person gets of an edit beside the picture: receipts, numbered places, a first look, logos put on."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from qie_hub import Editor, Hub
from qie_hub.edit import picking
from qie_hub.edit.image import read
from qie_hub.errors import EditRefused, UsageError
from qie_hub.events import Event, Preview, StageStarted
from qie_hub.formats.operation import Region
from tests.support.command_line import CommandLine, environment
from tests.support.scenes import photograph, with_text

BLUE = (0, 90, 200)


@pytest.fixture(scope="module")
def editor(lite_home: Path) -> Iterator[Editor]:
    with Hub(home=str(lite_home), refresh="never") as hub, Editor(hub) as made:
        yield made


@pytest.fixture
def twice(tmp_path: Path) -> Path:
    """A photograph with the same price at two places."""
    picture = photograph("gravel.png", (640, 360))
    for centre in ((140, 80), (480, 280)):
        picture = with_text(picture, "¥199", centre=centre, size=56)
    Image.fromarray(picture).save(tmp_path / "twice.png")
    return tmp_path / "twice.png"


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    """A blue disc, twice as wide as its file is tall, on transparent ground of another colour."""
    picture = np.zeros((100, 240, 4), np.uint8)
    picture[..., :3] = (255, 0, 255)
    cv2.ellipse(picture, (120, 50), (80, 40), 0, 0, 360, (*BLUE, 255), -1)
    Image.fromarray(picture).save(tmp_path / "logo.png")
    return tmp_path / "logo.png"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def test_a_receipt_can_be_checked_against_the_files(cli: CommandLine, twice: Path, tmp_path: Path) -> None:
    receipt, out = tmp_path / "receipt.json", tmp_path / "out.png"
    cli.ok("run", str(twice), "把左上角的‘¥199’改成‘¥99’", "-o", str(out), "--receipt", str(receipt))
    told = json.loads(receipt.read_text(encoding="utf-8"))
    assert (told["input_sha256"], told["output_sha256"]) == (sha256(twice), sha256(out))
    assert told["output_bytes"] == out.stat().st_size
    assert told["sentence"] == "把左上角的‘¥199’改成‘¥99’"
    generation = next((cli.home / "packs").glob("*/*/1"))
    (manifest,) = [path for path in generation.rglob("*") if path.is_file() and sha256(path) == told["pack_sha256"]]
    assert b"text.replace" in manifest.read_bytes()
    changed = (pixels(twice) != pixels(out)).any(axis=2)
    assert told["changed_outside"] == 0
    assert told["compared_outside"] + changed.sum() <= changed.size
    (region,) = told["regions"]
    x, _, width, _ = region["box"]
    assert 100 < x + width / 2 < 180
    assert not changed[:, 320:].any()
    again = cli.json("run", str(twice), "加白色边框", "-o", str(tmp_path / "b.png"), "--receipt", str(receipt)).error
    assert again["code"] == "OUTPUT_EXISTS"
    assert not (tmp_path / "b.png").exists()


def test_several_places_are_numbered_drawn_and_picked(cli: CommandLine, editor: Editor, twice: Path) -> None:
    sentence = "把‘¥199’改成‘¥99’"
    answer = cli("run", str(twice), sentence)
    assert answer.code == 6
    drawn = twice.with_name("twice.pick.jpg")
    assert str(drawn) in answer.err
    assert "左上角" in answer.err
    assert "右下角" in answer.err
    with pytest.raises(EditRefused) as refused:
        editor.edit(twice, sentence)
    data = refused.value.data
    places: list[Any] = list(data["places"])  # type: ignore[call-overload]  # a list in an ambiguous refusal
    assert [(place["number"], place["at"]) for place in places] == [(1, "top_left"), (2, "bottom_right")]
    shown = pixels(drawn).astype(int)
    for place in places:
        x, y, width, _ = place["box"]
        frame = shown[max(0, y - 4) : y, x : x + width]
        assert (frame[..., 0] > frame[..., 1] + 80).mean() > 0.1, "a red line above the place"
    cli.ok("run", str(twice), sentence, "--pick", "2")
    changed = (pixels(twice) != pixels(twice.with_name("twice.edited.png"))).any(axis=2)
    assert changed[180:, 320:].any()
    assert not changed[:180].any()


def test_at_a_terminal_the_question_stands_beside_the_drawing(cli: CommandLine, twice: Path) -> None:
    here, there = os.openpty()
    words = cli.words("--lang", "en", "run", str(twice), "把‘¥199’改成‘¥99’")
    process = subprocess.Popen(words, env=environment(None), stdin=there, stderr=there, stdout=subprocess.PIPE)
    os.close(there)
    said = b""
    while b"Which number?" not in said:
        said += os.read(here, 4096)
    drawn = twice.with_name("twice.pick.jpg")
    assert drawn.exists()
    assert str(drawn).encode() in said
    os.write(here, b"1\n")
    out, _ = process.communicate(timeout=60)
    os.close(here)
    assert process.returncode == 0
    assert b"twice.edited.png" in out
    assert not drawn.exists(), "an answered question leaves nothing behind"
    changed = (pixels(twice) != pixels(twice.with_name("twice.edited.png"))).any(axis=2)
    assert changed[:180, :320].any()
    assert not changed[180:].any()


def test_numbers_are_drawn_where_the_places_are_also_at_the_edge() -> None:
    picture = np.full((120, 200, 3), 128, np.uint8)
    regions = [Region((0, 0, 40, 30), "text"), Region((170, 95, 30, 25), "text"), Region((90, 50, 20, 20), "cup")]
    drawn = picking.draw(picture, regions)
    assert drawn.shape == picture.shape
    assert (picture == 128).all()
    red = (drawn[..., 0].astype(int) - drawn[..., 1]) > 100
    assert red[:35, :45].any()
    assert red[85:, 155:].any()
    assert [place["at"] for place in picking.places(regions, (200, 120))] == ["top_left", "bottom_right", "centre"]
    small = picking.draw(np.zeros((3000, 4000, 3), np.uint8), [Region((1000, 1000, 400, 400), "text")])
    assert max(small.shape) == 1600


def test_a_first_look_comes_before_the_result_and_looks_like_it(editor: Editor) -> None:
    picture = cv2.resize(photograph("coffee.png"), (1024, 683))
    for sentence in ("调亮一点，暖色调", "加20像素白色边框，添加双十一角标", "裁成600x600"):
        heard: list[Event] = []
        result = editor.edit(picture, sentence, on_event=heard.append, preview=True)
        (look,) = [event for event in heard if isinstance(event, Preview)]
        stages = [event.stage for event in heard if isinstance(event, StageStarted)]
        assert stages.index("preview") < stages.index("finish")
        assert heard.index(look) < next(
            index for index, event in enumerate(heard) if isinstance(event, StageStarted) and event.stage == "finish"
        )
        height, width = look.picture.shape[:2]
        assert 140 <= max(height, width) <= 300
        reduced = cv2.resize(result.picture, (width, height), interpolation=cv2.INTER_AREA)
        assert np.abs(reduced.astype(int) - look.picture).mean() < 6
        assert look.to_json() == {"event": "Preview", "width": width, "height": height}


def test_no_first_look_where_it_would_come_no_sooner_or_was_not_asked_for(editor: Editor, twice: Path) -> None:
    picture = read(twice).picture
    heard: list[Event] = []
    editor.edit(picture, "把左上角的‘¥199’改成‘¥99’", on_event=heard.append, preview=True)
    editor.edit(picture[:200, :300], "调亮一点", on_event=heard.append, preview=True)
    editor.edit(picture, "调亮一点", on_event=heard.append)
    assert [event for event in heard if isinstance(event, Preview)] == []


def test_a_logo_keeps_its_shape_and_its_transparency(cli: CommandLine, twice: Path, logo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    done = cli.json("run", str(twice), "把这个logo放到右上角", "--with", str(logo), "-o", str(out)).json
    x, y, width, height = done["checks"]["box"]
    assert width / height == pytest.approx(161 / 81, rel=0.05), "the empty border of the file does not count"
    assert x + width > 580
    assert y < 40
    before, after = pixels(twice), pixels(out)
    assert tuple(after[y + height // 2, x + width // 2]) == BLUE
    assert (after[y, x] == before[y, x]).all(), "the corner of the disc's box is transparent"
    changed = (before != after).any(axis=2)
    assert not changed[: max(0, y - 1)].any()
    assert not changed[:, : x - 1].any()
    pink = (after[..., 0] > 200) & (after[..., 1] < 60) & (after[..., 2] > 200)
    assert not pink.any(), "the colour of transparent pixels shows nowhere"


def test_a_logo_without_a_place_stays_clear_of_texts(cli: CommandLine, twice: Path, logo: Path, tmp_path: Path) -> None:
    done = cli.json("run", str(twice), "加个logo", "--with", str(logo), "-o", str(tmp_path / "o.png")).json
    assert done["checks"]["logo"] in {"top_right", "bottom_left"}


def test_a_logo_takes_the_place_of_a_tilted_name(cli: CommandLine, tmp_path: Path, logo: Path) -> None:
    picture = with_text(photograph("coffee.png", (640, 427)), "BRAND", centre=(160, 340), size=56, angle=12)
    source, out = tmp_path / "shop.png", tmp_path / "out.png"
    Image.fromarray(picture).save(source)
    cli.ok("run", str(source), "replace 'BRAND' with the logo", "--with", str(logo), "-o", str(out))
    after = pixels(out).astype(int)
    blue = np.abs(after - BLUE).sum(axis=2) < 30
    rows, columns = np.nonzero(blue)
    assert abs(columns.mean() - 160) < 15
    assert abs(rows.mean() - 340) < 15
    (_, _), sides, angle = cv2.minAreaRect(np.column_stack([columns, rows]).astype(np.float32))
    assert 4 < min(angle % 90, 90 - angle % 90) < 20
    assert max(sides) / min(sides) == pytest.approx(2.0, rel=0.2)
    white = (after.min(axis=2) > 225)[300:385, 60:265]
    assert white.mean() < 0.02, "the letters are gone"


def test_further_pictures_that_are_missing_or_unused_are_named(cli: CommandLine, twice: Path, logo: Path) -> None:
    words = {
        "WITH_MISSING": ("把logo放到右下角",),
        "WITH_UNUSED": ("调亮一点", "--with", str(logo)),
        "WITH_TOO_MANY": ("把logo放到右下角", "--with", str(logo), "--with", str(logo)),
        "LOGO_WHERE": ("用这个logo替换原来的logo", "--with", str(logo)),
        "PICTURE_MISSING": ("把logo放到右下角", "--with", str(logo.with_name("gone.png"))),
    }
    for hint, more in words.items():
        error = cli.json("run", str(twice), *more).error
        assert (error["hint"], error["exit_code"]) == (hint, 2)
        assert error["next"]


def test_an_empty_logo_and_a_missing_companion_are_refused_in_python_too(editor: Editor, twice: Path) -> None:
    with pytest.raises(UsageError) as refused:
        editor.edit(twice, "把logo放到右下角")
    assert refused.value.hint == "WITH_MISSING"
    with pytest.raises(EditRefused) as empty:
        editor.edit(twice, "把logo放到右下角", with_pictures=(np.zeros((10, 10, 4), np.uint8),))
    assert empty.value.hint == "REFUSED_EMPTY_LOGO"
    assert editor.understand("把logo放到右下角").instruction.abilities == {"logo.add"}
