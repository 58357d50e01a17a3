"""The abilities that the lite pipeline can carry out: what a pack of its kind may sign up to."""

from __future__ import annotations

from typing import Final

TEXT_REPLACE: Final = "text.replace"
TEXT_DELETE: Final = "text.delete"
TEXT_ADD: Final = "text.add"
WATERMARK_REMOVE: Final = "watermark.remove"
BORDER_ADD: Final = "border.add"
BADGE_ADD: Final = "badge.add"
TONE_ADJUST: Final = "tone.adjust"
IMAGE_RESIZE: Final = "image.resize"
IMAGE_UPSCALE: Final = "image.upscale"

ABILITIES: Final = (
    BADGE_ADD, BORDER_ADD, IMAGE_RESIZE, IMAGE_UPSCALE, TEXT_ADD, TEXT_DELETE, TEXT_REPLACE, TONE_ADJUST,
    WATERMARK_REMOVE,
)  # fmt: skip
"""In the order of a manifest: sorted."""
