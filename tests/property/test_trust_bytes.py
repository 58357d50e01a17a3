"""Any flipped, cut, grown or swapped byte in any served or stored file never yields an accepted pack.

Accepted is what comes out of the whole way: origin, refresh, manifest, proof. It must be exactly what the publisher
signed, or nothing at all with an error of the project's own.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from qie_hub.errors import QieHubError
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.manifests import SignedManifest, fetch_manifest
from qie_hub.trust.origins import Origins
from qie_hub.trust.proof import verify_installed
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import last_view
from tests.support.ram import ram_folder
from tests.support.repository import HandClock, Publisher

Change = Callable[[bytes], bytes]


def world() -> Publisher:
    """Two packs, a revocation and a rotated key: every kind of document is there."""
    publisher = Publisher(HandClock())
    publisher.publish("acme/pro:512@1.0.0")
    publisher.publish("acme/pro:512@1.1.0")
    publisher.revoke("acme/pro:512@1.0.0", successor="acme/pro:512@1.1.0")
    publisher.rotate("snapshot")
    publisher._sign_all()
    return publisher


PUBLISHER = world()
SIGNED = {
    data for path, data in PUBLISHER.files.items() if path.endswith(".pack.json")
}  # fmt: skip
SERVED = sorted(PUBLISHER.files)


def flip(at: int, bit: int) -> Change:
    def change(data: bytes) -> bytes:
        where = at % len(data)
        return data[:where] + bytes([data[where] ^ (1 << bit)]) + data[where + 1 :] if data else data

    return change


def cut(at: int) -> Change:
    return lambda data: data[: at % len(data)] if data else data


def grow(extra: bytes) -> Change:
    return lambda data: data + extra


def swap(other: int) -> Change:
    return lambda _: PUBLISHER.files[SERVED[other % len(SERVED)]]


CHANGES = st.one_of(
    st.builds(flip, st.integers(0, 1 << 16), st.integers(0, 7)),
    st.builds(cut, st.integers(0, 1 << 16)),
    st.builds(grow, st.binary(min_size=1, max_size=4)),
    st.builds(swap, st.integers(0, 1 << 8)),
)


def accepted(home: Path) -> list[SignedManifest]:
    """What a client ends up with, by every way in which it may ask."""
    found = []
    for origin in Origins(home).all():
        view = refresh(origin, home, PUBLISHER, PUBLISHER.clock)
        stored = last_view(origin, home, PUBLISHER.clock)
        assert stored is not None
        for index in (*view.indexes.values(), *stored.indexes.values()):
            found += [fetch_manifest(origin, home, PUBLISHER, PUBLISHER.clock, row) for row in index.packs]
    return found


def check(signed: list[SignedManifest]) -> None:
    for item in signed:
        assert item.data in SIGNED
        assert item.proof["pack.json"] == item.data


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(SERVED), change=CHANGES)
def test_a_changed_served_file_never_yields_another_pack(name: str, change: Change) -> None:
    PUBLISHER.heal()
    PUBLISHER.tamper(name, change)
    with ram_folder() as home:
        try:
            Origins(home).add(PUBLISHER.line, PUBLISHER, PUBLISHER.clock)
            check(accepted(home))
        except QieHubError:
            pass
        finally:
            PUBLISHER.heal()


@settings(max_examples=100, deadline=None)
@given(choice=st.integers(0, 1 << 16), change=st.one_of(CHANGES, st.none()))
def test_a_changed_or_lost_stored_file_never_yields_another_pack(choice: int, change: Change | None) -> None:
    PUBLISHER.heal()
    with ram_folder() as folder:
        home = folder / "home"
        shutil.copytree(template(folder), home)
        files = sorted(path for path in home.rglob("*.json") if path.is_file())
        path = files[choice % len(files)]
        if change is None:
            path.unlink()
        else:
            path.write_bytes(change(path.read_bytes()))
        with suppress(QieHubError):
            check(accepted(home))


@settings(max_examples=100, deadline=None)
@given(choice=st.integers(0, 1 << 16), change=CHANGES)
def test_a_changed_proof_bundle_never_proves_another_pack(choice: int, change: Change) -> None:
    with ram_folder() as folder:
        home = template(folder)
        proof = folder / "proof"
        proof.mkdir()
        for name, data in BUNDLE.items():
            (proof / name).write_bytes(data)
        name = sorted(BUNDLE)[choice % len(BUNDLE)]
        (proof / name).write_bytes(change(BUNDLE[name]))
        try:
            proven = verify_installed(proof, home, REF)
        except QieHubError:
            return
        assert proven.data == BUNDLE["pack.json"]


def template(folder: Path) -> Path:
    """A home with the origin added and refreshed, rebuilt from bytes (fast) for every example."""
    home = folder / "template"
    for name, data in HOME.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return home


def _build() -> tuple[dict[str, bytes], SignedManifest]:
    with ram_folder() as home:
        Origins(home).add(PUBLISHER.line, PUBLISHER, PUBLISHER.clock)
        newest = accepted(home)[1]
        Ledger(home).note_pack(newest.manifest.ref, "stable", newest.manifest)
        return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*.json")}, newest


HOME, NEWEST = _build()
BUNDLE = dict(NEWEST.proof)
REF = NEWEST.manifest.ref
