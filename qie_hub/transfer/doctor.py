"""What stands between this device and a mirror: proxy, name, connection, certificate, answer, ranges, clock.

Each finding is a message key (``qie_hub/texts/transfer.toml``, table ``MIRROR``) with facts; a finding that is not ok
has a second text, ``HINT.<key>``, that says what to change. Nothing here raises for what a network may do, nothing is
changed, and no finding holds a user name, a password or a token.

Example::

    for finding in examine("https://packs.example.org", transport, clock):
        print(finding.verdict, finding.key, finding.data)
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from qie_hub.clock import Clock
from qie_hub.errors import NotFound, QieHubError
from qie_hub.ports import Transport
from qie_hub.transfer.client import HttpResponse, proxy_for
from qie_hub.transfer.folder import scheme_of
from qie_hub.transfer.tls import trusting_context

PATIENCE: Final = 5.0
"""Seconds for each connection that is tried."""
CLOCK_SLACK: Final = 300.0
"""Seconds that a clock may be off before signatures look expired or not yet valid to somebody."""
_FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about a mirror. ``verdict`` is ok, look (works, but) or bad."""

    key: str
    verdict: str = "ok"
    data: Mapping[str, Any] = field(default_factory=dict)


def examine(
    base: str, transport: Transport, clock: Clock, *, path: str = "metadata/timestamp.json"
) -> tuple[Finding, ...]:
    """Look at one mirror, nearest obstacle first, and stop where nothing further can work.

    Args:
        base: the mirror's URL.
        transport: asks for ``path``, as a download would.
        clock: compared with the server's.
        path: a small object that every mirror has.
    """
    found: list[Finding] = []
    for look in (_way_to(base), _answer(base, transport, clock, path)):
        for finding in look:
            found.append(finding)
            if finding.verdict == "bad":
                return tuple(found)
    return tuple(found)


def _way_to(base: str) -> Iterator[Finding]:
    """The steps below HTTP. Behind a proxy only the way to the proxy can be seen."""
    if scheme_of(base) not in ("http", "https"):
        return
    proxy = proxy_for(base)
    target = urlsplit(base if proxy is None else proxy)
    host = target.hostname or ""
    port = target.port or (443 if target.scheme == "https" else 80)
    if proxy is not None:
        yield Finding("MIRROR.proxy", data={"url": shown(base), "proxy": f"{host}:{port}"})
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        yield Finding("MIRROR.no_name", "bad", {"host": host})
        return
    addresses = {family: place for family, _, _, _, place in reversed(found) if family in _FAMILIES}
    yield Finding("MIRROR.name", data={"host": host, "addresses": sorted({str(place[0]) for *_, place in found})})
    answered = [family for family, place in addresses.items() if _connects((str(place[0]), port))]
    silent = [_FAMILIES[family] for family in addresses if family not in answered]
    if not answered:
        yield Finding("MIRROR.no_connection", "bad", {"host": host, "port": port})
        return
    if silent:
        yield Finding("MIRROR.half_connection", "look", {"host": host, "families": silent})
    if proxy is None and target.scheme == "https":
        yield _certificate(host, port)


def _connects(place: tuple[str, int]) -> bool:
    try:
        with closing(socket.create_connection(place, timeout=PATIENCE)):
            return True
    except OSError:
        return False


def _certificate(host: str, port: int) -> Finding:
    context = trusting_context()
    try:
        with (
            closing(socket.create_connection((host, port), timeout=PATIENCE)) as plain,
            closing(context.wrap_socket(plain, server_hostname=host)) as secure,
        ):
            return Finding("MIRROR.tls", data={"host": host, "version": secure.version()})
    except ssl.SSLCertVerificationError as error:
        return Finding("MIRROR.bad_certificate", "bad", {"host": host, "reason": error.verify_message})
    except (ssl.SSLError, OSError) as error:
        return Finding("MIRROR.no_tls", "bad", {"host": host, "reason": type(error).__name__})


def _answer(base: str, transport: Transport, clock: Clock, path: str) -> Iterator[Finding]:
    """One request for one byte from the middle of a small object."""
    url = f"{base.rstrip('/')}/{path}"
    try:
        with transport.open(url, start=1, stop=2) as response:
            start, page = response.start, response.content_type.lower().startswith("text/html")
            moment = response.date if isinstance(response, HttpResponse) else None
            for _ in response.blocks(1):
                break
    except NotFound:
        yield Finding("MIRROR.empty", "bad", {"url": shown(url)})
        return
    except QieHubError as error:
        yield Finding("MIRROR.refuses", "bad", {"url": shown(url), "code": error.code, **_said(error)})
        return
    if page:
        yield Finding("MIRROR.portal", "bad", {"url": shown(url)})
        return
    yield Finding("MIRROR.answers", data={"url": shown(base)})
    if start != 1:
        yield Finding("MIRROR.no_ranges", "look", {"url": shown(base)})
    if moment is not None:
        off = (clock.now() - moment).total_seconds()
        verdict = "ok" if abs(off) <= CLOCK_SLACK else "look"
        yield Finding("MIRROR.clock" if verdict == "ok" else "MIRROR.clock_off", verdict, {"seconds": abs(off)})


def _said(error: QieHubError) -> dict[str, object]:
    data = error.data
    return {"status": data.get("status"), "reason": data.get("reason") or data.get("problem")}


def shown(url: str) -> str:
    """The URL without user name, password, query and fragment."""
    parts = urlsplit(url)
    if not parts.scheme:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
