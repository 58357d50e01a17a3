"""What an HTTP answer says, judged by its status and headers alone. Pure.

Invariants: a 206 begins exactly where it was asked to and says so once; a 200 begins at 0; a header that must be there
once is there once; what is not understood is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from qie_hub.errors import HttpError, NotFound

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\Z")
_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer. ``every`` gives all values of a header that came more than once."""

    status: int
    headers: Mapping[str, str]
    every: Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for; ``stop`` None means to the end."""

    url: str
    start: int
    stop: int | None

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        headers = {"Accept-Encoding": "identity", "User-Agent": "qie-hub"}
        if self.start or self.stop is not None:
            headers["Range"] = f"bytes={self.start}-" + ("" if self.stop is None else str(self.stop - 1))
        return headers

    def error(self, problem: str, *, status: int | None = None, retry_after: float | None = None) -> HttpError:
        """What to raise when the answer to this is not usable."""
        hint = "HTTP_STATUS" if problem == "status" else None
        return HttpError(hint=hint, url=self.url, status=status, problem=problem, retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a body lies in its object: read up to ``stop``, complain before ``due``; None where nobody says."""

    start: int
    stop: int | None
    due: int | None
    total: int | None


def place(head: Head, asked: Asked, now: datetime) -> Placed:
    """Judge an answer.

    Raises:
        NotFound: 404 or 410.
        HttpError: any other refusal, or an answer that breaks the rules.
    """
    status = head.status
    if status in _GONE:
        raise NotFound(hint="NOT_SERVED", url=asked.url)
    if status not in (200, 206):
        raise asked.error("status", status=status, retry_after=_retry_after(head, now))
    if head.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise asked.error("encoding", status=status)
    length = _content_length(head, asked)
    if status == 200:
        return Placed(0, length, length, length)
    placed = _in_range(head, asked)
    if length is not None and placed.stop is not None and length != placed.stop - placed.start:
        raise asked.error("content_length", status=206)
    return placed


def _in_range(head: Head, asked: Asked) -> Placed:
    said = _RANGE.match(_single(head, "Content-Range", asked) or "")
    if said is None:
        raise asked.error("content_range", status=206)
    start, stop = int(said[1]), int(said[2]) + 1
    total = None if said[3] == "*" else int(said[3])
    too_far = (asked.stop is not None and stop > asked.stop) or (total is not None and stop > total)
    if start != asked.start or stop <= start or too_far:
        raise asked.error("content_range", status=206)
    ends = [end for end in (asked.stop, total) if end is not None]
    return Placed(start, stop, min(ends, default=None), total)


def _content_length(head: Head, asked: Asked) -> int | None:
    text = _single(head, "Content-Length", asked)
    if text is None or head.headers.get("Transfer-Encoding"):
        return None
    if not re.fullmatch(r"\d{1,18}", text):
        raise asked.error("content_length", status=head.status)
    return int(text)


def _single(head: Head, name: str, asked: Asked) -> str | None:
    """The one value of a header that must not be there twice with two values."""
    values = {value.strip() for value in head.every(name)}
    if len(values) > 1:
        raise asked.error("duplicate_header", status=head.status)
    return values.pop() if values else None


def _retry_after(head: Head, now: datetime) -> float | None:
    text = head.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    moment = date_of(text)
    if moment is None:
        return None
    server_now = date_of(head.headers.get("Date", "")) or now  # its own clock, if it says: ours may be wrong
    return max(0.0, (moment - server_now).total_seconds())


def date_of(text: str) -> datetime | None:
    """Read an HTTP date, or None."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
