"""A published folder behind a real nginx with the configuration that ships."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdn.verify import verify
from qie_hub.clock import SystemClock
from tests.support.small_origin import PackSpec, SmallOrigin, noise

TEMPLATE = Path(__file__).parents[2] / "cdn" / "edge" / "nginx.conf"
NGINX = "/usr/sbin/nginx"


class Served:
    def __init__(self, small: SmallOrigin, port: int) -> None:
        self.small = small
        self.port = port
        self.line = f"http://127.0.0.1:{port}#sha256={small.repo.fingerprint}"

    def ask(self, target: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, target, headers={key.replace("_", "-"): value for key, value in headers.items()})
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        return reply.status, dict(reply.getheaders()), body


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("nginx")
    small = SmallOrigin(folder / "publisher", SystemClock())
    small.publish(PackSpec(files={"w.bin": noise(3 << 20, 1)}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = TEMPLATE.read_text().replace("SERVER_NAME", "localhost").replace("ORIGIN_FOLDER", str(small.origin))
    server = server.replace("listen 80;", f"listen 127.0.0.1:{port};")
    user = "user root;\n" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\ngzip on;\ngzip_types application/json;\naccess_log off;\n{server}\n}}\n"
    )
    subprocess.run([NGINX, "-t", "-c", str(config)], check=True, capture_output=True)
    process = subprocess.Popen([NGINX, "-c", str(config)])
    running = Served(small, port)
    try:
        _wait_for(port, process)
        yield running
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    clock = SystemClock()
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "nginx ended"
            clock.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not answer")


def largest(served: Served) -> tuple[str, bytes]:
    paths = [path for path in (served.small.origin / "o").rglob("*") if path.is_file()]
    path = max(paths, key=lambda item: item.stat().st_size)
    return f"/{path.relative_to(served.small.origin)}", path.read_bytes()


def test_the_clients_own_code_verifies_everything_through_nginx(served: Served) -> None:
    report = verify(served.line, SystemClock())
    assert report.packs == ("acme/sample:512@1.0.0",)
    assert report.bytes > 3 << 20


def test_one_range_is_answered_with_exactly_that_range(served: Served) -> None:
    target, data = largest(served)
    status, headers, body = served.ask(target, Range="bytes=100-1099")
    assert (status, body) == (206, data[100:1100])
    assert headers["Content-Range"] == f"bytes 100-1099/{len(data)}"
    assert served.ask(target, Range=f"bytes={len(data)}-")[0] == 416


def test_bodies_are_never_encoded_even_where_the_server_would(served: Served) -> None:
    for target in ("/metadata/1.root.json", "/metadata/timestamp.json", largest(served)[0]):
        status, headers, body = served.ask(target, Accept_Encoding="gzip")
        assert (status, headers.get("Content-Encoding")) == (200, None)
        assert body == (served.small.origin / target[1:]).read_bytes()


def test_only_the_timestamp_may_change(served: Served) -> None:
    rules = {
        target: served.ask(target)[1]["Cache-Control"]
        for target in ("/metadata/timestamp.json", "/metadata/1.root.json", largest(served)[0])
    }
    assert rules.pop("/metadata/timestamp.json") == "public, max-age=60"
    assert set(rules.values()) == {"public, max-age=31536000, immutable, no-transform"}


@pytest.mark.parametrize("target", ["/", "/metadata/", "/o/", "/../nginx.conf", "/other", "/metadata/9.root.json"])
def test_nothing_but_objects_is_served(served: Served, target: str) -> None:
    assert served.ask(target)[0] in {400, 403, 404}


def test_other_methods_are_refused(served: Served) -> None:
    assert served.ask("/metadata/timestamp.json", method="DELETE")[0] == 405
    assert served.ask("/metadata/timestamp.json", method="HEAD")[0] == 200
