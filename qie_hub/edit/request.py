"""One edit as it was asked for, and with its pictures decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from qie_hub.edit import image
from qie_hub.edit.image import Photo, Picture
from qie_hub.formats.operation import Box, Instruction
from qie_hub.packref import PackRef
from qie_hub.ports import FREELY, PipelineInput, WorkLimits

if TYPE_CHECKING:
    from PIL.Image import Image

    Source: TypeAlias = "str | Path | bytes | bytearray | Image | Picture"
else:
    Source = Any


@dataclass(frozen=True, slots=True, eq=False)
class EditRequest:
    """One edit, as it was asked for.

    ``picture`` is a path, the bytes of a file, a PIL image or an HxWx3/4 uint8 RGB array; ``mask`` a picture whose
    white is edited, or, where it has transparency, whose transparent part is; ``box`` is x, y, width, height in
    pixels; ``pick`` counts candidates from 1; ``with_pictures`` are the further pictures that the sentence speaks of.
    """

    picture: Source
    sentence: str
    pack: PackRef | None = None
    pick: int | None = None
    box: Box | None = None
    mask: Source | None = None
    with_pictures: tuple[Source, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class DecodedRequest:
    """A request whose pictures are decoded."""

    request: EditRequest
    photo: Photo
    mask: Picture | None
    with_pictures: tuple[Picture, ...]
    limits: WorkLimits = FREELY

    @classmethod
    def read(cls, request: EditRequest, limits: WorkLimits = FREELY) -> DecodedRequest:
        """Decode every picture of a request; ``limits`` say how hard its edit may work.

        Raises:
            BadPicture: one cannot be read.
        """
        mask = None if request.mask is None else _editable(image.read(request.mask))
        others = tuple(_with_alpha(image.read(item)) for item in request.with_pictures)
        return cls(request, image.read(request.picture), mask, others, limits)

    def input(self, instruction: Instruction) -> PipelineInput:
        """What a pipeline gets."""
        return PipelineInput(
            picture=self.photo.picture,
            instruction=instruction,
            alpha=self.photo.alpha,
            pick=self.request.pick,
            box=self.request.box,
            mask=self.mask,
            with_pictures=self.with_pictures,
            seed=self.request.seed,
            limits=self.limits,
        )


def _editable(photo: Photo) -> Picture:
    """A mask as HxW uint8, 255 = may be edited: its white, or its transparency where any pixel is see-through."""
    if photo.alpha is not None and bool((photo.alpha < 255).any()):
        return 255 - photo.alpha
    return np.ascontiguousarray(photo.picture.max(axis=2))


def _with_alpha(photo: Photo) -> Picture:
    """HxWx4 RGBA."""
    alpha = np.full(photo.picture.shape[:2], 255, np.uint8) if photo.alpha is None else photo.alpha
    return np.dstack([photo.picture, alpha])
