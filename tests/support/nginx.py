"""A real nginx on 127.0.0.1, from the Debian package, with or without TLS. Missing nginx is an error, never a skip."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import trustme

_CONFIG = """
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
user root;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log combined;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {folder}/tmp;
    proxy_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp;
    scgi_temp_path {folder}/tmp;
    {http}
    server {{
        listen 127.0.0.1:{plain};
        {listen_tls}
        root {root};
        {extra}
    }}
}}
"""


class Nginx:
    """Serves ``root``. ``url`` speaks plain HTTP, ``tls_url`` HTTPS with ``ca`` as its authority."""

    def __init__(self, root: Path, folder: Path, *, extra: str = "", http: str = "", workers: int = 1) -> None:
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        assert Path(program).exists(), "nginx is not installed: apt-get install nginx-light"
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        plain, secure = _free_port(), _free_port()
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
        listen_tls = (
            f"listen 127.0.0.1:{secure} ssl; ssl_certificate {folder}/server.pem; "
            f"ssl_certificate_key {folder}/server.pem; ssl_protocols TLSv1.2 TLSv1.3;"
        )
        config = folder / "nginx.conf"
        config.write_text(
            _CONFIG.format(
                folder=folder, root=root, plain=plain, listen_tls=listen_tls, extra=extra, http=http, workers=workers
            )
        )
        self.url = f"http://127.0.0.1:{plain}"
        self.tls_url = f"https://localhost:{secure}"
        self.access_log = folder / "access.log"
        self._error_log = folder / "error.log"
        self._port = plain
        self._command = [program, "-c", str(config), "-p", str(folder)]

    def __enter__(self) -> Nginx:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return self
            if self._process.poll() is not None:
                raise AssertionError(f"nginx did not start: {self._error_log.read_text()}")
            time.sleep(0.02)
        raise AssertionError("nginx does not answer")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        if self._process.stderr is not None:
            self._process.stderr.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
