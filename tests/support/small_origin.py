"""A small, real origin: packs with real graphs, cut, signed and published by the publisher's own code into a folder.

The packs are made here instead of from recipes, so that tests need no package registry and can say what differs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import onnx

from cdn.build import Build, describe, finish
from cdn.keys import KeyRing
from cdn.policy import Policy
from cdn.publish import publish
from cdn.recipe import FileRecipe
from cdn.repo import Repository
from cdn.stores.dir import DirStore
from qie_hub.clock import Clock, SystemClock, to_text
from qie_hub.formats.index import Tier
from qie_hub.formats.manifest import Licence, Manifest, PipelineSpec, Requirements, Variant
from qie_hub.packref import Version
from tests.support import graphs

PUBLISHER = "acme"
TIERS = {"pro": Tier("pro", {"en": "Pro", "zh": "专业"}, 8 << 30, 8 << 30, 60_000, ("background.replace", "freeform"))}


def noise(size: int, seed: int) -> bytes:
    """Bytes that do not compress and differ by seed."""
    return random.Random(seed).randbytes(size)


@dataclass
class PackSpec:
    """What a test wants in a pack.

    ``tensors`` become the external weights ``net.bin`` of the graph, one after the other; ``files`` come on top.
    """

    name: str = "sample"
    version: str = "1.0.0"
    release: int = 1
    resolutions: Sequence[int | None] = (512,)
    tensors: Sequence[bytes] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    scale: float = 2.0
    abilities: Sequence[str] = ("tone.adjust",)
    kind: str = "sample"
    requirements: Requirements = field(default_factory=Requirements)
    accept: bool = False
    tier: str | None = None
    rolled_back_from: str | None = None
    optional: Sequence[str] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    edit_ms: Mapping[int | None, int] = field(default_factory=dict)


class SmallOrigin:
    """A publisher's workspace below ``folder``; ``folder/origin`` is what clients see."""

    def __init__(self, folder: Path, clock: Clock | None = None, publishers: Sequence[str] = (PUBLISHER,)) -> None:
        self.folder = folder
        self.clock = clock or SystemClock()
        self.ring = KeyRing(folder / "keys", lambda: b"a passphrase for tests only")
        self.repo = Repository.init(folder / "repo", self.ring, Policy.load("small"), publishers, self.clock)
        self.publishers = tuple(publishers)

    @property
    def origin(self) -> Path:
        return self.folder / "origin"

    @property
    def url(self) -> str:
        return self.origin.as_uri()

    @property
    def line(self) -> str:
        """What a person pastes after ``qie-hub origin add``."""
        return f"{self.url}#sha256={self.repo.fingerprint}"

    def publish(self, spec: PackSpec | None = None, *, channel: str = "stable", publisher: str = PUBLISHER) -> None:
        spec = spec or PackSpec()
        build = self.build(spec, publisher)
        publish([build], self.repo, DirStore(self.origin), tiers=TIERS, channel=channel)

    def upload(self) -> None:
        """Bring what was signed since (a yank, a bump) to the origin."""
        publish([], self.repo, DirStore(self.origin), tiers=TIERS)

    def build(self, spec: PackSpec, publisher: str) -> Build:
        folder = self.folder / "build" / f"{publisher}-{spec.name}-{spec.version}"
        contents = {
            "net.onnx": _graph(spec),
            "licences/apache.txt": b"Apache License 2.0\n",
            **({"net.bin": b"".join(spec.tensors)} if spec.tensors else {}),
            **spec.files,
        }
        for path, data in contents.items():
            goal = folder / "files" / path
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.write_bytes(data)
        rows = tuple(describe(folder, _recipe_of(path)) for path in sorted(contents))
        moment = to_text(self.clock.now() - timedelta(minutes=1))
        made = []
        for resolution in spec.resolutions:
            pipeline = PipelineSpec(spec.kind, 1, {"resolution": resolution or 0, "graph": "net.onnx", **spec.settings})
            size = sum(row.size for row in rows)
            variant = Variant(
                "cpu-fp32", "fp32", "cpu", "any", 2, 1 << 20, pipeline,
                replace(spec.requirements, disk=size), tuple(row.path for row in rows), spec.edit_ms.get(resolution),
            )  # fmt: skip
            made.append(
                Manifest(
                    publisher=publisher,
                    name=spec.name,
                    resolution=resolution,
                    version=Version.parse(spec.version),
                    release=spec.release,
                    tier=spec.tier,
                    issued=moment,
                    title={"en": f"Sample {spec.version}", "zh": "样品"},
                    abilities=tuple(spec.abilities),
                    files=rows,
                    variants=(variant,),
                    licences=(Licence("Apache-2.0", "licences/apache.txt", accept=spec.accept),),
                    optional=tuple(spec.optional),
                    rolled_back_from=None if spec.rolled_back_from is None else Version.parse(spec.rolled_back_from),
                )
            )
        build = Build(folder, tuple(made))
        finish(build, 0)
        return build


def _graph(spec: PackSpec) -> bytes:
    model = graphs.affine(spec.scale)
    offset = 0
    for number, data in enumerate(spec.tensors):
        tensor = model.graph.initializer.add(name=f"block{number}.weight", data_type=onnx.TensorProto.UINT8)
        tensor.dims.append(len(data))
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", "net.bin"), ("offset", offset), ("length", len(data))):
            tensor.external_data.add(key=key, value=str(value))
        offset += len(data)
    return bytes(model.SerializeToString())


def _recipe_of(path: str) -> FileRecipe:
    stage = "repaint" if path.endswith(".bin") else "understand"
    return FileRecipe(path=path, stage=stage, licence="Apache-2.0", source=None, members=(), convert=None, text="")
