"""The local record of one installation, and the state of the refs.

Local and unsigned: they say what is here, never what is right; the proof bundle beside a receipt says what is right.

``receipt.json`` is written last into a generation: a generation without one does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from qie_hub.digest import Digest
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.packref import PackRef

SCHEMA: Final = 1
_NOTHING = PackRef("invalid")


@dataclass(frozen=True, slots=True)
class FileStamp:
    """One installed file and how it looked when it was last hashed: a changed stamp means hash again."""

    path: str
    size: int
    sha256: Digest
    mtime_ns: int
    inode: int
    device: int

    def to_json(self) -> dict[str, object]:
        """The object in the receipt."""
        return {
            "path": self.path, "size": self.size, "sha256": str(self.sha256), "mtime_ns": self.mtime_ns,
            "inode": self.inode, "device": self.device,
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields) -> FileStamp:
        """Read the object."""
        return cls(
            path=fields.file_path("path"),
            size=fields.integer("size"),
            sha256=fields.digest("sha256"),
            mtime_ns=fields.integer("mtime_ns", low=-(1 << 62), high=1 << 62),
            inode=fields.integer("inode", low=0, high=(1 << 63) - 1),
            device=fields.integer("device", low=0, high=(1 << 63) - 1),
        )


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That a licence was accepted: which text (by digest), and when."""

    licence: str
    text: Digest
    when: str

    def to_json(self) -> dict[str, object]:
        """The object in the receipt."""
        return {"licence": self.licence, "text": str(self.text), "when": self.when}

    @classmethod
    def read(cls, fields: Fields) -> Acceptance:
        """Read the object."""
        return cls(fields.text("licence", limit=100), fields.digest("text"), fields.moment("when"))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one generation holds. ``freshness`` is the state of the origin's metadata at installation."""

    ref: PackRef
    generation: int
    origin: str
    variant: str
    release: int
    channel: str | None
    tier: str | None
    title: Mapping[str, str]
    abilities: tuple[str, ...]
    pipeline: str
    manifest: Digest
    installed: str
    freshness: str
    files: tuple[FileStamp, ...]
    acceptances: tuple[Acceptance, ...] = ()
    canary: str = "unproved"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def with_files(self, files: tuple[FileStamp, ...]) -> Receipt:
        """The same receipt with fresh stamps."""
        return replace(self, files=files)

    def to_bytes(self) -> bytes:
        """The bytes of ``receipt.json``."""
        return canonical.dumps(
            {
                "schema": SCHEMA, "ref": str(self.ref), "generation": self.generation, "origin": self.origin,
                "variant": self.variant, "release": self.release, "channel": self.channel, "tier": self.tier,
                "title": dict(self.title), "abilities": list(self.abilities), "pipeline": self.pipeline,
                "manifest": str(self.manifest), "installed": self.installed, "freshness": self.freshness,
                "files": [file.to_json() for file in self.files],
                "acceptances": [item.to_json() for item in self.acceptances], "canary": self.canary,
            }
        )  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes) -> Receipt:
        """Read a receipt.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("receipt")
        fields = Fields(canonical.loads(data, what="receipt", limit=64 << 20), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        receipt = cls(
            ref=fields.parsed("ref", PackRef.parse, _NOTHING),
            generation=fields.integer("generation", low=1),
            origin=fields.text("origin", limit=64),
            variant=fields.text("variant", limit=64),
            release=fields.integer("release", low=1),
            channel=fields.optional("channel", lambda key: fields.text(key, limit=32)),
            tier=fields.optional("tier", lambda key: fields.text(key, limit=64)),
            title=fields.table("title", lambda inner, key: inner.text(key, limit=200), limit=20),
            abilities=fields.texts("abilities"),
            pipeline=fields.text("pipeline", limit=64),
            manifest=fields.digest("manifest"),
            installed=fields.moment("installed"),
            freshness=fields.text("freshness", limit=32),
            files=fields.items("files", FileStamp.read),
            acceptances=fields.items("acceptances", Acceptance.read, limit=64),
            canary=fields.text("canary", limit=32),
        )
        issues.raise_any()
        return receipt


@dataclass(frozen=True, slots=True)
class RefState:
    """Which generation of one pack (publisher/name-resolution) is used. One file, one atomic replace."""

    current: int | None = None
    previous: int | None = None
    pinned: bool = False
    channel: str | None = None

    def to_bytes(self) -> bytes:
        """The bytes of the ref file."""
        return canonical.dumps(
            {
                "schema": SCHEMA, "current": self.current, "previous": self.previous,
                "pinned": self.pinned, "channel": self.channel,
            }
        )  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes) -> RefState:
        """Read a ref file.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("ref")
        fields = Fields(canonical.loads(data, what="ref"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        state = cls(
            current=fields.optional("current", lambda key: fields.integer(key, low=1)),
            previous=fields.optional("previous", lambda key: fields.integer(key, low=1)),
            pinned=fields.truth("pinned"),
            channel=fields.optional("channel", lambda key: fields.text(key, limit=32)),
        )
        issues.raise_any()
        return state


@dataclass(frozen=True, slots=True)
class DefaultPack:
    """The pack that ``run`` uses when none is named: ``refs/default.json``. The ref names a publisher."""

    ref: PackRef

    def to_bytes(self) -> bytes:
        """The bytes of the file."""
        return canonical.dumps({"schema": SCHEMA, "ref": str(self.ref)})

    @classmethod
    def from_bytes(cls, data: bytes) -> DefaultPack:
        """Read the file.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("default pack")
        fields = Fields(canonical.loads(data, what="default pack"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        ref = fields.parsed("ref", PackRef.parse, _NOTHING)
        if ref.publisher is None:
            fields.complain("ref", "names no publisher")
        issues.raise_any()
        return cls(ref)
