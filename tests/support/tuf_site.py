"""A repository of bare TUF metadata behind a real HTTP server, for the scenarios of the client-conformance protocol.

`Site` knows nothing of packs: tests change ``site.signed[role]`` and ``site.signers[role]`` and `publish` roles. What
was asked for stands in ``site.asked`` as (role, version) for metadata and in ``site.fetched`` for targets.
"""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)

from qie_hub.clock import SystemClock
from qie_hub.trust import conformance

TOP = ("root", "timestamp", "snapshot", "targets")


class Site:
    """Mutable roles, their signers, and what was published of them."""

    def __init__(self) -> None:
        self.end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        root = Root(expires=self.end, consistent_snapshot=True)
        self.signed: dict[str, Any] = {
            "root": root,
            "timestamp": Timestamp(expires=self.end),
            "snapshot": Snapshot(expires=self.end),
            "targets": Targets(expires=self.end),
        }
        self.signers: dict[str, list[CryptoSigner]] = {}
        self.published: dict[tuple[str, int], bytes] = {}
        self.newest: dict[str, bytes] = {}
        self.content: dict[str, bytes] = {}
        self.hashes = False
        self.asked: list[tuple[str, int | None]] = []
        self.fetched: list[str] = []
        for role in TOP:
            self.rekey(role)
        self.publish("targets", "snapshot", "timestamp", "root", bump=False)

    @property
    def root(self) -> Root:
        root = self.signed["root"]
        assert isinstance(root, Root)
        return root

    def rekey(self, role: str, signers: Sequence[CryptoSigner] = (), threshold: int = 1) -> None:
        """Give a top role new keys, in the root and as signers."""
        self.signers[role] = list(signers) or [CryptoSigner.generate_ed25519()]
        self.root.roles[role] = Role([], threshold)
        for signer in self.signers[role]:
            self.root.add_key(signer.public_key, role)

    def publish(self, *roles: str, bump: bool = True) -> None:
        """Sign roles in this order with their signers, note them in their parent, and serve them."""
        for role in roles:
            signed = self.signed[role]
            signed.version += 1 if bump else 0
            metadata: Metadata[Any] = Metadata(copy.deepcopy(signed))
            for signer in self.signers[role]:
                metadata.sign(signer, append=True)
            data = metadata.to_bytes()
            self.published[role, signed.version] = self.newest[role] = data
            extra: dict[str, Any] = {}
            if self.hashes:
                extra = {"length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}
            if role == "snapshot":
                self.signed["timestamp"].snapshot_meta = MetaFile(signed.version, **extra)
            elif role not in TOP or role == "targets":
                self.signed["snapshot"].meta[f"{role}.json"] = MetaFile(signed.version, **extra)

    def announce(self, *roles: str) -> None:
        """Publish targets roles, then snapshot and timestamp."""
        self.publish(*roles, "snapshot", "timestamp")

    def delegate(self, parent: str, name: str, paths: Sequence[str] = ("*",), *, terminating: bool = False) -> None:
        """Let ``parent`` delegate to ``name``, with a key of its own."""
        delegations = self.signed[parent].delegations
        if delegations is None:
            delegations = self.signed[parent].delegations = Delegations({}, {})
        delegations.roles[name] = DelegatedRole(name, [], 1, terminating=terminating, paths=list(paths))
        if name not in self.signed:
            self.signed[name] = Targets(expires=self.end)
            self.signers[name] = [CryptoSigner.generate_ed25519()]
        for signer in self.signers[name]:
            self.signed[parent].add_key(signer.public_key, name)

    def delegate_bins(self, parent: str, bits: int, prefix: str) -> None:
        """Let ``parent`` delegate to hash bins."""
        bins = SuccinctRoles([], 1, bits, prefix)
        self.signed[parent].delegations = Delegations({}, None, bins)
        signer = CryptoSigner.generate_ed25519()
        self.signed[parent].add_key(signer.public_key)
        for name in bins.get_roles():
            self.signed[name], self.signers[name] = Targets(expires=self.end), [signer]

    def target(self, role: str, path: str, data: bytes) -> None:
        """Let ``role`` state a target."""
        self.signed[role].targets[path] = TargetFile.from_data(path, data)
        self.content[path] = data

    def answer(self, path: str) -> bytes | None:
        """What lies at a URL path, None for 404."""
        if path.startswith("targets/"):
            folder, slash, name = path.removeprefix("targets/").rpartition("/")
            name = name.partition(".")[2] if self.root.consistent_snapshot else name
            self.fetched.append(f"{folder}{slash}{name}")
            return self.content.get(f"{folder}{slash}{name}")
        name = path.removeprefix("metadata/").removesuffix(".json")
        version, dot, role = name.partition(".")
        if not dot:
            self.asked.append((name, None))
            return self.newest.get(unquote(name))
        self.asked.append((role, int(version)))
        return self.published.get((unquote(role), int(version)))


class Client:
    """The client under test: its command line, and what it keeps."""

    def __init__(self, folder: Path, url: str, site: Site) -> None:
        self.metadata = folder / "metadata"
        self.downloads = folder / "targets"
        self.metadata.mkdir()
        self.downloads.mkdir()
        self.url = url
        self.site = site
        self._root = folder / "initial.json"

    def init(self, root: bytes | None = None) -> int:
        self._root.write_bytes(root or self.site.published["root", 1])
        return conformance.main(["--metadata-dir", str(self.metadata), "init", str(self._root)])

    def refresh(self, *, days: int = 0) -> int:
        """Refresh; ``days`` from now."""
        return self._run("refresh", days=days)

    def download(self, path: str) -> int:
        more = ["--target-name", path, "--target-dir", str(self.downloads), "--target-base-url", f"{self.url}/targets"]
        return self._run(*more, "download")

    def _run(self, *arguments: str, days: int = 0) -> int:
        clock = SystemClock(timedelta(days=days))
        base = ["--metadata-dir", str(self.metadata), "--metadata-url", f"{self.url}/metadata"]
        return conformance.main([*base, *arguments], clock)

    def trusted(self) -> dict[str, int]:
        """Versions of what the client trusts; every JSON file of the folder counts."""
        return {
            path.name.removesuffix(".json"): Metadata.from_file(str(path)).signed.version
            for path in sorted(self.metadata.glob("*.json"))
        }

    def downloaded(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.downloads.rglob("*")) if path.is_file()]


@contextmanager
def served(site: Site) -> Iterator[str]:
    """Serve a site; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = site.answer(self.path.lstrip("/"))
            if data is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
