"""Optional components: used when they are installed and may run, missed by nobody when they are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from qie_hub.editor import Editor
from qie_hub.events import Event, Warned
from qie_hub.formats.manifest import Requirements
from qie_hub.hub import Hub
from qie_hub.ports import LoadedPack, Pipeline, Session
from qie_hub.runtime.host import Host
from tests.support.plugin_wheel.qie_hub_sample import SampleFactory, SamplePipeline
from tests.support.small_origin import PackSpec, SmallOrigin

PLAIN, FINER = 21, 71
ROOM = 64 << 20


class _WithComponent:
    """A pack whose net is that of its component, where there is one."""

    def __init__(self, pack: LoadedPack) -> None:
        self._pack = pack
        self.manifest, self.settings, self.path = pack.manifest, pack.settings, pack.path

    def session(self, name: str) -> Session:
        part = self._pack.component("finer")
        return (part or self._pack).session(name)


@dataclass
class FinerFactory(SampleFactory):
    """The sample pipeline, which works with the component's net when it finds one."""

    def create(self, pack: LoadedPack) -> Pipeline:
        return SamplePipeline(_WithComponent(pack))


@pytest.fixture
def publisher(tmp_path: Path) -> SmallOrigin:
    made = SmallOrigin(tmp_path / "publisher", publishers=("acme", "mine"))
    made.publish(PackSpec(name="plain", scale=2.0, optional=("finer",)))
    finer = PackSpec(name="finer", scale=7.0, abilities=(), resolutions=(None,), accept=True)
    finer.requirements = Requirements(memory={"locate": 2 * ROOM})
    made.publish(finer, publisher="mine")
    return made


@pytest.fixture
def hub(tmp_path: Path, publisher: SmallOrigin) -> Iterator[Hub]:
    with Hub(home=str(tmp_path / "home"), refresh="never") as made:
        made.plugins._factories["sample"] = FinerFactory()
        made.origin_add(publisher.line)
        made.install("acme/plain").wait()
        yield made


def pixel(editor: Editor) -> int:
    return int(editor.edit(np.full((16, 16, 3), 10, np.uint8), "sample").picture[0, 0, 0])


def install_component(hub: Hub) -> Path:
    return hub.install("mine/finer", accept=["Apache-2.0"]).wait().path


def test_a_component_serves_from_the_next_edit_on_and_until_it_is_removed(hub: Hub) -> None:
    with Editor(hub) as editor:
        assert pixel(editor) == PLAIN
        install_component(hub)
        assert pixel(editor) == FINER
        hub.remove("mine/finer")
        assert pixel(editor) == PLAIN


def test_a_component_is_no_pack_to_edit_with_and_never_the_default(hub: Hub) -> None:
    install_component(hub)
    assert [item.ref.name for item in hub.runnable()] == ["plain"]
    assert [item.ref.name for item in hub.installed() if item.default] == ["plain"]


def test_a_component_that_was_damaged_is_left_out_and_named(hub: Hub) -> None:
    folder = install_component(hub)
    (folder / "net.onnx").chmod(0o644)
    (folder / "net.onnx").write_bytes(b"another graph")
    events: list[Event] = []
    with Editor(hub, on_event=events.append) as editor:
        assert pixel(editor) == PLAIN
    [warning] = [event for event in events if isinstance(event, Warned) and event.code == "COMPONENT_REFUSED"]
    assert warning.data == {"component": "mine/finer@1.0.0", "problem": "TAMPERED"}


def test_a_component_for_which_there_is_no_room_is_left_out_and_named(hub: Hub) -> None:
    install_component(hub)
    events: list[Event] = []
    with Editor(hub, on_event=events.append, host=Host(hub.clock, available=lambda: ROOM)) as editor:
        assert pixel(editor) == PLAIN
    [warning] = [event for event in events if isinstance(event, Warned) and event.code == "COMPONENT_NO_ROOM"]
    assert warning.data == {"components": ["finer"], "pack": "acme/plain:512@1.0.0"}


def test_an_edit_holds_its_components(hub: Hub, tmp_path: Path) -> None:
    install_component(hub)
    [pack] = hub.runnable()
    with hub.admitted(pack.ref, pack.generation) as admitted, hub.components(admitted) as parts:
        assert [str(part.receipt.ref) for part in parts] == ["mine/finer@1.0.0"]
        assert len(list((tmp_path / "home" / "holds" / "mine" / "finer-any").iterdir())) == 1
    assert not list((tmp_path / "home" / "holds" / "mine").rglob("*.json"))
