"""Two small pipeline kinds over real ONNX graphs, and packs for them whose results differ."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from onnx import helper

from qie_hub.formats.operation import EditPlan, Instruction, Operation, PlannedOperation
from qie_hub.packref import PackRef
from qie_hub.ports import LoadedPack, Pipeline, PipelineInput, PipelineOutput
from qie_hub.runtime.loading import PackSource
from qie_hub.runtime.signals import PackKey
from tests.support import graphs
from tests.support.graphs import constant, floats, model

Check = Callable[[], None]
OnStage = Callable[[str, int], None]


def understand(sentence: str) -> Instruction:
    return Instruction(sentence, "en", (Operation("tone.adjust", {}, sentence),))


def picture(seed: int = 0, side: int = 16) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def source_of(image: np.ndarray[Any, np.dtype[np.uint8]]) -> PipelineInput:
    return PipelineInput(picture=image, instruction=understand("tint"))


def run(pipeline: Pipeline, image: np.ndarray[Any, np.dtype[np.uint8]], check: Check = lambda: None) -> Any:
    """One whole edit; returns the picture."""
    source = source_of(image)
    return pipeline.edit(source, pipeline.plan(source, check), lambda stage, operation: None, check).picture


class _Planned:
    def __init__(self, pack: LoadedPack) -> None:
        self.pack = pack

    def plan(self, source: PipelineInput, check: Check) -> EditPlan:
        check()
        return EditPlan(source.instruction, tuple(PlannedOperation(item) for item in source.instruction.operations))

    def _graph(self, name: str, image: Any) -> Any:
        feed = np.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(np.float32))
        result = self.pack.session(name).run({"x": feed})[0]
        return np.clip(np.rint(result[0].transpose(1, 2, 0)), 0, 255).astype(np.uint8)

    def _output(self, image: Any) -> PipelineOutput:
        return PipelineOutput(image, np.full(image.shape[:2], 255, np.uint8))


class TintPipeline(_Planned):
    """Runs ``tint.onnx`` over the picture."""

    def edit(self, source: PipelineInput, plan: EditPlan, on_stage: OnStage, check: Check) -> PipelineOutput:
        on_stage("repaint", 0)
        check()
        return self._output(self._graph("tint.onnx", source.picture))

    def warm_up(self) -> None:
        self._graph("tint.onnx", picture(side=4))


class StepsPipeline(_Planned):
    """Runs every graph of the pack over the picture, stage by stage."""

    def edit(self, source: PipelineInput, plan: EditPlan, on_stage: OnStage, check: Check) -> PipelineOutput:
        image = source.picture
        for position, name in enumerate(self.graphs()):
            on_stage("repaint", position)
            check()
            image = self._graph(name, image)
        return self._output(image)

    def graphs(self) -> list[str]:
        variant = self.pack.manifest.variant("cpu")
        return [file.path for file in self.pack.manifest.files_of(variant) if file.path.endswith(".onnx")]

    def warm_up(self) -> None:
        self._graph(self.graphs()[0], picture(side=4))


class CrashingPipeline(TintPipeline):
    """Ends its process in the middle of an edit, as a broken native kernel does."""

    def edit(self, source: PipelineInput, plan: EditPlan, on_stage: OnStage, check: Check) -> PipelineOutput:
        on_stage("repaint", 0)
        signal.raise_signal(signal.SIGSEGV)
        raise AssertionError


@dataclass(frozen=True)
class Factory:
    """A pipeline factory, as a plugin would bring it."""

    kind: str = "tint"
    api: int = 1

    def understand(self, sentence: str) -> Instruction:
        return understand(sentence)

    def create(self, pack: LoadedPack) -> Pipeline:
        kinds = {"tint": TintPipeline, "steps": StepsPipeline, "crash": CrashingPipeline}
        return kinds[self.kind](pack)  # type: ignore[no-any-return]  # all of them are pipelines


def tint_source(root: Path, name: str, scale: float, shift: float, *, peak_ram: int = 1 << 20) -> PackSource:
    """A pack whose edit is ``picture * scale + shift``."""
    manifest, _ = graphs.pack(
        root / name, {"tint.onnx": graphs.affine(scale, shift).SerializeToString()}, name=name, peak_ram=peak_ram
    )
    return PackSource(manifest, "cpu", root / name, Factory("tint"), threads=1)


def slow_source(root: Path, name: str, shift: float, rounds: int = 1500) -> PackSource:
    """A pack that adds ``shift`` after ``rounds`` matrix products."""
    made = graphs.affine(1, shift)
    loop = graphs.endless()
    made.graph.node.extend(loop.graph.node)
    made.graph.node[-1].output[0] = "turned"
    made.graph.node[-1].input[2] = "square"
    made.graph.initializer.extend(
        [*loop.graph.initializer, constant("n", rounds, np.int64), constant("square", np.eye(160))]
    )
    made.graph.output.append(floats("turned", 160, 160))
    manifest, _ = graphs.pack(root / name, {"tint.onnx": made.SerializeToString()}, name=name)
    return PackSource(manifest, "cpu", root / name, Factory("tint"), threads=1)


def crashing_source(root: Path, name: str) -> PackSource:
    """A pack that loads well and ends its process when it edits."""
    return replace(tint_source(root, name, 1, 0), factory=Factory("crash"))


def steps_source(root: Path, name: str, shifts: tuple[float, ...], *, peak_ram: int = 1 << 20) -> PackSource:
    """A pack of another pipeline kind: one graph per stage, each turns the picture around and shifts it."""
    stages = ("understand", "locate", "repaint", "finish")
    files = {f"{number}.onnx": turned(shift).SerializeToString() for number, shift in enumerate(shifts)}
    manifest, _ = graphs.pack(
        root / name, files, stages={path: stages[int(path[0])] for path in files}, name=name, peak_ram=peak_ram
    )
    return PackSource(manifest, "cpu", root / name, Factory("steps"), threads=1)


def turned(shift: float) -> Any:
    """y = 255 - x + shift."""
    nodes = [helper.make_node("Neg", ["x"], ["n"]), helper.make_node("Add", ["n", "c"], ["y"])]
    shape = (1, 3, "h", "w")
    return model(nodes, [floats("x", *shape)], [floats("y", *shape)], [constant("c", 255 + shift)])


def key_of(source: PackSource, generation: int = 1) -> PackKey:
    ref: PackRef = source.manifest.ref
    return PackKey(ref, generation, source.variant_id)
