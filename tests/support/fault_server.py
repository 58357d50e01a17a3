"""An HTTP server for shards that can misbehave in every way that was seen in the wild, on purpose and on time.

Faults are rules: a rule matches requests (by path, by count, by chance) and says what goes wrong. Without rules it is
a plain, correct server with Range, keep-alive and HEAD.

Example::

    with FaultServer(objects) as server:
        server.fault("reset", after=100_000, times=2)
        fetch(server.url)
"""

from __future__ import annotations

import random
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = bytes | Callable[[int, int], Iterable[bytes]]
"""An object's bytes, or a function of (start, stop) that yields them."""

BLOCK = 64 << 10


@dataclass
class Fault:
    """One rule. ``times`` None means always; ``chance`` is per matching request."""

    kind: str
    path: str = ""
    after: int = 0
    times: int | None = 1
    chance: float = 1.0
    value: Any = None
    used: int = 0


@dataclass
class Served:
    """One request as the server saw it."""

    path: str
    range: str | None
    status: int = 0
    sent: int = 0
    headers: dict[str, str] = field(default_factory=dict)


class FaultServer:
    """Serves ``objects`` (path without leading slash -> bytes) on 127.0.0.1."""

    def __init__(
        self,
        objects: Mapping[str, Body],
        *,
        sizes: Mapping[str, int] | None = None,
        rate: float | None = None,
        latency: float = 0.0,
        tls: ssl.SSLContext | None = None,
        seed: int = 1,
        host: str = "127.0.0.1",
    ) -> None:
        self.objects = dict(objects)
        self.sizes = {path: len(body) for path, body in self.objects.items() if isinstance(body, bytes)} | dict(
            sizes or {}
        )
        self.rate = rate
        self.latency = latency
        self.faults: list[Fault] = []
        self.served: list[Served] = []
        self.connections = 0
        self.active = self.peak = 0
        self.dice = random.Random(seed)
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._http = (_Server6 if ":" in host else _Server)((host, 0), _Handler)
        self._http.owner = self
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "http" if tls is None else "https"
        name = "localhost" if tls is not None else f"[{host}]" if ":" in host else host
        self.url = f"{scheme}://{name}:{self._http.server_address[1]}"

    def __enter__(self) -> FaultServer:
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def fault(self, kind: str, **rule: Any) -> Fault:
        """Add a rule: see the ``_do_`` methods of the handler for the kinds."""
        fault = Fault(kind, **rule)
        with self.lock:
            self.faults.append(fault)
        return fault

    @property
    def sent(self) -> int:
        """Bytes of bodies that were handed to the network."""
        return sum(item.sent for item in self.served)

    def pick(self, path: str) -> Fault | None:
        """The fault for a request, if any."""
        with self.lock:
            for fault in self.faults:
                spent = fault.times is not None and fault.used >= fault.times
                if spent or not path.startswith(fault.path) or self.dice.random() >= fault.chance:
                    continue
                fault.used += 1
                return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: FaultServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients of these tests hang up all the time."""


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Hangup(Exception):
    """End the connection now."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60
    disable_nagle_algorithm = True

    def setup(self) -> None:
        self.server.owner.connections += 1
        super().setup()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        owner = self.server.owner
        path = self.path.split("?")[0].lstrip("/")
        self.record = Served(path, self.headers.get("Range"), headers=dict(self.headers))
        with owner.lock:
            owner.served.append(self.record)
            owner.active += 1
            owner.peak = max(owner.peak, owner.active)
        try:
            self._nap(owner.latency)
            fault = owner.pick(path)
            if fault is not None:
                getattr(self, f"_do_{fault.kind}")(path, fault)
            else:
                self._plain(path, body=body)
        except (_Hangup, OSError):
            self.close_connection = True
        finally:
            with owner.lock:
                owner.active -= 1

    # -- the correct answer -----------------------------------------------------------------------------------

    def _plain(self, path: str, *, body: bool = True) -> None:
        size = self.server.owner.sizes.get(path)
        if size is None:
            self._head(404, {"Content-Length": "0"})
            return
        start, stop, partial = self._range(size)
        if start >= size and size:
            self._head(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
            return
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        if body:
            self._send(self._bytes(path, start, stop))

    def _range(self, size: int) -> tuple[int, int, bool]:
        text = self.headers.get("Range")
        if text is None:
            return 0, size, False
        first, _, last = text.removeprefix("bytes=").partition("-")
        return int(first), min(size, int(last) + 1) if last else size, True

    def _facts(self, start: int, stop: int, size: int, *, partial: bool) -> dict[str, str]:
        facts = {"Content-Type": "application/octet-stream", "Content-Length": str(stop - start)}
        if partial:
            facts["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return facts

    def _bytes(self, path: str, start: int, stop: int) -> Iterable[bytes]:
        body = self.server.owner.objects[path]
        if callable(body):
            yield from body(start, stop)
            return
        for at in range(start, stop, BLOCK):
            yield body[at : min(stop, at + BLOCK)]

    def _head(self, status: int, headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        self.record.status = status
        self.send_response(status)
        for name, value in headers.items() if isinstance(headers, Mapping) else headers:
            self.send_header(name, value)
        self.end_headers()

    def _send(self, blocks: Iterable[bytes], *, limit: int | None = None) -> None:
        """Send blocks, ``limit`` bytes at most, at the server's rate."""
        owner = self.server.owner
        for block in blocks:
            part = block if limit is None else block[:limit]
            if part:
                self.wfile.write(part)
                self.record.sent += len(part)
                if owner.rate is not None:
                    self._nap(len(part) / owner.rate)
            if limit is not None:
                limit -= len(part)
                if limit <= 0:
                    return
            if owner.stopping.is_set():
                raise _Hangup

    def _nap(self, seconds: float) -> None:
        if seconds > 0 and self.server.owner.stopping.wait(seconds):
            raise _Hangup

    # -- faults -----------------------------------------------------------------------------------------------

    def _do_ignore_range(self, path: str, fault: Fault) -> None:
        """Answer 200 with everything."""
        size = self.server.owner.sizes[path]
        self._head(200, self._facts(0, size, size, partial=False))
        self._send(self._bytes(path, 0, size))

    def _do_shift(self, path: str, fault: Fault) -> None:
        """Claim the asked range, send bytes that lie ``value`` further (jsdelivr 18679)."""
        size = self.server.owner.sizes[path]
        start, stop, partial = self._range(size)
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        shift = fault.value or 4
        body = b"".join(self._bytes(path, start, stop))
        self._send([body[shift:] + body[:shift]])

    def _do_shift_honest(self, path: str, fault: Fault) -> None:
        """Send and declare a range that begins before the asked one."""
        size = self.server.owner.sizes[path]
        start, stop, _ = self._range(size)
        start = max(0, start - (fault.value or 4)) if start else 4
        self._head(206, self._facts(start, stop, size, partial=True))
        self._send(self._bytes(path, start, stop))

    def _do_short(self, path: str, fault: Fault) -> None:
        """Declare the whole length, send ``after`` bytes, hang up."""
        size = self.server.owner.sizes[path]
        start, stop, partial = self._range(size)
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        self._send(self._bytes(path, start, stop), limit=max(1, fault.after))
        raise _Hangup

    def _do_short_unframed(self, path: str, fault: Fault) -> None:
        """Answer 200 without any length, send ``after`` bytes, close as if that were all."""
        size = self.server.owner.sizes[path]
        self._head(200, {"Content-Type": "application/octet-stream", "Connection": "close"})
        self._send(self._bytes(path, 0, size), limit=max(1, fault.after))
        raise _Hangup

    def _do_short_matching(self, path: str, fault: Fault) -> None:
        """Send a shorter range than asked, with headers that say so."""
        size = self.server.owner.sizes[path]
        start, stop, _ = self._range(size)
        stop = min(stop, start + max(1, fault.after))
        self._head(206, self._facts(start, stop, size, partial=True))
        self._send(self._bytes(path, start, stop))

    def _do_flip(self, path: str, fault: Fault) -> None:
        """Flip one bit of the body, ``after`` bytes from its beginning."""
        size = self.server.owner.sizes[path]
        start, stop, partial = self._range(size)
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        at = fault.after % max(1, stop - start)
        seen = 0
        for block in self._bytes(path, start, stop):
            sent = bytearray(block)
            if seen <= at < seen + len(block):
                sent[at - seen] ^= 1
            seen += len(block)
            self._send([bytes(sent)])

    def _do_garbage(self, path: str, fault: Fault) -> None:
        """Send other bytes of the right length, always the same ones."""
        size = self.server.owner.sizes[path]
        start, stop, partial = self._range(size)
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        self._send(b"\xaa" * (min(stop, at + BLOCK) - at) for at in range(start, stop, BLOCK))

    def _do_reset(self, path: str, fault: Fault) -> None:
        """Send ``after`` bytes, then reset the connection."""
        size = self.server.owner.sizes[path]
        start, stop, partial = self._range(size)
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        self._send(self._bytes(path, start, stop), limit=max(1, fault.after))
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise _Hangup

    def _do_refuse(self, path: str, fault: Fault) -> None:
        """Hang up without a word."""
        raise _Hangup

    def _do_stall(self, path: str, fault: Fault) -> None:
        """Send ``after`` bytes, then nothing more for ``value`` seconds."""
        size = self.server.owner.sizes[path]
        start, stop, partial = self._range(size)
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        self._send(self._bytes(path, start, stop), limit=max(1, fault.after))
        self.wfile.flush()
        self._nap(fault.value or 60)
        raise _Hangup

    def _do_stall_headers(self, path: str, fault: Fault) -> None:
        """Send header bytes one by one, slowly."""
        for _ in range(100_000):
            self.wfile.write(b"X")
            self._nap(fault.value or 0.05)

    def _do_trickle(self, path: str, fault: Fault) -> None:
        """Send a byte every ``value`` seconds."""
        size = self.server.owner.sizes[path]
        start, stop, partial = self._range(size)
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        for block in self._bytes(path, start, stop):
            for at in range(len(block)):
                self._send([block[at : at + 1]])
                self._nap(fault.value or 0.05)

    def _do_crawl(self, path: str, fault: Fault) -> None:
        """Send everything, at ``value`` bytes per second."""
        size = self.server.owner.sizes[path]
        start, stop, partial = self._range(size)
        self._head(206 if partial else 200, self._facts(start, stop, size, partial=partial))
        for block in self._bytes(path, start, stop):
            for at in range(0, len(block), 4096):
                self._send([block[at : at + 4096]])
                self._nap(4096 / fault.value)

    def _do_gzip(self, path: str, fault: Fault) -> None:
        """Compress although identity was asked for (huggingface_hub 3778)."""
        import gzip

        size = self.server.owner.sizes[path]
        start, stop, _ = self._range(size)
        body = gzip.compress(b"".join(self._bytes(path, start, min(stop, start + BLOCK))), 1)
        self._head(200, {"Content-Encoding": "gzip", "Content-Length": str(len(body))})
        self._send([body])

    def _do_status(self, path: str, fault: Fault) -> None:
        """Answer with status ``value`` and an empty body."""
        self._head(int(fault.value), {"Content-Length": "0"})

    def _do_busy(self, path: str, fault: Fault) -> None:
        """429 with Retry-After ``value``."""
        self._head(429, {"Retry-After": str(fault.value), "Content-Length": "0"})

    def _do_expired(self, path: str, fault: Fault) -> None:
        """403 as an expired signed URL gives it."""
        self._head(403, {"Content-Type": "application/xml", "Content-Length": "9"})
        self._send([b"<expired>"])

    def _do_redirect(self, path: str, fault: Fault) -> None:
        """Redirect to ``value``."""
        self._head(302, {"Location": str(fault.value), "Content-Length": "0"})

    def _do_redirect_loop(self, path: str, fault: Fault) -> None:
        """Redirect to itself, with a body that never ends."""
        self._head(302, {"Location": f"/{path}"})
        self._endless()

    def _do_html(self, path: str, fault: Fault) -> None:
        """A login page with 200."""
        page = b"<html><body>Welcome to the hotel, please log in</body></html>"
        self._head(200, {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(page))})
        self._send([page])

    def _do_endless(self, path: str, fault: Fault) -> None:
        """A body without length and without end."""
        self._head(200, {"Content-Type": "application/octet-stream", "Connection": "close"})
        self._endless()

    def _endless(self) -> None:
        while not self.server.owner.stopping.is_set():
            self._send([b"\x55" * BLOCK])
            time.sleep(0.0005)
        raise _Hangup

    def _do_duplicate_headers(self, path: str, fault: Fault) -> None:
        """Two ranges, or two lengths if ``value`` says so."""
        size = self.server.owner.sizes[path]
        start, stop, _ = self._range(size)
        facts = list(self._facts(start, stop, size, partial=True).items())
        if fault.value == "lengths":
            facts.append(("Content-Length", str(stop - start + 7)))
        else:
            facts.append(("Content-Range", f"bytes 0-{stop}/{size}"))
        self._head(206, facts)
        self._send(self._bytes(path, start, stop))

    def _do_wrong_total(self, path: str, fault: Fault) -> None:
        """The right range of an object of another size."""
        size = self.server.owner.sizes[path]
        start, stop, _ = self._range(size)
        self._head(206, self._facts(start, stop, size + 1000, partial=True))
        self._send(self._bytes(path, start, stop))
