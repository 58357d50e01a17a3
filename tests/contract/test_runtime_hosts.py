"""One suite for everything that lends out packs: the host in this process and the worker with its host in another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qie_hub.clock import SystemClock
from qie_hub.errors import Closed, EditCancelled, LoadError, NotFound, QieHubError, Revoked
from qie_hub.events import Event, PackLoaded, Warned
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.host import Host
from qie_hub.runtime.loading import PackSource
from qie_hub.runtime.power import Limits
from qie_hub.worker import Worker
from tests.support.pipelines import key_of, picture, run, source_of, steps_source, tint_source

IMAGE = picture(2)


class Lender:
    """A host or a worker, and what it tells."""

    def __init__(self, kind: str) -> None:
        self.heard: list[Event] = []
        self.host = (Host if kind == "host" else Worker)(SystemClock(), self.heard.append)

    def codes(self) -> list[str]:
        return [event.code for event in self.heard if isinstance(event, Warned)]

    def edit(self, source: PackSource | None) -> np.ndarray:
        key = None if source is None else key_of(source)
        with self.host.lease(key, source) as pipeline:
            found: np.ndarray = run(pipeline, IMAGE)
            return found


@pytest.fixture(params=["host", "worker"])
def lender(request: pytest.FixtureRequest) -> Iterator[Lender]:
    made = Lender(request.param)
    yield made
    made.host.close()


def shifted(shift: int) -> np.ndarray:
    return np.clip(IMAGE.astype(np.int16) + shift, 0, 255).astype(np.uint8)


def test_packs_of_every_kind_edit_and_their_loads_are_told(lender: Lender, tmp_path: Path) -> None:
    tint, steps = tint_source(tmp_path, "tint", 1, 5), steps_source(tmp_path, "steps", (0,))
    np.testing.assert_array_equal(lender.edit(tint), shifted(5))
    np.testing.assert_array_equal(lender.edit(steps), 255 - IMAGE)
    loads = [event.pack for event in lender.heard if isinstance(event, PackLoaded)]
    assert loads == [str(tint.manifest.ref), str(steps.manifest.ref)]


def test_a_swap_changes_what_serves_and_a_failed_one_does_not(lender: Lender, tmp_path: Path) -> None:
    one, two, bad = (tint_source(tmp_path, name, 1, shift) for name, shift in (("one", 1), ("two", 2), ("bad", 3)))
    (bad.root / "tint.onnx").write_bytes(b"no graph")
    lender.host.swap(key_of(one), one)
    np.testing.assert_array_equal(lender.edit(None), shifted(1))
    lender.host.swap(key_of(two), two)
    np.testing.assert_array_equal(lender.edit(None), shifted(2))
    with pytest.raises(LoadError):
        lender.host.swap(key_of(bad), bad)
    np.testing.assert_array_equal(lender.edit(None), shifted(2))
    assert lender.codes() == ["PACK_FAILED"]


def test_without_a_serving_pack_a_lease_on_any_is_an_error(lender: Lender) -> None:
    with pytest.raises(LoadError):
        lender.edit(None)


def test_a_recalled_pack_gets_no_new_lease(lender: Lender, tmp_path: Path) -> None:
    one, two = tint_source(tmp_path, "one", 1, 1), tint_source(tmp_path, "two", 1, 2)
    lender.host.swap(key_of(one), one)
    lender.host.swap(key_of(two), two)
    lender.host.recall(key_of(two), Revoked(ref="acme/two", successor="acme/three"))
    with pytest.raises(Revoked) as caught:
        lender.edit(two)
    assert caught.value.data["successor"] == "acme/three"
    np.testing.assert_array_equal(lender.edit(None), shifted(1))


def test_a_cancelled_token_ends_the_lease_and_nothing_else(lender: Lender, tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 1)
    token = CancelToken()
    token.cancel()
    with pytest.raises(EditCancelled), lender.host.lease(key_of(source), source, cancel=token):
        raise AssertionError("lent out")
    np.testing.assert_array_equal(lender.edit(source), shifted(1))


def test_cancelling_between_plan_and_edit_stops_the_edit(lender: Lender, tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 1)
    token = CancelToken()
    with lender.host.lease(key_of(source), source, cancel=token) as pipeline:
        given = source_of(IMAGE)
        plan = pipeline.plan(given, token.check)
        token.cancel()
        with pytest.raises(EditCancelled):
            pipeline.edit(given, plan, lambda stage, operation: None, token.check)
    assert lender.host.state().running == 0


def test_the_state_names_packs_limits_and_leases(lender: Lender, tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 1)
    lender.host.throttle(Limits(edits=1, threads=1))
    lender.host.swap(key_of(source), source)
    lender.host.keep(key_of(source), kept=True)
    with lender.host.lease():
        state = lender.host.state()
        assert (state.running, state.edits) == (1, 1)
        [pack] = state.packs
        assert (pack.pack, pack.state, pack.leases, pack.kept) == (str(source.manifest.ref), "ready", 1, True)
        assert state.serving == pack


def test_a_named_fallback_serves_when_nothing_else_can(lender: Lender, tmp_path: Path) -> None:
    last, bad = tint_source(tmp_path, "last", 1, 9), tint_source(tmp_path, "bad", 1, 1)
    lender.host.fallback(key_of(last), last)
    lender.host.swap(key_of(bad), bad)
    lender.host.recall(key_of(bad), Revoked(ref="acme/bad", successor=None))
    np.testing.assert_array_equal(lender.edit(None), shifted(9))
    assert lender.codes() == ["PACK_RECALLED", "FELL_BACK"]


def test_closing_twice_is_fine_and_then_nothing_is_lent(lender: Lender, tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 1)
    lender.edit(source)
    lender.host.close()
    lender.host.close()
    with pytest.raises(Closed):
        lender.edit(source)


def test_a_listener_to_stages_that_raises_ends_its_own_edit_only(lender: Lender, tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 1)

    def on_stage(stage: str, operation: int) -> None:
        raise ZeroDivisionError("a bug of the app")

    with lender.host.lease(key_of(source), source) as pipeline:
        given = source_of(IMAGE)
        plan = pipeline.plan(given, lambda: None)
        with pytest.raises(ZeroDivisionError):
            pipeline.edit(given, plan, on_stage, lambda: None)
    np.testing.assert_array_equal(lender.edit(source), shifted(1))


@pytest.mark.parametrize("kind", [Host, Worker])
def test_a_listener_to_events_that_raises_is_reported_and_stops_nobody(
    kind: type[Host] | type[Worker], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: reported.append(arguments.exc_type))

    def sink(event: Event) -> None:
        raise ZeroDivisionError("a bug of the app")

    source = tint_source(tmp_path, "one", 1, 1)
    with kind(SystemClock(), sink) as host, host.lease(key_of(source), source) as pipeline:
        np.testing.assert_array_equal(run(pipeline, IMAGE), shifted(1))
    assert set(reported) == {ZeroDivisionError}


def test_eight_threads_get_eight_right_pictures(lender: Lender, tmp_path: Path) -> None:
    sources = [tint_source(tmp_path, f"n{number}", 1, number) for number in range(3)]
    found: dict[int, object] = {}

    def work(number: int) -> None:
        try:
            found[number] = lender.edit(sources[number % 3])
        except QieHubError as error:
            found[number] = error

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    for number in range(8):
        np.testing.assert_array_equal(found[number], shifted(number % 3))


def test_a_loaded_pack_offers_its_own_files_only(tmp_path: Path) -> None:
    pack, _ = tint_source(tmp_path, "one", 1, 1)()
    with pack:
        assert pack.path("tint.onnx").is_file()
        assert pack.manifest.name == "one"
        assert dict(pack.settings) == {}
        for name in ("LICENSE.txt", "../one/tint.onnx", "other.onnx"):
            with pytest.raises(NotFound):
                pack.path(name)
