"""The child's side of the worker: a runtime host behind a pipe. `qie_hub.worker` is the other end.

Invariants:

* one thread per lease: everything that happens under a lease happens in that thread;
* every message that asks gets one `Reply`, unless the process dies; then the parent knows by the pipe's end;
* when the pipe ends, the process does: nobody is left to work for.

What travels are pickled values between two processes of one program that share a private pipe; nothing of a pack is
ever unpickled.
"""

from __future__ import annotations

import os
import pickle
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from qie_hub.clock import SystemClock
from qie_hub.errors import DeviceMemory, InferenceError, QieHubError, UsageError
from qie_hub.runtime.cancel import CancelToken

if TYPE_CHECKING:
    from qie_hub.events import Event
    from qie_hub.formats.operation import EditPlan
    from qie_hub.ports import Pipeline, PipelineInput
    from qie_hub.runtime.loading import Load
    from qie_hub.runtime.signals import PackKey
    from qie_hub.runtime.slots import Rules


@dataclass(frozen=True, slots=True)
class Begin:
    """The first message: how the host is made. ``limit``: bytes of writable memory, enforced by the system."""

    rules: Rules | None
    available: Callable[[], int | None] | None
    limit: int | None


@dataclass(frozen=True, slots=True)
class Lease:
    """Take a lease; answered with the key that was granted."""

    id: int
    key: PackKey | None
    load: Load | None


@dataclass(frozen=True, slots=True)
class Call:
    """Plan with the leased pipeline, or carry out ``plan``."""

    id: int
    lease: int
    source: PipelineInput
    plan: EditPlan | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """End a lease; answered when it has ended."""

    id: int
    lease: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop what runs under a lease, or what waits for it."""

    lease: int


@dataclass(frozen=True, slots=True)
class Do:
    """Call a method of the host."""

    id: int
    method: str
    arguments: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to the message of that id."""

    id: int
    value: Any = None
    error: QieHubError | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """The edit of that call begins a stage."""

    id: int
    stage: str
    operation: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of the host."""

    event: Event


@dataclass(slots=True)
class _Leased:
    token: CancelToken = field(default_factory=CancelToken)
    calls: queue.SimpleQueue[Call | Release] = field(default_factory=queue.SimpleQueue)


class Servant:
    """Serves one parent until the pipe ends."""

    def __init__(self, pipe: Connection) -> None:
        from qie_hub.runtime.host import Host

        self._pipe = pipe
        self._sending = threading.Lock()
        self._leases: dict[int, _Leased] = {}
        begin: Begin = pipe.recv()
        if begin.limit is not None:
            _limit_memory(begin.limit)
        self._host = Host(
            SystemClock(), lambda event: self._send(Heard(event)), rules=begin.rules, available=begin.available
        )

    def serve(self) -> None:
        """Take messages until the parent closes the pipe or dies."""
        while True:
            try:
                asker, packed = self._pipe.recv()
            except (EOFError, OSError):
                return
            try:
                message = pickle.loads(packed)
            except Exception as error:  # noqa: BLE001  # unpickling imports the app's modules, which may raise anything
                self._send(Reply(asker, error=UsageError(hint="WORKER_PICKLE", problem=str(error))))
                continue
            self._take(message)

    def _take(self, message: object) -> None:
        match message:
            case Lease():
                leased = self._leases[message.id] = _Leased()
                self._start(self._hold, message, leased)
            case Call():
                self._leases[message.lease].calls.put(message)
            case Release(lease=lease) if lease in self._leases:
                self._leases[lease].calls.put(message)
            case Release():
                self._send(Reply(message.id))
            case Cancel(lease=lease) if lease in self._leases:
                self._leases[lease].token.cancel()
            case Do():
                self._start(self._answer, message.id, partial(self._do, message))

    def _hold(self, message: Lease, leased: _Leased) -> None:
        """The life of one lease."""
        try:
            with self._host.lease(message.key, message.load, cancel=leased.token) as pipeline:
                self._send(Reply(message.id, self._host.key_of(pipeline)))
                while isinstance(call := leased.calls.get(), Call):
                    self._answer(call.id, partial(self._run, call, pipeline, leased.token))
            answer = Reply(call.id)
        except QieHubError as error:
            answer = Reply(message.id, error=error)
        # Forgotten before it is answered: who hears the answer and still releases it is told by `_take`.
        del self._leases[message.id]
        self._send(answer)

    def _run(self, call: Call, pipeline: Pipeline, token: CancelToken) -> Any:
        if call.plan is None:
            return pipeline.plan(call.source, token.check)
        return pipeline.edit(
            call.source, call.plan, lambda stage, operation: self._send(Stage(call.id, stage, operation)), token.check
        )

    def _do(self, message: Do) -> Any:
        result = getattr(self._host, message.method)(*message.arguments, **message.named)
        return None if isinstance(result, threading.Thread) else result

    def _answer(self, asker: int, work: Callable[[], Any]) -> None:
        try:
            self._send(Reply(asker, work()))
        except QieHubError as error:
            self._send(Reply(asker, error=error))
        except MemoryError:
            self._send(Reply(asker, error=DeviceMemory(graph=None, problem="the worker's limit is reached")))
        except Exception as error:  # noqa: BLE001  # a plugin may raise anything; the caller gets it as one of ours
            problem = f"{type(error).__name__}: {error}"[:400]
            self._send(Reply(asker, error=InferenceError(graph=None, problem=problem)))

    def _send(self, message: object) -> None:
        with self._sending:
            try:
                self._pipe.send(message)
            except OSError:
                os._exit(0)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()


def main(arguments: Sequence[str]) -> int:
    """The child's whole life; the argument is the number of the inherited pipe."""
    Servant(Connection(int(arguments[0]))).serve()
    os._exit(0)


def _limit_memory(limit: int) -> None:
    if os.name != "posix":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
