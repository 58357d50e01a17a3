"""Bring the missing files of a plan onto this device, verified, as complete files in ``partial/``.

Resume means planning again: what is verified of a file on its way, by whomever, is found when its folder is claimed.
Bytes that go bad on this disk between the network and the last hash are forgotten and fetched again, a few times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qie_hub.digest import Digest
from qie_hub.errors import BadPublish, Cancelled, IntegrityError
from qie_hub.events import Event, Progress, Sink
from qie_hub.install import shelf
from qie_hub.install.site import Site
from qie_hub.store.partial import Partials, in_order
from qie_hub.store.processes import me
from qie_hub.store.writers import Writer
from qie_hub.transfer.control import Control
from qie_hub.transfer.engine import Engine
from qie_hub.transfer.journal import PartialFile
from qie_hub.transfer.plan import WantedFile, plan

TRIES = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """Complete, verified data files by the digest of the file; ``received`` counts bytes from the network."""

    files: Mapping[Digest, Path]
    received: int


@dataclass(frozen=True, slots=True)
class Errand:
    """What to bring, from where, and who listens."""

    ref: str
    files: Sequence[WantedFile]
    mirrors: Sequence[str]
    control: Control
    sink: Sink


@contextmanager
def fetched(site: Site, errand: Errand, writer: Writer) -> Iterator[Fetched]:
    """Within the block every wanted file lies complete in ``partial/`` and is this process's to move away.

    Raises:
        TransferError: the mirrors cannot deliver.
        IntegrityError: what they deliver is not what was signed.
        Busy: another process brings one of the files and did not end.
    """
    files = {file.sha256: file for file in errand.files if file.size > 0}
    with ExitStack() as stack:
        partials = {digest: stack.enter_context(_claimed(site, files[digest], errand)) for digest in in_order(files)}
        received = _run(site, errand, partials, writer)
        done: dict[Digest, Path] = {}
        for digest, partial in partials.items():
            for attempt in range(TRIES):
                try:
                    done[digest] = partial.finish()
                    break
                except IntegrityError as error:
                    if isinstance(error, BadPublish) or attempt + 1 == TRIES:
                        raise
                    received += _run(site, errand, partials, writer)
        yield Fetched(done, received)


def _run(site: Site, errand: Errand, partials: Mapping[Digest, PartialFile], writer: Writer) -> int:
    verified = {digest: partial.verified() for digest, partial in partials.items()}
    todo = plan([file for file in errand.files if file.sha256 in partials], verified, shelf.places(site))
    mirrors = shelf.mirrors(site, errand.mirrors)
    engine = Engine(site.transport(), mirrors, site.clock, _reporting(errand.sink, writer), ref=errand.ref)
    return engine.run(todo, partials, errand.control).received


@contextmanager
def _claimed(site: Site, file: WantedFile, errand: Errand) -> Iterator[PartialFile]:
    def check() -> None:
        if errand.control.cancelled:
            raise Cancelled(ref=errand.ref)

    partials = Partials(site.store.layout, site.clock)
    with partials.claim(file.sha256, on_event=errand.sink, check=check) as folder:
        partial = PartialFile(folder.path, file.index, file.sha256, boot=me().boot)
        try:
            yield partial
        finally:
            partial.close()


def _reporting(sink: Sink, writer: Writer) -> Sink:
    """Pass events on, and tell the processes that wait for this one how far it is."""

    def tell(event: Event) -> None:
        if isinstance(event, Progress):
            writer.report("fetch", event.verified, event.total)
        sink(event)

    return tell
