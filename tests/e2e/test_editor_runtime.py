"""The editor over its runtime: swap, live upgrade, recall of a loaded pack, another process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from cdn import care
from qie_hub.clock import SystemClock
from qie_hub.editor import Editor
from qie_hub.errors import LoadError, QieHubError, Revoked
from qie_hub.events import Event, StageStarted, Warned
from qie_hub.hub import Hub
from qie_hub.packref import PackRef
from qie_hub.worker import Worker
from tests.e2e.conftest import MovableClock
from tests.support.command_line import CommandLine
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


def pixel(editor: Editor, pack: str | None = None) -> int:
    ref = None if pack is None else PackRef.parse(pack)
    return int(editor.edit(np.full((16, 16, 3), 10, np.uint8), "sample", pack=ref).picture[0, 0, 0])


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


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_an_isolated_editor_survives_the_death_of_its_process(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PLUGIN), *sys.path]))
    heard: list[Event] = []
    with Editor(hub, isolate=True, on_event=heard.append) as editor:
        assert pixel(editor) == 21
        assert editor.state().budget, "the child asks how much memory is left"
        [first] = children()

        def kill(event: Event) -> None:
            if isinstance(event, StageStarted) and event.stage == "plan" and children() == [first]:
                os.kill(first, number)

        result = editor.edit(np.full((16, 16, 3), 10, np.uint8), "sample", on_event=kill)
        assert int(result.picture[0, 0, 0]) == 21
        assert [event.data["signal"] for event in heard if isinstance(event, Warned)] == [number.name]
        assert children() != [first]
    assert children() == []


def test_the_setting_worker_isolates_editors_and_an_argument_overrules_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PLUGIN), *sys.path]))
    with Hub(home=str(hub.settings.home), refresh="never", worker=True) as isolating:
        isolating.plugins._factories.update(hub.plugins._factories)
        with Editor(isolating) as editor:
            assert pixel(editor) == 21
            assert len(children()) == 1
        with Editor(isolating, isolate=False) as editor:
            assert pixel(editor) == 21
            assert children() == []


def test_idle_packs_go_when_the_settings_say_and_named_ones_stay(hub: Hub) -> None:
    hub.install("three").wait()
    home = str(hub.settings.home)
    with Hub(home=home, refresh="never", unload_after="0s", rest_after="0", keep="acme/three") as quick:
        quick.plugins._factories.update(hub.plugins._factories)
        with Editor(quick) as editor:
            assert pixel(editor, "acme/three:512") == 31
            assert pixel(editor, "acme/two:512") == 21
            wait_until(lambda: loaded(editor) == {"acme/three:512@1.0.0"})
            editor.keep("three", kept=False)
            wait_until(lambda: loaded(editor) == set())
            editor.keep("two")
            assert pixel(editor, "acme/two:512") == 21
            assert pixel(editor, "acme/three:512") == 31
            wait_until(lambda: loaded(editor) == {"acme/two:512@1.0.0"})


def test_ps_shows_what_other_processes_have_loaded_and_forgets_those_that_died(hub: Hub) -> None:
    cli = CommandLine(hub.settings.home)
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\nimport numpy as np\n"
        "from qie_hub_sample import SampleFactory\nfrom qie_hub.hub import Hub\nfrom qie_hub.editor import Editor\n"
        "hub = Hub(home=sys.argv[2], refresh='never'); hub.plugins._factories['sample'] = SampleFactory()\n"
        "editor = Editor(hub)\nediting = editor.edit(np.zeros((8, 8, 3), np.uint8), 'sample')\n"
        "print('edited', flush=True)\nsys.stdin.read()\neditor.close()\n"
    )
    command = [sys.executable, "-c", code, str(PLUGIN), str(hub.settings.home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "edited\n"
        wait_until(lambda: cli.json("ps").json != [])
        [row] = cli.json("ps").json
        assert (row["pid"], row["purpose"], row["pack"]) == (other.pid, "loaded", "acme/two:512@1.0.0")
        assert row["loaded"]["state"] == "ready"
        assert row["loaded"]["memory"]["understand"] > 0
        assert "understand" in cli.ok("--lang", "en", "ps").out
        other.kill()
    assert cli.json("ps").json == []
    assert len(list(hub.settings.home.glob("derived/running/*.json"))) == 1
    with Editor(hub) as editor:
        assert pixel(editor) == 21
        wait_until(lambda: [item["pid"] for item in cli.json("ps").json] == [os.getpid()])
    assert list(hub.settings.home.glob("derived/running/*.json")) == []


def children() -> list[int]:
    """The processes that this one started and that still run."""
    tasks = Path("/proc/self/task").iterdir()
    return sorted(int(pid) for task in tasks for pid in (task / "children").read_text().split())


def loaded(editor: Editor) -> set[str]:
    return {pack.pack for pack in editor.state().packs if pack.state == "ready"}


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        SystemClock().sleep(0.02)
    raise AssertionError("it never happened")


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
