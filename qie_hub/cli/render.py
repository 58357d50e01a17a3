"""The only printer, and the only user of tqdm.

Invariants:

* Data goes to stdout, everything else to stderr.
* ``json`` prints exactly one document on stdout, also for an error, and one event a line on stderr; ``quiet`` prints
  one id a line.
* Nothing asks a question unless stdin and stderr are a terminal.
* A console that cannot print Chinese gets English; a character that it cannot print is spelled out, never lost and
  never an exception.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TextIO

from qie_hub.cli import layout
from qie_hub.cli.document import jsonable
from qie_hub.messages import describe, has, text

if TYPE_CHECKING:
    from qie_hub import events
    from qie_hub.cli.layout import Block, Page
    from qie_hub.cli.progress import Progress
    from qie_hub.errors import QieHubError

FORMATS: Final = ("human", "json", "quiet")
_ASCII: Final = str.maketrans(
    {"…": "...", "–": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "×": "x", "·": "*", "→": "->", "、": ", "}
)


class ReaderGone(Exception):
    """Nobody reads our output any more. No OSError, because click would make an exit code of its own of that."""


class Render:
    """Prints what one call of the command line has to say."""

    def __init__(
        self,
        form: str,
        language: str,
        *,
        out: TextIO | None = None,
        err: TextIO | None = None,
        color: bool = True,
        verbose: int = 0,
    ) -> None:
        self._out, self._err = out or sys.stdout, err or sys.stderr
        self.form = form
        self.verbose = verbose
        self.language = "en"
        self._color = color
        self._progress: Progress | None = None
        self.speak(language)

    @property
    def human(self) -> bool:
        """Whether a person reads along."""
        return self.form == "human"

    @property
    def live(self) -> bool:
        """Whether a line of stderr can be drawn again and again."""
        return self.human and self._err.isatty()

    def speak(self, language: str) -> None:
        """Switch to ``language`` where the console can print it."""
        self.language = language if language == "en" or _can_print(self._err, text("LANGUAGE", language)) else "en"

    def say(self, key: str, **data: object) -> str:
        """Return a sentence of the table in the language of this call."""
        return text(key, self.language, data)

    def page(self, page: Page) -> None:
        """Print a command's answer."""
        if self.form == "json":
            self._json(self._out, page.document, indent=2)
        elif self.form == "quiet":
            for item in page.ids:
                self._line(self._out, item)
        else:
            self.blocks(page.blocks)

    def blocks(self, blocks: tuple[Block, ...], *, to_stderr: bool = False) -> None:
        """Print human text."""
        self._clear()
        stream = self._err if to_stderr else self._out
        for line in layout.to_lines(blocks, width=_width(stream), color=self._colored(stream)):
            self._line(stream, line)

    def note(self, key: str, *, style: str | None = None, **data: Any) -> None:
        """Tell a person something that is not the answer."""
        if self.human:
            self.blocks((layout.Line(self.say(key, **data), style),), to_stderr=True)

    def tell(self, key: str, event: events.Event, *, style: str | None = None) -> None:
        """Tell a person of an event, filled with its fields."""
        facts: dict[str, Any] = {name: value for name, value in event.to_json().items() if name != "event"}
        self.note(key, style=style, **facts)

    def picture_trouble(self, event: events.PictureEnded) -> None:
        """Tell which picture of many was refused or failed, and why."""
        message = text(event.hint if event.hint and has(event.hint) else str(event.code), self.language, event.data)
        self.note(f"EVENT.picture_{event.state}", style="yellow", picture=event.picture, message=layout.safe(message))

    def warn(self, key: str, data: Mapping[str, object]) -> None:
        """Tell of something that does not stop the work."""
        if self.form == "json":
            return  # the event itself is on stderr already
        message = text(key, self.language, data)
        self.blocks((layout.Line(self.say("CLI.warning", message=message), "yellow"),), to_stderr=True)

    def error(self, error: QieHubError) -> None:
        """Print what went wrong and what to do next."""
        from qie_hub.cli.failure import failure_blocks

        if self.form == "json":
            what, hint = describe(error, self.language)
            self._json(self._out, {"error": {**error.to_json(), "message": what, "next": hint}}, indent=2)
            return
        self.blocks(failure_blocks(error, self.language), to_stderr=True)

    def trace(self, lines: str) -> None:
        """Print a traceback (``QIE_HUB_DEBUG=1``)."""
        self._clear()
        _write(self._err, lines)

    def event(self, event: events.Event) -> None:
        """Print an event: one line of JSON, or progress for a person."""
        if self.form == "json":
            self._json(self._err, event.to_json())
        elif self.human:
            if self._progress is None:
                from qie_hub.cli.progress import Progress

                self._progress = Progress(self)
            self._progress.take(event)
        else:
            self._warn_quietly(event)

    def _warn_quietly(self, event: events.Event) -> None:
        from qie_hub.events import Warned

        if isinstance(event, Warned):
            self.warn(event.code, event.data)

    def bar(self, label: str, *, done: int = 0, total: int | None = None) -> Bar:
        """Open a progress bar on stderr; ``total`` in bytes, None for a line that only says what happens."""
        return Bar(self._err, label, done, total)

    def counting(self, label: str, total: int | None) -> Bar:
        """Open a bar on stderr that counts things, with a remark behind it."""
        return Bar(self._err, label, 0, total, unit="")

    def ask(self, key: str, **data: object) -> bool | None:
        """Ask yes or no; None when nobody can answer."""
        if not self.can_ask:
            return None
        self._clear()
        self._err.write(self.say(key, **data) + " [y/N] ")
        self._err.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes", "是", "好"}

    def choose(self, key: str, count: int, blocks: tuple[Block, ...]) -> int | None:
        """Ask for a number from 1 to ``count``; None when nobody can answer or the answer is none of them."""
        if not self.can_ask:
            return None
        self.blocks(blocks, to_stderr=True)
        self._err.write(self.say(key) + " ")
        self._err.flush()
        answer = sys.stdin.readline().strip()
        return int(answer) if answer.isdecimal() and 1 <= int(answer) <= count else None

    def close(self) -> None:
        """End what is drawn and flush; callable twice."""
        self._clear()
        for stream in (self._out, self._err):
            _write(stream, "")

    def __enter__(self) -> Render:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def can_ask(self) -> bool:
        """Whether somebody can answer a question."""
        return self.human and sys.stdin.isatty() and self._err.isatty()

    def _clear(self) -> None:
        if self._progress is not None:
            self._progress.close()

    def _json(self, stream: TextIO, document: object, *, indent: int | None = None) -> None:
        plain = not _can_print(stream, "中")
        _write(stream, json.dumps(jsonable(document), ensure_ascii=plain, indent=indent) + "\n")

    def _line(self, stream: TextIO, line: str) -> None:
        if not _can_print(stream, line):
            encoding = stream.encoding or "ascii"
            line = line.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
        _write(stream, line + "\n")

    def _colored(self, stream: TextIO) -> bool:
        return self._color and stream.isatty()


class Bar:
    """A tqdm bar: verified bytes (or things) of a total, or a line that names the present step."""

    def __init__(self, stream: TextIO, label: str, done: int, total: int | None, *, unit: str = "B") -> None:
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # no watcher thread for a bar that is fed ten times a second
        shape = "{desc}: {percentage:3.0f}% {bar} {n_fmt}B/{total_fmt}B {rate_fmt} {remaining}"
        if not unit:
            shape = "{desc}: {percentage:3.0f}% {bar} {n_fmt}/{total_fmt}{postfix}"
        self.counts = total is not None
        self._bar = tqdm(
            total=total,
            initial=done,
            desc=label,
            file=stream,
            unit=unit,
            unit_scale=bool(unit),
            leave=False,
            ncols=_width(stream) - 1,  # not asked of the driver: it may answer 0, and COLUMNS is obeyed
            nrows=2,
            ascii=not _can_print(stream, "█▏"),
            bar_format=shape if self.counts else "{desc}",
        )

    def to(self, count: int, total: int) -> None:
        """Show ``count`` bytes of ``total``; less than before is ignored."""
        self._bar.total = total
        self._bar.update(max(count - self._bar.n, 0))

    def remark(self, words: str) -> None:
        """Say something behind the figures."""
        self._bar.set_postfix_str(words)

    def label(self, label: str) -> None:
        """Name the present step."""
        self._bar.set_description_str(label)

    def close(self) -> None:
        """Take the bar off the screen."""
        self._bar.close()


def _write(stream: TextIO, words: str) -> None:
    try:
        stream.write(words)
        stream.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def _can_print(stream: TextIO, line: str) -> bool:
    if line.isascii() or stream.encoding is None:  # None: text kept in memory
        return True
    try:
        line.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _width(stream: TextIO) -> int:
    """Columns of the terminal (or of ``COLUMNS``), 0 where there is none: a file's lines are not cut."""
    fallback = (80, 24) if stream.isatty() else (0, 0)
    return shutil.get_terminal_size(fallback).columns
