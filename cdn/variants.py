"""The parts of a recipe that say how a pack runs and how it proves itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qie_hub.formats.fields import Fields
from qie_hub.formats.manifest import STAGES, PipelineSpec, Requirements


@dataclass(frozen=True, slots=True)
class VariantRecipe:
    """One runnable build; its files are all files of the pack unless it lists some."""

    id: str
    precision: str
    provider: str
    architecture: str
    pipeline: PipelineSpec
    requirements: Requirements
    files: tuple[str, ...] | None

    @classmethod
    def read(cls, fields: Fields) -> VariantRecipe:
        """Read the table."""
        pipeline = fields.inner("pipeline")
        needs = fields.inner("requirements")
        return cls(
            id=fields.text("id", limit=64),
            precision=fields.text("precision", limit=32),
            provider=fields.text("provider", limit=64),
            architecture=fields.text("architecture", limit=32),
            pipeline=PipelineSpec(pipeline.text("kind", limit=64), pipeline.integer("api", low=1, high=1000)),
            requirements=Requirements(
                memory=needs.table("memory", lambda inner, key: inner.integer(key), limit=16),
                isa=needs.optional("isa", needs.texts) or (),
                os=needs.optional("os", needs.texts) or (),
                provider=needs.text("provider", limit=100),
                onnxruntime=needs.text("onnxruntime", limit=100),
                client=needs.text("client", limit=100),
            ),
            files=fields.optional("files", fields.texts),
        )


@dataclass(frozen=True, slots=True)
class GoldenRecipe:
    """The edits that prove a build, on a drawn picture.

    ``text`` is drawn with ``font`` (a file of the pack). ``sentence`` deletes it: that is the golden edit, with
    ``tolerance`` as in the manifest and ``licence`` for the pictures. ``replace`` sets another text in its place and
    ``back`` names that one as the text to replace, so it must find it. ``stages`` are sentences that show the peak
    memory of further stages. ``abilities`` has a sentence for each ability that the pack signs up to: none of them may
    turn out to be beyond it; ``boxes`` what has to be drawn on the picture for some. ``ladder`` are heights of texts in
    pixels: the smallest that is still replaced and read again says what a resolution is good for.
    """

    text: str
    font: str
    sentence: str
    tolerance: int
    replace: str
    back: str
    licence: str
    stages: Mapping[str, str] = field(default_factory=dict)
    abilities: Mapping[str, str] = field(default_factory=dict)
    boxes: Mapping[str, tuple[int, int, int, int]] = field(default_factory=dict)
    ladder: tuple[int, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> GoldenRecipe:
        """Read the table."""
        stages, abilities = (_sentences(fields, key) for key in ("stages", "abilities"))
        if set(stages) - set(STAGES):
            fields.complain("stages", f"not among {', '.join(STAGES)}")
        return cls(
            text=fields.text("text", limit=40),
            font=fields.file_path("font"),
            sentence=fields.text("sentence"),
            tolerance=fields.integer("tolerance", high=255_000),
            replace=fields.text("replace"),
            back=fields.text("back"),
            licence=fields.text("licence", limit=100),
            stages=stages,
            abilities=abilities,
            boxes=fields.optional("boxes", lambda name: fields.table(name, _box)) or {},
            ladder=_heights(fields),
        )


def _sentences(fields: Fields, key: str) -> dict[str, str]:
    return fields.optional(key, lambda name: fields.table(name, lambda inner, item: inner.text(item))) or {}


def _box(fields: Fields, key: str) -> tuple[int, int, int, int]:
    value = fields.anything(key)
    if not isinstance(value, list) or len(value) != 4 or not all(type(item) is int and item >= 0 for item in value):
        fields.complain(key, "not x, y, width and height")
        return 0, 0, 0, 0
    return value[0], value[1], value[2], value[3]


def _heights(fields: Fields) -> tuple[int, ...]:
    value = fields.anything("ladder")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(type(item) is int and 6 <= item <= 60 for item in value):
        fields.complain("ladder", "not a list of heights from 6 to 60")
        return ()
    return tuple(value)
