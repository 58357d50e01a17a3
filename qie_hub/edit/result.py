"""An edited picture and how it came about; the watch that turns stages into events and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qie_hub.digest import Digest
from qie_hub.edit import output
from qie_hub.edit.image import Photo, Picture
from qie_hub.edit.lite.abilities import BACKGROUND_CUTOUT
from qie_hub.errors import UsageError
from qie_hub.events import Sink, StageStarted
from qie_hub.formats.operation import EditPlan, Region
from qie_hub.packref import PackRef

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Saved:
    """A picture that was written. ``bytes`` is the file's size; ``flattened`` that transparency became white."""

    path: Path
    kind: str
    bytes: int
    digest: Digest
    recompressed: bool
    flattened: bool


@dataclass(frozen=True, slots=True, eq=False)
class EditResult:
    """An edited picture and how it came about.

    ``picture`` is HxWx3 uint8 RGB and equals the decoded, oriented, 8-bit input outside ``mask`` (HxW, 255 = may have
    changed) when the size is kept. ``timings`` are milliseconds by stage; ``checks`` facts measured afterwards.
    ``pack_digest`` is that of the signed manifest of the pack that did it.
    """

    picture: Picture
    alpha: Picture | None
    mask: Picture
    regions: tuple[Region, ...]
    plan: EditPlan
    pack: PackRef
    generation: int
    timings: Mapping[str, int] = field(default_factory=dict)
    checks: Mapping[str, object] = field(default_factory=dict)
    photo: Photo | None = None
    pack_digest: Digest | None = None

    @property
    def image(self) -> Image:
        """The picture as a PIL image: RGB, or RGBA where there is transparency."""
        from PIL import Image

        image = Image.fromarray(self.picture)
        if self.alpha is not None:
            image.putalpha(Image.fromarray(self.alpha))
        return image

    def save(
        self, path: str | Path, *, overwrite: bool = False, keep_metadata: bool = False, label: bool = True
    ) -> Saved:
        """Write the picture in the format that the suffix names.

        Raises:
            OutputExists: the file is there and ``overwrite`` is False.
            UsageError: the suffix names no known format, or one without transparency for a cut-out.
        """
        goal = Path(path)
        kind = output.kind_of_path(goal)
        cut_out = any(item.operation.ability == BACKGROUND_CUTOUT for item in self.plan.operations)
        if cut_out and not output.keeps_alpha(kind):
            raise UsageError(kind=kind, path=str(goal), hint="OUTPUT_NO_TRANSPARENCY")
        photo = self.photo or Photo(self.picture)
        encoded = output.encode(
            self.picture,
            photo,
            alpha=self.alpha,
            kind=kind,
            label=self.label if label else None,
            keep_metadata=keep_metadata,
        )
        output.save(goal, encoded, overwrite=overwrite)
        return Saved(
            goal,
            encoded.kind,
            len(encoded.data),
            Digest.of(encoded.data),
            recompressed=encoded.recompressed,
            flattened=encoded.flattened,
        )

    def receipt(self, saved: Saved) -> dict[str, object]:
        """What was done, as plain JSON values: enough to check it later without this program's memory.

        ``changed_outside`` counts pixels outside the mask that differ from the decoded input: 0, or the edit would
        not have been delivered. ``recompressed`` says that the file's coding may still differ from it there.
        """
        height, width = self.picture.shape[:2]
        photo = self.photo or Photo(self.picture)
        changed = int((self.mask > 0).sum())
        return {
            "output": str(saved.path),
            "output_sha256": str(saved.digest),
            "output_bytes": saved.bytes,
            "input": photo.name,
            "input_sha256": None if photo.digest is None else str(photo.digest),
            "input_notes": list(photo.notes),
            "sentence": self.plan.instruction.sentence,
            "operations": [asdict(item.operation) for item in self.plan.operations],
            "regions": [asdict(region) for region in self.regions],
            "pack": str(self.pack),
            "pack_sha256": None if self.pack_digest is None else str(self.pack_digest),
            "generation": self.generation,
            "size": [width, height],
            "changed_permille": changed * 1000 // max(self.mask.size, 1),
            "changed_outside": self.checks.get("changed_outside"),
            "compared_outside": self.checks.get("compared_outside"),
            "recompressed": saved.recompressed,
            "flattened": saved.flattened,
            "timings_ms": dict(self.timings),
            "checks": dict(self.checks),
        }

    @property
    def label(self) -> str:
        """What stands in the metadata of a saved picture."""
        operations = ", ".join(item.operation.ability for item in self.plan.operations)
        return f"edited with qie_hub ({self.pack}: {operations})"


class StageWatch:
    """Turns a pipeline's stage calls into events and milliseconds by stage."""

    def __init__(self, monotonic: Callable[[], float], sink: Sink, operations: int) -> None:
        self._monotonic = monotonic
        self._sink = sink
        self._operations = operations
        self._stage: str | None = None
        self._since = 0.0
        self.spent: dict[str, int] = {}

    def begin(self, stage: str, operation: int) -> None:
        """A stage begins; the one before ends."""
        self.end()
        self._stage, self._since = stage, self._monotonic()
        self._sink(StageStarted(stage, operation, self._operations))

    def end(self) -> None:
        """The stage that runs ends."""
        if self._stage is not None:
            spent = round((self._monotonic() - self._since) * 1000)
            self.spent[self._stage] = self.spent.get(self._stage, 0) + spent
        self._stage = None
