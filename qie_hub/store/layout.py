"""Where things lie in a home. Pure: paths from names, names from paths, nothing is touched.

Invariants:

* A generation is ``packs/<publisher>/<slot>/<N>/`` with ``files/``, ``proof/`` and ``receipt.json``. The pack's own
  files have a folder of their own, so that no path in a manifest can stand in the way of a receipt or a proof.
* Names that begin with a dot are unfinished or doomed and are never listed.

Example::

    Layout(home).receipt(PackRef.parse("acme/pro:512"), 3)   # home/packs/acme/pro-512/3/receipt.json
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub.errors import UsageError
from qie_hub.packref import RESOLUTIONS, PackRef, check_name

STAGED: Final = ".staged-"
DOOMED: Final = ".doomed-"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one home."""

    home: Path

    @property
    def format_file(self) -> Path:
        """The number of the home's format."""
        return self.home / "format"

    @property
    def origins(self) -> Path:
        """One folder per origin: URL, trusted root, metadata cache."""
        return self.home / "origins"

    @property
    def ledger(self) -> Path:
        """The highest versions seen; beside the origins, never inside their cache."""
        return self.home / "ledger"

    @property
    def partial(self) -> Path:
        """Files on their way."""
        return self.home / "partial"

    @property
    def packs(self) -> Path:
        """All generations of all packs."""
        return self.home / "packs"

    @property
    def refs(self) -> Path:
        """Which generation of each pack is used."""
        return self.home / "refs"

    @property
    def holds(self) -> Path:
        """Claims of running processes on generations."""
        return self.home / "holds"

    @property
    def writers(self) -> Path:
        """Claims of running processes on the work on a pack, with their progress."""
        return self.home / "writers"

    @property
    def derived(self) -> Path:
        """What was made on this device from verified bytes; may go at any time."""
        return self.home / "derived"

    @property
    def notices(self) -> Path:
        """What running processes say that they have loaded."""
        return self.derived / "running"

    @property
    def default_file(self) -> Path:
        """The pack that ``run`` uses."""
        return self.refs / "default.json"

    def slot(self, ref: PackRef) -> Path:
        """The folder of a pack's generations."""
        return self.packs / publisher_of(ref) / ref.slot

    def generation(self, ref: PackRef, number: int) -> Path:
        """The folder of one generation."""
        return self.slot(ref) / str(number)

    def files(self, ref: PackRef, number: int) -> Path:
        """The folder of a generation's files, as the manifest names them."""
        return self.generation(ref, number) / "files"

    def proof(self, ref: PackRef, number: int) -> Path:
        """The folder of a generation's signed metadata."""
        return self.generation(ref, number) / "proof"

    def receipt(self, ref: PackRef, number: int) -> Path:
        """The receipt of a generation."""
        return self.generation(ref, number) / "receipt.json"

    def ref_file(self, ref: PackRef) -> Path:
        """The file that says which generation of a pack is used."""
        return self.refs / publisher_of(ref) / f"{ref.slot}.json"

    def holds_of(self, ref: PackRef) -> Path:
        """The folder of the claims on a pack's generations."""
        return self.holds / publisher_of(ref) / ref.slot

    def writer_of(self, ref: PackRef) -> Path:
        """The folder of the claim on the work on a pack."""
        return self.writers / publisher_of(ref) / ref.slot


def hidden_names(path: Path) -> str:
    """The glob, beside ``path``, of the names under which it may be hidden while it is considered for removal."""
    return f"{DOOMED}{path.name.lstrip('.')}-*"


def publisher_of(ref: PackRef) -> str:
    """The publisher of a ref that must name one: paths have no default publisher.

    Raises:
        UsageError: the ref names none.
    """
    if ref.publisher is None:
        raise UsageError(hint="PUBLISHER_NEEDED", ref=str(ref))
    return ref.publisher


def ref_of(publisher: str, slot: str) -> PackRef | None:
    """The pack whose folder is ``<publisher>/<slot>``, or None if these names cannot be one's."""
    name, _, resolution = slot.rpartition("-")
    if resolution not in {"any", *(str(known) for known in RESOLUTIONS)}:
        return None
    try:
        check_name(publisher)
        check_name(name)
    except UsageError:
        return None
    return PackRef(name, publisher, None if resolution == "any" else int(resolution))


def number_of(name: str) -> int | None:
    """The number of the generation whose folder is ``name``, or None if it is no generation's."""
    if name.isascii() and name.isdigit() and not name.startswith("0") and len(name) <= 9:
        return int(name)
    return None
