"""``qie-hub run`` with a signed pack of real models on real photographs: what a person sees, gets and keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from qie_hub import Editor, Hub
from qie_hub.device import bench, profile
from qie_hub.formats.decision import Choice, Refusal
from qie_hub.formats.speed import Figures
from qie_hub.runtime.host import Host
from tests.support.command_line import CommandLine
from tests.support.scenes import photograph, with_text
from tests.support.small_origin import SmallOrigin

SENTENCE = "把‘¥199’改成‘限时特惠¥99’"


@pytest.fixture(scope="module")
def home(lite_home: Path) -> Path:
    return lite_home


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "price tag.png"
    scene = with_text(photograph("gravel.png", (320, 280)), "¥199", centre=(160, 140), size=64)
    Image.fromarray(scene).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def test_a_sentence_edits_a_photograph_beside_it(cli: CommandLine, photo: Path) -> None:
    before = photo.read_bytes()
    answer = cli.ok("run", str(photo), SENTENCE)
    output = photo.with_name("price tag.edited.png")
    assert answer.out.splitlines()[0] == str(output)
    assert "替换文字" in answer.out
    assert photo.read_bytes() == before
    changed = (pixels(output) != pixels(photo)).any(axis=2)
    assert 0.01 < changed.mean() < 0.5
    assert b"edited with qie_hub" in output.read_bytes()


def test_json_tells_what_was_done_and_the_receipt_repeats_it(cli: CommandLine, photo: Path, tmp_path: Path) -> None:
    receipt, output = tmp_path / "receipt.json", tmp_path / "out.jpg"
    answer = cli.json("run", str(photo), "-p", SENTENCE, "-o", str(output), "--receipt", str(receipt))
    document = answer.json
    assert json.loads(receipt.read_text(encoding="utf-8")) == document
    assert document["output"] == str(output)
    assert document["operations"][0]["ability"] == "text.replace"
    assert document["recompressed"] is True
    assert document["checks"]["reread_ok"] is True
    assert document["pack"] == "acme/ultra-lite:512@1.0.0"
    assert {"plan", "repaint"} <= set(document["timings_ms"])
    assert json.loads(answer.err.splitlines()[0])["event"] == "PackChosen"


def test_a_device_that_saves_power_enlarges_without_the_net_and_says_so(
    cli: CommandLine, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIE_HUB_DEVICE_POWER_SAVER", "true")
    saving = cli.json("run", str(photo), "放大2倍", "-o", str(photo.with_name("saving.png")))
    assert saving.json["checks"]["left_out"] == ["refine"]
    assert "LEFT_OUT_REFINE" in saving.err
    monkeypatch.setenv("QIE_HUB_DEVICE_POWER_SAVER", "false")
    rested = cli.json("run", str(photo), "放大2倍", "-o", str(photo.with_name("rested.png")))
    assert "left_out" not in rested.json["checks"]
    assert (pixels(photo.with_name("saving.png")) != pixels(photo.with_name("rested.png"))).any()


@pytest.fixture
def slow_device(home: Path) -> Iterator[Figures]:
    """This device with the figures of one that is a thousand times slower, until the test is over."""
    device = profile.profile(home, {})
    figures = Figures(bench.key(device), device.threads or 1, fp32=100, int8=200, serial=30, bandwidth=10)
    place = home / "derived" / "figures.json"
    place.write_text(json.dumps({"schema": 1, "figures": figures.to_json()}))
    yield figures
    place.unlink()


def test_a_long_edit_says_before_how_long_it_will_take(cli: CommandLine, photo: Path, slow_device: Figures) -> None:
    shown = cli.ok("--lang", "zh", "run", str(photo), "调亮一点", "-o", str(photo.with_name("zh.png"))).err
    assert "预计此次编辑在本机约需 20 s" in shown
    answer = cli.json("run", str(photo), "放大2倍", "-o", str(photo.with_name("large.png")))
    events = [json.loads(line) for line in answer.err.splitlines()]
    names = [event["event"] for event in events]
    (foretold,) = [event for event in events if event["event"] == "Predicted"]
    stages = [event["stage"] for event in events if event["event"] == "StageStarted"]
    assert names.index("Predicted") < len(names) - 1 - names[::-1].index("StageStarted"), stages
    assert foretold["pack"] == "acme/ultra-lite:512@1.0.0"
    assert foretold["seconds"] > 320 * 280 * 400_000 / (slow_device.fp32 * 1_000_000)


def test_a_short_edit_is_not_announced_and_neither_is_one_on_a_device_that_was_not_measured(
    cli: CommandLine, photo: Path
) -> None:
    assert "Predicted" not in cli.json("run", str(photo), "调亮一点", "-o", str(photo.with_name("a.png"))).err
    cli.ok("device", "--bench")
    assert "Predicted" not in cli.json("run", str(photo), "调亮一点", "-o", str(photo.with_name("b.png"))).err


def test_a_pack_that_our_own_editor_holds_is_not_held_against_another(
    home: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIE_HUB_DEVICE_MEMORY_EFFECTIVE", "1000")
    with Hub(home=str(home), refresh="never") as hub:
        assert isinstance(hub.explain("ultra-lite"), Refusal)
        # A host that knew of this shortage would give the idle pack up as soon as the edit ends.
        with Editor(hub, host=Host(hub.clock, available=lambda: None)) as editor:
            editor.edit(photo, SENTENCE)
            assert isinstance(hub.explain("ultra-lite"), Choice)
        assert isinstance(hub.explain("ultra-lite"), Refusal)


def test_the_setting_worker_edits_the_same_in_a_process_of_its_own(
    cli: CommandLine, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = photo.with_name("one.png"), photo.with_name("other.png")
    cli.ok("run", str(photo), "加一个红色边框", "-o", str(one))
    monkeypatch.setenv("QIE_HUB_WORKER", "1")
    assert cli.json("config", "--show-origin").json["worker"] == {"value": True, "from": "environment"}
    cli.ok("run", str(photo), "加一个红色边框", "-o", str(other))
    assert (pixels(one) == pixels(other)).all()
    monkeypatch.setenv("QIE_HUB_WORKER", "perhaps")
    monkeypatch.setenv("QIE_HUB_UNLOAD_AFTER", "5 weeks")
    monkeypatch.setenv("QIE_HUB_KEEP", "no such/pack/name")
    issues = " ".join(cli.json("config").error["data"]["issues"])
    assert all(f"{name} (environment)" in issues for name in ("worker", "unload_after", "keep"))


def test_a_plan_names_the_place_and_touches_nothing(cli: CommandLine, photo: Path) -> None:
    answer = cli.ok("run", str(photo), SENTENCE, "--plan")
    assert "¥199" in answer.out
    assert "没有做任何修改" in answer.out
    assert [path.name for path in photo.parent.iterdir()] == [photo.name]


def test_a_text_that_is_not_there_is_refused_with_those_that_are(cli: CommandLine, photo: Path) -> None:
    answer = cli("run", str(photo), "把‘¥555’改成‘¥99’")
    assert answer.code == 6
    assert "¥555" in answer.err
    assert "¥199" in answer.err
    assert cli("--lang", "en", "run", str(photo), "把‘¥555’改成‘¥99’").err.startswith("error[EDIT_REFUSED]: The text")


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("把背景换成海边 sunset", ("更换场景背景", "替换文字")),
        ("replace the background with a beach", ("background", "replace text")),
    ],
)
def test_what_no_pack_can_do_is_refused_in_the_language_of_the_sentence(
    cli: CommandLine, photo: Path, sentence: str, words: tuple[str, ...]
) -> None:
    answer = cli("run", str(photo), sentence)
    assert answer.code == 6
    assert all(word in answer.err for word in words), answer.err
    error = cli.json("run", str(photo), sentence).error
    assert error["data"]["reason"] == "out_of_ability"
    assert error["data"]["abilities"] == ["background.replace"]


def test_a_sentence_that_is_none_is_answered_with_sentences_that_are(cli: CommandLine, photo: Path) -> None:
    answer = cli("run", str(photo), "给我倒杯水")
    assert answer.code == 6
    assert "给我倒杯水" in answer.err
    offered = cli.json("run", str(photo), "给我倒杯水").error["data"]["candidates"]
    assert 0 < len(offered) <= 3
    assert all(sentence in answer.err for sentence in offered)


def test_an_output_that_exists_is_kept_unless_it_may_go(cli: CommandLine, photo: Path) -> None:
    output = photo.with_name("price tag.edited.png")
    output.write_bytes(b"mine")
    answer = cli("run", str(photo), SENTENCE)
    assert answer.code == 2
    assert "error[OUTPUT_EXISTS]" in cli("--lang", "en", "run", str(photo), SENTENCE).err
    assert output.read_bytes() == b"mine"
    assert "--overwrite" in answer.err
    cli.ok("run", str(photo), SENTENCE, "--overwrite", "--no-label")
    assert pixels(output).shape == pixels(photo).shape
    assert b"qie_hub" not in output.read_bytes()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["missing.jpg", SENTENCE], "BAD_PICTURE"),
        ([__file__, SENTENCE], "BAD_PICTURE"),
        (["PHOTO", SENTENCE, "-o", "x.docx"], "USAGE"),
        (["PHOTO", SENTENCE, "-o", "no/such/folder/x.png"], "USAGE"),
        (["PHOTO", SENTENCE, "--box", "1,2,3,4", "--mask", "PHOTO"], "USAGE"),
        (["PHOTO", SENTENCE, "--box", "1,2,0,4"], "USAGE"),
        (["PHOTO", SENTENCE, "-p", SENTENCE], "USAGE"),
        (["PHOTO"], "USAGE"),
        (["PHOTO", "  "], "USAGE"),
        (["PHOTO", SENTENCE, "--pack", "nothing"], "NOT_INSTALLED"),
        (["PHOTO", SENTENCE, "--pick", "0"], "USAGE"),
        (["PHOTO", SENTENCE, "--resolution", "1024"], "NOT_INSTALLED"),
        (["PHOTO", SENTENCE, "--resolution", "300"], "USAGE"),
    ],
)
def test_bad_input_is_named_before_anything_is_written(
    cli: CommandLine, photo: Path, words: list[str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo.parent)
    words = [str(photo) if word == "PHOTO" else word for word in words]
    error = cli.json("run", *words).error
    assert error["code"] == code
    assert error["next"]
    assert [path.name for path in photo.parent.iterdir()] == [photo.name]


def test_sentences_and_pictures_never_reach_the_log(cli: CommandLine, photo: Path) -> None:
    assert "· " in cli.ok("run", str(photo), SENTENCE, "-v").err
    cli("run", str(photo), "把‘秘密’改成‘公开’")
    cli("run", str(photo.with_name("geheim.jpg")), SENTENCE)
    log = (cli.home / "log" / "qie-hub.log").read_text(encoding="utf-8")
    assert "StageStarted" in log
    assert "EDIT_REFUSED" in log
    assert not any(word in log for word in ("¥199", "限时", "秘密", "price tag", "geheim"))


def test_without_any_pack_run_says_which_command_helps(tmp_path: Path, photo: Path) -> None:
    answer = CommandLine(tmp_path / "empty")("run", str(photo), SENTENCE)
    assert answer.code == 4
    assert "qie-hub install" in answer.err or "--install" in answer.err


def test_run_may_install_what_it_needs(lite_shop: SmallOrigin, tmp_path: Path, photo: Path) -> None:
    cli = CommandLine(tmp_path / "fresh")
    cli.ok("origin", "add", lite_shop.line)
    answer = cli("run", str(photo), SENTENCE, "--install")
    assert answer.code == 0, answer.err
    assert photo.with_name("price tag.edited.png").exists()
    assert cli.ok("--format", "quiet", "list").out == "acme/ultra-lite:512@1.0.0\n"
