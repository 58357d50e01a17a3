"""Listeners that raise: the app hears of its bug, and no load, swap or pipe is taken down by it."""

from __future__ import annotations

import sys
import threading

from qie_hub.events import Event, Sink


def guarded(sink: Sink) -> Sink:
    """The same listener; what it raises is reported as Python reports an exception that ends a thread."""

    def hear(event: Event) -> None:
        try:
            sink(event)
        except Exception:  # noqa: BLE001  # the app's code; its bug must not stop the thread that tells
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))

    return hear
