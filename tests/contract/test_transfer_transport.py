"""The MUST sentences of `ports.Transport` and `ports.Response`, for every transport."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from qie_hub.errors import HttpError, NotFound, Offline, TooSlow, TransferError, UsageError
from qie_hub.ports import Transport
from qie_hub.transfer.client import Timeouts, open_transport
from tests.support.fault_server import FaultServer
from tests.support.transfer_lab import FastClock

BODY = bytes(range(256)) * 5000
TIMEOUTS = Timeouts(connect=3.0, stall=15.0)
Opener = Callable[[str], str]


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = open_transport(FastClock(50), timeouts=TIMEOUTS)
    yield made
    made.close()


@pytest.fixture(params=["http", "https", "file", "folder"])
def url_of(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """A place that holds ``o/object``, as each transport sees it."""
    (tmp_path / "a place" / "o").mkdir(parents=True)
    (tmp_path / "a place" / "o" / "object").write_bytes(BODY)
    if request.param == "file":
        yield lambda path: (tmp_path / "a place").as_uri() + "/" + path
    elif request.param == "folder":
        yield lambda path: f"{tmp_path / 'a place'}/{path}"
    else:
        tls = _tls(tmp_path, monkeypatch) if request.param == "https" else None
        with FaultServer({"o/object": BODY}, tls=tls) as server:
            yield lambda path: f"{server.url}/{path}"


def _tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_a_whole_object_comes_as_it_is(transport: Transport, url_of: Opener) -> None:
    with transport.open(url_of("o/object")) as response:
        assert (response.start, response.total) == (0, len(BODY))
        assert b"".join(response.blocks()) == BODY


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (5, 1000), (999_999, None), (1_000_000, 9_000_000), (0, 1_280_000)]
)
def test_a_range_comes_as_asked(transport: Transport, url_of: Opener, start: int, stop: int | None) -> None:
    with transport.open(url_of("o/object"), start=start, stop=stop) as response:
        assert (response.start, response.total) == (start, len(BODY))
        assert b"".join(response.blocks()) == BODY[start:stop]


def test_blocks_are_never_larger_than_asked(transport: Transport, url_of: Opener) -> None:
    with transport.open(url_of("o/object")) as response:
        assert max(len(block) for block in response.blocks(777)) <= 777


def test_an_absent_object_is_not_found(transport: Transport, url_of: Opener) -> None:
    for path in ("o/other", "o", "x/y/z"):
        with pytest.raises(NotFound):
            transport.open(url_of(path))


def test_closing_twice_and_half_way_is_fine_and_the_next_request_works(transport: Transport, url_of: Opener) -> None:
    response = transport.open(url_of("o/object"))
    next(response.blocks(10))
    response.close()
    response.close()
    with transport.open(url_of("o/object"), start=7, stop=9) as again:
        assert b"".join(again.blocks()) == BODY[7:9]


def test_a_start_behind_the_end_is_refused(transport: Transport, url_of: Opener) -> None:
    with pytest.raises(HttpError):
        transport.open(url_of("o/object"), start=len(BODY) + 1, stop=len(BODY) + 5)


@pytest.mark.parametrize(
    "path", ["../secret", "o/../../secret", "%2e%2e/secret", "o/%2E%2E%2f..%2fsecret", "o/object%00"]
)
def test_a_folder_is_never_left(tmp_path: Path, transport: Transport, path: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "place" / "o").mkdir(parents=True)
    (tmp_path / "place" / "o" / "object").write_bytes(b"x")
    with pytest.raises(NotFound):
        transport.open((tmp_path / "place").as_uri() + "/" + path)


def test_only_regular_files_are_opened(tmp_path: Path, transport: Transport) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotFound):
        transport.open(str(tmp_path / "pipe"))


def test_a_file_of_another_machine_is_not_looked_for(transport: Transport) -> None:
    with pytest.raises(NotFound):
        transport.open("file://server/share/object")


def test_nobody_there_is_offline(transport: Transport) -> None:
    with pytest.raises(Offline) as caught:
        transport.open("http://127.0.0.1:9/o/object")
    assert caught.value.data["reason"] == "connect"
    with pytest.raises(Offline) as caught:
        transport.open("http://no-such-host.invalid/o/object")
    assert caught.value.data["reason"] == "dns"


def test_offline_forbids_the_network_and_not_the_folder(tmp_path: Path) -> None:
    (tmp_path / "object").write_bytes(b"here")
    offline = open_transport(FastClock(), offline=True)
    with FaultServer({"object": b"there"}) as server, pytest.raises(Offline):
        offline.open(f"{server.url}/object")
    assert not server.served
    with offline.open(str(tmp_path / "object")) as response:
        assert b"".join(response.blocks()) == b"here"


def test_an_unknown_scheme_is_a_usage_error(transport: Transport) -> None:
    with pytest.raises(UsageError):
        transport.open("ftp://example.org/object")


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("shift_honest", None, "content_range"),
        ("duplicate_headers", None, "duplicate_header"),
        ("duplicate_headers", "lengths", "protocol"),
        ("gzip", None, "encoding"),
        ("redirect_loop", None, "redirect_loop"),
        ("expired", None, "status"),
        ("refuse", None, "reset"),
    ],
)
def test_an_answer_that_breaks_the_rules_is_refused_before_its_body(
    transport: Transport, kind: str, value: str | None, problem: str
) -> None:
    with FaultServer({"o": BODY}) as server:
        server.fault(kind, times=None, value=value)
        with pytest.raises(HttpError) as caught:
            transport.open(f"{server.url}/o", start=100, stop=2000)
        assert caught.value.data["problem"] == problem


@pytest.mark.parametrize("kind", ["short", "short_matching", "reset"])
def test_a_body_that_is_cut_short_gives_what_came_and_then_fails(transport: Transport, kind: str) -> None:
    with FaultServer({"o": BODY}) as server:
        server.fault(kind, after=70_000)
        got = b""
        with transport.open(f"{server.url}/o", start=10, stop=900_000) as response, pytest.raises(TransferError):
            for block in response.blocks(1000):
                got += block
        assert got == BODY[10 : 10 + len(got)]
        assert kind == "reset" or len(got) == 70_000


def test_a_server_that_ignores_the_range_says_start_zero(transport: Transport) -> None:
    with FaultServer({"o": BODY}) as server:
        server.fault("ignore_range")
        with transport.open(f"{server.url}/o", start=500, stop=600) as response:
            assert (response.start, response.total) == (0, len(BODY))


@pytest.mark.parametrize(("value", "seconds"), [("120", 120.0), ("nonsense", None), ("-5", None)])
def test_a_retry_after_is_read_in_seconds(transport: Transport, value: str, seconds: float | None) -> None:
    with FaultServer({"o": BODY}) as server:
        server.fault("busy", value=value)
        with pytest.raises(HttpError) as caught:
            transport.open(f"{server.url}/o")
        assert (caught.value.data["status"], caught.value.data["retry_after"]) == (429, seconds)


def test_a_retry_after_date_is_measured_by_the_servers_own_clock(transport: Transport) -> None:
    with FaultServer({"o": BODY}) as server:
        server.fault("busy", value="Fri, 31 Dec 2100 23:59:59 GMT")
        with pytest.raises(HttpError) as caught:
            transport.open(f"{server.url}/o")
        wait = caught.value.data["retry_after"]
        assert isinstance(wait, float)
        assert wait > 365 * 86400


def test_connections_are_kept_for_the_next_range(transport: Transport) -> None:
    with FaultServer({"o": BODY}) as server:
        for start in range(0, 1000, 100):
            with transport.open(f"{server.url}/o", start=start, stop=start + 100) as response:
                assert b"".join(response.blocks()) == BODY[start : start + 100]
        assert server.connections == 1


def test_a_redirect_never_leads_from_https_to_http(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: Transport
) -> None:
    with (
        FaultServer({"o": BODY}) as plain,
        FaultServer({"o": BODY}, tls=_tls(tmp_path, monkeypatch)) as secure,
    ):
        secure.fault("redirect", value=f"{plain.url}/o")
        with pytest.raises(HttpError) as caught:
            transport.open(f"{secure.url}/o")
        assert caught.value.data["problem"] == "redirect_scheme"
        assert not plain.served
        plain.fault("redirect", value=f"{secure.url}/o")
        with transport.open(f"{plain.url}/o") as response:
            assert b"".join(response.blocks()) == BODY


def test_a_certificate_of_an_unknown_authority_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: Transport
) -> None:
    with FaultServer({"o": BODY}, tls=_tls(tmp_path, monkeypatch)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", "/etc/hostname")
        with pytest.raises(HttpError) as caught:
            transport.open(f"{server.url}/o")
        assert caught.value.data["problem"] == "tls"


def test_credentials_of_one_host_are_not_sent_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine localhost login ann password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    transport = open_transport(FastClock(50), timeouts=TIMEOUTS)
    with FaultServer({"o": BODY}) as one, FaultServer({"o": BODY}) as two:
        one.fault("redirect", value=f"{two.url}/o")
        with transport.open(f"{one.url.replace('127.0.0.1', 'localhost')}/o") as response:
            assert b"".join(response.blocks()) == BODY
        assert one.served[0].headers["Authorization"].startswith("Basic ")
        assert "Authorization" not in two.served[0].headers
    transport.close()


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = open_transport(FastClock(50), timeouts=TIMEOUTS)
    with FaultServer({"http://packs.example.org/o": BODY}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with transport.open("http://packs.example.org/o", start=3, stop=900_000) as response:
            assert b"".join(response.blocks()) == BODY[3:900_000]
        proxy.fault("stall_headers", times=None)
        with pytest.raises(TooSlow):
            transport.open("http://packs.example.org/o")
    transport.close()


def test_an_address_of_ipv6_is_a_mirror(transport: Transport) -> None:
    with FaultServer({"o": BODY}, host="::1") as server, transport.open(f"{server.url}/o") as response:
        assert b"".join(response.blocks()) == BODY
