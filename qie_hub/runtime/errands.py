"""The parent's end of the pipe to a worker process: messages out, answers in.

Whoever waits for an answer always gets one: the child's, or `LostError` when the child is gone.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from qie_hub.errors import UsageError
from qie_hub.events import Sink
from qie_hub.runtime import child, servant
from qie_hub.runtime.hearing import guarded


class LostError(Exception):
    """The child is gone; ``signal`` names what ended it."""

    def __init__(self, name: str | None) -> None:
        super().__init__(name)
        self.signal = name


@dataclass(slots=True)
class _Pending:
    """A message that waits for its answer."""

    on_stage: Callable[[str, int], None] | None = None
    done: threading.Event = field(default_factory=threading.Event)
    reply: servant.Reply | None = None
    raised: BaseException | None = None

    def tell(self, stage: str, operation: int) -> None:
        """Tell a stage; what the listener raises is for the thread that waits, not for the one that tells."""
        try:
            if self.on_stage is not None and self.raised is None:
                self.on_stage(stage, operation)
        except BaseException as error:  # noqa: BLE001  # raised again by `Child.finish`
            self.raised = error


class Child:
    """One child process and the pipe to it. Thread-safe."""

    def __init__(self, begin: servant.Begin, sink: Sink) -> None:
        ours, theirs = Pipe()
        command = child.command(servant.__name__, str(theirs.fileno()))
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        theirs.close()
        self._pipe: Connection = ours
        self._sink = guarded(sink)
        self._sending = threading.Lock()
        self._pending: dict[int, _Pending] = {}
        self._lost: LostError | None = None
        self._pipe.send(begin)
        self._listener = threading.Thread(target=self._listen, name="worker pipe", daemon=True)
        self._listener.start()

    @property
    def alive(self) -> bool:
        """Whether the child may still answer."""
        return self._lost is None

    def send(self, message: object, asker: int = 0) -> None:
        """Send a message; a child that is gone is noticed by those who wait for answers.

        Raises:
            UsageError: hint WORKER_PICKLE; the message holds something that cannot be pickled.
        """
        try:
            packed = pickle.dumps(message)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise UsageError(hint="WORKER_PICKLE", problem=str(error)) from None
        with self._sending:
            try:
                self._pipe.send((asker, packed))
            except OSError:
                return

    def ask(self, asker: int, message: object, on_stage: Callable[[str, int], None] | None = None) -> Any:
        """Send a message and wait for its answer. See `begin` and `finish`."""
        self.begin(asker, message, on_stage)
        return self.finish(asker)

    def begin(self, asker: int, message: object, on_stage: Callable[[str, int], None] | None = None) -> None:
        """Send a message whose answer `finish` waits for.

        Raises:
            UsageError: hint WORKER_PICKLE.
        """
        self._pending[asker] = _Pending(on_stage)
        try:
            self.send(message, asker)
        except UsageError:
            del self._pending[asker]
            raise

    def finish(self, asker: int) -> Any:
        """Wait for the answer to the message that began with this number.

        Raises:
            LostError: the child ended first.
            QieHubError: what the child answered with.
            Exception: what the listener to stages raised.
        """
        pending = self._pending[asker]
        if not self.alive:
            pending.done.set()
        pending.done.wait()
        del self._pending[asker]
        if pending.raised is not None:
            raise pending.raised
        if pending.reply is None:
            raise self._lost or LostError(None)
        if pending.reply.error is not None:
            raise pending.reply.error
        return pending.reply.value

    def end(self) -> None:
        """End the child now and wait until it is gone."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        self._pipe.close()

    def _listen(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                break
            self._take(message)
        code = self.process.wait()
        self._lost = LostError(signal.Signals(-code).name if code < 0 else f"exit {code}")
        for pending in list(self._pending.values()):
            pending.done.set()

    def _take(self, message: object) -> None:
        match message:
            case servant.Reply(id=asker) if asker in self._pending:
                self._pending[asker].reply = message
                self._pending[asker].done.set()
            case servant.Stage(id=asker, stage=stage, operation=operation) if asker in self._pending:
                self._pending[asker].tell(stage, operation)
            case servant.Heard(event=event):
                self._sink(event)
