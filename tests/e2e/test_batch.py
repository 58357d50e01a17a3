"""``qie-hub batch`` and its Python side on real pictures with a signed pack: what a shop sees, gets and keeps."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from qie_hub import Editor, Hub, batch
from qie_hub.batch import BatchRequest
from qie_hub.errors import Busy
from qie_hub.events import Event, PictureEnded
from qie_hub.runtime.cancel import CancelToken
from tests.support.command_line import CommandLine
from tests.support.scenes import photograph, with_text

BORDER = "加白色边框"


def photo(path: Path, seed: int = 0, text: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.roll(photograph("coffee.png", (240, 180)), 17 * seed, axis=1)
    if text is not None:
        picture = with_text(photograph("gravel.png", (320, 240)), text, centre=(160, 120), size=64)
    Image.fromarray(picture).save(path, **({"quality": 90} if path.suffix == ".jpg" else {}))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("1.jpg", "2.png", "商品 10.jpg"), 1):
        photo(tmp_path / "in" / name, number)
    return tmp_path / "in"


def digests(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.is_file()}


def results(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("batch-"))


def test_a_folder_becomes_a_folder_with_report_and_contact_sheet(cli: CommandLine, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    out = folder.parent / "out"
    (folder / "notes.txt").write_text("no picture")
    before = digests(folder)
    answer = cli("batch", str(folder / "*.*"), "-p", BORDER, "-o", str(out))
    assert answer.code == 2, "a picture that failed decides the exit code"
    assert "完成 3 · 失败 1" in answer.out
    assert "broken.jpg" in answer.out
    assert "每分钟" in answer.out
    assert "notes.txt" in answer.err
    assert results(out) == ["1.jpg", "2.png", "商品 10.jpg"]
    assert digests(folder) == before
    with Image.open(out / "2.png") as bordered, Image.open(out / "1.jpg") as other:
        assert (bordered.format, other.format) == ("PNG", "JPEG")
        assert bordered.size > (240, 180)
        assert bordered.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    report = json.loads((out / "batch-report.json").read_text(encoding="utf-8"))
    assert report["counts"] == {"done": 3, "kept": 0, "refused": 0, "failed": 1, "left": 0}
    assert report["exit_code"] == 2
    assert report["seconds_per_thousand"] == pytest.approx(60_000 / report["pictures_per_minute"], rel=0.01)
    (failed,) = [one for one in report["pictures"] if one["state"] == "failed"]
    assert (failed["error"]["code"], Path(failed["picture"]).name) == ("BAD_PICTURE", "broken.jpg")
    done = next(one for one in report["pictures"] if one["state"] == "done")
    assert done["changed_outside"] == 0
    assert done["pack"].startswith("acme/ultra-lite:512@")
    with Image.open(out / "batch-contact-sheet.jpg") as sheet:
        colours = np.asarray(sheet.convert("RGB")).reshape(-1, 3).astype(int)
        assert ((colours - (190, 30, 36)) ** 2).sum(axis=1).min() < 300, "the failed one stands in a red frame"


def test_the_same_command_goes_on_and_does_nothing_twice(cli: CommandLine, folder: Path) -> None:
    out = folder.parent / "out"
    words = ("batch", str(folder), "-p", BORDER, "-o", str(out))
    cli.ok(*words)
    first = digests(out)
    photo(folder / "1.jpg", seed=9)
    photo(folder / "new.png", seed=4)
    answer = cli.json(*words)
    assert answer.json["counts"] == {"done": 2, "kept": 2, "refused": 0, "failed": 0, "left": 0}
    again = digests(out)
    assert {name for name in results(out) if again[name] == first.get(name)} == {"2.png", "商品 10.jpg"}
    events = [json.loads(line) for line in answer.err.splitlines()]
    assert [one for one in events if one["event"] == "BatchBegan"] == [
        {"event": "BatchBegan", "pictures": 4, "done_before": 2}
    ]
    ended = [one for one in events if one["event"] == "PictureEnded"]
    assert [one["ended"] for one in ended] == [1, 2, 3, 4]
    assert {one["total"] for one in ended} == {4}


def test_results_of_another_sentence_or_hand_are_not_overwritten_unless_asked(cli: CommandLine, folder: Path) -> None:
    out = folder.parent / "out"
    cli.ok("batch", str(folder), "-p", BORDER, "-o", str(out))
    photo(out / "1.jpg", seed=3)  # somebody retouched a result
    kept = {name: one for name, one in digests(out).items() if not name.startswith("batch-")}
    same = cli.json("batch", str(folder), "-p", BORDER, "-o", str(out)).error
    assert [Path(one["data"]["path"]).name for one in same["data"]["problems"]] == ["1.jpg"]
    other = cli("batch", str(folder), "-p", "调亮一点", "-o", str(out))
    assert other.code == 2
    assert other.err.count("--overwrite") == 3
    assert {name: one for name, one in digests(out).items() if not name.startswith("batch-")} == kept
    assert cli.json("batch", str(folder), "-p", BORDER, "-o", str(out), "--skip-problems").json["counts"]["kept"] == 2
    done = cli.json("batch", str(folder), "-p", "调亮一点", "-o", str(out), "--overwrite").json
    assert done["counts"]["done"] == 3


def test_a_dry_run_says_everything_and_writes_nothing(cli: CommandLine, folder: Path) -> None:
    out = folder.parent / "out"
    answer = cli.ok("batch", str(folder), "-p", BORDER, "-o", str(out), "--dry-run")
    assert all(name in answer.out for name in ("1.jpg", "2.png", "商品 10.jpg"))
    document = cli.json("batch", str(folder), "nothing*.jpg", "-p", BORDER, "-o", str(out), "--dry-run").json
    assert len(document["jobs"]) == 3
    assert [one["code"] for one in document["problems"]] == ["BATCH_NO_MATCH"]
    assert not out.exists()


def test_a_sentence_that_no_pack_can_do_is_refused_before_anything_is_made(cli: CommandLine, folder: Path) -> None:
    for sentence, reason in (("给我倒杯水", "not_understood"), ("把背景换成海边 sunset", "out_of_ability")):
        answer = cli.json("batch", str(folder), "-p", sentence, "-o", str(folder.parent / "out"))
        assert answer.code == 6
        assert answer.error["data"]["reason"] == reason
    assert not (folder.parent / "out").exists()


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """Three photographs with prices, and the table of a shop: semicolons, a byte order mark, a value with quotes."""
    for number in (1, 2, 3):
        photo(tmp_path / "in" / f"{number}.png", text=f"¥{number}99")
    rows = "图片;原价;现价\n1;¥199;¥99\n2.png;¥777;¥5\n3;¥399;限时‘¥9’\n"
    (tmp_path / "prices.csv").write_bytes(rows.encode("utf-8-sig"))
    return tmp_path / "prices.csv"


def test_each_picture_gets_its_own_price(cli: CommandLine, prices: Path) -> None:
    out = prices.parent / "out"
    words = ("batch", str(prices.parent / "in"), "--table", str(prices), "-p", "把‘{原价}’改成‘{现价}’", "-o", str(out))
    answer = cli.json(*words)
    assert answer.code == 6, "one was refused, none failed"
    one, two, three = answer.json["pictures"]
    assert [item["state"] for item in (one, two, three)] == ["done", "refused", "done"]
    assert one["checks"]["reread_ok"] is True
    assert three["operations"][0]["slots"]["new"] == "限时‘¥9’"
    assert two["error"]["data"]["found"] == ["¥299"]
    assert results(out) == ["1.png", "3.png"]
    single = prices.parent / "single.png"
    cli.ok("run", str(prices.parent / "in" / "1.png"), "把‘¥199’改成‘¥99’", "-o", str(single))
    with Image.open(single) as alone, Image.open(out / "1.png") as among_others:
        assert np.array_equal(np.asarray(alone), np.asarray(among_others))


def test_everything_wrong_with_a_table_is_said_before_the_first_edit(cli: CommandLine, prices: Path) -> None:
    photo(prices.parent / "in" / "4.png", 4)
    text = prices.read_text(encoding="utf-8-sig").replace("¥5", "").replace("3;", "9;")
    prices.write_bytes((text + "4;给我倒杯水;¥2\n").replace("¥", "￥").encode("gbk"))
    out = prices.parent / "out"
    words = ("batch", str(prices.parent / "in"), "--table", str(prices), "-o", str(out), "-p")
    answer = cli(*words, "把‘{原价}’改成‘{现价}’")
    assert answer.code == 2
    assert not out.exists()
    told = answer.err
    assert all(words in told for words in ("第 3 行：现价 为空", "第 4 行：找不到图片 9", "3.png：表格中没有对应的行"))
    rows = cli.json(*words, "{原价}").error["data"]["problems"]
    assert [(one["code"], one["data"]["line"]) for one in rows if one["code"] == "BATCH_ROW_REFUSED"] == [
        ("BATCH_ROW_REFUSED", 2), ("BATCH_ROW_REFUSED", 3), ("BATCH_ROW_REFUSED", 5),
    ]  # fmt: skip
    assert rows[-1]["data"]["why"]["data"]["reason"] == "not_understood"
    assert "--skip-problems" in told
    error = cli.json(*words, "把‘{原价}’改成‘{售价}’").error
    assert error["data"]["names"] == ["售价"]
    assert error["data"]["columns"] == ["图片", "原价", "现价"]


def test_a_logo_goes_onto_every_picture_and_a_forgotten_one_is_asked_for(cli: CommandLine, folder: Path) -> None:
    logo = folder.parent / "logo.png"
    Image.fromarray(np.dstack([np.full((40, 80, 3), (0, 90, 200), np.uint8), np.full((40, 80), 255, np.uint8)])).save(
        logo
    )
    out = folder.parent / "out"
    error = cli.json("batch", str(folder), "-p", "把logo放到右下角", "-o", str(out)).error
    assert (error["hint"], error["data"]["needed"]) == ("WITH_MISSING", 1)
    done = cli.json("batch", str(folder), "-p", "把logo放到右下角", "-o", str(out), "--with", str(logo)).json
    assert done["counts"]["done"] == 3
    with Image.open(out / "2.png") as image:
        x, y, width, height = done["pictures"][1]["checks"]["box"]
        assert image.convert("RGB").getpixel((x + width // 2, y + height // 2)) == (0, 90, 200)
        assert x + width // 2 > 120
        assert y + height // 2 > 90


# -- things that go wrong half way ----------------------------------------------------------------------------------


def test_a_killed_batch_leaves_no_half_picture_and_goes_on(cli: CommandLine, tmp_path: Path) -> None:
    for number in range(12):
        photo(tmp_path / "in" / f"{number}.jpg", number)
    out = tmp_path / "out"
    words = ("batch", str(tmp_path / "in"), "-p", "调亮一点", "-o", str(out))
    process = cli.start(*words)
    wait_for(lambda: list(out.glob("*.jpg")), process)
    process.kill()
    process.communicate()
    first = {name: one for name, one in digests(out).items() if ".tmp-" not in name}
    assert 0 < len(first) < 12
    for name in first:
        with Image.open(out / name) as image:
            image.load()
    (out / "11.jpg.tmp-0123456789ab").write_bytes(b"half a picture")
    answer = cli.json(*words)
    assert answer.code == 0
    assert answer.json["counts"]["kept"] >= len(first) - 3, "at most those under way are done again"
    assert len(results(out)) == 12
    assert not list(out.glob("*.tmp-*"))


def wait_for(there: Any, process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + 60
    while not there():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends
        threading.Event().wait(0.02)


def test_ctrl_c_ends_a_batch_with_what_is_done_and_a_report(cli: CommandLine, tmp_path: Path) -> None:
    for number in range(30):
        photo(tmp_path / "in" / f"{number}.jpg", number)
    out = tmp_path / "out"
    process = cli.start("--lang", "en", "batch", str(tmp_path / "in"), "-p", "调亮一点", "-o", str(out))
    wait_for(lambda: list(out.glob("*.jpg")), process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in said
    counts = json.loads((out / "batch-report.json").read_text())["counts"]
    assert counts["left"] > 0
    assert counts["done"] == len(results(out))


def test_a_full_disk_stops_the_batch_and_keeps_what_is_done(
    cli: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = folder.parent / "out"
    write = os.write

    def full(handle: int, data: Any) -> int:
        if "2.png.tmp-" in os.readlink(f"/proc/self/fd/{handle}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, data)

    monkeypatch.setattr(os, "write", full)
    answer = cli("batch", str(folder), "-p", BORDER, "-o", str(out))
    assert answer.code == 40
    assert "磁盘已满" in answer.err
    assert "2.png" in answer.err
    assert not list(out.glob("*.tmp-*"))
    monkeypatch.undo()
    assert cli.json("batch", str(folder), "-p", BORDER, "-o", str(out)).json["counts"]["failed"] == 0
    assert len(results(out)) == 3


def test_a_folder_that_cannot_be_written_is_named_before_the_first_edit(cli: CommandLine, folder: Path) -> None:
    (folder.parent / "file").write_text("")
    for out, code in ((Path("/proc/nowhere"), "FAILED"), (folder.parent / "file" / "out", "FAILED")):
        error = cli.json("batch", str(folder), "-p", BORDER, "-o", str(out)).error
        assert error["code"] == code
        assert error["hint"] == "OUTPUT_UNWRITABLE"
        assert str(out) in str(error["data"]["path"]) or str(error["data"]["path"]) in str(out)
    assert cli.json("batch", str(folder), "-p", BORDER, "-o", str(folder.parent / "file")).error["code"] == "USAGE"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["IN", "-o", "OUT"], "SENTENCE_MISSING"),
        (["IN", "-p", BORDER], "BATCH_NO_OUTPUT"),
        (["-p", BORDER, "-o", "OUT"], "BATCH_NOTHING"),
        (["IN", "-p", BORDER, "-o", "IN"], "BATCH_OUTPUT_IS_INPUT"),
        (["nothing/*.jpg", "-p", BORDER, "-o", "OUT"], "BATCH_ALL_PROBLEMS"),
        (["IN", "--watch", "IN", "-p", BORDER, "-o", "OUT"], "BATCH_WATCH_ALONE"),
        (["--watch", "nowhere", "-p", BORDER, "-o", "OUT"], "NO_SUCH_FOLDER"),
        (["IN", "-p", "加{n}像素边框", "-o", "OUT"], "BATCH_NO_TABLE"),
        (["IN", "--table", "nowhere.csv", "-p", BORDER, "-o", "OUT"], "UNREADABLE_FILE"),
    ],
)
def test_calls_that_cannot_be_meant_say_what_to_do(
    cli: CommandLine, folder: Path, words: list[str], hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    places = {"IN": str(folder), "OUT": str(folder.parent / "out")}
    error = cli.json("batch", *[places.get(word, word) for word in words]).error
    assert error["hint"] == hint
    assert error["next"]
    assert not (folder.parent / "out").exists()


# -- a hot folder, and the Python side ------------------------------------------------------------------------------


class Hand:
    """A clock whose sleep moves its hands and lets something happen."""

    def __init__(self, happenings: dict[int, Any]) -> None:
        self._seconds = 0.0
        self._happenings = happenings

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self._seconds += seconds
        self._happenings.get(round(self._seconds), lambda: None)()


def test_a_hot_folder_edits_what_arrives_once_it_is_whole(lite_home: Path, tmp_path: Path) -> None:
    hot, out, token = tmp_path / "hot", tmp_path / "out", CancelToken()
    photo(hot / "there.jpg", 1)
    late, whole = hot / "late.png", photo(tmp_path / "late.png", 2).read_bytes()
    heard: list[PictureEnded] = []

    def listen(event: Event) -> None:
        if isinstance(event, PictureEnded):
            heard.append(event)

    happenings = {
        3: lambda: late.write_bytes(whole[:500]),
        4: lambda: late.write_bytes(whole[:5000]),
        5: lambda: late.write_bytes(whole),
        9: lambda: (hot / "bad.jpg").write_bytes(b"nothing"),
        16: lambda: photo(hot / "bad.jpg", 3),
        24: token.cancel,
    }
    request = BatchRequest((), BORDER, out)
    with Hub(home=str(lite_home), refresh="never") as hub, Editor(hub) as editor:
        report = batch.watch(request, hot, editor, clock=Hand(happenings), on_event=listen, cancel=token)  # type: ignore[arg-type]  # no wall clock is needed
    told = [(Path(event.picture).name, event.state) for event in heard]
    assert told == [("there.jpg", "done"), ("late.png", "done"), ("bad.jpg", "failed"), ("bad.jpg", "done")]
    assert (report.counts["done"], report.exit_code) == (3, 2)
    assert results(out) == ["bad.jpg", "late.png", "there.jpg"]


def test_watching_ends_cleanly_on_ctrl_c(cli: CommandLine, tmp_path: Path) -> None:
    photo(tmp_path / "hot" / "1.jpg", 1)
    out = tmp_path / "out"
    process = cli.start("batch", "--watch", str(tmp_path / "hot"), "-p", BORDER, "-o", str(out))
    wait_for((out / "1.jpg").exists, process)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 0, complained
    assert "完成 1" in said
    assert (out / "batch-contact-sheet.jpg").exists()


def test_a_file_of_somebody_else_is_never_claimed(lite_home: Path, folder: Path) -> None:
    out = folder.parent / "out"
    theirs = photo(out / "1.jpg", seed=5).read_bytes()
    request = BatchRequest((str(folder),), BORDER, out)
    with Hub(home=str(lite_home), refresh="never") as hub, Editor(hub) as editor:
        report = batch.run(batch.plan(request), editor, clock=hub.clock)
        failed = [one for one in report.outcomes if one.error is not None]
        assert [(one.job.output.name, one.error.code) for one in failed if one.error] == [("1.jpg", "OUTPUT_EXISTS")]
        again = batch.checked(batch.plan(request), editor)
    assert [problem.code for problem in again.problems] == ["BATCH_OUTPUT_EXISTS"]
    assert sum(job.kept for job in again.jobs) == 2
    assert (out / "1.jpg").read_bytes() == theirs


def test_two_batches_never_write_into_one_folder_at_once(lite_home: Path, folder: Path) -> None:
    out = folder.parent / "out"
    refused: list[str] = []

    def second(event: Event) -> None:
        if isinstance(event, PictureEnded) and not refused:
            with pytest.raises(Busy) as busy:
                batch.run(plan, editor, clock=hub.clock)
            refused.append(busy.value.hint)

    with Hub(home=str(lite_home), refresh="never") as hub, Editor(hub) as editor:
        plan = batch.checked(batch.plan(BatchRequest((str(folder),), BORDER, out)), editor)
        report = batch.run(plan, editor, clock=hub.clock, on_event=second)
    assert refused == ["BATCH_BUSY"]
    assert report.counts["done"] == 3
