"""What a publisher offers and what it took back: two signed targets per publisher.

The index repeats of every pack what choosing needs (variants with requirements and sizes, abilities, licences), so
that `resolve` decides before a manifest is fetched; a manifest that disagrees with its row is refused (`row_of`).
docs/format.md section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from qie_hub.digest import Digest
from qie_hub.errors import UsageError
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.manifest import Manifest, Requirements, read_measured
from qie_hub.packref import PackRef, Version, check_channel, check_name

SCHEMA: Final = 1
DEFAULT_CHANNEL: Final = "stable"
_ZERO = Version(0, 0, 0)
_NOTHING = PackRef("invalid")


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A variant as the index shows it. ``install_size`` is bytes on disk."""

    id: str
    precision: str
    provider: str
    architecture: str
    params: int
    peak_ram: int
    pipeline: str
    pipeline_api: int
    requirements: Requirements
    install_size: int
    edit_ms: int | None = None
    measured: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The object in the row."""
        return {
            "id": self.id, "precision": self.precision, "provider": self.provider,
            "architecture": self.architecture, "params": self.params, "peak_ram": self.peak_ram,
            "pipeline": self.pipeline, "pipeline_api": self.pipeline_api,
            "requirements": self.requirements.to_json(), "install_size": self.install_size,
            "edit_ms": self.edit_ms, "measured": dict(self.measured),
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields) -> VariantRow:
        """Read the object."""
        return cls(
            id=fields.text("id", limit=64),
            precision=fields.text("precision", limit=32),
            provider=fields.text("provider", limit=64),
            architecture=fields.text("architecture", limit=32),
            params=fields.integer("params"),
            peak_ram=fields.integer("peak_ram"),
            pipeline=fields.text("pipeline", limit=64),
            pipeline_api=fields.integer("pipeline_api", low=1, high=1000),
            requirements=Requirements.read(fields.inner("requirements")),
            install_size=fields.integer("install_size"),
            edit_ms=fields.optional("edit_ms", fields.integer),
            measured=read_measured(fields),
        )


@dataclass(frozen=True, slots=True)
class PackRow:
    """One pack version as the index shows it. ``accept`` lists licences that need consent."""

    publisher: str
    name: str
    resolution: int | None
    version: Version
    release: int
    tier: str | None
    title: Mapping[str, str]
    abilities: tuple[str, ...]
    licences: tuple[str, ...]
    accept: tuple[str, ...]
    optional: tuple[str, ...]
    manifest: Digest
    manifest_size: int
    variants: tuple[VariantRow, ...]

    @property
    def ref(self) -> PackRef:
        """The exact ref."""
        return PackRef(self.name, self.publisher, self.resolution, self.version)

    @property
    def target_path(self) -> str:
        """The TUF target path of the manifest."""
        where = f"packs/{self.publisher}/{self.name}/{self.ref.resolution_text}/{self.version}"
        return f"{where}/pack.json"

    def to_json(self) -> dict[str, object]:
        """The object in the index."""
        return {
            "name": self.name, "resolution": self.resolution, "version": str(self.version),
            "release": self.release, "tier": self.tier, "title": dict(self.title),
            "abilities": list(self.abilities), "licences": list(self.licences), "accept": list(self.accept),
            "optional": list(self.optional),
            "manifest": {"sha256": str(self.manifest), "size": self.manifest_size},
            "variants": [variant.to_json() for variant in self.variants],
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields, publisher: str) -> PackRow:
        """Read the object."""
        manifest = fields.inner("manifest")
        return cls(
            publisher=publisher,
            name=fields.parsed("name", check_name, "invalid"),
            resolution=fields.resolution("resolution"),
            version=fields.parsed("version", Version.parse, _ZERO),
            release=fields.integer("release", low=1),
            tier=fields.optional("tier", lambda key: fields.text(key, limit=64)),
            title=fields.table("title", lambda inner, key: inner.text(key, limit=200), limit=20),
            abilities=fields.texts("abilities"),
            licences=fields.texts("licences"),
            accept=fields.texts("accept"),
            optional=fields.texts("optional"),
            manifest=manifest.digest("sha256"),
            manifest_size=manifest.integer("size"),
            variants=fields.items("variants", VariantRow.read, limit=64),
        )


def row_of(manifest: Manifest, data: bytes) -> PackRow:
    """Derive the row that a manifest (whose bytes are ``data``) must have in its publisher's index."""
    return PackRow(
        publisher=manifest.publisher,
        name=manifest.name,
        resolution=manifest.resolution,
        version=manifest.version,
        release=manifest.release,
        tier=manifest.tier,
        title=dict(manifest.title),
        abilities=manifest.abilities,
        licences=tuple(licence.id for licence in manifest.licences),
        accept=tuple(licence.id for licence in manifest.licences if licence.accept),
        optional=manifest.optional,
        manifest=Digest.of(data),
        manifest_size=len(data),
        variants=tuple(
            VariantRow(
                id=variant.id,
                precision=variant.precision,
                provider=variant.provider,
                architecture=variant.architecture,
                params=variant.params,
                peak_ram=variant.peak_ram,
                pipeline=variant.pipeline.kind,
                pipeline_api=variant.pipeline.api,
                requirements=variant.requirements,
                install_size=sum(file.size for file in manifest.files_of(variant)),
                edit_ms=variant.edit_ms,
                measured=variant.measured,
            )
            for variant in manifest.variants
        ),
    )


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier's signed budget and what it is meant to do (also before its first pack exists).

    ``max_bytes`` bounds the pack plus the edit engine on disk; ``max_ram`` the peak of an edit; ``edit_ms`` the
    target of one edit: a device takes the largest resolution that it is foretold to do in that time.
    """

    name: str
    title: Mapping[str, str]
    max_bytes: int
    max_ram: int
    edit_ms: int
    abilities: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """The object in the index, keyed by the tier's name."""
        return {
            "title": dict(self.title), "max_bytes": self.max_bytes, "max_ram": self.max_ram,
            "edit_ms": self.edit_ms, "abilities": list(self.abilities),
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields, name: str) -> Tier:
        """Read the object."""
        return cls(
            name=name,
            title=fields.table("title", lambda inner, key: inner.text(key, limit=200), limit=20),
            max_bytes=fields.integer("max_bytes"),
            max_ram=fields.integer("max_ram"),
            edit_ms=fields.integer("edit_ms"),
            abilities=fields.texts("abilities"),
        )


@dataclass(frozen=True, slots=True)
class PublisherIndex:
    """Everything that one publisher offers. ``channels`` maps pack name to channel to version."""

    publisher: str
    issued: str
    tiers: Mapping[str, Tier] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, Version]] = field(default_factory=dict)
    packs: tuple[PackRow, ...] = ()

    @property
    def target_path(self) -> str:
        """The TUF target path."""
        return index_path(self.publisher)

    def to_bytes(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical.dumps(
            {
                "schema": SCHEMA,
                "publisher": self.publisher,
                "issued": self.issued,
                "tiers": {name: tier.to_json() for name, tier in self.tiers.items()},
                "channels": {
                    name: {channel: str(version) for channel, version in table.items()}
                    for name, table in self.channels.items()
                },
                "packs": [row.to_json() for row in self.packs],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> PublisherIndex:
        """Read and check an index.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("index")
        fields = Fields(canonical.loads(data, what="index"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        publisher = fields.parsed("publisher", check_name, "invalid")
        index = cls(
            publisher=publisher,
            issued=fields.moment("issued"),
            tiers=fields.table("tiers", lambda inner, key: Tier.read(inner.inner(key), key)),
            channels=fields.table("channels", _read_channels),
            packs=fields.items("packs", lambda inner: PackRow.read(inner, publisher)),
        )
        if len({str(row.ref) for row in index.packs}) != len(index.packs):
            fields.complain("packs", "two rows have the same ref")
        issues.raise_any()
        return index


def _read_channels(fields: Fields, name: str) -> dict[str, Version]:
    table = fields.table(name, lambda inner, key: inner.parsed(key, Version.parse, _ZERO))
    for channel in table:
        try:
            check_channel(channel)
        except UsageError:
            fields.complain(name, f"not a channel: {channel!r:.80}")
    return table


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A yanked or revoked version. ``resolution`` None means every resolution of it."""

    name: str
    resolution: int | None
    version: Version
    reason: str
    issued: str
    successor: str | None = None

    def covers(self, ref: PackRef) -> bool:
        """Whether an exact ref of the same publisher is meant."""
        return ref.name == self.name and ref.version == self.version and self.resolution in (None, ref.resolution)

    def to_json(self) -> dict[str, object]:
        """The object in the document."""
        return {
            "name": self.name, "resolution": self.resolution, "version": str(self.version),
            "reason": self.reason, "issued": self.issued, "successor": self.successor,
        }  # fmt: skip

    @classmethod
    def read(cls, fields: Fields) -> Withdrawal:
        """Read the object."""
        return cls(
            name=fields.parsed("name", check_name, "invalid"),
            resolution=fields.resolution("resolution"),
            version=fields.parsed("version", Version.parse, _ZERO),
            reason=fields.text("reason"),
            issued=fields.moment("issued"),
            successor=fields.optional("successor", lambda key: str(fields.parsed(key, PackRef.parse, _NOTHING))),
        )


@dataclass(frozen=True, slots=True)
class Revocations:
    """What a publisher took back: yanked (no new installs) and revoked (never run again)."""

    publisher: str
    issued: str
    yanked: tuple[Withdrawal, ...] = ()
    revoked: tuple[Withdrawal, ...] = ()

    @property
    def target_path(self) -> str:
        """The TUF target path."""
        return revocations_path(self.publisher)

    def to_bytes(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical.dumps(
            {
                "schema": SCHEMA,
                "publisher": self.publisher,
                "issued": self.issued,
                "yanked": [item.to_json() for item in self.yanked],
                "revoked": [item.to_json() for item in self.revoked],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Revocations:
        """Read and check the document.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("revocations")
        fields = Fields(canonical.loads(data, what="revocations"), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        document = cls(
            publisher=fields.parsed("publisher", check_name, "invalid"),
            issued=fields.moment("issued"),
            yanked=fields.items("yanked", Withdrawal.read),
            revoked=fields.items("revoked", Withdrawal.read),
        )
        issues.raise_any()
        return document

    def judge(self, ref: PackRef) -> tuple[str, Withdrawal | None]:
        """Return ``("revoked" | "yanked" | "listed", why)`` for an exact ref of this publisher."""
        for item in self.revoked:
            if item.covers(ref):
                return "revoked", item
        for item in self.yanked:
            if item.covers(ref):
                return "yanked", item
        return "listed", None


def index_path(publisher: str) -> str:
    """The TUF target path of a publisher's index."""
    return f"packs/{publisher}/index.json"


def revocations_path(publisher: str) -> str:
    """The TUF target path of a publisher's revocations."""
    return f"packs/{publisher}/revocations.json"
