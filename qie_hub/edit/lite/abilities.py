"""The abilities that the lite pipeline can carry out, and the slots that the grammar fills for each.

A pack signs up to those for which it holds the parts: without a detector there is no ``object.remove``.

========================  ==========================================================================================
ability                   slots (None or absent: not said)
========================  ==========================================================================================
text.replace              old, new, which, colour; old_spoken, new_spoken: their numbers written the other way.
                          ``colour`` without ``new`` sets the same words in another colour. Without ``old``, ``kind``
                          (``price``, ``title``, ``date``, ``phone``) or ``which`` says which words
text.delete               old, kind, which
text.add                  text, position, color
watermark.remove          text, position
border.add                color, width in pixels or percent of the short side
badge.add                 text, position, color, shape
tone.adjust               brightness, warmth, contrast, saturation, sharpness, denoise in percent; mood
image.resize              width, height, square, crop
image.upscale             factor
logo.add                  position, scale (permille of the width), number (which further picture, from 1)
logo.replace              old (words that stand there; None: a sign without words), which, number
object.erase              none: what a box or a mask shows
object.remove             old (as spoken), noun (a class of `nouns`; None: not one of them), which, all, bystanders
                          (people who are not the subject), trait (what was said of it that no detector sees)
background.plain          colour, to_colour and direction (``down``, ``right``, ``radial``) of a gradient, margin
                          (percent)
background.blur           strength 1..3
background.cutout         none; old and noun when a thing was named
background.picture        number (which further picture, from 1)
image.compose             old (as spoken), noun, position, scale (permille of the width), number
========================  ==========================================================================================

``which`` is read by `slots.which`: a position, ``all``, ``largest``, ``smallest``, ``left:2`` (the second from that
side), ``order:3`` (the third in reading order) or ``order:-1`` (the last).
"""

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
LOGO_ADD: Final = "logo.add"
LOGO_REPLACE: Final = "logo.replace"
OBJECT_ERASE: Final = "object.erase"
OBJECT_REMOVE: Final = "object.remove"
BACKGROUND_PLAIN: Final = "background.plain"
BACKGROUND_BLUR: Final = "background.blur"
BACKGROUND_CUTOUT: Final = "background.cutout"
BACKGROUND_PICTURE: Final = "background.picture"
IMAGE_COMPOSE: Final = "image.compose"

ABILITIES: Final = (
    BACKGROUND_BLUR, BACKGROUND_CUTOUT, BACKGROUND_PICTURE, BACKGROUND_PLAIN, BADGE_ADD, BORDER_ADD, IMAGE_COMPOSE,
    IMAGE_RESIZE, IMAGE_UPSCALE, LOGO_ADD, LOGO_REPLACE, OBJECT_ERASE, OBJECT_REMOVE, TEXT_ADD, TEXT_DELETE,
    TEXT_REPLACE, TONE_ADJUST, WATERMARK_REMOVE,
)  # fmt: skip
"""In the order of a manifest: sorted."""
