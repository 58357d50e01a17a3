from __future__ import annotations

import io
import json

import pytest

from qie_hub import events
from qie_hub.cli.document import jsonable
from qie_hub.cli.layout import Line, Page, Table
from qie_hub.cli.render import Render
from qie_hub.digest import Digest
from qie_hub.errors import DoesNotFit, NotFound, SettingsError
from qie_hub.packref import PackRef

PAGE = Page(
    [{"ref": PackRef.parse("acme/pro:512@1.0.0"), "title": "专业版"}],
    (Line("专业版 – “ready”…"),),
    ("acme/pro:512@1.0.0",),
)


class Console(io.TextIOWrapper):
    """A stream of bytes as a console sees it."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


def printer(form: str = "human", language: str = "en", **console: object) -> tuple[Render, Console, Console]:
    out, err = Console(**console), Console(**console)  # type: ignore[arg-type]  # a test's shorthand
    return Render(form, language, out=out, err=err), out, err


def test_the_answer_goes_to_stdout_and_notes_to_stderr() -> None:
    render, out, err = printer()
    render.page(PAGE)
    render.note("LIST.empty")
    assert out.text() == "专业版 – “ready”…\n"
    assert err.text() == "No pack is installed.\n"


def test_json_is_one_document_with_values_as_text() -> None:
    render, out, err = printer("json")
    render.page(PAGE)
    render.note("LIST.empty")
    assert json.loads(out.text()) == [{"ref": "acme/pro:512@1.0.0", "title": "专业版"}]
    assert "专业版" in out.text()
    assert err.text() == ""


def test_quiet_is_one_id_a_line() -> None:
    render, out, err = printer("quiet")
    render.page(PAGE)
    render.note("LIST.empty")
    assert out.text() == "acme/pro:512@1.0.0\n"
    assert err.text() == ""


def test_json_events_are_one_line_each_on_stderr() -> None:
    render, out, err = printer("json")
    render.event(events.Planned("pro", "cpu-int8", 5, 0, 5, 1))
    render.event(events.Warned("ORIGIN_UNREACHABLE", {"origin": "acme", "code": "OFFLINE"}))
    lines = [json.loads(line) for line in err.text().splitlines()]
    assert [line["event"] for line in lines] == ["Planned", "Warned"]
    assert lines[0]["net"] == 5
    assert out.text() == ""


def test_an_error_in_json_is_the_document() -> None:
    render, out, err = printer("json", "zh")
    render.error(NotFound(what="pack", name="pro:2048", closest=("pro:1024",)))
    error = json.loads(out.text())["error"]
    assert (error["code"], error["exit_code"]) == ("NOT_FOUND", 4)
    assert error["data"]["closest"] == ["pro:1024"]
    assert "pro:2048" in error["message"]
    assert "qie-hub list --available" in error["next"]
    assert err.text() == ""


def test_an_error_for_a_person_names_its_code_and_the_next_step_on_stderr() -> None:
    render, out, err = printer()
    render.error(NotFound(what="pack", name="pro:2048", closest=("pro:1024",)))
    assert out.text() == ""
    first, second, third = err.text().splitlines()
    assert first == "error[NOT_FOUND]: There is no pack named pro:2048."
    assert second == "  Did you mean pro:1024?"
    assert third.startswith("  next: qie-hub list --available")


def test_every_issue_of_an_error_is_listed() -> None:
    render, _, err = printer()
    render.error(
        SettingsError(issues=["lang (environment): 'fr' is not one of zh, en", "threads (flag): not a number"])
    )
    assert "- lang (environment): 'fr' is not one of zh, en" in err.text()
    assert "- threads (flag): not a number" in err.text()


def test_a_refused_device_says_each_reason_once_and_what_would_be_enough() -> None:
    reason = {"code": "MEMORY", "field": "memory", "have": 2_000_000_000, "need": 3_000_000_000, "blocks": True}
    verdict = {"ref": "acme/pro:1024@1.0.0", "variant": "cpu-int8", "fits": False, "reasons": [reason], "changes": []}
    step = [{"code": "MORE_MEMORY", "field": "memory", "value": 3_000_000_000, "by": 1_000_000_000}]
    decision = {"decision": "refusal", "ref": "pro", "verdicts": [verdict, verdict], "nearest": [step]}
    decision["leads_to"] = ["acme/pro:1024@1.0.0"]
    render, _, err = printer("human", "zh")
    render.error(DoesNotFit(ref="pro", reasons=["MEMORY"], decision=decision))
    shown = err.text()
    assert shown.count("2 GB") == 1
    assert shown.count("3 GB") == 1
    assert "再有 1 GB 可用内存 → acme/pro:1024@1.0.0" in shown


def test_a_console_that_cannot_print_chinese_gets_english_messages() -> None:
    render, _, err = printer("human", "zh", encoding="ascii")
    render.note("LIST.empty")
    assert err.text() == "No pack is installed.\n"
    render, _, err = printer("human", "zh", encoding="gb18030")
    render.note("LIST.empty")
    assert err.text() == "还没有安装模型包。\n"


def test_a_character_that_a_console_cannot_print_is_spelled_out() -> None:
    render, out, _ = printer(encoding="ascii")
    render.page(PAGE)
    assert out.text() == '\\u4e13\\u4e1a\\u7248 - "ready"...\n'


def test_json_on_a_poor_console_is_still_the_same_document() -> None:
    render, out, _ = printer("json", encoding="ascii")
    render.page(PAGE)
    assert json.loads(out.text())[0]["title"] == "专业版"


def test_nobody_is_asked_without_a_terminal() -> None:
    render, _, err = printer()
    assert render.ask("ASK.licence", ref="pro", licences=("X",)) is None
    assert render.choose("ASK.which", 2, ()) is None
    assert err.text() == ""


def test_colours_need_a_terminal_and_consent() -> None:
    for terminal, color, wanted in ((True, True, True), (True, False, False), (False, True, False)):
        out, err = Console(terminal=terminal), Console(terminal=terminal)
        Render("human", "en", out=out, err=err, color=color).note("LIST.empty", style="green")
        assert ("\x1b[" in err.text()) is wanted


def test_progress_in_a_log_is_a_line_every_tenth_and_never_goes_back() -> None:
    render, out, err = printer()
    for done in (0, 5, 10, 11, 12, 55, 55, 100):
        render.event(events.Progress("pro", done, 100))
    percents = [line.split(": ")[1].split(" %")[0] for line in err.text().splitlines()]
    assert percents == ["10", "50", "100"]
    assert out.text() == ""


def test_progress_on_a_terminal_is_a_bar_that_leaves_no_trace() -> None:
    render, _, err = printer(terminal=True)
    render.event(events.Planned("pro", "cpu", 100, 0, 100, 1))
    render.event(events.Progress("pro", 50, 100))
    render.event(events.Installed("acme/pro@1.0.0", 1, 100, 2.0))
    render.close()
    last = err.text().rsplit("\r", 1)[-1]
    assert "50%" in err.text()
    assert "Fetched 100 B" in last
    assert "%" not in last


def test_steps_are_told_only_to_those_who_ask() -> None:
    for verbose, lines in ((0, 0), (1, 1)):
        out, err = Console(), Console()
        Render("human", "en", out=out, err=err, verbose=verbose).event(events.Step("pro", "canary"))
        assert len(err.text().splitlines()) == lines


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (PackRef.parse("pro"), "pro"),
        (Digest.of(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ({"b", "a"}, ["a", "b"]),
        ((1, None, True), [1, None, True]),
        (events.Step("pro", "fetch"), {"event": "Step", "ref": "pro", "step": "fetch"}),
    ],
)
def test_values_become_plain_json(value: object, plain: object) -> None:
    assert jsonable(value) == plain


def test_a_table_in_a_pipe_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    render, out, _ = printer()
    render.page(Page([], (Table(("A",), (("x" * 300,),)),)))
    assert "x" * 300 in out.text()


def test_columns_narrow_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    render, out, _ = printer()
    render.page(Page([], (Table(("A",), (("x" * 300,),)),)))
    assert max(len(line) for line in out.text().splitlines()) == 40
