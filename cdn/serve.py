"""A static HTTP server for an origin folder: what any CDN does, and nothing more.

For trying things out, for tests and for a local network; ``cdn/edge/nginx.conf`` is for the public. It answers GET
and HEAD over HTTP/1.1 with kept connections, one single range at a time, strong ETags made of digests, and the cache
rules of the layout. It never lists folders, never follows a link out of its folder, never encodes a body.

Example::

    with OriginServer(Path("build/demo/origin")) as server:
        server.url        # 'http://127.0.0.1:40123'
"""

from __future__ import annotations

import hashlib
import os
import re
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final
from urllib.parse import unquote, urlsplit

MUTABLE: Final = "metadata/timestamp.json"
CACHE_MUTABLE: Final = "public, max-age=60"
CACHE_IMMUTABLE: Final = "public, max-age=31536000, immutable, no-transform"
CACHE_ERROR: Final = "no-store"
IDLE_S: Final = 75
_NAMED_BY_DIGEST = re.compile(r"(?:(?:^|/)[oi]/sha256/[0-9a-f]{2}/|^packs/.*/)([0-9a-f]{64})(?:\.[a-z]+\.json)?\Z")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: status, headers, and which part of which file. ``start`` and ``length`` in bytes."""

    status: HTTPStatus
    headers: Mapping[str, str]
    path: Path | None = None
    start: int = 0
    length: int = 0


def answer(folder: Path, target: str, headers: Mapping[str, str]) -> Answer:
    """Decide how to answer a request for ``target`` (the request line's second word)."""
    found = _locate(folder, target)
    if found is None:
        return _refusal(HTTPStatus.NOT_FOUND)
    name, path = found
    size = path.stat().st_size
    common = {
        "ETag": etag(name, path),
        "Cache-Control": CACHE_MUTABLE if name == MUTABLE else CACHE_IMMUTABLE,
        "Content-Type": "application/json" if name.endswith(".json") else "application/octet-stream",
        "Accept-Ranges": "bytes",
    }
    if _matches(headers.get("If-None-Match"), common["ETag"]):
        return Answer(HTTPStatus.NOT_MODIFIED, common)
    return _ranged(path, size, common, _wanted_range(headers, common["ETag"]))


def _ranged(path: Path, size: int, common: Mapping[str, str], wanted: str | None) -> Answer:
    match = _RANGE.match(wanted) if wanted else None
    if match is None or match.groups() == ("", ""):  # RFC 9110 14.2: what is no single range is ignored
        return Answer(HTTPStatus.OK, {**common, "Content-Length": str(size)}, path, 0, size)
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if first and last and int(last) < int(first):
        return Answer(HTTPStatus.OK, {**common, "Content-Length": str(size)}, path, 0, size)
    if start >= size or stop <= start:
        refusal = _refusal(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        return Answer(refusal.status, {**refusal.headers, "Content-Range": f"bytes */{size}"})
    length = stop - start
    extra = {"Content-Length": str(length), "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
    return Answer(HTTPStatus.PARTIAL_CONTENT, {**common, **extra}, path, start, length)


def _wanted_range(headers: Mapping[str, str], tag: str) -> str | None:
    """The Range header, unless If-Range names other bytes than the ones here."""
    condition = headers.get("If-Range")
    return headers.get("Range") if condition is None or condition == tag else None


def etag(name: str, path: Path) -> str:
    """A strong tag: the digest in the object's name, else (metadata, all small) the digest of its bytes."""
    match = _NAMED_BY_DIGEST.search(name)
    digest = match[1] if match else hashlib.sha256(path.read_bytes()).hexdigest()
    return f'"{digest}"'


def _matches(header: str | None, tag: str) -> bool:
    tags = [item.strip().removeprefix("W/") for item in (header or "").split(",")]
    return tag in tags or tags == ["*"]


def _locate(folder: Path, target: str) -> tuple[str, Path] | None:
    name = unquote(urlsplit(target).path).lstrip("/")
    if any(part in {"", ".", ".."} for part in name.split("/")) or "\\" in name or "\0" in name:
        return None
    path = (folder / name).resolve()
    inside = path.is_relative_to(folder.resolve()) and path.is_file()
    return (name, path) if inside else None


def _refusal(status: HTTPStatus) -> Answer:
    return Answer(status, {"Content-Length": "0", "Cache-Control": CACHE_ERROR})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "qie_hub-cdn"
    sys_version = ""
    timeout = IDLE_S
    disable_nagle_algorithm = True
    server: OriginServer

    def do_GET(self) -> None:
        reply = self._head()
        if reply.path is None:
            return
        with reply.path.open("rb") as stream:
            self._body(stream, reply)

    def do_HEAD(self) -> None:
        self._head()

    def _head(self) -> Answer:
        reply = answer(self.server.folder, self.path, {key.title(): value for key, value in self.headers.items()})
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        return reply

    def _body(self, stream: IO[bytes], reply: Answer) -> None:
        if not reply.length:
            return
        try:
            sent = self.connection.sendfile(stream, reply.start, reply.length)
        except OSError:  # the client went away
            sent = -1
        if sent != reply.length:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Stay silent: requests are the reader's business."""


class OriginServer(ThreadingHTTPServer):
    """Serves one folder; as a context manager it does so in the background. Port 0 picks a free one."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"
    request_queue_size = 128

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.folder = folder
        self._thread: threading.Thread | None = None
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """The base URL."""
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def wait(self) -> None:
        """Wait until the server is shut down from elsewhere, or for Ctrl-C."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(1.0)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the base class, which can take seconds."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are no errors of the server."""

    def __enter__(self) -> OriginServer:
        self._thread = threading.Thread(target=self.serve_forever, name="origin", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None = None, error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:  # fmt: skip
        self.shutdown()
        self.server_close()
        if self._thread is not None:
            self._thread.join()
