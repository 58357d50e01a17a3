"""Readers of documents: `FormatError` or a value, never anything else, and bytes that survive the value."""

import json
import string
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qie_hub.digest import Digest
from qie_hub.errors import FormatError
from qie_hub.formats import canonical
from qie_hub.formats.claim import Claim, Process, Work
from qie_hub.formats.fields import path_problem
from qie_hub.formats.fileindex import CHUNK_MAX, FileIndex, Shard
from qie_hub.formats.index import PublisherIndex, Revocations
from qie_hub.formats.manifest import Manifest
from qie_hub.formats.receipt import DefaultPack, FileStamp, Receipt, RefState
from tests.property.test_names import refs

GOLDEN = Path(__file__).parents[1] / "golden" / "format"

Reader = Callable[[bytes], Any]

READERS: dict[str, Reader] = {
    "manifest.json": Manifest.from_bytes,
    "index.json": PublisherIndex.from_bytes,
    "revocations.json": Revocations.from_bytes,
    "receipt.json": Receipt.from_bytes,
    "ref.json": RefState.from_bytes,
    "default.json": DefaultPack.from_bytes,
    "claim.json": Claim.from_bytes,
    "work.json": Work.from_bytes,
    "file-index.bin": FileIndex.from_bytes,
}
JSON_NAMES = sorted(name for name in READERS if name.endswith(".json"))

SCALARS = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
ODD = (
    VALUES | st.floats() | st.sampled_from([1 << 64, "\ud800", "x" * 5000, "1.2.3", "acme/pro", "2026-99-99T99:99:99Z"])
)


def _survives(reader: Reader, data: bytes) -> None:
    """Reading either fails in the one way there is, or gives a value that its own bytes give again."""
    try:
        value = reader(data)
    except FormatError as error:
        assert error.data["issues"]
        return
    again = value.to_bytes()
    assert reader(again) == value
    assert reader(again).to_bytes() == again


@pytest.mark.parametrize("name", sorted(READERS))
@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_value_or_a_format_error(name: str, data: bytes) -> None:
    _survives(READERS[name], data)


@pytest.mark.parametrize("name", sorted(READERS))
@given(places=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=4), cut=st.data())
def test_a_document_with_changed_bytes_is_a_value_or_a_format_error(
    name: str, places: Sequence[tuple[int, int]], cut: st.DataObject
) -> None:
    data = bytearray((GOLDEN / name).read_bytes())
    for place, byte in places:
        data[place % len(data)] = byte
    _survives(READERS[name], bytes(data[: cut.draw(st.sampled_from([len(data), len(data) // 2]))]))


@pytest.mark.parametrize("name", JSON_NAMES)
@given(choice=st.data())
def test_a_document_with_any_other_value_anywhere_is_a_value_or_a_format_error(
    name: str, choice: st.DataObject
) -> None:
    document = json.loads((GOLDEN / name).read_bytes())
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = choice.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or choice.draw(st.booleans()):
            break
        place = inner
    place[key] = choice.draw(ODD)
    _survives(READERS[name], json.dumps(document).encode())


@given(VALUES)
def test_every_value_survives_its_canonical_bytes(value: Any) -> None:
    data = canonical.dumps(value)
    assert canonical.loads(data, what="value") == value
    assert canonical.dumps(canonical.loads(data, what="value")) == data


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=6))
def test_the_order_of_keys_never_matters(value: dict[str, Any]) -> None:
    assert canonical.dumps(dict(reversed(value.items()))) == canonical.dumps(value)


DIGESTS = st.binary(min_size=32, max_size=32).map(lambda raw: Digest(raw.hex()))
CHUNKS = st.lists(st.tuples(st.integers(1, CHUNK_MAX), st.booleans(), DIGESTS), max_size=12)


@given(CHUNKS, DIGESTS)
def test_every_file_index_survives_its_bytes_and_places_every_byte_once(
    parts: list[tuple[int, bool, Digest]], shard_digest: Digest
) -> None:
    rows: list[tuple[int, int, Digest]] = []
    lengths: list[int] = []
    for length, opens, digest in parts:
        if opens or not lengths:
            lengths.append(0)
        lengths[-1] += length
        rows.append((length, len(lengths) - 1, digest))
    index = FileIndex.build([Shard(length, shard_digest) for length in lengths], rows)
    assert FileIndex.from_bytes(index.to_bytes()) == index
    end = 0
    for chunk in index.chunks:
        assert chunk.offset == end
        assert chunk.offset == sum(lengths[: chunk.shard]) + chunk.shard_offset
        end += chunk.length
    assert end == index.size == sum(lengths)


STAMPS = st.builds(
    FileStamp,
    path=st.text(string.ascii_letters, min_size=1, max_size=8).filter(lambda path: path_problem(path) is None),
    size=st.integers(0, 1 << 50),
    sha256=DIGESTS,
    mtime_ns=st.integers(-(1 << 62), 1 << 62),
    inode=st.integers(0, (1 << 63) - 1),
    device=st.integers(0, (1 << 63) - 1),
)


@given(
    st.builds(
        Receipt,
        ref=refs(),
        generation=st.integers(1, 10**9),
        origin=st.just("o"),
        variant=st.just("v"),
        release=st.integers(1, 10**9),
        channel=st.none() | st.just("beta"),
        tier=st.none() | st.just("pro"),
        title=st.dictionaries(st.sampled_from(["en", "zh"]), st.just("标题")),
        abilities=st.just(("a",)),
        pipeline=st.just("lite"),
        manifest=DIGESTS,
        installed=st.datetimes(datetime(1970, 1, 1)).map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}"),
        freshness=st.just("fresh"),
        files=st.lists(STAMPS, max_size=3).map(tuple),
    )
)
def test_every_receipt_survives_its_bytes(receipt: Receipt) -> None:
    assert Receipt.from_bytes(receipt.to_bytes()) == receipt


@given(
    st.builds(
        Process,
        pid=st.integers(1, 1 << 31),
        start=st.none() | st.integers(0, 1 << 62),
        boot=st.none() | st.just("b"),
        space=st.none() | st.integers(0, 1 << 32),
        host=st.just("h"),
    )
)
def test_every_claim_survives_its_bytes(process: Process) -> None:
    claim = Claim(process, "n", "edit", "2026-11-22T10:00:00Z")
    assert Claim.from_bytes(claim.to_bytes()) == claim
