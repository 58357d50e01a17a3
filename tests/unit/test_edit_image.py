"""Pictures in and out: every kind that a camera or a shop sends, and what must survive a round trip."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from qie_hub.edit import image, output
from qie_hub.edit.image import Photo
from qie_hub.errors import BadPicture, OutputExists, UsageError

RNG = np.random.default_rng(5)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def noise(width: int = 40, height: int = 30, channels: int = 3) -> np.ndarray:
    return RNG.integers(0, 256, (height, width, channels), dtype=np.uint8)


def coded(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_are_read_to_the_byte(kind: str) -> None:
    pixels = noise()
    photo = image.read(coded(Image.fromarray(pixels), kind))
    assert np.array_equal(photo.picture, pixels)
    assert photo.alpha is None
    assert photo.format == kind


def test_a_path_bytes_a_pil_image_and_an_array_give_the_same_pixels(tmp_path: Path) -> None:
    pixels = noise()
    path = tmp_path / "图 片.png"
    path.write_bytes(coded(Image.fromarray(pixels), "PNG"))
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), Image.open(path), pixels):
        assert np.array_equal(image.read(source).picture, pixels)


def test_the_orientation_of_a_camera_is_applied() -> None:
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, :20] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = image.read(coded(Image.fromarray(pixels), "PNG", exif=exif))
    assert photo.size == (20, 40)
    assert tuple(photo.picture[2, 10]) == (255, 0, 0)
    assert "oriented" in photo.notes
    written = output.encode(photo.picture, photo)
    again = image.read(written.data)
    assert again.size == (20, 40)
    assert "oriented" not in again.notes, "a written picture must not be turned a second time"


def test_transparency_stands_apart_and_is_written_again() -> None:
    pixels = noise(channels=4)
    for kind in ("PNG", "WEBP", "TIFF"):
        photo = image.read(
            coded(Image.fromarray(pixels), kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
        )
        assert photo.alpha is not None
        assert np.array_equal(photo.alpha, pixels[:, :, 3])
        again = image.read(output.encode(photo.picture, photo, alpha=photo.alpha).data)
        assert again.alpha is not None
        assert np.array_equal(again.alpha, photo.alpha)
        assert np.array_equal(again.picture, photo.picture)


def test_palette_grey_and_one_bit_pictures_become_rgb() -> None:
    grey = noise()[:, :, 0]
    assert np.array_equal(image.read(coded(Image.fromarray(grey), "PNG")).picture[:, :, 1], grey)
    palette = image.read(coded(Image.fromarray(noise()).quantize(16), "PNG"))
    assert palette.picture.shape == (30, 40, 3)
    assert "palette" in palette.notes
    bits = image.read(coded(Image.fromarray(grey).convert("1"), "PNG"))
    assert set(np.unique(bits.picture)) <= {0, 255}


def test_sixteen_bits_are_scaled_by_their_range_not_by_the_content() -> None:
    deep = np.full((10, 10), 0x8000, np.uint16)
    photo = image.read(coded(Image.fromarray(deep), "PNG"))
    assert np.unique(photo.picture).tolist() == [128]
    assert "sixteen_bit" in photo.notes


def test_cmyk_becomes_rgb_and_loses_its_profile() -> None:
    cmyk = Image.fromarray(noise()).convert("CMYK")
    photo = image.read(coded(cmyk, "JPEG", icc_profile=b"\0" * 16 + b"CMYK" + b"\0" * 200))
    assert photo.picture.shape == (30, 40, 3)
    assert photo.icc is None
    assert "cmyk" in photo.notes


def test_a_colour_profile_goes_through() -> None:
    photo = image.read(coded(Image.fromarray(noise()), "PNG", icc_profile=SRGB))
    assert photo.icc == SRGB
    for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        written = output.encode(photo.picture, photo, kind=kind)
        assert Image.open(io.BytesIO(written.data)).info["icc_profile"] == SRGB


def test_the_first_frame_of_an_animation_is_taken_and_written_as_png() -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in (10, 200)]
    photo = image.read(coded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert photo.picture.max() <= 10
    assert "first_frame" in photo.notes
    assert output.kind_for(photo) == "PNG"
    assert output.default_path(Path("a/b.gif"), photo) == Path("a/b.edited.png")


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "PICTURE_UNREADABLE"),
        (b"not a picture", "PICTURE_UNREADABLE"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PICTURE_UNREADABLE"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, hint: str) -> None:
    with pytest.raises(BadPicture) as caught:
        image.read(data)
    assert caught.value.hint == hint


def test_a_picture_cut_short_is_refused(tmp_path: Path) -> None:
    data = coded(Image.fromarray(noise(200, 200)), "PNG")
    for cut in (40, len(data) // 2):
        with pytest.raises(BadPicture):
            image.read(data[:cut])
    with pytest.raises(BadPicture) as caught:
        image.read(tmp_path / "absent.jpg")
    assert caught.value.hint == "PICTURE_MISSING"


def test_a_picture_of_more_than_the_limit_is_refused_before_it_is_decoded() -> None:
    header = bytearray(coded(Image.new("L", (1, 1)), "PNG"))
    header[16:24] = (13_000).to_bytes(4, "big") + (9_300).to_bytes(4, "big")
    import zlib

    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadPicture) as caught:
            image.read(bytes(header))
    assert caught.value.hint == "PICTURE_TOO_LARGE"
    assert caught.value.data["megapixels"] == 121
    assert limit == Image.MAX_IMAGE_PIXELS, "Pillow's own limit is put back"


def test_a_picture_over_pillows_own_limit_is_read_without_a_warning() -> None:
    data = coded(Image.new("1", (10_000, 9_100)), "PNG")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert image.read(data).size == (10_000, 9_100)


@pytest.mark.parametrize("bad", [np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8)])
def test_arrays_of_another_shape_or_type_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(BadPicture):
        image.read(bad)


def test_one_pixel_is_a_picture() -> None:
    assert image.read(np.zeros((1, 1, 3), np.uint8)).size == (1, 1)


def test_places_are_dropped_and_the_label_is_written_unless_asked() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)
    exif.get_ifd(0x8769)[0x9003] = "2026:01:01 10:00:00"
    exif.get_ifd(0x8769)[0x927C] = b"secret notes"
    photo = image.read(coded(Image.fromarray(noise()), "JPEG", exif=exif))
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        plain = Image.open(io.BytesIO(output.encode(photo.picture, photo, kind=kind).data)).getexif()
        assert dict(plain.get_ifd(0x8825)) == {}
        assert 0x927C not in plain.get_ifd(0x8769)
        assert plain[0x0131] == output.LABEL
        assert plain[0x010F] == "Maker"
        assert plain.get_ifd(0x8769)[0x9003] == "2026:01:01 10:00:00"
        kept = output.encode(photo.picture, photo, kind=kind, keep_metadata=True, label=None)
        again = Image.open(io.BytesIO(kept.data)).getexif()
        assert again.get_ifd(0x8825)[1] == "N"
        assert 0x0131 not in again


def test_a_preview_inside_the_metadata_does_not_survive() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:01:01 10:00:00"
    preview = coded(Image.new("RGB", (160, 120), (1, 2, 3)), "JPEG")
    raw = exif.tobytes()
    with_preview = raw + preview
    photo = Photo(noise(), format="JPEG", exif=with_preview)
    written = output.encode(photo.picture, photo, keep_metadata=True)
    assert preview not in written.data


def test_the_label_stands_in_a_png_as_text() -> None:
    written = output.encode(noise(), Photo(noise()), label="edited with qie_hub (x)")
    assert Image.open(io.BytesIO(written.data)).text["Software"] == "edited with qie_hub (x)"


def test_only_jpeg_is_compressed_with_loss_and_says_so() -> None:
    pixels = noise()
    for kind in ("PNG", "WEBP", "TIFF", "BMP"):
        written = output.encode(pixels, Photo(pixels), kind=kind)
        assert not written.recompressed
        assert np.array_equal(image.read(written.data).picture, pixels)
    jpeg = output.encode(pixels, Photo(pixels, format="JPEG"))
    assert jpeg.recompressed
    assert jpeg.kind == "JPEG"
    sampling = Image.open(io.BytesIO(jpeg.data))
    assert [layer[1:3] for layer in sampling.layer] == [(1, 1)] * 3, "chroma is not subsampled"


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    goal = tmp_path / "out.png"
    first, second = (output.encode(np.full((4, 4, 3), value, np.uint8), Photo(noise())) for value in (0, 255))
    output.save(goal, first)
    with pytest.raises(OutputExists):
        output.save(goal, second)
    assert goal.read_bytes() == first.data
    output.save(goal, second, overwrite=True)
    assert goal.read_bytes() == second.data
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


def test_names_decide_the_format() -> None:
    assert output.kind_of_path(Path("a.JPG")) == "JPEG"
    assert output.default_path(Path("shop/a.jpeg"), Photo(noise(), format="JPEG")) == Path("shop/a.edited.jpeg")
    assert output.default_path(Path("a.avif"), Photo(noise(), format="AVIF")) == Path("a.edited.png")
    with pytest.raises(UsageError):
        output.kind_of_path(Path("a.xyz"))


def test_transparency_is_laid_on_white_where_the_format_has_none() -> None:
    pixels, alpha = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8)
    written = output.encode(pixels, Photo(pixels), alpha=alpha, kind="BMP")
    assert np.unique(image.read(written.data).picture).tolist() == [255]
