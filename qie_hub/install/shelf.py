"""Bytes that this device already has: installed chunks by digest, and what is verified of files on their way.

A generation keeps the file indexes of its large files in ``indexes/``, so that an update or a repair knows every
chunk that it holds without asking anybody. What is named here is hashed again before it counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from qie_hub.digest import Digest
from qie_hub.errors import FormatError
from qie_hub.formats.fileindex import FileIndex
from qie_hub.formats.manifest import Manifest
from qie_hub.formats.receipt import Receipt
from qie_hub.install.site import Site
from qie_hub.store.partial import folder_of
from qie_hub.store.processes import me
from qie_hub.transfer.journal import peek
from qie_hub.transfer.mirrors import Mirrors
from qie_hub.transfer.plan import Place, WantedFile

INDEXES = "indexes"


def known_indexes(site: Site) -> Mapping[Digest, Path]:
    """The file indexes that installed generations keep, by digest."""
    found: dict[Digest, Path] = {}
    for receipt in site.store.generations.installed():
        folder = site.store.layout.generation(receipt.ref, receipt.generation) / INDEXES
        for path in folder.glob("*") if folder.is_dir() else ():
            try:
                found[Digest.parse(path.name)] = path
            except FormatError:
                continue
    return found


def places(site: Site) -> Mapping[Digest, Place]:
    """Where every chunk lies that an installed generation should hold."""
    found: dict[Digest, Place] = {}
    for receipt in site.store.generations.installed():
        for path, index in indexes_of(site, receipt):
            for chunk in index.chunks:
                found.setdefault(chunk.digest, Place(path, chunk.offset))
    return found


def indexes_of(site: Site, receipt: Receipt) -> Iterator[tuple[Path, FileIndex]]:
    """Every file of a generation with its index; files whose index is not here are left out."""
    folder = site.store.layout.generation(receipt.ref, receipt.generation)
    manifest = _manifest(site, receipt)
    if manifest is None:
        return
    for item in receipt.files:
        file = manifest.file(item.path)
        if file.index is None:
            index = FileIndex.of_small(file.size, file.sha256)
        else:
            try:
                data = (folder / INDEXES / str(file.index)).read_bytes()
                index = FileIndex.from_bytes(data)
            except (OSError, FormatError):
                continue
            if Digest.of(data) != file.index:
                continue
        yield site.store.layout.files(receipt.ref, receipt.generation) / item.path, index


def verified(site: Site, file: WantedFile) -> Collection[int]:
    """Ordinals of the chunks of a file on its way that are verified already; looks only, claims nothing."""
    folder = folder_of(site.store.layout, file.sha256)
    return peek(folder, file.index, boot=me().boot) if folder.is_dir() else ()


def mirrors(site: Site, bases: Sequence[str]) -> Mirrors:
    """The mirrors of an origin, with what this device remembers of them for a day."""
    return Mirrors(bases, site.clock, memory=site.store.layout.derived / "mirrors.json")


def _manifest(site: Site, receipt: Receipt) -> Manifest | None:
    """The manifest beside a generation, as a hint only: what it leads to is hashed before it counts."""
    path = site.store.layout.proof(receipt.ref, receipt.generation) / "pack.json"
    try:
        return Manifest.from_bytes(path.read_bytes())
    except (OSError, FormatError):
        return None
