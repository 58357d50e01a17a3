"""A TCP relay that makes a line longer: every byte waits half a round trip, in both directions.

Latency without ``tc netem``, which not every kernel has. ``window`` bounds the bytes on their way per connection and
direction, as a TCP window does: one stream never gets more than window / round trip. Slow start is not modelled.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from types import TracebackType

BLOCK = 128 << 10


class Relay:
    """Listens on 127.0.0.1 and passes bytes on to ``port``."""

    def __init__(self, port: int, *, rtt: float, window: int = 4 << 20) -> None:
        self._goal = port
        self._half = rtt / 2
        self._window = window
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._closed = False

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._goal))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            born = time.monotonic() + 2 * self._half  # the handshake takes a round trip, too
            _Pipe(client, server, self._half, self._window, born)
            _Pipe(server, client, self._half, self._window, born)


class _Pipe:
    """One direction: a reader that stamps blocks and a writer that lets them go when they are old enough."""

    def __init__(self, source: socket.socket, goal: socket.socket, delay: float, window: int, born: float) -> None:
        self._born = born
        self._source, self._goal, self._delay, self._window = source, goal, delay, window
        self._line: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._lock = threading.Condition()
        for work in (self._read, self._write):
            threading.Thread(target=work, daemon=True).start()

    def _read(self) -> None:
        data = b"x"
        while data:
            try:
                data = self._source.recv(BLOCK)
            except OSError:
                data = b""
            with self._lock:
                while self._held > self._window:
                    self._lock.wait()
                self._line.append((max(time.monotonic(), self._born) + self._delay, data))
                self._held += len(data)
                self._lock.notify_all()

    def _write(self) -> None:
        while True:
            with self._lock:
                while not self._line:
                    self._lock.wait()
                due, data = self._line.popleft()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    self._goal.shutdown(socket.SHUT_WR)
                    return
                self._goal.sendall(data)
            except OSError:
                self._source.close()
                return
            with self._lock:
                self._held -= len(data)
                self._lock.notify_all()
