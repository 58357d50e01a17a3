"""Every document of docs/format.md: the golden bytes, read and written back, and named field by field."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.formats.claim import Claim, Process, Work
from qie_hub.formats.fileindex import FileIndex, Shard
from qie_hub.formats.index import PublisherIndex, Revocations, row_of
from qie_hub.formats.manifest import Manifest
from qie_hub.formats.receipt import DefaultPack, Receipt, RefState
from qie_hub.packref import PackRef, Version
from qie_hub.store import home, staged
from qie_hub.store.layout import Layout
from qie_hub.transfer.journal import PartialFile, read_journal

GOLDEN = Path(__file__).parent / "format"
DOCS = Path(__file__).parents[2] / "docs" / "format.md"

Again = Callable[[bytes], bytes]

WRITERS: dict[str, Again] = {
    "manifest.json": lambda data: Manifest.from_bytes(data).to_bytes(),
    "index.json": lambda data: PublisherIndex.from_bytes(data).to_bytes(),
    "revocations.json": lambda data: Revocations.from_bytes(data).to_bytes(),
    "file-index.bin": lambda data: FileIndex.from_bytes(data).to_bytes(),
    "receipt.json": lambda data: Receipt.from_bytes(data).to_bytes(),
    "ref.json": lambda data: RefState.from_bytes(data).to_bytes(),
    "default.json": lambda data: DefaultPack.from_bytes(data).to_bytes(),
    "claim.json": lambda data: Claim.from_bytes(data).to_bytes(),
    "work.json": lambda data: Work.from_bytes(data).to_bytes(),
}

SECTIONS = {
    "manifest.json": ("2", "3"),
    "index.json": ("3", "4"),
    "revocations.json": ("4",),
    "receipt.json": ("7",),
    "ref.json": ("8",),
    "default.json": ("8",),
    "claim.json": ("9",),
    "work.json": ("9",),
}

# Keys of the examples that are data, not field names: languages, stages, tiers, packs, channels, pipeline settings.
DATA_KEYS = {"en", "zh", "understand", "repaint", "pro", "stable", "beta", "side", "order"}


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_golden_document_is_read_and_written_back_to_the_same_bytes(name: str) -> None:
    data = (GOLDEN / name).read_bytes()
    assert WRITERS[name](data) == data


def test_every_golden_file_is_covered() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {*WRITERS, "home-format", "journal.bin"}


def test_the_golden_manifest_says_what_it_says() -> None:
    manifest = Manifest.from_bytes((GOLDEN / "manifest.json").read_bytes())
    assert str(manifest.ref) == "acme/pro:512@1.2.0"
    assert manifest.target_path == "packs/acme/pro/512/1.2.0/pack.json"
    assert manifest.rolled_back_from == Version(1, 3, 0)
    variant = manifest.variant("cpu-int8")
    assert (variant.params, variant.peak_ram, variant.edit_ms) == (1_234_567, 910_000_000, 1400)
    assert variant.measured == {"text_px": 17, "sr_tile": 256}
    assert variant.pipeline.settings == {"side": 512, "order": ["ocr", "repaint"]}
    assert variant.requirements.peak_memory == 910_000_000
    assert [file.path for file in manifest.files_of(variant)] == [
        "licences/Apache-2.0.txt",
        "graph/model.onnx",
        "weights/model.onnx.data",
        "golden/in.png",
        "golden/out.png",
    ]


def test_the_golden_file_index_belongs_to_the_golden_manifest_and_places_its_chunks() -> None:
    manifest = Manifest.from_bytes((GOLDEN / "manifest.json").read_bytes())
    data = (GOLDEN / "file-index.bin").read_bytes()
    weights = manifest.file("weights/model.onnx.data")
    assert (weights.index, weights.index_size) == (Digest.of(data), len(data))
    index = FileIndex.from_bytes(data)
    assert index.size == weights.size
    assert [(one.offset, one.length, one.shard, one.shard_offset) for one in index.chunks] == [
        (0, 1_048_576, 0, 0),
        (1_048_576, 524_288, 0, 1_048_576),
        (1_572_864, 70_000, 1, 0),
    ]
    assert index.chunks[1].digest == Digest.of(b"chunk1")
    assert index.shards[1].digest == Digest.of(b"shard1")


def test_the_golden_index_row_is_the_one_derived_from_the_golden_manifest() -> None:
    data = (GOLDEN / "manifest.json").read_bytes()
    index = PublisherIndex.from_bytes((GOLDEN / "index.json").read_bytes())
    assert index.packs == (row_of(Manifest.from_bytes(data), data),)
    assert index.channels["pro"]["stable"] == Version(1, 2, 0)
    assert index.tiers["pro"].max_ram == 8_000_000_000


def test_the_golden_revocations_judge_refs() -> None:
    document = Revocations.from_bytes((GOLDEN / "revocations.json").read_bytes())
    verdicts = {
        text: document.judge(PackRef.parse(text))[0]
        for text in ("acme/pro:512@1.0.0", "acme/pro:256@1.1.0", "acme/pro:512@1.1.0", "acme/pro:512@1.2.0")
    }
    assert list(verdicts.values()) == ["revoked", "yanked", "listed", "listed"]


def test_the_golden_local_documents_say_what_they_say() -> None:
    receipt = Receipt.from_bytes((GOLDEN / "receipt.json").read_bytes())
    assert (receipt.generation, receipt.origin, receipt.size) == (3, "acme-cdn", 40_960)
    assert receipt.files[0].mtime_ns == 1_795_341_600_123_456_789
    assert RefState.from_bytes((GOLDEN / "ref.json").read_bytes()) == RefState(3, 2, pinned=False, channel="stable")
    assert str(DefaultPack.from_bytes((GOLDEN / "default.json").read_bytes()).ref) == "acme/pro:512"
    claim = Claim.from_bytes((GOLDEN / "claim.json").read_bytes())
    expected = Process(4711, 88_123_456, "3f0c2a1e-0000-4000-8000-5d1b2c3a4f5e", 4_026_531_836, "studio")
    assert claim.process == expected
    assert Work.from_bytes((GOLDEN / "work.json").read_bytes()) == Work("fetch", 1_572_864, 1_642_864)


def test_the_golden_journal_is_written_and_read_as_the_page_says(tmp_path: Path) -> None:
    golden = (GOLDEN / "journal.bin").read_bytes()
    parts = (b"a" * 5, b"b" * 6, b"c" * 7)
    whole = Digest.of(b"".join(parts))
    rows = [(len(part), 0, Digest.of(part)) for part in parts]
    index = FileIndex.build([Shard(18, whole)], rows)
    boot = "3f0c2a1e-0000-4000-8000-5d1b2c3a4f5e"
    partial = PartialFile(tmp_path / "one", index, whole, boot=boot)
    for ordinal in (0, 2):
        partial.put(index.chunks[ordinal], parts[ordinal])
    partial.checkpoint()
    partial.put(index.chunks[1], parts[1])
    partial.close()
    assert (tmp_path / "one" / "journal").read_bytes() == golden
    same, other = hashlib.sha256(boot.encode()).digest()[:16], bytes(range(16))
    digest = Digest.of(index.to_bytes())
    assert read_journal(golden, digest, same).trusted == {0, 1, 2}
    assert read_journal(golden, digest, other).trusted == {0, 2}
    assert read_journal(golden[:-1], digest, same).trusted == {0, 2}
    assert read_journal(golden, whole, same).trusted == frozenset()


def test_the_golden_record_of_moves_gives_a_file_back(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    folder = layout.slot(PackRef.parse("acme/pro:512")) / ".staged-00112233445566aa"
    (folder / "files" / "deep").mkdir(parents=True)
    (folder / "files" / "deep" / "w.bin").write_bytes(b"verified")
    record = b'{"moved":{"deep/w.bin":"partial/ab/data"},"schema":1}'
    folder.with_name(folder.name + ".moved").write_bytes(record)
    staged.undo(layout, folder)
    assert (tmp_path / "partial" / "ab" / "data").read_bytes() == b"verified"
    assert list(folder.parent.iterdir()) == []


def test_a_new_home_gets_the_golden_format_file(tmp_path: Path) -> None:
    home.prepare(Layout(tmp_path))
    assert (tmp_path / "format").read_bytes() == (GOLDEN / "home-format").read_bytes()


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_the_page_names_every_field_in_its_section(name: str) -> None:
    sections = _sections()
    words = set(re.findall(r"[`\"]([a-z_0-9]+)[`\"]", "".join(sections[number] for number in SECTIONS[name])))
    missing = set(_keys(json.loads((GOLDEN / name).read_bytes()))) - DATA_KEYS - words
    assert not missing


def test_the_page_gives_the_file_index_its_true_sizes() -> None:
    text = _sections()["5"]
    data = (GOLDEN / "file-index.bin").read_bytes()
    sizes = [int(size) for size in re.findall(r"^\| \d+ \| (\d+) \|", text, re.MULTILINE)]
    assert sum(sizes) == 24
    assert len(data) == 24 + 40 * 2 + 40 * 3
    for field in ("magic", "version", "file_size", "shards", "chunks", "length", "shard"):
        assert f"`{field}`" in text


def _sections() -> dict[str, str]:
    parts = re.split(r"^## (\d+)\. ", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
