"""Transfers against their peers, as ratios measured in one run. Prints a table; never fails for a number.

``python -m benchmarks.transfer [goodput cpu memory resume waste bytes] [--seconds 4] [--large]``

Goodput runs in a network namespace of its own with ``tc tbf`` (needs root); where that is not allowed, nginx limits
each connection instead, which favours many connections and is said so. Latency comes from `tests.support.relay`.
Needs nginx, and curl and aria2c for their columns; a client that is not installed is shown as absent.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qie_hub.digest import Digest
from qie_hub.formats.fileindex import FileIndex, Shard
from qie_hub.transfer.journal import DATA, PartialFile
from qie_hub.transfer.mirrors import shard_path
from qie_hub.transfer.plan import Place, WantedFile, plan
from tests.support.fault_server import FaultServer
from tests.support.fetch_program import command
from tests.support.kill_loop import kill_loop
from tests.support.nginx import Nginx
from tests.support.relay import Relay
from tests.support.transfer_lab import BigFile

MIB = 1 << 20
PEERS_WASTE = {"huggingface_hub 2.4.0": 4.39, "aria2 1.36 -x8, defaults": 4.42, "curl -C -": 0.0013}
"""Bytes served beyond need / need after 8 kills of a 384 MiB download; measured once, not in this run."""


@dataclass(frozen=True)
class Run:
    """One client's run: seconds of its whole process, CPU seconds, peak memory; ours also without its start-up."""

    seconds: float
    cpu: float
    peak: int
    inner: float


@dataclass(frozen=True)
class Published:
    """A file on a server: whole for the peers, in shards for us."""

    root: Path
    listed: Path
    size: int


def publish(folder: Path, size: int, *, chunk: int = MIB, shard: int = 256 * MIB) -> Published:
    """Write a file of random bytes as ``file.bin`` and as shards, with the list that `fetch_program` reads."""
    root = folder / "root"
    root.mkdir(parents=True)
    dice = random.Random(size)
    rows: list[tuple[int, int, Digest]] = []
    shards: list[Shard] = []
    with (root / "file.bin").open("wb") as whole:
        for ordinal, start in enumerate(range(0, size, shard)):
            length = min(shard, size - start)
            with (root / "shard").open("wb") as part:
                for at in range(0, length, chunk):
                    data = dice.randbytes(min(chunk, length - at))
                    rows.append((len(data), ordinal, Digest.of(data)))
                    part.write(data)
                    whole.write(data)
            digest = _digest_of(root / "shard")
            goal = root / shard_path(digest)
            goal.parent.mkdir(parents=True, exist_ok=True)
            (root / "shard").rename(goal)
            shards.append(Shard(length, digest))
    index = FileIndex.build(shards, rows)
    (folder / "file.index").write_bytes(index.to_bytes())
    row = {"path": "file.bin", "size": size, "sha256": _digest_of(root / "file.bin").hex}
    listed = folder / "list.json"
    listed.write_text(json.dumps([row | {"index": str(folder / "file.index")}]))
    return Published(root, listed, size)


def _digest_of(path: Path) -> Digest:
    with path.open("rb") as file:
        return Digest.of_stream(iter(lambda: file.read(MIB), b""))


def timed(arguments: Sequence[str], environment: dict[str, str] | None = None) -> Run:
    """Run a client and measure it."""
    began = time.monotonic()
    process = subprocess.Popen(
        list(arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"{arguments[0]} ended with {process.returncode}")
    inner = seconds
    if b'"received"' in said:
        inner = float(json.loads(said.splitlines()[-1])["seconds"])
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, inner)


def ours(published: Published, url: str, ca: Path) -> Run:
    """Fetch with qie_hub into a fresh home."""
    with tempfile.TemporaryDirectory(dir=published.root.parent) as home:
        trusted = {"SSL_CERT_FILE": str(ca), "REQUESTS_CA_BUNDLE": str(ca)}
        return timed(command(published.listed, Path(home), [url]), trusted)


def curl(published: Published, url: str, ca: Path) -> Run | None:
    """Fetch with curl."""
    if shutil.which("curl") is None:
        return None
    goal = published.root.parent / "curl.out"
    return timed(["curl", "-sf", "--cacert", str(ca), "-o", str(goal), f"{url}/file.bin"])


def aria2(published: Published, url: str, ca: Path) -> Run | None:
    """Fetch with aria2c and eight connections."""
    if shutil.which("aria2c") is None:
        return None
    goal = published.root.parent / "aria2"
    shutil.rmtree(goal, ignore_errors=True)
    options = ["-x8", "-s8", "-k1M", "--file-allocation=none", f"--ca-certificate={ca}", "-q", "-d", str(goal)]
    return timed(["aria2c", *options, f"{url}/file.bin"])


def row(*cells: object) -> None:
    """Print one row of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def ratio(mine: float, other: float | None) -> str:
    """A ratio, or absent."""
    return "absent" if other is None else f"{other / mine:.2f}"


def goodput(seconds: float) -> None:
    """Goodput over shaped links; re-executes itself in a network namespace where it may."""
    inside = [
        "unshare",
        "-n",
        sys.executable,
        "-m",
        "benchmarks.transfer",
        "goodput",
        "--inside",
        f"--seconds={seconds}",
    ]
    if os.geteuid() == 0 and shutil.which("tc") and subprocess.run(inside, check=False).returncode == 0:
        return
    print("(no network namespace: nginx limits each connection instead; this favours many connections)")
    _goodput_table(seconds, shaped=False)


def _goodput_table(seconds: float, *, shaped: bool) -> None:
    print("\n## goodput (whole processes; above 1.00 is faster than the peer)")
    row(
        "link",
        "round trip",
        "curl MB/s",
        "aria2c -x8 MB/s",
        "ours MB/s",
        "ours/curl",
        "ours/aria2c",
        "ours without start-up/curl",
    )
    for mbit in (100, 1000):
        size = int(mbit * 125_000 * seconds)
        with tempfile.TemporaryDirectory() as temp:
            published = publish(Path(temp) / "pack", size)
            extra = "" if shaped else f"limit_rate {mbit * 125_000};"
            with Nginx(published.root, Path(temp) / "nginx", extra=extra) as server:
                for rtt in (0.0, 0.05, 0.2):
                    if shaped:
                        _shape(mbit * (2 if rtt else 1))  # with the relay every byte passes the loop-back twice
                    with _line(server.url, rtt) as url:
                        _goodput_row(published, url, server.ca, mbit, rtt)


def _goodput_row(published: Published, url: str, ca: Path, mbit: int, rtt: float) -> None:
    runs = [client(published, url, ca) for client in (curl, aria2, ours)]
    speeds = ["absent" if run is None else f"{published.size / run.seconds / 1e6:.1f}" for run in runs]
    first, second, mine = runs
    assert mine is not None
    row(
        f"{mbit} Mbit/s", f"{rtt * 1000:.0f} ms", *speeds, ratio(mine.seconds, first and first.seconds),
        ratio(mine.seconds, second and second.seconds), ratio(mine.inner, first and first.seconds),
    )  # fmt: skip


def _shape(mbit: int) -> None:
    shape = ["tc", "qdisc", "replace", "dev", "lo", "root", "tbf", "rate", f"{mbit}mbit", "burst", "256kb"]
    subprocess.run([*shape, "latency", "30ms"], check=True)


@contextmanager
def _line(url: str, rtt: float) -> Iterator[str]:
    if not rtt:
        yield url
        return
    with Relay(int(url.rpartition(":")[2]), rtt=rtt) as relay:
        yield f"http://127.0.0.1:{relay.port}"


def cpu() -> None:
    """CPU seconds per GB over TLS on an unlimited line."""
    print("\n## CPU over TLS (loop-back, unlimited)")
    row("client", "CPU s per GB", "core at 1 Gbit/s", "peak MB", "seconds")
    with tempfile.TemporaryDirectory() as temp:
        published = publish(Path(temp) / "pack", 768 * MIB)
        empty = _empty_run(Path(temp))
        with Nginx(published.root, Path(temp) / "nginx") as server:
            for name, client in (("curl", curl), ("aria2c -x8", aria2), ("ours", ours)):
                _warm(Path(temp), published.size)
                run = client(published, server.tls_url, server.ca)
                if run is None:
                    row(name, "absent", "", "", "")
                    continue
                start = empty.cpu if client is ours else 0.0
                per_gb = (run.cpu - start) / (published.size / 1e9)
                row(name, f"{per_gb:.2f}", f"{per_gb * 0.125:.2f}", f"{run.peak / 1e6:.0f}", f"{run.seconds:.1f}")
    print(f"(ours without its start-up: {empty.cpu:.2f} s of CPU)")


def _warm(folder: Path, size: int) -> None:
    """Write and delete as much as the next client will write.

    In a virtual machine the first touch of a page costs the host's time, which would count against whoever runs first.
    """
    goal = folder / "warm"
    block = bytes(MIB)
    with goal.open("wb") as file:
        for _ in range(2 * size // MIB):
            file.write(block)
    goal.unlink()


def _empty_run(folder: Path) -> Run:
    listed = folder / "nothing.json"
    listed.write_text("[]")
    return timed(command(listed, folder / "nothing", ["http://127.0.0.1:9"]))


def memory(*, large: bool) -> None:
    """Peak memory by the size of the pack."""
    print("\n## memory (peak of the process beyond one that fetches nothing)")
    row("pack", "chunks", "growth MB", "seconds")
    shapes = [(1024, MIB), (1024, 100 << 10), (3200, 64 << 10)] + ([(10_240, MIB), (51_200, MIB)] if large else [])
    for size, chunk in shapes:
        with tempfile.TemporaryDirectory() as temp:
            published = publish(Path(temp) / "pack", size * MIB, chunk=chunk)
            base = _empty_run(Path(temp))
            with Nginx(published.root, Path(temp) / "nginx") as server:
                (published.root / "file.bin").unlink()
                run = ours(published, server.url, server.ca)
            count = -(-size * MIB // chunk)
            row(f"{size / 1024:.0f} GiB", count, f"{(run.peak - base.peak) / 1e6:.0f}", f"{run.seconds:.1f}")
    print("(51,200 chunks are those of a pack of 50 GiB)")


def resume() -> None:
    """Time from opening a partial file to having a plan, at 10 GiB verified."""
    print("\n## resume start")
    row("verified", "same boot: seconds to a plan")
    chunk = Digest.of(b"a chunk")
    count = 10_240
    shards = [Shard(256 * MIB, Digest.of(str(n).encode())) for n in range(count // 256)]
    index = FileIndex.build(shards, [(MIB, n // 256, Digest.of(str(n).encode())) for n in range(count)])
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / "partial"
        partial = PartialFile(folder, index, chunk, boot="x")
        for row_of in index.chunks[:-1]:
            partial._append(1, row_of.ordinal)
        partial.close()
        assert (folder / DATA).stat().st_size == count * MIB
        began = time.monotonic()
        again = PartialFile(folder, index, chunk, boot="x")
        todo = plan([WantedFile("file", index.size, chunk, index)], {chunk: again.verified()}, {})
        row(f"{todo.verified / 2**30:.1f} GiB", f"{time.monotonic() - began:.2f}")
        again.close()


def waste(kills: int = 8) -> None:
    """Bytes fetched twice because of kills."""
    print(f"\n## waste after {kills} kills (bytes served beyond need / need)")
    file = BigFile.make("file.bin", 384 * MIB, seed=31, shard=128 * MIB)
    size = file.size
    row("client", "waste", "chunks per kill and stream")
    with (
        tempfile.TemporaryDirectory() as temp,
        FaultServer(file.objects, sizes=file.sizes, rate=4 * MIB) as server,
    ):
        result = kill_loop([file], server, Path(temp), kills=kills, least=0.3, most=1.5, seed=1)
    each = result.waste / max(1, result.kills * result.peak) / MIB
    row(f"ours ({result.kills} kills, 384 MiB, {result.peak} streams)", f"{result.waste / size:.4f}", f"{each:.2f}")
    for name, value in PEERS_WASTE.items():
        row(f"{name} (384 MiB, measured before)", f"{value}", "")


def reuse() -> None:
    """Bytes from the network for updates, by plan: 108 tensors of 4 to 40 MiB, one file of weights, two graphs."""
    print("\n## bytes from the network")
    row("what", "net", "of pack")
    dice = random.Random(7)
    tensors = [dice.randint(4, 40) for _ in range(108)]
    weights = _tensor_file("weights", tensors, {})
    graphs = [_tensor_file(f"graph {n}", [1], {}) for n in range(2)]
    pack = [weights, *graphs]
    here = {chunk.digest: Place(Path("x"), chunk.offset) for file in pack for chunk in file.index.chunks}
    total = sum(file.size for file in pack)
    retrained = set(dice.sample(range(108), 8))
    share = sum(tensors[n] for n in retrained) * MIB
    cases = {
        "the same pack again": pack,
        "a second resolution (other graphs, same weights)": [weights, _tensor_file("graph 512", [1], {})],
        "metadata only (one settings file)": [weights, *graphs[1:], _tensor_file("settings", [1], {})],
        f"8 of 108 tensors changed ({share / MIB:.0f} MiB)": [
            _tensor_file("weights", tensors, dict.fromkeys(retrained, 1))
        ],
    }
    for name, wanted in cases.items():
        net = plan(wanted, {}, here).net
        row(name, f"{net / MIB:.1f} MiB", f"{net / total:.2%}")


def _tensor_file(name: str, tensors: Sequence[int], versions: dict[int, int]) -> WantedFile:
    rows = [
        (MIB, 0, Digest.of(f"{name} {tensor} {part} {versions.get(tensor, 0)}".encode()))
        for tensor, length in enumerate(tensors)
        for part in range(length)
    ]
    rows = [(length, number // 256, digest) for number, (length, _, digest) in enumerate(rows)]
    shards = [
        Shard(min(256, len(rows) - start) * MIB, Digest.of(f"{name} {start} {versions}".encode()))
        for start in range(0, len(rows), 256)
    ]
    index = FileIndex.build(shards, rows)
    return WantedFile(name, index.size, Digest.of(f"{name} {versions}".encode()), index)


def main() -> None:
    """Run what was asked for, or everything."""
    parser = argparse.ArgumentParser(description="transfers against their peers")
    parser.add_argument("parts", nargs="*", default=[], help="goodput cpu memory resume waste bytes")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long one transfer should last")
    parser.add_argument("--large", action="store_true", help="also packs of 10 and 50 GiB")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        _goodput_table(options.seconds, shaped=True)
        return
    parts: dict[str, Callable[[], None]] = {
        "bytes": reuse,
        "resume": resume,
        "waste": waste,
        "cpu": cpu,
        "memory": lambda: memory(large=options.large),
        "goodput": lambda: goodput(options.seconds),
    }
    for name in options.parts or parts:
        parts[name]()


if __name__ == "__main__":
    main()
