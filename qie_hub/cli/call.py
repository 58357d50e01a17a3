"""One call of the command line: its flags, its settings, its printer, the hub that it opens."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from qie_hub.cli.render import FORMATS, Render
from qie_hub.errors import QieHubError, UsageError
from qie_hub.messages import LANGUAGES, language_of

if TYPE_CHECKING:
    from qie_hub import events
    from qie_hub.cli.journal import Journal
    from qie_hub.hub import Hub
    from qie_hub.settings import Settings

_PEEKED: Final = {"--home": "home", "--format": "format", "--lang": "lang"}


class Call:
    """Owns the state of one call.

    ``flags`` fill up while click parses; `peek` reads the few that decide how an error of the parsing itself looks.
    """

    def __init__(self, words: Sequence[str], program: str = "qie-hub") -> None:
        self.program = program
        self.flags: dict[str, object] = peek(words)
        self.verbose = 0
        self._sentence: str | None = None
        self._render: Render | None = None
        self._settings: Settings | None = None
        self._journal: Journal | None = None
        self._showing = threading.RLock()

    @property
    def settings(self) -> Settings:
        """Flags over environment over file over defaults.

        Raises:
            SettingsError: one of them is malformed.
        """
        if self._settings is None:
            from qie_hub import settings

            self._settings = settings.load(self.flags)
        return self._settings

    @property
    def render(self) -> Render:
        """The printer; made on first use, when the flags are known."""
        if self._render is None:
            from qie_hub.settings import console

            form = self.flags.get("format")
            self._render = Render(
                str(form) if form in FORMATS else "human",
                self.language,
                color=console().color,
                verbose=self.verbose,
            )
        return self._render

    @property
    def language(self) -> str:
        """``--lang`` (or the setting), else the sentence's, else the locale's."""
        from qie_hub.settings import console

        return self._chosen_language() or language_of(self._sentence) or console().language

    def listen_to(self, sentence: str | None) -> None:
        """Answer in the language of the sentence from now on, unless one was chosen."""
        self._sentence = sentence
        self.render.speak(self.language)

    @contextmanager
    def hub(self) -> Iterator[Hub]:
        """Open the hub of this call; jobs that still run when it closes are paused, what is verified stays."""
        from qie_hub.hub import Hub

        with Hub(self.settings) as hub:
            yield hub

    @property
    def debug(self) -> bool:
        """Whether a traceback is wanted."""
        try:
            return self.settings.debug
        except QieHubError:
            return False

    @property
    def journal(self) -> Journal:
        """The log file of the home."""
        if self._journal is None:
            from qie_hub.cli.journal import Journal

            self._journal = Journal(self.settings.home)
        return self._journal

    def on_event(self, event: events.Event) -> None:
        """Show and log an event: the sink that commands pass on. Callable from any thread."""
        with self._showing:
            self.journal.event(event)
            self.render.event(event)

    def finish(self, code: int) -> None:
        """Note the end in the log, if anything stands there of this call, and close it."""
        if self._journal is not None:
            self._journal.ended(code)
            self._journal.close()

    def log_error(self, error: BaseException) -> None:
        """Note an error in the log; usage errors are between the person and the terminal."""
        if isinstance(error, UsageError):
            return
        try:
            self.journal.error(error)
        except QieHubError:
            return  # settings that cannot be read name no home, so there is no log

    def _chosen_language(self) -> str | None:
        flag = self.flags.get("lang")
        if flag in LANGUAGES:
            return str(flag)
        try:
            return self.settings.lang
        except QieHubError:
            return None  # malformed settings are reported by whoever needs them, in the locale's language


def peek(words: Sequence[str]) -> dict[str, object]:
    """Read the flags that decide how an error of the parsing itself is printed."""
    found: dict[str, object] = {}
    for index, word in enumerate(words):
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if name not in _PEEKED:
            continue
        if equals:
            found[_PEEKED[name]] = value
        elif index + 1 < len(words):
            found[_PEEKED[name]] = words[index + 1]
    return found
