"""The only door to HTTP.

Invariants:

* One `HttpTransport.open` is one answer: nothing is retried here, redirects are followed up to `REDIRECTS` times and
  never from https to http.
* Bytes are never decoded: identity is asked for, and any other encoding is an error.
* A 206 must begin exactly where it was asked to and say so once; a 200 is reported with ``start=0``.
* Nothing waits for ever: connecting, headers and every piece of the body have a limit, trickling servers included.
* A session serves one response at a time and is kept, with its connections, for the next one to the same host.

Example::

    with HttpTransport(SystemClock()).open(url, start=100, stop=200) as response:
        data = b"".join(response.blocks())
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from qie_hub.clock import Clock
from qie_hub.errors import Offline, QieHubError, TooSlow, TransferError, UsageError
from qie_hub.ports import Response, Transport
from qie_hub.transfer.answer import Asked, Head, date_of, place
from qie_hub.transfer.folder import FolderTransport, scheme_of
from qie_hub.transfer.huggingface import HuggingFaceTransport
from qie_hub.transfer.tls import PlainSession
from qie_hub.transfer.watchdog import Guarded, Watchdog

REDIRECTS: Final = 5
PIECE_MIN: Final = 16 << 10
PIECE_MAX: Final = 256 << 10
"""Larger pieces gain nothing: over TLS, 256 KiB and 1 MiB cost the same CPU (benchmarks/transfer.py)."""

_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. ``connect`` per address; ``stall``: the longest wait for headers, or for `PIECE_MIN` bytes of a body."""

    connect: float = 8.0
    stall: float = 15.0


DEFAULT_TIMEOUTS: Final = Timeouts()


class HttpTransport:
    """`Transport` for http and https. Thread-safe; `close` it when done.

    Args:
        clock: reads Retry-After dates and measures stalls.
        timeouts: see `Timeouts`.
        headers: sent with every request to the host of the asked URL, never to where it redirects.
    """

    def __init__(
        self, clock: Clock, *, timeouts: Timeouts = DEFAULT_TIMEOUTS, headers: Mapping[str, str] | None = None
    ) -> None:
        self.clock = clock
        self.watchdog = Watchdog(clock, timeouts.stall)
        self._timeouts = timeouts
        self._headers = dict(headers or {})
        self._lock = threading.Lock()
        self._idle: dict[str, list[requests.Session]] = {}
        self._closed = False

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> HttpResponse:
        """See `Transport.open`.

        Raises:
            NotFound: 404 or 410.
            Offline: nobody answers.
            TooSlow: the headers did not come in time.
            HttpError: any other refusal, or an answer that breaks the rules.
        """
        asked = Asked(url, start, stop)
        session = self._take(url)
        try:
            answer = self._follow(session, asked)
            return HttpResponse(self, session, answer, asked)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            self.give_back(url, session)
            raise _refusal(error, asked) from error
        except BaseException:
            self.give_back(url, session)
            raise

    def close(self) -> None:
        """Close idle connections. May be called twice."""
        with self._lock:
            self._closed = True
            sessions = [session for group in self._idle.values() for session in group]
            self._idle.clear()
        for session in sessions:
            session.close()

    def give_back(self, url: str, session: requests.Session) -> None:
        """Keep a session for the next request to the URL's host."""
        with self._lock:
            if not self._closed:
                self._idle.setdefault(_host_of(url), []).append(session)
                return
        session.close()

    def _take(self, url: str) -> requests.Session:
        with self._lock:
            group = self._idle.get(_host_of(url))
            if group:
                return group.pop()
        return PlainSession(self.watchdog)

    def _follow(self, session: requests.Session, asked: Asked) -> requests.Response:
        current = asked.url
        for _ in range(REDIRECTS + 1):
            own = self._headers if _host_of(current) == _host_of(asked.url) else {}
            answer = session.get(
                current,
                headers={**asked.headers(), **own},
                stream=True,
                allow_redirects=False,
                timeout=(self._timeouts.connect, self._timeouts.stall),
            )
            goal = answer.headers.get("Location")
            if answer.status_code not in _MOVED or goal is None:
                return answer
            answer.close()
            current = _redirected(current, goal, asked)
        raise asked.error("redirect_loop")


class HttpResponse:
    """`Response` over HTTP. ``close`` may be called from another thread: it wakes a reader that waits."""

    def __init__(
        self, owner: HttpTransport, session: requests.Session, answer: requests.Response, asked: Asked
    ) -> None:
        self._owner = owner
        self._session = session
        self._answer = answer
        self._asked = asked
        self._reader = threading.get_ident()
        self._open = True
        self._aborted = False
        try:
            placed = place(_head_of(answer), asked, owner.clock.now())
        except QieHubError:
            answer.close()
            raise
        self.start = self._at = placed.start
        self.total = placed.total
        self.content_type: str = answer.headers.get("Content-Type", "")
        self.date = date_of(answer.headers.get("Date", ""))
        self._stop = placed.stop
        self._due = placed.due

    def blocks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """See `Response.blocks`.

        Raises:
            TooSlow: less than `PIECE_MIN` bytes came within the stall limit.
            HttpError: the body ended early.
        """
        piece = min(size, 4 * PIECE_MIN)
        clock = self._owner.clock
        while self._stop is None or self._at < self._stop:
            began = clock.monotonic()
            data = self._read(piece if self._stop is None else min(piece, self._stop - self._at))
            if not data:
                break
            self._at += len(data)
            piece = min(size, _next_piece(piece, clock.monotonic() - began))
            yield data
        if self._due is not None and self._at < self._due:
            raise self._asked.error("cut_short")

    def close(self) -> None:
        """See `Response.close`."""
        if threading.get_ident() != self._reader:
            self._aborted = True
            self._shut()
        elif self._open:
            self._open = False
            with suppress(urllib3.exceptions.HTTPError, OSError):
                self._answer.close()  # a body read to its end keeps the connection, any other drops it
            self._owner.give_back(self._asked.url, self._session)

    def __enter__(self) -> HttpResponse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, want: int) -> bytes:
        with self._owner.watchdog.guard(self._shut) as wait:
            try:
                data: bytes = self._answer.raw.read(want, decode_content=False)
            except urllib3.exceptions.ReadTimeoutError as error:
                raise TooSlow(url=self._asked.url, problem="stalled") from error
            except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
                self._raise_if_ended(wait, error)
                raise self._asked.error("cut_short") from error
        self._raise_if_ended(wait, None)  # what a socket gives after its shutdown is not the body
        return data

    def _raise_if_ended(self, wait: Guarded, cause: Exception | None) -> None:
        if wait.bitten:
            raise TooSlow(url=self._asked.url, problem="stalled") from cause
        if self._aborted:
            raise self._asked.error("aborted") from cause

    def _shut(self) -> None:
        with suppress(ValueError, RuntimeError, OSError):
            self._answer.raw.shutdown()


def _head_of(answer: requests.Response) -> Head:
    return Head(answer.status_code, answer.headers, answer.raw.headers.getlist)


def _redirected(url: str, goal: str, asked: Asked) -> str:
    target = urljoin(url, goal)
    scheme = urlsplit(target).scheme
    if scheme not in ("http", "https") or (scheme == "http" and urlsplit(url).scheme == "https"):
        raise asked.error("redirect_scheme")
    return target


def _host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _next_piece(piece: int, seconds: float) -> int:
    """A piece should take a small part of a second: watchdogs, limits and progress all look between pieces."""
    if seconds < 0.05:
        return min(PIECE_MAX, piece * 2)
    if seconds > 0.5:
        return max(PIECE_MIN, piece // 2)
    return piece


def _refusal(error: Exception, asked: Asked) -> TransferError:
    if isinstance(error, requests.exceptions.ReadTimeout):
        return TooSlow(url=asked.url, problem="no_headers")
    if isinstance(error, requests.exceptions.SSLError):
        return asked.error("tls")
    if isinstance(error, requests.exceptions.ProxyError):
        return Offline(url=asked.url, reason="proxy")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Offline(url=asked.url, reason="connect_timeout")
    if isinstance(error, requests.exceptions.ConnectionError):
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            return Offline(url=asked.url, reason="dns")
        if isinstance(reason, urllib3.exceptions.NewConnectionError):
            return Offline(url=asked.url, reason="connect")
        return asked.error("reset")
    return asked.error("protocol")


def proxy_for(url: str) -> str | None:
    """The proxy that the environment sets for a URL, None for a direct connection."""
    proxies = requests.utils.get_environ_proxies(url)
    return requests.utils.select_proxy(url, proxies)


class OfflineTransport:
    """`Transport` for ``--offline``: says so at once."""

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> Response:
        """Raise `Offline`."""
        del start, stop
        raise Offline(hint="OFFLINE_FORBIDDEN", url=url)


class Transports:
    """`Transport` that looks at the URL's scheme. A URL without one is a folder of this device."""

    def __init__(self, by_scheme: Mapping[str, Transport]) -> None:
        self._by_scheme = dict(by_scheme)

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> Response:
        """See `Transport.open`.

        Raises:
            UsageError: nobody here speaks this scheme.
        """
        scheme = scheme_of(url)
        transport = self._by_scheme.get(scheme)
        if transport is None:
            raise UsageError(url=url, scheme=scheme, hint="UNKNOWN_SCHEME")
        return transport.open(url, start=start, stop=stop)

    def close(self) -> None:
        """Close those that can be closed."""
        for transport in self._by_scheme.values():
            if isinstance(transport, (HttpTransport, HuggingFaceTransport)):
                transport.close()


def open_transport(clock: Clock, *, offline: bool = False, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> Transports:
    """The transport for everything an origin or mirror may be: http, https, hf, file and plain folders.

    ``offline`` forbids the network only: a folder or a USB stick still works.
    """
    here = {"file": FolderTransport(), "": FolderTransport()}
    if offline:
        return Transports({**here, **dict.fromkeys(("http", "https", "hf"), OfflineTransport())})
    plain = HttpTransport(clock, timeouts=timeouts)
    hub = HuggingFaceTransport(lambda headers: HttpTransport(clock, timeouts=timeouts, headers=headers))
    return Transports({**here, "http": plain, "https": plain, "hf": hub})
