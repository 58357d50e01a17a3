"""The door of the lite pipeline: entry point ``lite`` of the group ``qie_hub.pipelines``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qie_hub.formats.operation import EditPlan, Instruction

if TYPE_CHECKING:
    from qie_hub.ports import Effort, LoadedPack, Pipeline, PipelineInput


class LiteFactory:
    """See `ports.PipelineFactory`. Importing it is light; models and image libraries come with `create`."""

    api = 1

    def understand(self, sentence: str) -> Instruction:
        """Turn a sentence into operations; pure."""
        from qie_hub.edit.grammar.instruction import understand

        return understand(sentence)

    def effort(self, plan: EditPlan, source: PipelineInput, settings: Mapping[str, Any]) -> Effort:
        """See `ports.Foreteller`."""
        from qie_hub.edit.lite.work import effort

        return effort(plan, source, settings)

    def create(self, pack: LoadedPack) -> Pipeline:
        """Bind the pipeline to a loaded pack; no graph is loaded yet."""
        from qie_hub.edit.lite.pipeline import LitePipeline

        return LitePipeline(pack)
