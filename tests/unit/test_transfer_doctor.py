"""What the doctor finds out about a mirror, on real sockets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from qie_hub.clock import SystemClock
from qie_hub.messages import has
from qie_hub.transfer.client import Transports, open_transport
from qie_hub.transfer.doctor import Finding, examine, shown
from tests.support.fault_server import FaultServer

OBJECTS = {"metadata/timestamp.json": b'{"signed": 1}'}


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Iterator[Transports]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    made = open_transport(SystemClock())
    yield made
    made.close()


def look(base: str, transport: Transports, clock: SystemClock | None = None) -> dict[str, Finding]:
    found = {finding.key: finding for finding in examine(base, transport, clock or SystemClock())}
    for finding in found.values():
        assert has(finding.key)
        assert finding.verdict == "ok" or has(f"HINT.{finding.key}")
    return found


def test_a_good_mirror_is_good_in_every_respect(transport: Transports) -> None:
    with FaultServer(OBJECTS) as server:
        found = look(server.url, transport)
    assert list(found) == ["MIRROR.name", "MIRROR.answers", "MIRROR.clock"]
    assert found["MIRROR.name"].data["addresses"] == ["127.0.0.1"]


def test_a_folder_needs_no_network(transport: Transports, tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    assert list(look(tmp_path.as_uri(), transport)) == ["MIRROR.empty"]
    (tmp_path / "metadata" / "timestamp.json").write_bytes(b"{}")
    assert list(look(str(tmp_path), transport)) == ["MIRROR.answers"]


def test_a_name_that_does_not_exist(transport: Transports) -> None:
    found = look("https://no-such-host.invalid", transport)
    assert [finding.verdict for finding in found.values()] == ["bad"]
    assert found["MIRROR.no_name"].data == {"host": "no-such-host.invalid"}


def test_a_port_where_nobody_listens(transport: Transports) -> None:
    assert list(look("http://127.0.0.1:9", transport)) == ["MIRROR.name", "MIRROR.no_connection"]


def test_a_certificate_is_judged_by_the_systems_store(
    transport: Transports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with FaultServer(OBJECTS, tls=context) as server:
        good = look(server.url, transport)
        assert str(good["MIRROR.tls"].data["version"]).startswith("TLSv1.")
        assert "MIRROR.answers" in good
        monkeypatch.setenv("SSL_CERT_FILE", "/etc/hostname")
        bad = look(server.url, transport)
        assert list(bad)[-1] == "MIRROR.bad_certificate"
        assert bad["MIRROR.bad_certificate"].data["reason"]
        plain = look(server.url.replace("https", "http"), transport)
        assert plain["MIRROR.refuses"].verdict == "bad"
    with FaultServer(OBJECTS) as server:
        assert list(look(server.url.replace("http", "https"), transport))[-1] == "MIRROR.no_tls"


@pytest.mark.parametrize(
    ("kind", "value", "key"),
    [
        ("ignore_range", None, "MIRROR.no_ranges"),
        ("html", None, "MIRROR.portal"),
        ("status", 404, "MIRROR.empty"),
        ("expired", None, "MIRROR.refuses"),
        ("redirect_loop", None, "MIRROR.refuses"),
        ("refuse", None, "MIRROR.refuses"),
    ],
)
def test_each_misbehaviour_has_its_own_finding(transport: Transports, kind: str, value: object, key: str) -> None:
    with FaultServer(OBJECTS) as server:
        server.fault(kind, times=None, value=value)
        found = look(server.url, transport)
    assert key in found
    assert found[key].verdict != "ok"


def test_a_wrong_clock_is_measured_against_the_servers(transport: Transports) -> None:
    with FaultServer(OBJECTS) as server:
        found = look(server.url, transport, SystemClock(timedelta(days=400)))
    finding = found["MIRROR.clock_off"]
    assert finding.verdict == "look"
    assert finding.data["seconds"] == pytest.approx(400 * 86400, abs=60)
    assert datetime.now(UTC) > datetime(2026, 1, 1, tzinfo=UTC)


def test_behind_a_proxy_the_proxy_is_looked_at_and_its_password_is_not_told(
    transport: Transports, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.close()
        monkeypatch.setenv("http_proxy", f"http://ann:secret@127.0.0.1:{port}")
        found = look("http://packs.example.org", transport)
    assert found["MIRROR.proxy"].data["proxy"] == f"127.0.0.1:{port}"
    assert found["MIRROR.no_connection"].verdict == "bad"
    assert "secret" not in str(found)


def test_shown_urls_hold_no_secret() -> None:
    assert shown("https://ann:secret@h.example:8443/a/b?sig=1#x") == "https://h.example:8443/a/b"
    assert shown("/media/stick") == "/media/stick"
