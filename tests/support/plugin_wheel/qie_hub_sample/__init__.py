"""A pipeline kind of another package: runs the pack's one graph over the picture, y = x * scale + shift."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qie_hub.formats.operation import EditPlan, Instruction, Operation, PlannedOperation, Region
from qie_hub.ports import LoadedPack, Pipeline, PipelineInput, PipelineOutput


class SampleFactory:
    """The door: entry point ``qie_hub.pipelines``, name ``sample``."""

    api = 1

    def understand(self, sentence: str) -> Instruction:
        """Understand exactly one sentence."""
        if sentence.strip().lower() == "sample":
            return Instruction(sentence, "en", (Operation("tone.adjust", {}, sentence),))
        return Instruction(sentence, "en", (), "not_understood", sentence, ("sample",))

    def create(self, pack: LoadedPack) -> Pipeline:
        """Bind to a loaded pack; the graph is loaded on first use."""
        return SamplePipeline(pack)


class AncientFactory:
    """Written for an API that never was."""

    api = 0


class SamplePipeline:
    """Edits the whole picture."""

    def __init__(self, pack: LoadedPack) -> None:
        self._pack = pack

    def plan(self, source: PipelineInput, check: Callable[[], None]) -> EditPlan:
        """One operation over everything."""
        check()
        height, width = source.picture.shape[:2]
        everything = Region((0, 0, width, height), "everything")
        operations = tuple(PlannedOperation(item, (everything,)) for item in source.instruction.operations)
        return EditPlan(source.instruction, operations)

    def edit(
        self,
        source: PipelineInput,
        plan: EditPlan,
        on_stage: Callable[[str, int], None],
        check: Callable[[], None],
    ) -> PipelineOutput:
        """Run the graph."""
        on_stage("repaint", 0)
        session = self._pack.session(str(self._pack.settings["graph"]))
        x = source.picture.astype(np.float32).transpose(2, 0, 1)[None]
        [y] = session.run({session.input_names[0]: x})
        check()
        picture = np.clip(y[0].transpose(1, 2, 0), 0, 255).astype(np.uint8)
        mask = np.full(picture.shape[:2], 255, np.uint8)
        return PipelineOutput(
            picture, mask, tuple(item.regions[0] for item in plan.operations), {"mean": int(picture.mean())}
        )

    def warm_up(self) -> None:
        """Run the graph on a tiny picture."""
        session = self._pack.session(str(self._pack.settings["graph"]))
        session.run({session.input_names[0]: np.zeros((1, 3, 8, 8), np.float32)})
