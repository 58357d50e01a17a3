"""A local endpoint that speaks the Hugging Face Hub's protocol for files, and the CDN that it redirects to.

Small files are answered by the endpoint itself; large ones (``o/``) by a redirect to a signed address on another host,
which carries ``X-Linked-Size`` and ``X-Linked-Etag``. Errors carry ``X-Error-Code`` as the Hub's do. The CDN is a
`FaultServer`, so that it can do everything wrong.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote

from tests.support.fault_server import FaultServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubEndpoint:
    """Serves one repository. With ``token``, nobody else sees it."""

    def __init__(self, repo: str, files: Mapping[str, bytes], *, token: str | None = None) -> None:
        self.repo = repo
        self.files = dict(files)
        self.token = token
        self.revisions = {"main", "v1", COMMIT}
        self.resolved: list[str] = []
        self.tokens: list[str | None] = []
        self.cdn = FaultServer({f"signed/{path}": body for path, body in files.items()})
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> HubEndpoint:
        self.cdn.__enter__()
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self.cdn.__exit__()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: HubEndpoint


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        owner = self.server.owner
        owner.tokens.append(self.headers.get("Authorization"))
        repo, _, rest = unquote(self.path).lstrip("/").partition("/resolve/")
        revision, _, path = rest.partition("/")
        if repo != owner.repo or (owner.token and self.headers.get("Authorization") != f"Bearer {owner.token}"):
            self._reply(401, {"X-Error-Code": "RepoNotFound"})
        elif revision not in owner.revisions:
            self._reply(404, {"X-Error-Code": "RevisionNotFound"})
        elif path not in owner.files:
            self._reply(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        elif path.startswith("o/"):
            owner.resolved.append(path)
            where = owner.cdn.url.replace("127.0.0.1", "localhost")
            size = str(len(owner.files[path]))
            signed = f"{where}/signed/{path}?signature={len(owner.resolved)}"
            self._reply(
                302,
                {"Location": signed, "X-Linked-Size": size, "X-Linked-Etag": '"lfs"', "X-Repo-Commit": COMMIT},
            )
        else:
            self._reply(200, {"X-Repo-Commit": COMMIT, "ETag": '"git"'}, owner.files[path])

    def _reply(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
