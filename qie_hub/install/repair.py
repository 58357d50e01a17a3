"""The verbs verify and repair: what is wrong with an installed generation, and mending exactly that.

Repair fetches only damaged chunks: what is still right in a damaged file is found by digest and copied. A mended
file takes the place of the damaged one by one rename; a running edit keeps the old inode until it ends. A damaged
proof is fetched anew for the same manifest.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.errors import NotFound, QieHubError, Tampered, TrustError
from qie_hub.events import Sink, Step
from qie_hub.formats.fileindex import FileIndex
from qie_hub.formats.manifest import STAGES, Manifest
from qie_hub.formats.receipt import FileStamp, Receipt
from qie_hub.install import admit, catalog
from qie_hub.install.fetch import Errand, fetched
from qie_hub.install.installed import find
from qie_hub.install.shelf import INDEXES
from qie_hub.install.shelf import mirrors as mirrors_of
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.store import disk
from qie_hub.store.stamps import stamp
from qie_hub.store.writers import Writer
from qie_hub.transfer.control import Control
from qie_hub.transfer.mirrors import index_path
from qie_hub.transfer.objects import fetch_object
from qie_hub.transfer.plan import WantedFile
from qie_hub.trust.manifests import SignedManifest, fetch_manifest
from qie_hub.trust.origins import Origin, Origins


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: ``path`` of a file, ``proof``, or ``receipt``; the error's code and facts."""

    path: str
    code: str
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    """What verify found, or repair left, of one generation. ``mended`` names files, ``fetched`` is bytes."""

    ref: PackRef
    generation: int
    deep: bool
    problems: tuple[Problem, ...]
    mended: tuple[str, ...] = ()
    fetched: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "ref": str(self.ref),
            "generation": self.generation,
            "deep": self.deep,
            "ok": self.ok,
            "problems": [{"path": item.path, "code": item.code, "data": item.data} for item in self.problems],
            "mended": list(self.mended),
            "fetched": self.fetched,
        }


def verify(site: Site, ref: PackRef | None, sink: Sink, *, deep: bool) -> tuple[Report, ...]:
    """Check installed generations: proof, revocations, files. ``deep`` hashes every byte, also of unchanged files.

    Raises:
        NotInstalled: ``ref`` names none.
    """
    return tuple(_verify(site, receipt, sink, deep=deep) for receipt in _receipts(site, ref))


def repair(site: Site, ref: PackRef | None, control: Control, sink: Sink) -> tuple[Report, ...]:
    """Hash every byte of installed generations and mend what is wrong.

    Raises:
        NotInstalled: ``ref`` names none.
        TransferError, TrustError: what is needed cannot be had; nothing became worse.
    """
    return tuple(_repair(site, receipt, control, sink) for receipt in _receipts(site, ref))


def _receipts(site: Site, ref: PackRef | None) -> Sequence[Receipt]:
    if ref is None:
        return site.store.generations.installed()
    chosen = find(site, ref)
    return (site.store.generations.receipt(chosen.ref, chosen.generation),)


def _verify(site: Site, receipt: Receipt, sink: Sink, *, deep: bool) -> Report:
    sink(Step(str(receipt.ref), "verify"))
    problems: list[Problem] = []
    try:
        admit.prove(site, receipt)
        admit.refuse_revoked(site, receipt)
    except (TrustError, Tampered) as error:
        problems.append(Problem("proof", error.code, error.data))
    items = receipt.files if deep else site.store.generations.changed(receipt)
    problems += damaged(site, receipt, items)
    return Report(receipt.ref, receipt.generation, deep, tuple(problems))


def damaged(site: Site, receipt: Receipt, items: Sequence[FileStamp]) -> list[Problem]:
    """Hash files and name those that are not what the receipt lists."""
    folder = site.store.layout.files(receipt.ref, receipt.generation)
    problems = []
    for item in items:
        try:
            admit.hashed(folder, item, item.sha256, receipt)
        except Tampered as error:
            problems.append(Problem(item.path, error.code, error.data))
    return problems


def _repair(site: Site, receipt: Receipt, control: Control, sink: Sink) -> Report:
    sink(Step(str(receipt.ref), "repair"))
    mended: list[str] = []
    with disk.translated(site.home), site.store.writers.wait(receipt.ref, purpose="repair", on_event=sink) as writer:
        try:
            manifest = admit.prove(site, receipt)
        except (TrustError, Tampered):
            manifest = _mend_proof(site, receipt, sink)
            mended.append("proof")
        bad = [problem.path for problem in damaged(site, receipt, _signed(manifest, receipt))]
        received = _mend_files(site, receipt, manifest, bad, _Tools(control, sink, writer)) if bad else 0
        fresh = tuple(_fresh(site, receipt, item) for item in _signed(manifest, receipt))
        site.store.generations.rewrite(receipt.with_files(fresh))
    return Report(receipt.ref, receipt.generation, deep=True, problems=(), mended=(*mended, *bad), fetched=received)


def _signed(manifest: Manifest, receipt: Receipt) -> tuple[FileStamp, ...]:
    """The stamps that the receipt should have, by the signed manifest."""
    known = {item.path: item for item in receipt.files}
    files = manifest.files_of(manifest.variant(receipt.variant))
    return tuple(known.get(file.path) or FileStamp(file.path, file.size, file.sha256, 0, 0, 0) for file in files)


def _fresh(site: Site, receipt: Receipt, item: FileStamp) -> FileStamp:
    return stamp(site.store.layout.files(receipt.ref, receipt.generation), item.path, item.sha256)


@dataclass(frozen=True, slots=True)
class _Tools:
    control: Control
    sink: Sink
    writer: Writer


def _mend_files(site: Site, receipt: Receipt, manifest: Manifest, bad: Sequence[str], tools: _Tools) -> int:
    origin = _origin(site, receipt)
    wanted = [_wanted(site, receipt, manifest, path, origin) for path in bad]
    unique = list({file.sha256: file for file in wanted}.values())
    errand = Errand(str(receipt.ref), unique, origin.bases, tools.control, tools.sink)
    folder = site.store.layout.files(receipt.ref, receipt.generation)
    with fetched(site, errand, tools.writer) as brought:
        placed: dict[Digest, Path] = {}
        for file in wanted:
            goal = folder / file.path
            _put(brought.files.get(file.sha256), placed.get(file.sha256), goal)
            placed[file.sha256] = goal
    return brought.received


def _put(data: Path | None, twin: Path | None, goal: Path) -> None:
    """Let a verified file take the place of a damaged one: moved here, or one more name of the one just moved."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    if twin is not None:
        temp = goal.with_name(f"{goal.name}{atomic.TEMP_MARK}{secrets.token_hex(6)}")
        os.link(twin, temp)
        atomic.rename(temp, goal)
    elif data is None:
        atomic.write(goal, b"", mode=0o444)
    else:
        data.chmod(0o444)
        atomic.rename(data, goal)


def _wanted(site: Site, receipt: Receipt, manifest: Manifest, path: str, origin: Origin) -> WantedFile:
    file = manifest.file(path)
    if file.index is None:
        index = FileIndex.of_small(file.size, file.sha256)
    else:
        kept = site.store.layout.generation(receipt.ref, receipt.generation) / INDEXES / str(file.index)
        data = kept.read_bytes() if kept.exists() else b""
        if Digest.of(data) != file.index:
            mirrors = mirrors_of(site, origin.bases)
            name, size = index_path(file.index), file.index_size or 0
            data = fetch_object(site.transport(), mirrors, name, size, file.index, clock=site.clock)
            atomic.write(kept, data)
        index = FileIndex.from_bytes(data)
    return WantedFile(file.path, file.size, file.sha256, index, STAGES.index(file.stage))


def _mend_proof(site: Site, receipt: Receipt, sink: Sink) -> Manifest:
    """Fetch the proof of the very manifest that the receipt names, and write it beside the files."""
    signed = _signed_again(site, receipt, sink)
    if Digest.of(signed.data) != receipt.manifest:
        raise Tampered(ref=str(receipt.ref), generation=receipt.generation, path="receipt.json")
    folder = site.store.layout.proof(receipt.ref, receipt.generation)
    for stale in folder.iterdir() if folder.is_dir() else ():
        stale.unlink()
    for name, data in signed.proof.items():
        atomic.write(folder / name, data)
    return admit.prove(site, receipt)


def _signed_again(site: Site, receipt: Receipt, sink: Sink) -> SignedManifest:
    origin = _origin(site, receipt)
    view = catalog.refresh(site, origin, sink)
    for row in view.indexes[receipt.ref.publisher or ""].packs:
        if row.ref == receipt.ref:
            return fetch_manifest(origin, site.home, site.transport(), site.clock, row)
    raise NotFound(what="pack", name=str(receipt.ref), closest=())


def _origin(site: Site, receipt: Receipt) -> Origin:
    """The origin that the pack came from, else whoever speaks for its publisher now."""
    origins = Origins(site.home)
    try:
        return origins.get(receipt.origin)
    except QieHubError:
        holder = origins.holder(receipt.ref.publisher or "")
        if holder is None:
            raise
        return holder
