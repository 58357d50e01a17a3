"""The questions that a hub answers: origins, what is installed, what is on offer, what would fit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qie_hub.errors import (
    NotFound,
)
from qie_hub.events import Sink, ignore
from qie_hub.hub.base import Base, as_ref, closest, read_file
from qie_hub.install import installed as listing
from qie_hub.install.installed import Installation
from qie_hub.packref import PackRef

if TYPE_CHECKING:
    from qie_hub.formats.decision import Choice, Refusal, VariantVerdict
    from qie_hub.formats.device import DeviceProfile
    from qie_hub.formats.index import PackRow
    from qie_hub.formats.manifest import Manifest
    from qie_hub.trust.origins import Origin
    from qie_hub.trust.view import View


class Looking(Base):
    """Origins and everything that only reads."""

    def origin_add(
        self,
        url: str,
        *,
        name: str | None = None,
        root: Path | None = None,
        publishers: Sequence[str] = (),
        mirrors: Sequence[str] = (),
    ) -> Origin:
        """Add an origin, trusted by the SHA-256 in its URL (``URL#sha256=HEX``) or by a root file.

        Raises:
            UsageError: neither is given, or the root file cannot be read.
            RootChainError: the origin has another root.
            NameSpaceConflict: another origin speaks for one of its publishers.
            TransferError: it cannot be reached.
        """
        return self._origins.add(
            url,
            self._transport,
            self.clock,
            name=name,
            root=None if root is None else read_file(root),
            publishers=publishers or None,
            mirrors=mirrors,
        )

    def origins(self) -> tuple[Origin, ...]:
        """Every origin that was added, and those that installed packages declare."""
        self._adopt_declared()
        return self._origins.all()

    def origin_remove(self, name: str) -> None:
        """Forget an origin; what was installed from it stays.

        Raises:
            NotFound: there is none of that name.
        """
        self._origins.remove(name)

    def origin_default(self, name: str) -> None:
        """Choose the origin that is asked first.

        Raises:
            NotFound: there is none of that name.
        """
        self._origins.set_default(name)

    def refresh(self, *, on_event: Sink = ignore) -> tuple[View, ...]:
        """Ask every origin what is new; recalls take effect at once.

        Raises:
            TransferError: no origin could be asked.
            TrustError: one is not to be trusted.
        """
        from qie_hub.install import catalog

        self._adopt_declared()
        return catalog.refresh_all(self._site, on_event)

    def installed(self) -> tuple[Installation, ...]:
        """Everything that is installed, with what its publisher last said of it."""
        from qie_hub.install import recall

        return recall.judged(self._site, listing.everything(self._site))

    def available(self) -> tuple[PackRow, ...]:
        """What origins offer, as last verified; an origin that was never asked is asked now.

        Raises:
            NoOrigin: none is known.
        """
        from qie_hub.install import catalog

        return catalog.available(self._views())

    def installation(self, ref: str | PackRef) -> Installation:
        """The installed pack that a ref names.

        Raises:
            NotInstalled: none; ``closest`` offers names.
            UsageError: several.
        """
        return listing.find(self._site, as_ref(ref))

    def runnable(self) -> tuple[Installation, ...]:
        """The generation in use of every pack that can edit, the default first."""
        return tuple(item for item in listing.in_use(self._site) if item.abilities)

    def show(self, ref: str | PackRef) -> Installation | PackRow:
        """The installed pack of that name, else the one on offer.

        Raises:
            NotFound: neither.
        """
        asked = as_ref(ref)
        with suppress(NotFound):
            from qie_hub.install import recall

            return recall.judged(self._site, [listing.find(self._site, asked)])[0]
        matching = [row for row in self.available() if listing.matches(row.ref, asked)]
        if not matching:
            names = [str(row.ref.unversioned) for row in self.available()]
            raise NotFound(what="pack", name=str(asked), closest=closest(str(asked), names))
        return max(matching, key=lambda row: (row.version, row.resolution or 0))

    def stated(self, item: Installation) -> Manifest | None:
        """What the publisher says of an installed generation: figures, optional components. None if unreadable."""
        return listing.stated(self._site, item)

    def explain(self, ref: str | PackRef) -> Choice | Refusal:
        """Which variant this device would get and why, or why none.

        Raises:
            NoOrigin, NotFound: nothing of that name is on offer.
        """
        from qie_hub.install import choosing

        self._adopt_declared()
        return choosing.explain(self._site, as_ref(ref), ignore)

    def able(self, abilities: frozenset[str]) -> tuple[PackRef, ...]:
        """The packs on offer that could do all of ``abilities``; reads the last verified views only."""
        from qie_hub.install import catalog

        return catalog.able(catalog.last_views(self._site), abilities)

    def tiers_for(self, abilities: frozenset[str]) -> tuple[str, ...]:
        """The tiers that publishers announce for ``abilities``."""
        from qie_hub.install import catalog

        return catalog.tiers_for(catalog.last_views(self._site), abilities)

    def device(self, *, bench: bool = False) -> DeviceProfile:
        """This device, as detected; ``bench`` proves providers and measures.

        Raises:
            SettingsError: a malformed override.
        """
        return self._profile(prove=bench, measure=bench)

    def forecast(self, profile: DeviceProfile | None = None) -> tuple[VariantVerdict, ...]:
        """Every pack on offer that edits, held against a device (this one by default).

        Each verdict says whether the pack fits and in how many milliseconds an edit is foretold (None until
        ``device(bench=True)`` measured). Reads the last verified views only, so it needs no network.
        """
        from qie_hub.install import choosing

        return choosing.forecast(self._site, profile or self.device())

    def _views(self) -> tuple[View, ...]:
        from qie_hub.install import catalog

        self._adopt_declared()
        self._origins.default()
        views = catalog.last_views(self._site)
        return views or catalog.refresh_all(self._site, ignore)
