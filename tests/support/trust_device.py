"""A client with one origin, and the publisher behind it, as the attack tests use them."""

from __future__ import annotations

import shutil
from pathlib import Path

from qie_hub.formats.index import PackRow
from qie_hub.trust.manifests import SignedManifest, fetch_manifest
from qie_hub.trust.origins import Origins
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import View, last_view
from tests.support.repository import Publisher


class Device:
    """A client with one origin that it has refreshed once, and the publisher behind it."""

    def __init__(self, home: Path, publisher: Publisher) -> None:
        self.home = home
        self.publisher = publisher
        self.clock = publisher.clock
        self.manifest = publisher.publish()
        self.origin = Origins(home).add(publisher.line, publisher, self.clock)

    def refresh(self) -> View:
        return refresh(self.origin, self.home, self.publisher, self.clock)

    def view(self) -> View:
        view = last_view(self.origin, self.home, self.clock)
        assert view is not None
        return view

    def fetch(self, row: PackRow | None = None) -> SignedManifest:
        row = row or self.view().indexes["acme"].packs[-1]
        return fetch_manifest(self.origin, self.home, self.publisher, self.clock, row)

    def forget_cache(self) -> None:
        for name in ("metadata", "view"):
            shutil.rmtree(self.home / "origins" / self.origin.name / name)
