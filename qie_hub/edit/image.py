"""Pictures in: a path, bytes, a PIL image or an array become one plain form.

Invariants:

* ``Photo.picture`` is HxWx3 uint8 RGB with EXIF orientation applied; transparency stands apart in ``alpha``.
* Nothing is decoded before the size in the header is known to be at most `MAX_PIXELS`.
* Only formats with a decoder inside Pillow are opened: nothing that starts another program (EPS does).
* A colour profile is kept only if it describes RGB: one for CMYK or grey would be wrong after the conversion.

Example::

    photo = image.read("in.jpg")
    encoded = output.encode(edited, photo, label="edited with qie_hub")
"""

from __future__ import annotations

import hashlib
import io
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from qie_hub.digest import Digest
from qie_hub.errors import BadPicture

Picture: TypeAlias = NDArray[np.uint8]
Source: TypeAlias = "str | Path | bytes | bytearray | Image.Image | NDArray[Any]"

MAX_PIXELS: Final = 120_000_000
"""One full-size 8-bit copy has to fit beside the models; phones and scanners end well below."""

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
_DECODER_ERRORS: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
_SIXTEEN_BIT: Final = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_DESCRIPTIVE: Final = (0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x8298)
"""Description, make, model, date, artist, copyright."""
_EXIF_IFD: Final = 0x8769
_GPS_IFD: Final = 0x8825
_STRIP: Final = 512
"""Rows that are copied at once."""
_limit_lock = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded picture and what has to survive the edit.

    ``format`` is Pillow's name of the input's format, None for arrays; ``icc`` an RGB colour profile; ``exif`` the
    raw EXIF block; ``notes`` name what was converted on the way in: ``oriented``, ``cmyk``, ``grey``, ``palette``,
    ``sixteen_bit``, ``first_frame``. ``digest`` is that of the file's bytes, None for arrays and PIL images.
    """

    picture: Picture
    alpha: Picture | None = None
    format: str | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    notes: tuple[str, ...] = ()
    name: str = ""
    digest: Digest | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.picture.shape[1], self.picture.shape[0]


def read(source: Source) -> Photo:
    """Read a picture.

    Args:
        source: a path, the bytes of a file, a PIL image, or an HxW, HxWx3 or HxWx4 uint8 array (grey, RGB, RGBA).

    Raises:
        BadPicture: the file is absent, no picture, cut short, or larger than `MAX_PIXELS`; the array has another
            shape or type.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        _check_size(source.size, "image")
        return _convert(source, "image")
    if isinstance(source, (bytes, bytearray)):
        return _open(io.BytesIO(source), "bytes")
    path = Path(source)
    if not path.is_file():
        raise BadPicture(name=str(path), hint="PICTURE_MISSING")
    with path.open("rb") as stream:
        return _open(stream, str(path))


@contextmanager
def header(path: Path) -> Iterator[Image.Image]:
    """A picture of which only the header was read: its size, or for a JPEG a reduced copy by ``draft``.

    Raises:
        BadPicture: the file is absent, no picture, or larger than `MAX_PIXELS`.
    """
    try:
        with path.open("rb") as stream:
            with _own_limit():
                opened = Image.open(stream, formats=FORMATS)
            with opened:
                _check_size(opened.size, str(path))
                yield opened
    except _DECODER_ERRORS as error:
        raise BadPicture(name=str(path), hint="PICTURE_UNREADABLE") from error


def _from_array(array: NDArray[Any]) -> Photo:
    shaped = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not shaped or array.size == 0:
        raise BadPicture(name="array", shape=list(array.shape), dtype=str(array.dtype), hint="PICTURE_ARRAY")
    _check_size((array.shape[1], array.shape[0]), "array")
    if array.ndim == 2:
        return Photo(np.repeat(array[:, :, None], 3, axis=2), notes=("grey",))
    alpha = np.ascontiguousarray(array[:, :, 3]) if array.shape[2] == 4 else None
    return Photo(np.array(array[:, :, :3], order="C"), alpha=alpha)


def _check_size(size: tuple[int, int], name: str) -> None:
    pixels = size[0] * size[1]
    if pixels > MAX_PIXELS:
        raise BadPicture(
            name=name, width=size[0], height=size[1], megapixels=round(pixels / 1e6), limit=MAX_PIXELS // 1_000_000,
            hint="PICTURE_TOO_LARGE",
        )  # fmt: skip
    if pixels == 0:
        raise BadPicture(name=name, hint="PICTURE_UNREADABLE")


def _open(stream: Any, name: str) -> Photo:
    digest = Digest(hashlib.file_digest(stream, "sha256").hexdigest())
    stream.seek(0)
    try:
        with _own_limit():
            opened = Image.open(stream, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise BadPicture(name=name, hint="PICTURE_UNREADABLE") from error
    except _DECODER_ERRORS as error:
        raise BadPicture(name=name, hint="PICTURE_BROKEN") from error
    with opened:
        _check_size(opened.size, name)
        return replace(_convert(opened, name), digest=digest)


@contextmanager
def _own_limit() -> Iterator[None]:
    """Let `_check_size` judge the size: Pillow's limit is a warning, then an error without the numbers."""
    with _limit_lock:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _convert(opened: Image.Image, name: str) -> Photo:
    notes: list[str] = []
    kind = opened.format
    try:
        if getattr(opened, "n_frames", 1) > 1:
            opened.seek(0)
            if kind != "MPO":
                notes.append("first_frame")
        opened.load()
        exif = _descriptive(opened) if kind == "TIFF" else opened.info.get("exif")
        upright = opened
        if opened.getexif().get(0x0112, 1) != 1:
            notes.append("oriented")
            upright = ImageOps.exif_transpose(opened)
        profile = opened.info.get("icc_profile")
        plain, alpha = _to_rgb(upright, profile, notes)
        picture = _pixels(plain)
    except _DECODER_ERRORS as error:
        raise BadPicture(name=name, hint="PICTURE_BROKEN") from error
    return Photo(
        picture=picture, alpha=alpha, format=kind,
        icc=profile if _is_rgb_profile(profile) else None, exif=exif, notes=tuple(notes), name=name,
    )  # fmt: skip


def _descriptive(opened: Image.Image) -> bytes | None:
    """A TIFF keeps its metadata among the tags of its own layout; only those that describe the picture go on."""
    found, kept = opened.getexif(), Image.Exif()
    for tag in _DESCRIPTIVE:
        if tag in found:
            kept[tag] = found[tag]
    for part in (_EXIF_IFD, _GPS_IFD):
        if inner := found.get_ifd(part):
            kept.get_ifd(part).update(inner)
    return kept.tobytes() if len(kept) else None


def _to_rgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> tuple[Image.Image, Picture | None]:
    """Return the picture in mode RGB, and its transparency where it has any."""
    if image.mode in _SIXTEEN_BIT or image.mode == "F":
        notes.append("sixteen_bit")
        image = _to_eight_bit(image)
    if image.mode == "CMYK":
        notes.append("cmyk")
        return _from_cmyk(image, profile), None
    if image.mode in ("P", "PA"):
        notes.append("palette")
    elif image.mode in ("1", "L", "LA", "La"):
        notes.append("grey")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return rgba.convert("RGB"), np.array(rgba.getchannel("A"), dtype=np.uint8)
    return image if image.mode == "RGB" else image.convert("RGB"), None


def _pixels(image: Image.Image) -> Picture:
    """An RGB image as an array, strip by strip: Pillow's own way needs two more copies of the whole picture."""
    width, height = image.size
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _STRIP):
        out[top : top + _STRIP] = np.asarray(image.crop((0, top, width, min(top + _STRIP, height))))
    return out


def _to_eight_bit(image: Image.Image) -> Image.Image:
    """Scale by the format's range, never by the content: a dark 16-bit picture stays dark."""
    values = np.asarray(image, dtype=np.float32)
    if image.mode == "F":
        top = 1.0 if values.max(initial=0.0) <= 1.0 else 255.0
    else:
        top = 255.0 if image.mode == "I" and values.max(initial=0.0) <= 255 else 65535.0
    return Image.fromarray(np.clip(values * (255.0 / top) + 0.5, 0, 255).astype(np.uint8))


def _from_cmyk(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            return image.convert("RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")


def _is_rgb_profile(profile: bytes | None) -> bool:
    """Bytes 16 to 20 of an ICC header name the colour space (ICC.1:2022, table 17)."""
    return profile is not None and profile[16:20] == b"RGB "
