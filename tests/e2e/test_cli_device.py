"""The device on the command line: what it shows, what it decides, and what bad input comes to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qie_hub.device import bench, profile
from qie_hub.formats.device import DeviceProfile
from qie_hub.formats.speed import REFERENCE, Figures
from tests.support.command_line import ROOT, CommandLine, environment
from tests.support.small_origin import PackSpec, SmallOrigin, noise

EDIT_MS = {256: 1, 512: 10, 1024: 1_000_000_000}
"""Any device does 512 px in the tier's minute, none does 1024 px."""

QUIET = """
import sys
opened = []
sys.addaudithook(lambda event, facts: opened.append(event) if event.startswith("socket.") else None)
from qie_hub.cli.main import run
code = run(sys.argv[1:], "qie-hub")
heavy = {"numpy", "onnxruntime", "requests", "tuf", "cryptography"} & set(sys.modules)
print(code, opened, sorted(heavy), file=sys.stderr)
"""


def _sized() -> PackSpec:
    return PackSpec(
        "sized", kind="lite", tier="pro", resolutions=(256, 512, 1024), edit_ms=EDIT_MS, tensors=[noise(100_000, 1)]
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> SmallOrigin:
    origin = SmallOrigin(tmp_path_factory.mktemp("shop"))
    origin.publish(_sized())
    origin.publish(PackSpec("strange", kind="from-the-future", tier="pro"))
    origin.publish(PackSpec("files", kind="from-the-future"))
    return origin


@pytest.fixture
def cli(shop: SmallOrigin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("QIE_HUB_LANG", "en")
    cli = CommandLine(tmp_path / "home")
    cli.ok("origin", "add", shop.line)
    cli.ok("refresh")
    return cli


def with_figures(cli: CommandLine) -> CommandLine:
    """Remember this device as one of the speed of the reference, so that a test need not measure."""
    device = profile.profile(cli.home, {})
    measured = Figures(bench.key(device), device.threads or 1, 100_000, 200_000, 30_000, 10_000)
    (cli.home / "derived").mkdir(exist_ok=True)
    (cli.home / "derived" / "figures.json").write_text(json.dumps({"schema": 1, "figures": measured.to_json()}))
    return cli


def test_the_benchmark_foretells_an_edit_of_every_pack_and_resolution(cli: CommandLine) -> None:
    before = cli.ok("device").out
    assert "not measured yet" in before
    assert "qie-hub device --bench" in before
    document = cli.json("device", "--bench").json
    figures = Figures(**document["figures"])
    assert document["proofs"]["CPUExecutionProvider"]["outcome"] == "proved"
    times = {item["ref"]: item["predicted_ms"] for item in document["packs"]}
    slowness = times["acme/sized:1024@1.0.0"] / EDIT_MS[1024]
    mix = {"serial": 60, "fp32": 40}
    expected = sum(part * getattr(REFERENCE, name) / getattr(figures, name) for name, part in mix.items()) / 100
    assert slowness == pytest.approx(expected, rel=1e-3)
    assert times["acme/files:512@1.0.0"] is None
    assert "ONE EDIT" in cli.ok("device").out
    assert cli.json("device").json["figures"] == document["figures"]


def test_a_device_says_of_each_pack_whether_it_fits_and_what_would_help(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIE_HUB_DEVICE_MEMORY_EFFECTIVE", "1MB")
    packs = {item["ref"]: item for item in cli.json("device").json["packs"]}
    assert not packs["acme/sized:256@1.0.0"]["fits"]
    shown = cli.ok("--lang", "zh", "device").out
    assert "否：需要 1.05 MB 内存，可用 1 MB → 再有 48.6 kB 可用内存" in shown
    assert "1 MB usable of" in cli.ok("device").out
    assert "set by hand, not detected (QIE_HUB_DEVICE_<FIELD>): memory_effective" in cli.ok("device").out


def test_a_report_of_a_device_can_be_used_elsewhere(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIE_HUB_DEVICE_CPU_MODEL", "a phone")
    monkeypatch.setenv("QIE_HUB_DEVICE_MEMORY_EFFECTIVE", "1MB")
    report = tmp_path / "device.json"
    report.write_text(cli.json("device").out)
    monkeypatch.delenv("QIE_HUB_DEVICE_CPU_MODEL")
    monkeypatch.delenv("QIE_HUB_DEVICE_MEMORY_EFFECTIVE")
    assert "a phone" in cli.ok("device", "--device", str(report)).out
    assert cli("install", "sized", "--device", str(report)).code == 5
    assert cli("install", "sized", "--dry-run").code == 0


def test_looking_at_the_device_opens_no_socket_and_loads_no_heavy_library(cli: CommandLine) -> None:
    words = [sys.executable, "-c", QUIET, "--home", str(cli.home), "device"]
    done = subprocess.run(words, env=environment({"PYTHONPATH": str(ROOT)}), capture_output=True, text=True, timeout=60)
    assert done.stderr.splitlines()[-1] == "0 [] []"


def test_the_default_resolution_is_the_largest_under_the_tiers_target_on_a_device_that_was_never_measured(
    cli: CommandLine,
) -> None:
    answer = cli.ok("install", "sized")
    assert "acme/sized:512@1.0.0" in answer.out
    assert "the largest whose edits are foretold to stay under the tier's target" in answer.err
    assert (cli.home / "derived" / "figures.json").exists()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("POWER_SAVER", "true", "省电模式"), ("THERMAL", "serious", "过热"), ("METERED", "true", "按流量计费")],
)
def test_a_device_that_should_work_less_gets_a_smaller_size_and_is_told(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"QIE_HUB_DEVICE_{name}", value)
    answer = with_figures(cli).ok("--lang", "zh", "install", "sized", "--yes")
    assert "acme/sized:256@1.0.0" in answer.out
    assert told in answer.err
    assert "使用 256 像素而非 512 像素" in answer.err
    assert "acme/sized:512@1.0.0" in cli.ok("install", "sized:512", "--yes").out


def test_a_pack_that_edits_is_not_fetched_without_its_pipeline_and_mere_files_are_with_a_word(cli: CommandLine) -> None:
    error = cli.json("install", "strange").error
    assert error["exit_code"] == 5
    assert error["data"]["reasons"] == ["PIPELINE"]
    assert "from-the-future 1" in cli.ok("install", "files").err


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ({"QIE_HUB_DEVICE_MEMORY_TOTAL": "lots"}, "DEVICE_OVERRIDE"),
        ({"QIE_HUB_DEVICE_THERMAL": "tropical"}, "DEVICE_OVERRIDE"),
        ({"QIE_HUB_DEVICE_ACCELERATORS": '[{"total": -1}]'}, "DEVICE_OVERRIDE"),
        ({"QIE_HUB_DEVICE_MEMROY_TOTAL": "4GiB"}, "DEVICE_FIELD"),
        ({"QIE_HUB_DEVICE_FILE": "{folder}/newer.json"}, "DEVICE_FILE_NEWER"),
        ({"QIE_HUB_DEVICE_FILE": "{folder}/broken.json"}, "DEVICE_FILE_FORMAT"),
        ({"QIE_HUB_DEVICE_FILE": "{folder}/list.json"}, "DEVICE_FILE_FORMAT"),
        ({"QIE_HUB_DEVICE_FILE": "{folder}/gone.json"}, "DEVICE_FILE"),
    ],
)
def test_a_malformed_override_and_a_device_file_that_is_none_are_settings_errors(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], hint: str
) -> None:
    (tmp_path / "newer.json").write_text('{"schema":2}')
    (tmp_path / "broken.json").write_text('{"schema":1,"memory_total":"much"}')
    (tmp_path / "list.json").write_text("[]")
    for name, value in setting.items():
        monkeypatch.setenv(name, value.replace("{folder}", str(tmp_path)))
    for words in (("device",), ("install", "sized"), ("install", "sized", "--explain")):
        error = cli.json(*words).error
        assert (error["exit_code"], error["hint"]) == (3, hint), words
    for language in ("zh", "en"):
        said = cli("--lang", language, "device").err
        assert hint not in said
        assert len(said.splitlines()) >= 1


def test_an_offer_of_which_nothing_can_run_is_refused_with_every_reason_and_each_way_out(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIE_HUB_DEVICE_MEMORY_EFFECTIVE", "1000")
    monkeypatch.setenv("QIE_HUB_DEVICE_DISK_FREE", "1000")
    error = cli.json("install", "sized").error
    assert (error["code"], error["exit_code"]) == ("DOES_NOT_FIT", 5)
    decision = error["data"]["decision"]
    assert {item["code"] for verdict in decision["verdicts"] for item in verdict["reasons"]} >= {"MEMORY", "DISK"}
    assert len(decision["leads_to"]) == len(decision["nearest"]) > 0
    assert cli.json("install", "sized", "--explain").json["decision"] == "refusal"
    shown = cli("--lang", "zh", "install", "sized")
    assert shown.code == 5
    assert "→ acme/sized:256@1.0.0" in shown.err
    assert DeviceProfile.from_bytes(cli.json("device").out.encode()).memory_effective == 1000
