"""The editor over its runtime: swap, live upgrade, recall of a loaded pack, another process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from cdn import care
from qie_hub.clock import SystemClock
from qie_hub.editor import Editor
from qie_hub.errors import LoadError, QieHubError, Revoked
from qie_hub.events import Event, Warned
from qie_hub.hub import Hub
from qie_hub.packref import PackRef
from qie_hub.worker import Worker
from tests.e2e.conftest import MovableClock
from tests.support.small_origin import PackSpec, SmallOrigin

PLUGIN = Path(__file__).resolve().parents[1] / "support" / "plugin_wheel"


@pytest.fixture
def publisher(tmp_path: Path) -> SmallOrigin:
    made = SmallOrigin(tmp_path / "publisher")
    for name, scale in (("two", 2.0), ("three", 3.0)):
        made.publish(PackSpec(name=name, kind="sample", scale=scale, abilities=("tone.adjust",)))
    return made


@pytest.fixture
def hub(tmp_path: Path, publisher: SmallOrigin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.syspath_prepend(str(PLUGIN))
    from qie_hub_sample import SampleFactory

    with Hub(home=str(tmp_path / "home"), refresh="never") as made:
        made.plugins._factories["sample"] = SampleFactory()
        made.origin_add(publisher.line)
        made.install("two").wait()
        yield made


def pixel(editor: Editor) -> int:
    return int(editor.edit(np.full((16, 16, 3), 10, np.uint8), "sample").picture[0, 0, 0])


def test_a_swap_serves_the_other_pack_from_then_on(hub: Hub) -> None:
    hub.install("three").wait()
    with Editor(hub) as editor:
        editor.swap("two")
        assert pixel(editor) == 21
        editor.swap("three")
        assert pixel(editor) == 31
        serving = editor.state().serving
        assert serving is not None
        assert "acme/three:512" in serving.pack


def test_a_live_upgrade_moves_over_when_the_new_pack_is_warm(hub: Hub) -> None:
    with Editor(hub) as editor:
        assert pixel(editor) == 21
        job = editor.upgrade("three")
        seen = set()
        for _ in range(400):
            seen.add(pixel(editor))
            if 31 in seen:
                break
            SystemClock().sleep(0.02)
        assert job.wait().ref.name == "three"
        assert seen <= {21, 31}
        assert 31 in seen


def test_an_upgrade_that_cannot_be_had_leaves_the_old_pack_serving_and_says_why(hub: Hub) -> None:
    events: list[Event] = []
    told: list[QieHubError] = []
    with Editor(hub, on_event=events.append) as editor:
        job = editor.upgrade("nothing-like-it", on_failure=told.append)
        with pytest.raises(QieHubError):
            job.wait()
        for _ in range(100):
            if told:
                break
            SystemClock().sleep(0.02)
        assert told
        assert any(isinstance(event, Warned) and event.code == "UPGRADE_FAILED" for event in events)
        assert pixel(editor) == 21


def test_a_swap_to_a_pack_that_does_not_load_leaves_the_old_one_serving(hub: Hub) -> None:
    done = hub.install("three").wait()
    with Editor(hub) as editor:
        editor.swap("two")
        sessions = hub.plugins._factories["sample"]

        class Broken:
            api = 1
            understand = sessions.understand

            def create(self, pack: object) -> object:
                raise LoadError(graph="net.onnx", problem="for this test")

        hub.plugins._factories["sample"] = Broken()
        with pytest.raises(LoadError):
            editor.swap(done.ref)
        hub.plugins._factories["sample"] = sessions
        assert pixel(editor) == 21


def test_a_revoked_pack_that_is_loaded_gets_no_new_lease(hub: Hub, publisher: SmallOrigin) -> None:
    with Editor(hub) as editor:
        assert pixel(editor) == 21
        care.revoke(publisher.repo, PackRef.parse("acme/two:512@1.0.0"), "wrong colours")
        publisher.upload()
        hub.refresh()
        with pytest.raises(Revoked):
            pixel(editor)
        for _ in range(100):
            if not any("acme/two:512" in pack.pack and pack.graphs for pack in editor.state().packs):
                break
            SystemClock().sleep(0.02)
        assert editor.state().serving is None


def test_edits_run_in_a_child_process_that_may_be_killed(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PLUGIN), *sys.path]))
    with Worker(hub.clock) as worker, Editor(hub, host=worker) as editor:
        assert pixel(editor) == 21
        first = worker.pid
        assert first not in (None, os.getpid())
        os.kill(int(first or 0), 9)
        assert pixel(editor) == 21
        assert worker.pid != first


def test_a_device_that_only_edits_learns_of_a_recall_within_a_day(
    tmp_path: Path, hub: Hub, publisher: SmallOrigin
) -> None:
    care.revoke(publisher.repo, PackRef.parse("acme/two:512@1.0.0"), "wrong colours", "acme/three:512@1.0.0")
    publisher.upload()
    clock = MovableClock()
    factories = hub.plugins._factories
    for hours, revoked in ((1, False), (25, False), (26, True)):
        clock.skew = timedelta(hours=hours)
        with Hub(home=str(tmp_path / "home"), refresh="daily", clock=clock) as later, Editor(later) as editor:
            later.plugins._factories.update(factories)
            if revoked:
                with pytest.raises(Revoked) as refused:
                    pixel(editor)
                assert refused.value.data["successor"] == "acme/three:512@1.0.0"
            else:
                assert pixel(editor) == 21
