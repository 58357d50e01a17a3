"""Pictures out: the input's format and quality, a label, no location, never over an existing file.

Invariants:

* PNG, WebP, TIFF and BMP are written lossless, so pixels outside the mask keep their bytes in the file too; JPEG
  is quality 95 without chroma subsampling and `Encoded.recompressed` says so.
* A preview picture inside the EXIF block never survives: it would show the picture before the edit.
* Location, maker notes and XMP are dropped unless asked: they may name places.

Example::

    encoded = encode(result, photo, label="edited with qie_hub", kind="JPEG")
    save(Path("in.edited.jpg"), encoded, overwrite=False)
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from qie_hub import atomic
from qie_hub.edit.image import Photo, Picture
from qie_hub.errors import OutputExists, UsageError

LABEL: Final = "edited with qie_hub"
JPEG_QUALITY: Final = 95

_SUFFIXES: Final = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF",
    ".tiff": "TIFF", ".bmp": "BMP",
}  # fmt: skip
_WRITTEN_AS: Final = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "TIFF": "TIFF", "BMP": "BMP"}
_SUFFIX_OF: Final = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "TIFF": ".tif", "BMP": ".bmp"}
_NO_ALPHA: Final = ("JPEG", "BMP")
_SOFTWARE, _ORIENTATION, _GPS, _EXIF_IFD, _MAKER_NOTE, _XMP = 0x0131, 0x0112, 0x8825, 0x8769, 0x927C, 0x02BC


@dataclass(frozen=True, slots=True)
class Encoded:
    """The bytes of a picture file.

    ``recompressed`` is True when pixels outside the mask may differ by coding; ``flattened`` when the format has no
    transparency, so that it became white.
    """

    data: bytes
    kind: str
    recompressed: bool
    flattened: bool = False


def kind_for(photo: Photo) -> str:
    """The format that a result is written in: the input's, or PNG where that would lose colours (GIF) or is rare."""
    return _WRITTEN_AS.get(photo.format or "PNG", "PNG")


def kind_of_path(path: Path) -> str:
    """The format that a file's suffix names.

    Raises:
        UsageError: the suffix names none that can be written.
    """
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise UsageError(name=str(path), known=sorted(_SUFFIXES), hint="OUTPUT_SUFFIX")
    return kind


def keeps_alpha(kind: str) -> bool:
    """Whether a format can hold transparency."""
    return kind not in _NO_ALPHA


def default_path(source: Path, photo: Photo, *, transparent: bool = False) -> Path:
    """``photo.jpg`` gives ``photo.edited.jpg`` beside it; a GIF gives a PNG, and so does a cut-out of a JPEG."""
    kind = kind_for(photo)
    if transparent and kind in _NO_ALPHA:
        kind = "PNG"
    same = _SUFFIXES.get(source.suffix.lower()) == kind
    return source.with_name(f"{source.stem}.edited{source.suffix if same else _SUFFIX_OF[kind]}")


def name_for(name: str, *, transparent: bool = False) -> str:
    """The file name of a result among other results, from the input's name alone: the same, where it can be written.

    Args:
        name: the input's file name.
        transparent: the result will have transparency.
    """
    path = Path(name)
    kind = _SUFFIXES.get(path.suffix.lower())
    keeps = kind is not None and not (transparent and kind in _NO_ALPHA)
    return name if keeps else f"{path.stem}.png"


def encode(
    picture: Picture,
    photo: Photo,
    *,
    alpha: Picture | None = None,
    kind: str | None = None,
    label: str | None = LABEL,
    keep_metadata: bool = False,
) -> Encoded:
    """Write a picture into bytes.

    Args:
        picture: HxWx3 uint8 RGB.
        photo: the input, for its profile, EXIF block and format.
        alpha: HxW uint8 or None.
        kind: JPEG, PNG, WEBP, TIFF or BMP; None takes the input's.
        label: the text of the software field, None for no label.
        keep_metadata: keep location, maker notes and XMP too.
    """
    kind = kind or kind_for(photo)
    image = _with_alpha(picture, alpha, kind)
    options = _options(kind, label)
    if photo.icc is not None:
        options["icc_profile"] = photo.icc
    exif = _exif(photo.exif, label, keep=keep_metadata)
    if exif is not None and kind != "BMP":
        options["exif"] = exif
        if kind == "TIFF" and _has_inner(exif):
            # libtiff's encoder cannot write the inner tables of EXIF; Pillow's own writer can, uncompressed.
            del options["compression"]
    stream = io.BytesIO()
    image.save(stream, format=kind, **options)
    flattened = kind in _NO_ALPHA and alpha is not None and bool((alpha < 255).any())
    return Encoded(stream.getvalue(), kind, recompressed=kind == "JPEG", flattened=flattened)


def save(path: Path, encoded: Encoded, *, overwrite: bool = False) -> None:
    """Write the file durably; a reader sees all of it or nothing.

    Raises:
        OutputExists: the file is there and ``overwrite`` is False.
        OSError: the file system refused.
    """
    if overwrite:
        atomic.write(path, encoded.data)
    elif not atomic.create(path, encoded.data):
        raise OutputExists(path=str(path))


def _with_alpha(picture: Picture, alpha: Picture | None, kind: str) -> Image.Image:
    if alpha is None:
        return Image.fromarray(picture)
    if kind in _NO_ALPHA:
        share = alpha[:, :, None].astype(np.uint16)
        flat = (picture * share + 255 * (255 - share) + 127) // 255
        return Image.fromarray(flat.astype(np.uint8))
    return Image.fromarray(np.dstack([picture, alpha]))


def _options(kind: str, label: str | None) -> dict[str, Any]:
    if kind == "JPEG":
        return {"quality": JPEG_QUALITY, "subsampling": 0, "optimize": True}
    if kind == "WEBP":
        return {"lossless": True, "exact": True, "quality": 60, "method": 3}
    if kind == "TIFF":
        return {"compression": "tiff_deflate"}
    if kind == "PNG":
        text = PngInfo()
        if label is not None:
            text.add_text("Software", label)
        return {"pnginfo": text, "compress_level": 4}
    return {}


def _has_inner(raw: bytes) -> bool:
    exif = Image.Exif()
    exif.load(raw)
    return _EXIF_IFD in exif or _GPS in exif


def _exif(raw: bytes | None, label: str | None, *, keep: bool) -> bytes | None:
    """The EXIF block to write: upright, labelled, without a preview, without places unless ``keep``."""
    exif = Image.Exif()
    if raw:
        exif.load(raw)
    exif.pop(_ORIENTATION, None)
    if not keep:
        exif.pop(_GPS, None)
        exif.pop(_XMP, None)
        if _EXIF_IFD in exif:
            exif.get_ifd(_EXIF_IFD).pop(_MAKER_NOTE, None)
    if label is not None:
        exif[_SOFTWARE] = label
    return exif.tobytes() if len(exif) else None
