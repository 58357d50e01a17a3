"""The command line over a small signed origin: from nothing to installed, updated, damaged, mended, removed."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from qie_hub.formats.manifest import Requirements
from tests.support.command_line import CommandLine, environment
from tests.support.small_origin import PackSpec, SmallOrigin, noise

DATA = {"data.txt": noise(1_500_000, 1).hex().encode()}
HUNGRY = Requirements(memory={"understand": 1 << 50})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> SmallOrigin:
    origin = SmallOrigin(tmp_path_factory.mktemp("shop"))
    origin.publish(PackSpec(resolutions=(256, 512), files=DATA))
    origin.publish(PackSpec(name="asking", resolutions=(None,), accept=True))
    origin.publish(PackSpec(name="hungry", resolutions=(1024,), requirements=HUNGRY))
    return origin


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    for name in [name for name in os.environ if name.startswith(("QIE_HUB_", "LC_", "LANG", "COLUMNS", "NO_COLOR"))]:
        monkeypatch.delenv(name)
    yield CommandLine(tmp_path / "home")


@pytest.fixture
def stocked(cli: CommandLine, shop: SmallOrigin) -> CommandLine:
    cli.ok("origin", "add", shop.line)
    return cli


def test_without_an_origin_a_verb_says_what_to_type_and_ends_with_3(cli: CommandLine) -> None:
    answer = cli("install", "sample")
    assert answer.code == 3
    assert "error[NO_ORIGIN]" in answer.err
    assert "qie-hub origin add URL#sha256=HEX" in answer.err
    assert answer.out == ""
    assert "还没有添加任何来源" in cli("--lang", "zh", "install", "sample").err


def test_the_bare_command_leads_from_nothing_to_an_edit(cli: CommandLine, shop: SmallOrigin) -> None:
    assert "qie-hub origin add" in cli.ok().out
    cli.ok("origin", "add", shop.line)
    assert "qie-hub list --available" in cli.ok().out
    cli.ok("install", "sample:512")
    state = cli.json().json
    assert state["default"] == "acme/sample:512@1.0.0"
    assert state["next"].startswith("qie-hub run")


def test_reading_an_empty_home_does_not_make_one(cli: CommandLine) -> None:
    assert cli.json("list").json == []
    assert "No pack is installed" in cli.ok("list").out
    assert not (cli.home / "log").exists()


def test_an_origin_with_another_root_is_not_added(cli: CommandLine, shop: SmallOrigin) -> None:
    wrong = f"{shop.url}#sha256={'0' * 64}"
    assert cli.json("origin", "add", wrong).error["code"] == "TRUST_ROOT_CHAIN"
    assert cli.json("origin", "list").json == []
    assert cli("origin", "add", shop.url).code == 2


def test_origins_are_listed_chosen_and_forgotten(stocked: CommandLine, shop: SmallOrigin) -> None:
    (origin,) = stocked.json("origin", "list").json
    assert origin["url"] == shop.url
    assert origin["default"] is True
    assert stocked.ok("--format", "quiet", "origin", "list").out == f"{origin['name']}\n"
    assert stocked.json("origin", "default", "nobody").error["code"] == "NOT_FOUND"
    stocked.ok("origin", "remove", origin["name"])
    assert stocked.json("origin", "list").json == []


def test_what_is_on_offer_is_listed_by_size(stocked: CommandLine) -> None:
    refs = [row["ref"] for row in stocked.json("list", "--available").json]
    assert refs == [
        "acme/asking@1.0.0",
        "acme/hungry:1024@1.0.0",
        "acme/sample:256@1.0.0",
        "acme/sample:512@1.0.0",
    ]
    assert stocked.ok("--format", "quiet", "list", "--available").out.split() == refs


def test_a_dry_run_counts_bytes_and_fetches_none(stocked: CommandLine) -> None:
    plan = stocked.json("install", "sample:512", "--dry-run").json
    assert plan["net"] == plan["total"] > 3_000_000
    assert stocked.json("list").json == []
    assert "Nothing was fetched" in stocked.ok("install", "sample:512", "--dry-run").out


def test_install_tells_its_steps_as_events_and_its_result_as_one_document(stocked: CommandLine) -> None:
    answer = stocked.json("install", "sample:512")
    assert answer.json["ref"] == "acme/sample:512@1.0.0"
    events = [json.loads(line) for line in answer.err.splitlines()]
    names = [event["event"] for event in events]
    assert names[0] == "Step"
    assert names[-1] == "Installed"
    counted = [event["verified"] for event in events if event["event"] == "Progress"]
    assert counted == sorted(counted)
    assert counted[-1] == answer.json["size"]


def test_a_second_size_of_a_pack_fetches_almost_nothing(stocked: CommandLine) -> None:
    stocked.ok("install", "sample:512")
    plan = stocked.json("install", "sample:256", "--dry-run").json
    assert plan["net"] == 0
    assert "are here already" in stocked("install", "sample:256").err or plan["disk"] == 0


def test_the_explanation_names_the_reason_and_what_would_help(stocked: CommandLine) -> None:
    decision = stocked.json("install", "hungry", "--explain").json
    assert decision["decision"] == "refusal"
    reasons = [reason for verdict in decision["verdicts"] for reason in verdict["reasons"]]
    assert {reason["code"] for reason in reasons if reason["blocks"]} == {"MEMORY"}
    shown = stocked.ok("install", "hungry", "--explain").out
    assert "needs 1126 TB of memory" in shown
    answer = stocked("--lang", "zh", "install", "hungry")
    assert answer.code == 5
    assert "内存" in answer.err


def test_a_licence_is_never_accepted_by_silence(stocked: CommandLine) -> None:
    error = stocked.json("install", "asking").error
    assert (error["code"], error["exit_code"]) == ("LICENSE_NOT_ACCEPTED", 7)
    assert "--accept-license" in error["next"]
    assert stocked.ok("install", "asking", "--accept-license", "Apache-2.0").code == 0


def test_unknown_names_offer_the_closest_ones(stocked: CommandLine) -> None:
    assert "sample" in str(stocked.json("install", "sampel").error["data"]["closest"])
    stocked.ok("install", "sample:512")
    for verb in ("path", "use", "pin", "unpin", "rollback", "remove", "verify", "repair", "update"):
        error = stocked.json(verb, "sampel").error
        assert error["code"] == "NOT_INSTALLED", verb
        assert "acme/sample:512" in error["data"]["closest"], verb


def test_a_pack_is_used_pinned_shown_and_removed(stocked: CommandLine) -> None:
    stocked.ok("install", "sample:512", "sample:256")
    stocked.ok("use", "sample:512")
    stocked.ok("pin", "sample:512")
    listed = {item["ref"]: item for item in stocked.json("list").json}
    assert listed["acme/sample:512@1.0.0"]["default"] is True
    assert listed["acme/sample:512@1.0.0"]["pinned"] is True
    assert stocked.json("remove", "sample:512").error["code"] == "PINNED"
    shown = stocked.ok("show", "sample:512").out
    assert "adjust the tone" in shown
    assert "调整色调" in stocked.ok("--lang", "zh", "show", "sample:512").out
    stocked.ok("unpin", "sample:512")
    stocked.ok("rm", "sample:512")
    assert stocked.ok("--format", "quiet", "ls").out == "acme/sample:256@1.0.0\n"


def test_the_path_holds_the_verified_files(stocked: CommandLine) -> None:
    stocked.ok("install", "sample:512")
    folder = Path(stocked.ok("path", "sample").out.strip())
    assert (folder / "data.txt").read_bytes() == DATA["data.txt"]


def test_a_flipped_byte_is_found_named_and_mended(stocked: CommandLine) -> None:
    stocked.ok("install", "sample:512")
    victim = Path(stocked.ok("path", "sample").out.strip()) / "data.txt"
    damaged = bytearray(victim.read_bytes())
    damaged[77_777] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(damaged)
    answer = stocked("verify")
    assert answer.code == 42
    assert "data.txt" in answer.out
    assert "qie-hub repair" in answer.out
    assert stocked.json("path", "sample").error["code"] == "TAMPERED"
    mended = stocked.json("repair").json
    assert mended[0]["mended"] == ["data.txt"]
    assert 0 < mended[0]["fetched"] < len(damaged)
    assert stocked.ok("verify", "--deep").code == 0
    assert victim.read_bytes() == DATA["data.txt"]


def test_update_and_rollback_move_between_versions(cli: CommandLine, tmp_path: Path) -> None:
    shop = SmallOrigin(tmp_path / "own")
    shop.publish(PackSpec(files=DATA))
    cli.ok("origin", "add", shop.line)
    cli.ok("install", "sample")
    assert cli.json("update").json[0]["outcome"] == "current"
    shop.publish(PackSpec(version="1.1.0", release=2, files=DATA, scale=3.0))
    cli.ok("refresh")
    assert cli.json("list").json[0]["state"] == "superseded"
    assert "update available" in cli.ok("list").out
    report = cli.json("update").json[0]
    assert (report["outcome"], report["after"]) == ("updated", "acme/sample:512@1.1.0")
    assert [item["generation"] for item in cli.json("list", "--all").json] == [2, 1]
    assert cli.ok("--format", "quiet", "list").out == "acme/sample:512@1.1.0\n"
    cli.ok("rollback", "sample")
    assert cli.ok("--format", "quiet", "list").out == "acme/sample:512@1.0.0\n"
    plan = cli.json("gc", "--dry-run").json
    assert plan["done"] is None
    assert {item["why"] for item in plan["plan"]["kept"]} == {"current", "young"}


def test_ctrl_c_keeps_what_is_verified_and_the_next_call_goes_on(stocked: CommandLine) -> None:
    process = stocked.start("--format", "json", "install", "sample:512", "--max-rate", "600k")
    assert process.stderr is not None
    for line in process.stderr:
        if '"Progress"' in line and json.loads(line)["verified"] > 0:
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "INTERRUPTED"
    assert stocked.json("list").json == []
    plan = stocked.json("install", "sample:512", "--dry-run").json
    assert 0 < plan["net"] < plan["total"]
    stocked.ok("install", "sample:512")


def test_the_doctor_finds_what_is_wrong_and_says_what_helps(stocked: CommandLine, tmp_path: Path) -> None:
    assert "No pack is installed" in stocked.ok("doctor").out
    stocked.ok("install", "sample:512")
    assert {check["verdict"] for check in stocked.json("doctor").json} == {"ok"}
    victim = Path(stocked.ok("path", "sample").out.strip()) / "data.txt"
    victim.chmod(0o644)
    victim.write_bytes(b"x" + victim.read_bytes()[1:])
    answer = stocked("--lang", "zh", "doctor", "--report", str(tmp_path / "report.json"))
    assert answer.code == 1
    assert "qie-hub repair" in answer.out
    report = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert json.loads(report)["qie_hub"]
    assert "acme" not in report
    assert str(stocked.home) not in report


def test_the_doctor_names_an_origin_that_is_gone_and_calls_it_no_harm(cli: CommandLine, tmp_path: Path) -> None:
    shop = SmallOrigin(tmp_path / "own")
    shop.publish(PackSpec())
    cli.ok("origin", "add", shop.line, "--name", "gone")
    cli.ok("install", "sample")
    shop.origin.rename(tmp_path / "elsewhere")
    answer = cli("doctor")
    assert answer.code == 0
    assert "gone" in answer.out
    assert "see  origin gone could not be asked" in answer.out


def test_a_bundle_carries_a_pack_to_a_device_that_trusts_its_fingerprint(stocked: CommandLine, tmp_path: Path) -> None:
    stocked.ok("install", "sample:512")
    done = stocked.json("bundle", "export", str(tmp_path / "stick"), "sample:512").json
    other = CommandLine(tmp_path / "other")
    assert other.json("bundle", "import", str(tmp_path / "stick")).error["hint"] == "BUNDLE_ROOT"
    wrong = other.json("bundle", "import", str(tmp_path / "stick"), "--sha256", "0" * 64)
    assert wrong.code in range(10, 20)
    fingerprint = done["line"].rpartition("=")[2]
    (item,) = other.json("bundle", "import", str(tmp_path / "stick"), "--sha256", fingerprint).json
    assert item["ref"] == "acme/sample:512@1.0.0"
    assert other.json("bundle", "import", str(tmp_path)).error["hint"] == "NO_BUNDLE"


def test_ps_shows_who_installs_and_how_far(stocked: CommandLine) -> None:
    assert "Nobody" in stocked.ok("ps").out
    process = stocked.start("--format", "json", "install", "sample:512", "--max-rate", "600k")
    assert process.stderr is not None
    for line in process.stderr:
        if '"Progress"' in line and json.loads(line)["verified"] > 0:
            break
    (worker,) = stocked.json("ps").json
    assert worker["pid"] == process.pid
    assert worker["purpose"] == "install"
    assert worker["pack"] == "acme/sample:512"
    assert worker["progress"][1] >= worker["progress"][0]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    state = stocked.json().json
    assert state["unfinished"] == ["sample:512"]
    assert state["next"] == "qie-hub install sample:512"


def test_a_reader_that_goes_away_is_no_error(stocked: CommandLine) -> None:
    for form in ("human", "json"):
        reader, writer = os.pipe()
        os.close(reader)
        words = stocked.words("--format", form, "list", "--available")
        done = subprocess.run(words, env=environment(None), stdout=writer, stderr=subprocess.PIPE, timeout=60)
        os.close(writer)
        assert (done.returncode, done.stderr) == (141, b"")


def test_list_imports_nothing_heavy(stocked: CommandLine) -> None:
    stocked.ok("install", "sample:512")
    heavy = (
        "numpy",
        "tuf",
        "securesystemslib",
        "cryptography",
        "requests",
        "urllib3",
        "onnxruntime",
        "cv2",
        "PIL",
        "tqdm",
    )
    program = (
        "import sys; from qie_hub.cli.main import run; code = run(sys.argv[1:]);"
        f"print([name for name in {heavy!r} if name in sys.modules]); sys.exit(code)"
    )
    words = [stocked.words()[0], "-c", program, "--home", str(stocked.home), "--format", "quiet", "list"]
    done = subprocess.run(words, env=environment(None), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["acme/sample:512@1.0.0", "[]"]


def test_the_log_tells_what_was_done_and_how_it_ended(stocked: CommandLine) -> None:
    stocked.ok("install", "sample:512")
    stocked("path", "nothing-of-this-name")
    log = (stocked.home / "log" / "qie-hub.log").read_text(encoding="utf-8")
    assert "'event': 'Installed'" in log
    assert "ended 0" in log
    assert "NOT_INSTALLED" in log
    assert "ended 4" in log


def test_on_a_terminal_a_bar_is_drawn_and_a_licence_is_asked_for(stocked: CommandLine) -> None:
    shown = on_terminal(stocked.words("install", "asking"), answers={b"[y/N]": b"y\n"}, columns=60)
    assert "Apache-2.0" in shown
    assert "acme/asking@1.0.0 is ready." in shown
    shown = on_terminal(stocked.words("install", "sample:512", "--max-rate", "3M"), answers={}, columns=60)
    assert "%" in shown
    assert "acme/sample:512@1.0.0 is ready." in shown
    assert "\x1b[32m" in shown


def test_a_licence_that_is_refused_on_a_terminal_stays_refused(stocked: CommandLine) -> None:
    shown = on_terminal(stocked.words("install", "asking"), answers={b"[y/N]": b"\n"}, columns=200)
    assert "LICENSE_NOT_ACCEPTED" in shown
    assert stocked.json("list").json == []


def test_no_color_is_obeyed_on_a_terminal(cli: CommandLine) -> None:
    shown = on_terminal(cli.words("install", "sample"), answers={}, columns=60, extra={"NO_COLOR": "1"})
    assert "error[NO_ORIGIN]" in shown
    assert "\x1b[" not in shown


def on_terminal(
    words: list[str], answers: dict[bytes, bytes], columns: int, extra: dict[str, str] | None = None
) -> str:
    """Run a command on a real pseudo-terminal and answer its questions."""
    controller, terminal = pty.openpty()
    env = environment({"COLUMNS": str(columns), **(extra or {})})
    process = subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, env=env, close_fds=True)
    os.close(terminal)
    seen, waiting = b"", dict(answers)
    while select.select([controller], [], [], 60)[0]:
        try:
            seen += os.read(controller, 65536)
        except OSError:
            break  # Linux: the other side is closed
        for question in [question for question in waiting if question in seen]:
            os.write(controller, waiting.pop(question))
    process.wait(60)
    os.close(controller)
    assert not waiting, seen
    return seen.decode()
