"""The rotating log file of the home: what was done and how it ended.

Invariant: no sentence, no picture and no text read from a picture reaches it. Therefore it is written from a list of
what may pass: event classes that carry none of these, the codes of errors, and frames of tracebacks without values.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Final

from qie_hub import events
from qie_hub.errors import QieHubError

FILE: Final = "log/qie-hub.log"
_BYTES: Final = 1_000_000
_KEPT: Final = 3
_WHOLE: Final = (
    events.Refreshed, events.Planned, events.MirrorDemoted, events.Waiting, events.Step, events.Installed,
    events.PackChosen, events.StageStarted, events.PackLoaded,
)  # fmt: skip


class Journal:
    """Appends lines to ``<home>/log/qie-hub.log``. The file is opened by the first line; a home is never created."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._logger: logging.Logger | None = None

    def event(self, event: events.Event) -> None:
        """Note an event."""
        if isinstance(event, _WHOLE):
            self._write(logging.INFO, str(event.to_json()))
        elif isinstance(event, (events.Warned, events.Failed)):
            self._write(logging.WARNING, f"{type(event).__name__} {event.code}")

    def began(self, command: str) -> None:
        """Note that a command begins."""
        self._write(logging.INFO, f"began {command}")

    def ended(self, code: int) -> None:
        """Note how the command ended."""
        if self._logger is not None:
            self._write(logging.INFO, f"ended {code}")

    def error(self, error: BaseException) -> None:
        """Note an error: its code, or for a defect its type and where it happened."""
        if isinstance(error, QieHubError) and error.code != "BUG":
            self._write(logging.ERROR, f"{error.code} hint={error.hint}")
            return
        frames = "".join(traceback.format_tb(error.__traceback__))
        self._write(logging.ERROR, f"{type(error).__name__}\n{frames}")

    def close(self) -> None:
        """Close the file."""
        for handler in [] if self._logger is None else list(self._logger.handlers):
            handler.close()
        self._logger = None

    def _write(self, level: int, line: str) -> None:
        if self._logger is None and self._home.is_dir():
            self._logger = _open(self._home / FILE)
        if self._logger is not None:
            self._logger.log(level, line)


def _open(path: Path) -> logging.Logger:
    from logging.handlers import RotatingFileHandler

    logger = logging.Logger("qie_hub.cli")
    try:
        path.parent.mkdir(exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError:
        # A home that cannot be written is reported by the verb that needs to; reading verbs go on without a log.
        logger.addHandler(logging.NullHandler())
        return logger
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    logger.addHandler(handler)
    return logger
