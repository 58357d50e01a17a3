"""Refs, digests and paths: reading and writing are inverse, and nothing dangerous is let through."""

import os
import string
from pathlib import PurePosixPath, PureWindowsPath

from hypothesis import example, given
from hypothesis import strategies as st

from qie_hub.digest import Digest
from qie_hub.errors import FormatError, UsageError
from qie_hub.formats.fields import path_problem
from qie_hub.packref import RESOLUTIONS, PackRef, Version
from qie_hub.store.layout import Layout, number_of, ref_of

DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
NAMES = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\Z")
VERSIONS = st.builds(Version, *[st.integers(0, 999_999_999)] * 3)
CHANNELS = st.from_regex(r"\A[a-z][a-z0-9-]{0,31}\Z")
RESOLUTION = st.none() | st.sampled_from(RESOLUTIONS)


def _is_device(part: str) -> bool:
    return part.partition(".")[0].lower() in DEVICES


@st.composite
def refs(draw: st.DrawFn) -> PackRef:
    version = draw(st.none() | VERSIONS)
    channel = draw(st.none() | CHANNELS) if version is None else None
    return PackRef(draw(NAMES), draw(st.none() | NAMES), draw(RESOLUTION), version, channel)


@given(refs())
def test_every_ref_survives_its_text(ref: PackRef) -> None:
    assert PackRef.parse(str(ref)) == ref


@given(st.text() | st.text("abz09-/:@. \n", max_size=20))
@example("pro:512\n")
@example("pro:٥١٢")
def test_a_text_is_refused_or_is_exactly_the_ref_that_it_says(text: str) -> None:
    try:
        ref = PackRef.parse(text)
    except UsageError:
        return
    assert str(ref) == text


@given(VERSIONS, VERSIONS)
def test_versions_order_like_their_numbers(a: Version, b: Version) -> None:
    assert Version.parse(str(a)) == a
    assert (a < b) is ((a.major, a.minor, a.patch) < (b.major, b.minor, b.patch))


@given(refs().filter(lambda ref: ref.publisher is not None), st.integers(1, 999_999_999))
def test_a_pack_and_its_number_can_be_told_from_their_folder(ref: PackRef, number: int) -> None:
    folder = Layout(PurePosixPath("/home")).generation(ref, number)  # type: ignore[arg-type]  # only joined, never opened
    assert ref_of(folder.parent.parent.name, folder.parent.name) == ref.unversioned
    assert number_of(folder.name) == number


@given(NAMES, RESOLUTION, NAMES, RESOLUTION)
def test_two_packs_never_share_a_folder(name: str, size: int | None, other: str, other_size: int | None) -> None:
    a, b = PackRef(name, "acme", size), PackRef(other, "acme", other_size)
    assert (a.slot == b.slot) is (a == b)


@given(st.text("0123456789٣x.- ", max_size=12))
def test_only_a_plain_number_is_the_name_of_a_generation(name: str) -> None:
    number = number_of(name)
    assert number is None or (str(number) == name and number > 0)


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_survives_its_text(raw: bytes) -> None:
    assert Digest.parse(raw.hex()).raw == raw


@given(st.text(string.hexdigits + "gG\n ", min_size=60, max_size=66))
def test_a_text_is_refused_or_is_exactly_the_digest_that_it_says(text: str) -> None:
    try:
        digest = Digest.parse(text)
    except FormatError:
        return
    assert str(digest) == text
    assert len(text) == 64
    assert text == text.lower()


PARTS = st.sampled_from(
    ["", ".", "..", "a", "A.b", "nul", "COM1.txt", "con.", "x.", "-", "a b", "a\\b", "C:", "ü", "a\0", "~", "a" * 101]
)
PATHS = st.text(max_size=30) | st.lists(PARTS, max_size=10).map("/".join) | st.text("./\\a:", max_size=12)


@given(PATHS)
@example("a" * 100 + "/" + "b" * 100 + "/" + "c" * 100 + "/" + "d" * 98)
@example("a\n")
def test_a_path_that_is_let_through_stays_inside_its_folder_on_every_system(path: str) -> None:
    if path_problem(path) is not None:
        return
    assert os.path.normpath(path) == path
    assert path.isascii()
    assert path.isprintable()
    windows = PureWindowsPath(path)
    assert not windows.drive
    assert not windows.is_absolute()
    assert not any(_is_device(part) for part in windows.parts)
    assert windows.as_posix() == path
    assert ".." not in windows.parts
    assert PurePosixPath("/pack", path).is_relative_to("/pack")
    assert len(windows.parts) <= 8


@given(st.lists(st.from_regex(r"\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}[A-Za-z0-9_-]\Z"), min_size=1, max_size=8))
def test_ordinary_paths_are_let_through(parts: list[str]) -> None:
    if not any(_is_device(part) for part in parts):
        assert path_problem("/".join(parts)) is None
