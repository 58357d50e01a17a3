"""The manifest: the signed description of one pack.

A manifest lists every file and every variant of one publisher/name/resolution/version. It is a TUF target of its
publisher's role, so its bytes are what is signed; everything below hangs on it by SHA-256. docs/format.md section 3
has every field; `from_json` and `to_json` are inverse.

Example::

    manifest = Manifest.from_bytes(data)
    [file.path for file in manifest.files_of(manifest.variant("cpu-fp32"))]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from qie_hub.digest import Digest
from qie_hub.errors import NotFound
from qie_hub.formats import canonical
from qie_hub.formats.fields import NO_DIGEST, Fields, Issues
from qie_hub.formats.fileindex import CHUNK_MAX
from qie_hub.packref import PackRef, Version, check_name

SCHEMA: Final = 1
STAGES: Final = ("understand", "locate", "repaint", "finish")
_ZERO = Version(0, 0, 0)


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file. ``index`` is the digest of its file index, None up to 1 MiB; ``licence`` an id of ``licences``."""

    path: str
    size: int
    sha256: Digest
    stage: str
    licence: str
    index: Digest | None = None
    index_size: int | None = None

    def to_json(self) -> dict[str, object]:
        """The object in the manifest."""
        index = None if self.index is None else {"sha256": str(self.index), "size": self.index_size}
        return {
            "path": self.path, "size": self.size, "sha256": str(self.sha256), "stage": self.stage,
            "licence": self.licence, "index": index,
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields) -> PackFile:
        """Read the object."""
        size = fields.integer("size")
        index = fields.optional("index", fields.inner)
        if (index is None) != (size <= CHUNK_MAX):
            fields.complain("index", "present exactly for files over 1 MiB")
        stage = fields.text("stage", limit=40)
        if stage not in STAGES:
            fields.complain("stage", f"not one of {', '.join(STAGES)}")
        return cls(
            path=fields.file_path("path"),
            size=size,
            sha256=fields.digest("sha256"),
            stage=stage,
            licence=fields.text("licence", limit=100),
            index=None if index is None else index.digest("sha256"),
            index_size=None if index is None else index.integer("size", high=64 << 20),
        )


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence of files of the pack. ``text`` is the path of its text in the pack; ``accept`` asks for consent."""

    id: str
    text: str
    accept: bool = False

    def to_json(self) -> dict[str, object]:
        """The object in the manifest."""
        return {"id": self.id, "text": self.text, "accept": self.accept}

    @classmethod
    def read(cls, fields: Fields) -> Licence:
        """Read the object."""
        return cls(fields.text("id", limit=100), fields.file_path("text"), fields.truth("accept"))


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a variant needs of a device. Empty or None means no requirement.

    ``memory`` is peak bytes by stage, all stages resident up to it; ``isa`` names CPU features (``avx2``);
    ``providers`` names ONNX Runtime execution providers; ``client`` and ``onnxruntime`` are version specifiers
    (PEP 440); ``os`` names from linux, macos, windows, android.
    """

    memory: Mapping[str, int] = field(default_factory=dict)
    disk: int = 0
    isa: tuple[str, ...] = ()
    os: tuple[str, ...] = ()
    provider: str = "CPUExecutionProvider"
    onnxruntime: str = ""
    client: str = ""

    @property
    def peak_memory(self) -> int:
        """Bytes at the hungriest stage."""
        return max(self.memory.values(), default=0)

    def to_json(self) -> dict[str, object]:
        """The object in manifests and index rows."""
        return {
            "memory": dict(self.memory), "disk": self.disk, "isa": list(self.isa), "os": list(self.os),
            "provider": self.provider, "onnxruntime": self.onnxruntime, "client": self.client,
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields) -> Requirements:
        """Read the object."""
        return cls(
            memory=fields.table("memory", lambda inner, key: inner.integer(key), limit=16),
            disk=fields.integer("disk"),
            isa=fields.texts("isa"),
            os=fields.texts("os"),
            provider=fields.text("provider", limit=100),
            onnxruntime=fields.text("onnxruntime", limit=100),
            client=fields.text("client", limit=100),
        )


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """Which pipeline runs the variant, and its settings (plain JSON values without floats)."""

    kind: str
    api: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The object in the manifest."""
        return {"kind": self.kind, "api": self.api, "settings": dict(self.settings)}

    @classmethod
    def read(cls, fields: Fields) -> PipelineSpec:
        """Read the object."""
        settings = fields.anything("settings")
        if not isinstance(settings, dict):
            fields.complain("settings", "not an object")
            settings = {}
        return cls(fields.text("kind", limit=64), fields.integer("api", low=1, high=1000), settings)


@dataclass(frozen=True, slots=True)
class Variant:
    """One runnable build: precision x execution provider x architecture.

    ``params`` counts weights; ``peak_ram`` is the measured peak of a whole edit in bytes; ``edit_ms`` the
    milliseconds of an edit of a 1024 px picture on the reference device (`speed.REFERENCE`), None where not
    measured. ``measured`` are further figures of the builder, integers by name: ``text_px``, the height of the
    smallest letters that are still found and read again, ``sr_tile``, the side of a super-resolution tile.
    """

    id: str
    precision: str
    provider: str
    architecture: str
    params: int
    peak_ram: int
    pipeline: PipelineSpec
    requirements: Requirements
    files: tuple[str, ...]
    edit_ms: int | None = None
    measured: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The object in the manifest."""
        return {
            "id": self.id, "precision": self.precision, "provider": self.provider,
            "architecture": self.architecture, "params": self.params, "peak_ram": self.peak_ram,
            "pipeline": self.pipeline.to_json(), "requirements": self.requirements.to_json(),
            "files": list(self.files), "edit_ms": self.edit_ms, "measured": dict(self.measured),
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields) -> Variant:
        """Read the object."""
        return cls(
            id=fields.text("id", limit=64),
            precision=fields.text("precision", limit=32),
            provider=fields.text("provider", limit=64),
            architecture=fields.text("architecture", limit=32),
            params=fields.integer("params"),
            peak_ram=fields.integer("peak_ram"),
            pipeline=PipelineSpec.read(fields.inner("pipeline")),
            requirements=Requirements.read(fields.inner("requirements")),
            files=fields.texts("files", limit=4096),
            edit_ms=fields.optional("edit_ms", fields.integer),
            measured=read_measured(fields),
        )


def read_measured(fields: Fields) -> dict[str, int]:
    """Read a variant's table of figures, which older publishers do not write."""
    return fields.optional("measured", lambda key: fields.table(key, Fields.integer, limit=32)) or {}


@dataclass(frozen=True, slots=True)
class Golden:
    """An edit that must come out as expected before the pack takes traffic.

    ``picture`` and ``expected`` are PNG files of the pack; ``tolerance`` is the largest mean absolute difference
    per channel in thousandths of a grey level, over the whole picture.
    """

    picture: str
    sentence: str
    expected: str
    tolerance: int

    def to_json(self) -> dict[str, object]:
        """The object in the manifest."""
        return {
            "picture": self.picture, "sentence": self.sentence, "expected": self.expected,
            "tolerance": self.tolerance,
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields) -> Golden:
        """Read the object."""
        return cls(
            fields.file_path("picture"), fields.text("sentence"), fields.file_path("expected"),
            fields.integer("tolerance", high=255_000),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manifest:
    """One signed version of a pack. ``release`` rises with every release of the same publisher/name/resolution."""

    publisher: str
    name: str
    resolution: int | None
    version: Version
    release: int
    tier: str | None
    issued: str
    title: Mapping[str, str]
    abilities: tuple[str, ...]
    files: tuple[PackFile, ...]
    variants: tuple[Variant, ...]
    licences: tuple[Licence, ...]
    golden: Golden | None = None
    optional: tuple[str, ...] = ()
    rolled_back_from: Version | None = None

    @property
    def ref(self) -> PackRef:
        """The exact ref: publisher, resolution and version all there."""
        return PackRef(self.name, self.publisher, self.resolution, self.version)

    @property
    def target_path(self) -> str:
        """The path of the manifest as a TUF target: it must equal the path that it was fetched by."""
        where = f"packs/{self.publisher}/{self.name}/{self.ref.resolution_text}/{self.version}"
        return f"{where}/pack.json"

    def variant(self, variant_id: str) -> Variant:
        """Return the variant of that id.

        Raises:
            NotFound: the manifest has none.
        """
        for variant in self.variants:
            if variant.id == variant_id:
                return variant
        raise NotFound(what="variant", name=variant_id, closest=[variant.id for variant in self.variants])

    def file(self, path: str) -> PackFile:
        """Return the file of that path.

        Raises:
            NotFound: the manifest has none.
        """
        for file in self.files:
            if file.path == path:
                return file
        raise NotFound(what="file", name=path, closest=())

    def files_of(self, variant: Variant) -> tuple[PackFile, ...]:
        """The files of a variant in the order in which they are fetched and loaded: by stage."""
        wanted = set(variant.files)
        chosen = [file for file in self.files if file.path in wanted]
        return tuple(sorted(chosen, key=lambda file: (STAGES.index(file.stage), file.path)))

    def to_json(self) -> dict[str, object]:
        """The document."""
        return {
            "schema": SCHEMA, "id": str(self.ref), "publisher": self.publisher, "name": self.name,
            "resolution": self.resolution, "version": str(self.version), "release": self.release,
            "tier": self.tier, "issued": self.issued, "title": dict(self.title),
            "abilities": list(self.abilities), "files": [file.to_json() for file in self.files],
            "variants": [variant.to_json() for variant in self.variants],
            "licences": [licence.to_json() for licence in self.licences],
            "golden": None if self.golden is None else self.golden.to_json(),
            "optional": list(self.optional),
            "rolled_back_from": None if self.rolled_back_from is None else str(self.rolled_back_from),
        }  # fmt: skip

    def to_bytes(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical.dumps(self.to_json())

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read and check a manifest.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("manifest")
        fields = Fields(canonical.loads(data, what="manifest"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        manifest = cls._read(fields)
        _check(manifest, fields)
        issues.raise_any()
        return manifest

    @classmethod
    def _read(cls, fields: Fields) -> Manifest:
        return cls(
            publisher=fields.parsed("publisher", check_name, "invalid"),
            name=fields.parsed("name", check_name, "invalid"),
            resolution=fields.resolution("resolution"),
            version=fields.parsed("version", Version.parse, _ZERO),
            release=fields.integer("release", low=1),
            tier=fields.optional("tier", lambda key: fields.text(key, limit=64)),
            issued=fields.moment("issued"),
            title=fields.table("title", lambda inner, key: inner.text(key, limit=200), limit=20),
            abilities=fields.texts("abilities"),
            files=fields.items("files", PackFile.read),
            variants=fields.items("variants", Variant.read, limit=64),
            licences=fields.items("licences", Licence.read, limit=64),
            golden=fields.optional("golden", lambda key: Golden.read(fields.inner(key))),
            optional=fields.texts("optional"),
            rolled_back_from=fields.optional("rolled_back_from", lambda key: fields.parsed(key, Version.parse, _ZERO)),
        )

    def with_release(self, release: int) -> Manifest:
        """The same manifest with another release number."""
        return replace(self, release=release)


def _check(manifest: Manifest, fields: Fields) -> None:
    paths = {file.path for file in manifest.files}
    if fields.anything("id") != str(manifest.ref):
        fields.complain("id", f"not {manifest.ref}")
    if len({path.lower() for path in paths}) != len(manifest.files):
        fields.complain("files", "two files have the same path (case ignored)")
    folders = {parent.lower() for path in paths for parent in _parents(path)}
    if any(path.lower() in folders for path in paths):
        fields.complain("files", "a file has the path of another one's folder (case ignored)")
    if not manifest.variants:
        fields.complain("variants", "empty")
    if len({variant.id for variant in manifest.variants}) != len(manifest.variants):
        fields.complain("variants", "two have the same id")
    _check_files(manifest, fields, paths)


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _check_files(manifest: Manifest, fields: Fields, paths: set[str]) -> None:
    known = {licence.id for licence in manifest.licences}
    for file in manifest.files:
        if file.licence not in known:
            fields.complain("files", f"{file.path} has licence {file.licence!r}, which is not listed")
        if file.sha256 == NO_DIGEST:
            fields.complain("files", f"{file.path} has no digest")
    needed = {path for variant in manifest.variants for path in variant.files}
    needed |= {licence.text for licence in manifest.licences}
    if manifest.golden is not None:
        needed |= {manifest.golden.picture, manifest.golden.expected}
    for path in sorted(needed - paths):
        fields.complain("files", f"{path} is named but not listed")
