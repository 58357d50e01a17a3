"""What trust costs: requests and bytes of a refresh, time of a proof, time of imports. Prints a table.

Run from a checkout: ``python -m benchmarks.trust``. Everything is made in a temporary folder; no network.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cdn.keys import KeyRing
from cdn.policy import Policy
from cdn.repo import Repository
from qie_hub.clock import SystemClock, to_text
from qie_hub.digest import Digest
from qie_hub.formats.index import PublisherIndex, index_path, row_of
from qie_hub.formats.manifest import Licence, Manifest, PackFile, PipelineSpec, Requirements, Variant
from qie_hub.packref import Version
from qie_hub.ports import Response
from qie_hub.transfer.folder import FolderTransport
from qie_hub.trust.manifests import fetch_manifest
from qie_hub.trust.origins import Origins
from qie_hub.trust.proof import verify_installed
from qie_hub.trust.updater import refresh

PACKS = 30
FILES = 24


class Counting:
    """A folder as transport that counts what is asked of it."""

    def __init__(self) -> None:
        self._inner = FolderTransport()
        self.requests = 0
        self.bytes = 0

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> Response:
        """Open and count; an absent object counts as a request too."""
        self.requests += 1
        response = self._inner.open(url, start=start, stop=stop)
        self.bytes += response.total or 0
        return response

    def cost(self, work: Callable[[], object]) -> str:
        """Requests and bytes of a call."""
        requests, count = self.requests, self.bytes
        work()
        return f"{self.requests - requests:2d} requests  {self.bytes - count:7,d} bytes"


def manifest(number: int, moment: str) -> Manifest:
    """A pack of the size of Ultra-Lite's manifest."""
    text = b"licence"
    files = [PackFile("licences/mit.txt", len(text), Digest.of(text), "finish", "MIT")]
    for part in range(FILES):
        name = f"models/part-{part:02d}.onnx"
        files.append(PackFile(name, 4096, Digest.of(f"{number}/{name}".encode()), "repaint", "MIT"))
    variant = Variant(
        "cpu-fp32", "fp32", "cpu", "any", 1_000_000, 1 << 30, PipelineSpec("lite", 1, {"resolution": 512}),
        Requirements({"repaint": 1 << 29}, 1 << 26), tuple(file.path for file in files),
    )  # fmt: skip
    return Manifest(
        publisher="acme", name=f"pack-{number}", resolution=512, version=Version(1, 0, 0), release=1,
        tier=None, issued=moment, title={"en": f"Pack {number}", "zh": "样品"}, abilities=("tone.adjust",),
        files=tuple(files), variants=(variant,), licences=(Licence("MIT", "licences/mit.txt"),),
    )  # fmt: skip


def publish(folder: Path, clock: SystemClock) -> Repository:
    """A repository with `PACKS` packs."""
    ring = KeyRing(folder / "keys", lambda: b"a passphrase for a benchmark")
    repo = Repository.init(folder / "repo", ring, Policy.load("small"), ["acme"], clock)
    made = [(item, item.to_bytes()) for item in (manifest(n, to_text(clock.now())) for n in range(PACKS))]
    rows = tuple(row_of(item, data) for item, data in made)
    channels = {row.name: {"stable": row.version} for row in rows}
    index = replace(PublisherIndex("acme", to_text(clock.now())), packs=rows, channels=channels)
    targets = {item.target_path: data for item, data in made}
    repo.set_targets("acme", {**targets, index_path("acme"): index.to_bytes()})
    return repo


def milliseconds(work: Callable[[], object], times: int = 40) -> str:
    """Median and fastest of many runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return f"median {statistics.median(taken):5.2f} ms  fastest {min(taken):5.2f} ms"


def import_time(module: str) -> str:
    """Fastest of five fresh interpreters, as a ratio of ``import click``."""
    code = "import sys, time; t = time.perf_counter(); __import__(sys.argv[1]); print(time.perf_counter() - t)"

    def fastest(name: str) -> float:
        runs = (subprocess.run([sys.executable, "-c", code, name], capture_output=True, check=True) for _ in range(5))
        return min(float(run.stdout) for run in runs)

    own, click = fastest(module), fastest("click")
    return f"{own * 1000:6.1f} ms  {own / click:4.1f} x import click"


def main() -> None:
    """Print the table."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repo = publish(folder, clock)
        home, net = folder / "home", Counting()
        line = f"{repo.folder.as_uri()}#sha256={repo.fingerprint}"
        print(f"{PACKS} packs of {FILES + 1} files, one publisher")
        print("origin add (cold)  ", net.cost(lambda: Origins(home).add(line, net, clock)))
        origin = Origins(home).default()
        print("refresh (warm)     ", net.cost(lambda: refresh(origin, home, net, clock)))
        row = repo.index("acme").packs[0]
        print("manifest of install", net.cost(lambda: fetch_manifest(origin, home, net, clock, row)))
        signed = fetch_manifest(origin, home, net, clock, row)
        proof = folder / "proof"
        proof.mkdir()
        for file, data in signed.proof.items():
            (proof / file).write_bytes(data)
        print(f"proof bundle        {len(signed.proof)} files  {sum(map(len, signed.proof.values())):7,d} bytes")
        print("proof of one pack  ", milliseconds(lambda: verify_installed(proof, home, row.ref)))
        print("warm refresh, local", milliseconds(lambda: refresh(origin, home, net, clock), 10))
    for module in ("qie_hub", "qie_hub.trust.view", "qie_hub.trust.proof", "qie_hub.trust.updater"):
        print(f"import {module:22}", import_time(module))


if __name__ == "__main__":
    main()
