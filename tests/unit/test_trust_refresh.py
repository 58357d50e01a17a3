from collections.abc import Iterator
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.events import Event, Refreshed
from qie_hub.trust.freshness import Freshness
from qie_hub.trust.origins import Origin, Origins
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import last_view
from tests.support.ram import ram_folder
from tests.support.repository import URL, HandClock, Publisher


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with ram_folder() as folder:
        yield folder


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def publisher(clock: HandClock) -> Publisher:
    return Publisher(clock)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def added(publisher: Publisher, home: Path) -> Origin:
    return Origins(home).add(publisher.line, publisher, publisher.clock)


def test_a_cold_refresh_asks_in_the_order_of_the_specification(publisher: Publisher, home: Path) -> None:
    publisher.publish()
    asked = publisher.requests_of(lambda: added(publisher, home))
    names = [path.rpartition("/")[2].split(".", 1)[-1] if path.startswith("packs/") else path for path in asked]
    assert names == [
        "metadata/1.root.json",  # for the fingerprint
        "metadata/2.root.json",
        "metadata/timestamp.json",
        "metadata/1.snapshot.json",
        "metadata/1.targets.json",
        "metadata/1.acme.json",
        "index.json",
        "revocations.json",
    ]


def test_a_warm_refresh_costs_two_requests(publisher: Publisher, home: Path) -> None:
    publisher.publish()
    origin = added(publisher, home)
    asked = publisher.requests_of(lambda: refresh(origin, home, publisher, publisher.clock))
    assert asked == ["metadata/2.root.json", "metadata/timestamp.json"]


def test_only_what_changed_is_fetched_again(publisher: Publisher, home: Path) -> None:
    publisher.publish()
    origin = added(publisher, home)
    publisher.publish("acme/pro:512@1.1.0")
    asked = publisher.requests_of(lambda: refresh(origin, home, publisher, publisher.clock))
    assert asked[:4] == [
        "metadata/2.root.json", "metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/2.acme.json",
    ]  # fmt: skip
    assert len(asked) == 5
    assert asked[-1].endswith(".index.json")


def test_a_view_says_what_is_on_offer_and_what_it_cost(publisher: Publisher, home: Path) -> None:
    manifest = publisher.publish()
    origin = added(publisher, home)
    heard: list[Event] = []
    view = refresh(origin, home, publisher, publisher.clock, on_event=heard.append)
    assert [row.ref for row in view.indexes["acme"].packs] == [manifest.ref]
    assert (view.freshness, view.requests) == (Freshness.FRESH, 2)
    assert view.bytes == len(publisher.files["metadata/timestamp.json"])
    assert heard == [Refreshed("packs-test", "fresh", 2, view.bytes)]


def test_the_last_view_is_read_from_plain_files(publisher: Publisher, home: Path) -> None:
    publisher.publish()
    origin = added(publisher, home)
    seen = refresh(origin, home, publisher, publisher.clock)
    read = last_view(origin, home, publisher.clock)
    assert read is not None
    assert (read.indexes, read.revocations, read.expires, read.issued, read.checked) == (
        seen.indexes, seen.revocations, seen.expires, seen.issued, seen.checked,
    )  # fmt: skip
    assert (read.requests, read.bytes) == (0, 0)


def test_an_origin_that_was_never_refreshed_has_no_view(home: Path) -> None:
    assert last_view(Origin("x", URL, (), Digest.of(b""), ("acme",)), home, HandClock()) is None
