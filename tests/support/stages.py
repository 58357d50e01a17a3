"""A pack of large weights in a child process that may hold one stage of it at a time, under a real limit."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from onnx import helper

from qie_hub.digest import Digest
from qie_hub.formats.manifest import Manifest
from tests.support import graphs
from tests.support.graphs import external, floats, model
from tests.support.memory_group import memory_group

STAGES = {"understand.onnx": "understand", "repaint.onnx": "repaint", "finish.onnx": "finish"}

CHILD = """
import json, os, resource, sys
from pathlib import Path
import numpy as np
from qie_hub.clock import SystemClock
from qie_hub.errors import QieHubError
from qie_hub.formats.manifest import Manifest
from qie_hub.runtime import memory
from qie_hub.runtime.host import Host, PackKey
from qie_hub.runtime.loading import PackSource

class Pipeline:
    def __init__(self, pack): self.pack = pack
    def warm_up(self): self.stage("understand.onnx")
    def stage(self, name): return float(self.pack.session(name).run({"x": np.ones((1, %(side)d), np.float32)})[0].sum())

class Factory:
    api = 1
    def create(self, pack): return Pipeline(pack)
    def understand(self, sentence): raise NotImplementedError

def from_device():
    from qie_hub.hosting import memory_left
    return memory_left(Path("/mnt"), {}, None)

root, limit, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[4])
available = {"told": lambda: %(available)d, "device": from_device, "not": None}[sys.argv[3]]
manifest = Manifest.from_bytes((root / "manifest.json").read_bytes())
source = PackSource(manifest, "cpu", root, Factory(), threads=2)
if limit:
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
peak, answer = 0, {}
with Host(SystemClock(), available=available) as host:
    try:
        for _ in range(rounds):
            with host.lease(PackKey(manifest.ref, 1, "cpu"), source) as pipeline:
                answer["staged"] = host.state().packs[0].staged
                for name in pipeline.pack.graphs:
                    answer[name] = pipeline.stage(name)
                    peak = max(peak, memory.anonymous(os.getpid()))
    except QieHubError as error:
        answer["error"] = error.code
    answer["graphs"] = host.state().packs[0].graphs
answer |= {"peak": peak, "after": memory.anonymous(os.getpid())}
print(json.dumps(answer))
"""


def large_pack(root: Path, side: int) -> Manifest:
    """One square matrix of ``side`` floats per stage. The files are sparse; in memory the weights are real."""
    size = 4 * side * side
    files: dict[str, tuple[int, Digest]] = {}
    for name in STAGES:
        weights = name.replace(".onnx", ".data")
        with (root / weights).open("wb") as file:
            file.truncate(size)
        data = model(
            [helper.make_node("MatMul", ["x", "w"], ["y"])], [floats("x", 1, side)], [floats("y", 1, side)],
            [external("w", (side, side), weights)],
        ).SerializeToString()  # fmt: skip
        (root / name).write_bytes(data)
        files |= {name: (len(data), Digest.of(data)), weights: (size, Digest.of(weights.encode()))}
    stages = {path: STAGES[path.replace(".data", ".onnx")] for path in files}
    memory = {"understand": size, "repaint": 2 * size, "finish": 3 * size}
    manifest, _ = graphs.manifest_for(files, stages=stages, memory=memory)
    (root / "manifest.json").write_bytes(manifest.to_bytes())
    return manifest


def program(side: int) -> str:
    """The child's program. Its arguments: folder, limit of writable memory (0: none), what the host is told, rounds."""
    return CHILD % {"side": side, "available": 6 * side * side}


def outcome(root: Path, side: int, limit: int, *, told: bool) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", program(side), str(root), str(limit), "told" if told else "not", "2"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def prove_turns_in_group(root: Path, side: int) -> None:
    """The same under a control group of this machine, whose limit the host finds out by itself.

    Without the policy the system kills the process.
    """
    large_pack(root, side)
    size = 4 * side * side
    told, not_told = (in_group(root, side, size * 7 // 4, mode) for mode in ("device", "not"))
    assert (told.code, told.kills) == (0, 0), told
    answer = json.loads(told.out)
    assert answer["staged"] is True
    assert [answer[name] for name in STAGES] == [0.0, 0.0, 0.0]
    assert size <= answer["peak"] < size * 7 // 4
    assert answer["after"] < 100 << 20
    assert (not_told.code, not_told.kills) == (-9, 1), not_told


@dataclass(frozen=True)
class Ran:
    """How a child in a control group ended."""

    code: int
    out: str
    kills: int


def in_group(root: Path, side: int, limit: int, told: str) -> Ran:
    """Run the child in a control group of its own."""
    with memory_group(limit) as group:
        enter = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])"
        child = [sys.executable, "-c", program(side), str(root), "0", told, "1"]
        command = [sys.executable, "-c", enter, str(group.procs), *child]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        return Ran(done.returncode, done.stdout, group.kills)


def prove_turns(root: Path, side: int) -> None:
    """Stages take turns under a limit that holds one of them; without the policy the same pack does not fit."""
    large_pack(root, side)
    size = 4 * side * side
    # While a stage opens, its mapped file and the packed copy count together: two stages' worth, and a base.
    limit = 2 * size + min(size * 3 // 4, 800 << 20)
    staged = outcome(root, side, limit, told=True)
    assert "error" not in staged, staged
    assert staged["staged"] is True
    assert [staged[name] for name in STAGES] == [0.0, 0.0, 0.0]
    assert staged["graphs"] == ["finish.onnx"]
    assert int(str(staged["peak"])) < 1.5 * size
    assert int(str(staged["after"])) < 100 << 20
    together = outcome(root, side, limit, told=False)
    assert together["error"] == "DEVICE_MEMORY"
