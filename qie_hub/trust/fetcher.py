"""python-tuf's network door, over our own transport.

Invariants:

* Every body is bounded three ways: by the length its caller allows, by a rate floor (bytes per second over a window)
  and by one deadline for everything that this fetcher does. A server that trickles or never ends is cut off.
* A page of HTML is never mistaken for metadata: it means that a login page is between us and the origin.
* What went wrong stays ours: the `QieHubError` rides inside the exception that python-tuf expects, so that the
  driver raises the original.

Example::

    fetcher = Fetcher(transport, clock)
    fetcher.read("https://host/packs/acme/<sha256>.index.json", limit=4_096)
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from tuf.api.exceptions import DownloadHTTPError, DownloadLengthMismatchError
from tuf.ngclient import FetcherInterface

from qie_hub.clock import Clock
from qie_hub.errors import CaptivePortal, HttpError, NotFound, QieHubError, TooSlow
from qie_hub.ports import Response, Transport
from qie_hub.trust.faults import TransportFault

BLOCK: Final = 256
"""Bytes asked for at once: at a tenth of the rate floor a block still arrives within a few seconds."""

_HTML: Final = (b"<!doctype html", b"<html", b"<head")


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a refresh is: seconds in all, and bytes per second over a window of seconds."""

    deadline: float = 60.0
    floor: int = 1024
    window: float = 20.0


DEFAULT_LIMITS: Final = Limits()


class Fetcher(FetcherInterface):
    """Fetches for one attempt of one refresh; counts what it cost.

    ``url`` and ``data`` are the last request's, for error messages that name the role and its version.
    """

    def __init__(self, transport: Transport, clock: Clock, limits: Limits = DEFAULT_LIMITS) -> None:
        self._transport = transport
        self._clock = clock
        self._limits = limits
        self._end = clock.monotonic() + limits.deadline
        self.requests = 0
        self.bytes = 0
        self.url = ""
        self.data = bytearray()

    def read(self, url: str, limit: int) -> bytes:
        """Return the body of ``url``.

        Raises:
            NotFound: it is absent.
            DownloadLengthMismatchError: more than ``limit`` bytes.
            QieHubError: what the transport raised, `TooSlow` or `CaptivePortal`.
        """
        try:
            return self.download_bytes(url, limit)
        except TransportFault as fault:
            raise fault.original from fault
        except DownloadLengthMismatchError:
            raise
        except DownloadHTTPError as error:
            raise NotFound(what="object", name=url, closest=()) from error

    def download_bytes(self, url: str, max_length: int) -> bytes:
        """Fetch into memory; python-tuf's own goes through a temporary file and leaves a broken-off body open.

        Raises:
            DownloadError: as `FetcherInterface.download_bytes` has it.
        """
        found = bytearray()
        with closing(self._fetch(url)) as blocks:
            for block in blocks:
                found += block
                if len(found) > max_length:
                    raise DownloadLengthMismatchError(f"{url}: more than {max_length} bytes")
        return bytes(found)

    def _fetch(self, url: str) -> Generator[bytes, None, None]:
        self.url, self.data = url, bytearray()
        self.requests += 1
        with _carried(url):
            yield from self._body(url)

    def _body(self, url: str) -> Iterator[bytes]:
        self._check_deadline(url)
        with self._transport.open(url) as response:
            pace = _Pace(self._clock, self._limits)
            for block in response.blocks(BLOCK):
                self._check_deadline(url)
                pace.count(len(block), url)
                self.bytes += len(block)
                self.data += block
                _refuse_html(response, bytes(self.data[:64]), url)
                yield block

    def _check_deadline(self, url: str) -> None:
        if self._clock.monotonic() > self._end:
            raise TooSlow(url=url, problem="deadline", seconds=int(self._limits.deadline))


class _Pace:
    """The rate floor of one body."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._start = clock.monotonic()
        self._seen = 0

    def count(self, size: int, url: str) -> None:
        self._seen += size
        elapsed = self._clock.monotonic() - self._start
        if elapsed < self._limits.window:
            return
        if self._seen < self._limits.floor * elapsed:
            raise TooSlow(url=url, problem="rate", rate=int(self._seen / elapsed), floor=self._limits.floor)
        self._start, self._seen = self._clock.monotonic(), 0


@contextmanager
def _carried(url: str) -> Iterator[None]:
    """Translate our errors into the ones python-tuf expects (403 and 404 end its search for newer roots)."""
    try:
        yield
    except NotFound as error:
        raise DownloadHTTPError(f"absent: {url}", 404) from error
    except HttpError as error:
        if error.data.get("status") == 403:
            raise DownloadHTTPError(f"forbidden: {url}", 403) from error
        raise TransportFault(error) from error
    except QieHubError as error:
        raise TransportFault(error) from error


def _refuse_html(response: Response, start: bytes, url: str) -> None:
    if response.content_type.startswith("text/html") or start.lstrip().lower().startswith(_HTML):
        raise CaptivePortal(url=url)
