"""The edge: words become values or clear errors, errors become sentences and codes, in two languages."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from qie_hub.cli import group
from qie_hub.cli.call import Call, peek
from qie_hub.cli.commands import config
from qie_hub.cli.main import as_hub_error
from qie_hub.errors import UsageError
from qie_hub.messages import LANGUAGES, has
from tests.support.command_line import CommandLine


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    for name in [name for name in os.environ if name.startswith(("QIE_HUB_", "LC_", "LANG", "COLUMNS"))]:
        monkeypatch.delenv(name)
    yield CommandLine(tmp_path / "home")


def every_command() -> Iterator[tuple[str, click.Command]]:
    program = group.program()
    context = click.Context(program)
    for name in group.COMMANDS:
        command = program.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name}.{inner}", command.commands[inner]) for inner in command.commands)


def test_every_command_loads_and_explains_itself_and_its_options() -> None:
    seen = dict(every_command())
    assert len(seen) > 25
    for topic, command in seen.items():
        assert has(f"HELP.{topic}.short"), topic
        for option in command.params:
            if isinstance(option, click.Option):
                assert has(group._option_key(option, topic)), f"{topic} --{option.name}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", [[], ["run"], ["install"], ["origin"], ["origin", "add"], ["bundle", "export"]])
def test_help_is_complete_in_both_languages(cli: CommandLine, words: list[str], language: str) -> None:
    shown = cli.ok("--lang", language, *words, "--help").out
    assert shown.startswith("Usage: qie-hub" if language == "en" else "用法")
    assert not any(mark in shown for mark in ("HELP.", "OPTION.", "None"))


def test_help_fits_a_narrow_terminal(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    lines = cli.ok("install", "--help").out.splitlines()
    assert max(len(line) for line in lines if "--format" not in line) <= 50


@pytest.mark.parametrize(
    "words", [["--format", "json", "config"], ["config", "--format", "json"], ["config", "--format=json"]]
)
def test_global_options_stand_before_or_after_the_command(cli: CommandLine, words: list[str]) -> None:
    assert cli.ok(*words).json["home"] == str(cli.home)


@pytest.mark.parametrize(
    ("words", "hint", "shown"),
    [
        (["instal"], "NO_SUCH_COMMAND_CLOSE", "install"),
        (["xyzzy"], "NO_SUCH_COMMAND", "xyzzy"),
        (["origin", "ad"], "NO_SUCH_COMMAND_CLOSE", "add"),
        (["list", "--avaiable"], "NO_SUCH_OPTION_CLOSE", "--available"),
        (["list", "--zz"], "NO_SUCH_OPTION", "--zz"),
        (["show"], "MISSING_ARGUMENT", "REF"),
        (["--format", "xml", "list"], "BAD_ARGUMENT", "--format"),
        (["show", "a b"], "BAD_REF", "a b"),
        (["show", "pro:300"], "BAD_RESOLUTION", "300"),
        (["show", "pro@1.2"], "BAD_VERSION", "1.2"),
        (["list", "too", "many"], "BAD_CALL", "too"),
        (["completion", "tcsh"], "BAD_ARGUMENT", "tcsh"),
        (["install", "x", "--max-rate"], "BAD_CALL", "--max-rate"),
    ],
)
def test_a_call_that_is_off_says_how_and_ends_with_2(cli: CommandLine, words: list[str], hint: str, shown: str) -> None:
    answer = cli(*words)
    assert answer.code == 2
    assert answer.out == ""
    assert "error[USAGE]" in answer.err
    assert shown in answer.err
    if "--format" not in words:
        assert cli.json(*words).error["hint"] == hint
    chinese = cli("--lang", "zh", *words).err
    assert chinese.startswith("错误[USAGE]")
    assert shown in chinese


def test_the_language_is_the_flag_then_the_setting_then_the_locale(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert cli("list").out.startswith("还没有")
    monkeypatch.setenv("QIE_HUB_LANG", "en")
    assert cli("list").out.startswith("No pack")
    assert cli("--lang", "zh", "list").out.startswith("还没有")


def test_the_language_of_the_sentence_wins_over_the_locale(cli: CommandLine, tmp_path: Path) -> None:
    assert "找不到文件" in cli("run", str(tmp_path / "no.jpg"), "去掉水印").err
    assert "There is no file" in cli("run", str(tmp_path / "no.jpg"), "remove the watermark").err


def test_settings_that_are_off_are_all_named_and_do_not_hide_each_other(cli: CommandLine) -> None:
    cli.home.mkdir()
    (cli.home / "config.toml").write_text('lang = "fr"\nthreads = "many"\n', encoding="utf-8")
    answer = cli.json("list")
    assert (answer.code, answer.error["code"]) == (3, "SETTINGS")
    assert len(answer.error["data"]["issues"]) == 2
    assert "fr" in cli("list").err


def test_config_tells_where_each_value_comes_from(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIE_HUB_THREADS", "3")
    cli.home.mkdir()
    (cli.home / "config.toml").write_text('refresh = "never"\nthreads = 2\n', encoding="utf-8")
    table = cli.json("config", "--show-origin", "--offline").json
    assert table["threads"] == {"value": 3, "from": "environment"}
    assert table["refresh"] == {"value": "never", "from": "config.toml"}
    assert table["offline"] == {"value": True, "from": "flag"}
    assert table["lang"]["from"] == "default"
    assert "环境变量" in cli.ok("--lang", "zh", "config", "--show-origin").out


def test_a_defect_ends_with_70_and_says_how_to_report(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the answer is 42")

    monkeypatch.setattr(config, "config_page", broken)
    answer = cli("config")
    assert answer.code == 70
    assert "ZeroDivisionError" in answer.err
    assert "QIE_HUB_DEBUG=1" in answer.err
    assert "Traceback" not in answer.err
    assert cli.json("config").error["code"] == "BUG"
    monkeypatch.setenv("QIE_HUB_DEBUG", "1")
    assert "Traceback" in cli("config").err


def test_the_log_of_a_defect_holds_frames_and_no_values(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"{'typed'.upper()} by somebody")

    monkeypatch.setattr(config, "config_page", broken)
    cli.home.mkdir()
    assert cli("config").code == 70
    log = (cli.home / "log" / "qie-hub.log").read_text(encoding="utf-8")
    assert "ValueError" in log
    assert "config.py" in log
    assert "TYPED" not in log


def test_a_home_that_is_no_folder_is_said_to_be_none(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder", encoding="utf-8")
    answer = cli("list")
    assert answer.code not in {0, 70}, answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "DISK_FULL"), (errno.EROFS, "READ_ONLY_HOME"), (errno.EACCES, "FAILED")]
)
def test_what_the_system_refuses_is_no_defect(number: int, code: str) -> None:
    error = as_hub_error(OSError(number, os.strerror(number), "/some/where/out.jpg"))
    assert error.code == code
    assert "/some/where/out.jpg" in str(error.data)


def test_flags_are_peeked_at_for_errors_of_the_parsing_itself() -> None:
    assert peek(["--format", "json", "--lang=zh", "x"]) == {"format": "json", "lang": "zh"}
    assert peek(["run", "--", "--format", "json"]) == {}
    assert peek(["--format"]) == {}


def test_the_sentence_speaks_unless_a_language_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C")
    for flag, sentence, language in ((None, "去水印", "zh"), ("en", "去水印", "en"), (None, "x", "en")):
        words = ["--home", str(tmp_path), *(["--lang", flag] if flag else [])]
        call = Call(words)
        call.listen_to(sentence)
        assert call.language == language


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (click.BadParameter("x", param=click.Option(["--pick"])), "BAD_ARGUMENT"),
        (click.UsageError("odd"), "BAD_CALL"),
        (click.FileError("f", "gone"), "BAD_CALL"),
    ],
)
def test_complaints_of_the_parser_become_ours(error: click.ClickException, hint: str) -> None:
    ours = as_hub_error(error)
    assert isinstance(ours, UsageError)
    assert ours.hint == hint


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_of_the_shell(cli: CommandLine, shell: str) -> None:
    script = cli.ok("completion", shell).out
    assert "_QIE_HUB_COMPLETE" in script
    assert f"{shell}_complete" in script


def test_a_shell_completes_commands(cli: CommandLine) -> None:
    env = {"_QIE_HUB_COMPLETE": "bash_complete", "COMP_WORDS": "qie-hub ins", "COMP_CWORD": "1"}
    import subprocess
    import sys

    from tests.support.command_line import environment

    program = "from qie_hub.cli.main import run; run([], 'qie-hub')"
    done = subprocess.run([sys.executable, "-c", program], env=environment(env), capture_output=True, text=True)
    assert done.stdout.split() == ["plain,install"]


def test_plain_consoles_get_plain_letters(cli: CommandLine) -> None:
    poor = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "QIE_HUB_LANG": "zh"}
    answer = cli.process("list", env=poor)
    assert answer.code == 0
    assert answer.out.startswith("No pack is installed.")
    answer = cli.process("show", "包", env=poor)
    assert answer.code == 2
    assert "error[USAGE]" in answer.err
