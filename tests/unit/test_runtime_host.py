from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from qie_hub.errors import (
    Closed,
    EditCancelled,
    QueueFull,
)
from qie_hub.events import PackLoaded, PackLoading
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.loading import Loaded, PackSource
from qie_hub.runtime.power import Limits
from qie_hub.runtime.slots import Rules
from tests.support.hosting import (
    IMAGE,
    Gated,
    edit,
    eventually,
    host_with,
    in_thread,
    settled,
    state_of,
    tinted,
)
from tests.support.pipelines import key_of, run, steps_source, tint_source


def test_an_edit_runs_on_the_pack_that_was_asked_for(tmp_path: Path) -> None:
    bright, dark = tint_source(tmp_path, "bright", 1, 60), tint_source(tmp_path, "dark", 0.5, 0)
    with host_with() as (host, heard):
        np.testing.assert_array_equal(edit(host, bright), tinted(1, 60))
        np.testing.assert_array_equal(edit(host, dark), tinted(0.5, 0))
        np.testing.assert_array_equal(edit(host, bright), tinted(1, 60))
        loaded = [event.pack for event in heard.events if isinstance(event, PackLoaded)]
        assert loaded == [str(bright.manifest.ref), str(dark.manifest.ref)]


def test_many_waiters_share_one_load(tmp_path: Path) -> None:
    gated = Gated(tint_source(tmp_path, "one", 1, 5))
    with host_with(rules=Rules(edits=8)) as (host, _):
        threads = [in_thread(lambda: edit(host, gated.source, gated)) for _ in range(8)]
        assert gated.begun.wait(10)
        gated.gate.set()
        for thread, outcome in threads:
            thread.join(20)
            np.testing.assert_array_equal(outcome[0], tinted(1, 5))
        assert gated.calls == 1


def test_no_more_edits_run_at_once_than_the_rules_say(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 0)
    with host_with(rules=Rules(edits=2)) as (host, _):
        inside = threading.Semaphore(0)
        leave = threading.Event()

        def hold() -> None:
            with host.lease(key_of(source), source):
                inside.release()
                assert leave.wait(20)

        threads = [in_thread(hold)[0] for _ in range(5)]
        assert inside.acquire(timeout=10)
        assert inside.acquire(timeout=10)
        assert not inside.acquire(timeout=0.2)
        assert (host.state().running, host.state().waiting) == (2, 3)
        leave.set()
        for thread in threads:
            thread.join(20)
        assert host.state().running == 0


def test_a_full_queue_is_an_error_with_a_time_to_come_back(tmp_path: Path) -> None:
    gated = Gated(tint_source(tmp_path, "one", 1, 0))
    with host_with(rules=Rules(queue=2)) as (host, _):
        waiting = [in_thread(lambda: edit(host, gated.source, gated))[0] for _ in range(2)]
        assert gated.begun.wait(10)
        eventually(lambda: host.state().waiting == 2)
        with pytest.raises(QueueFull) as caught:
            edit(host, gated.source)
        assert caught.value.data["retry_after_ms"]
        gated.gate.set()
        for thread in waiting:
            thread.join(20)


def test_a_swap_returns_when_the_new_pack_serves_and_the_old_one_is_closed(tmp_path: Path) -> None:
    old, new = tint_source(tmp_path, "old", 1, 10), tint_source(tmp_path, "new", 1, 20)
    with host_with() as (host, _):
        host.swap(key_of(old), old)
        np.testing.assert_array_equal(edit(host, None), tinted(1, 10))
        host.swap(key_of(new), new)
        np.testing.assert_array_equal(edit(host, None), tinted(1, 20))
        settled(host, old, "empty")
        assert host.state().swaps == 1


def test_edits_go_on_with_the_old_pack_while_the_new_one_loads(tmp_path: Path) -> None:
    old, gated = tint_source(tmp_path, "old", 1, 10), Gated(tint_source(tmp_path, "new", 1, 20))
    with host_with() as (host, _):
        host.swap(key_of(old), old)
        with host.lease() as running:
            swap, outcome = in_thread(lambda: host.swap(key_of(gated.source), gated))
            assert gated.begun.wait(10)
            np.testing.assert_array_equal(edit(host, None), tinted(1, 10))
            gated.gate.set()
            swap.join(20)
            assert outcome == [None]
            np.testing.assert_array_equal(edit(host, None), tinted(1, 20))
            assert state_of(host, old) == "draining"
            np.testing.assert_array_equal(run(running, IMAGE), tinted(1, 10))
        settled(host, old, "empty")


def test_where_only_one_fits_the_old_one_goes_first_and_requests_wait(tmp_path: Path) -> None:
    old = tint_source(tmp_path, "old", 1, 10, peak_ram=600 << 20)
    gated = Gated(tint_source(tmp_path, "new", 1, 20, peak_ram=600 << 20))
    source = _Needing(gated)
    with host_with(available=lambda: 1000 << 20) as (host, _):
        host.swap(key_of(old), old)
        swap, _ = in_thread(lambda: host.swap(key_of(gated.source), source))
        assert gated.begun.wait(10)
        assert state_of(host, old) == "empty"
        waiting, result = in_thread(lambda: edit(host, None))
        waiting.join(0.2)
        assert waiting.is_alive()
        gated.gate.set()
        waiting.join(20)
        swap.join(20)
        np.testing.assert_array_equal(result[0], tinted(1, 20))


class _Needing(PackSource):
    """A gated load that states what its source needs."""

    def __init__(self, gated: Gated) -> None:
        source = gated.source
        super().__init__(source.manifest, source.variant_id, source.root, source.factory, threads=1)
        object.__setattr__(self, "_gated", gated)

    def __call__(self, sink: object = None) -> Loaded:
        return self._gated()  # type: ignore[attr-defined,no-any-return]  # set in __init__


def test_idle_packs_rest_then_go_and_come_back_by_themselves(tmp_path: Path) -> None:
    source, kept = tint_source(tmp_path, "one", 1, 10), tint_source(tmp_path, "kept", 1, 20)
    with host_with(rules=Rules(rest_after=60, unload_after=600)) as (host, heard):
        clock = host._clock
        edit(host, source)
        edit(host, kept)
        host.keep(key_of(kept), kept=True)
        clock.time = 61.0  # type: ignore[attr-defined]  # the test's own clock
        host.tick()
        eventually(lambda: all(not pack.graphs for pack in host.state().packs if not pack.kept))
        resting = {pack.pack: (pack.state, pack.graphs) for pack in host.state().packs}
        assert resting[str(source.manifest.ref)] == ("ready", ())
        assert resting[str(kept.manifest.ref)] == ("ready", ("tint.onnx",))
        np.testing.assert_array_equal(edit(host, source), tinted(1, 10))
        assert len([event for event in heard.events if isinstance(event, PackLoaded)]) == 2
        clock.time = 700.0  # type: ignore[attr-defined]  # the test's own clock
        host.tick()
        settled(host, source, "empty")
        assert state_of(host, kept) == "ready"
        np.testing.assert_array_equal(edit(host, source), tinted(1, 10))


def test_waiting_and_running_edits_can_be_cancelled(tmp_path: Path) -> None:
    gated = Gated(tint_source(tmp_path, "one", 1, 10))
    with host_with() as (host, _):
        token = CancelToken()

        def work() -> None:
            with host.lease(key_of(gated.source), gated, cancel=token):
                raise AssertionError("the lease was granted after all")

        thread, outcome = in_thread(work)
        assert gated.begun.wait(10)
        token.cancel()
        thread.join(20)
        assert [type(error) for error in outcome] == [EditCancelled]
        gated.gate.set()
        np.testing.assert_array_equal(edit(host, gated.source, gated), tinted(1, 10))
        assert host.state().running == 0


def test_closing_waits_for_the_running_edit_and_refuses_the_next(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 10)
    with host_with() as (host, _):
        with host.lease(key_of(source), source) as pipeline:
            closing, _ = in_thread(host.close)
            closing.join(0.2)
            assert closing.is_alive()
            with pytest.raises(Closed):
                edit(host, source)
            np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(1, 10))
        closing.join(20)
        assert not closing.is_alive()


def test_prefetching_opens_every_stage_ahead_of_the_first_edit(tmp_path: Path) -> None:
    source = steps_source(tmp_path, "steps", (1, 2, 3))
    with host_with() as (host, heard):
        host.prefetch(key_of(source), source).join(20)
        [pack] = host.state().packs
        assert pack.graphs == ("0.onnx", "1.onnx", "2.onnx")
        assert pack.state == "ready"
        opening = [event for event in heard.events if isinstance(event, PackLoading)]
        assert [(event.graph, event.done, event.graphs) for event in opening] == [
            ("0.onnx", 0, 3), ("1.onnx", 1, 3), ("2.onnx", 2, 3),
        ]  # fmt: skip


def test_a_pack_that_takes_over_has_every_stage_open(tmp_path: Path) -> None:
    source = steps_source(tmp_path, "steps", (1, 2, 3))
    with host_with() as (host, _):
        host.swap(key_of(source), source)
        assert host.state().packs[0].graphs == ("0.onnx", "1.onnx", "2.onnx")


def test_stages_load_in_order_and_only_when_needed(tmp_path: Path) -> None:
    source = steps_source(tmp_path, "steps", (1, 2, 3))
    with host_with() as (host, _), host.lease(key_of(source), source) as pipeline:
        assert host.state().packs[0].graphs == ("0.onnx",)
        run(pipeline, IMAGE)
        assert host.state().packs[0].graphs == ("0.onnx", "1.onnx", "2.onnx")


def test_a_hot_device_runs_fewer_edits_and_pauses_between_them(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 10)
    with host_with() as (host, _):
        clock = host._clock
        host.throttle(Limits(edits=1, threads=1, share=500))
        with host.lease(key_of(source), source):
            clock.time = 4.0  # type: ignore[attr-defined]  # the test's own clock
        thread, outcome = in_thread(lambda: edit(host, source))
        thread.join(0.2)
        assert thread.is_alive()
        clock.time = 8.5  # type: ignore[attr-defined]  # the test's own clock
        host.tick()
        thread.join(20)
        np.testing.assert_array_equal(outcome[0], tinted(1, 10))


def test_the_state_is_plain_json(tmp_path: Path) -> None:
    import json

    source = tint_source(tmp_path, "one", 1, 10)
    with host_with(available=lambda: 1 << 30) as (host, _), host.lease(key_of(source), source):
        state = json.loads(json.dumps(host.state().to_json()))
        assert state["packs"][0]["leases"] == 1
        assert state["packs"][0]["state"] == "ready"
        assert state["running"] == 1
