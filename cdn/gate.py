"""The gate: a built pack edits for real, in a child process, before it may be signed.

The child opens the pack as a device does (the runtime's sessions, the pipeline of the pack's kind), carries out
sentences on pictures, and says what it measured. One child per pack, because the peak of a process (``VmHWM``) never
falls; it is asked in the order of the tasks, so a later task's peak includes the earlier ones'.

A second child runs the devices' own micro-benchmark, once per build: only by its figures can a time that was measured
here be compared with a time elsewhere (`formats.speed.normalise`).

Invariant: nothing is estimated. A figure that the system does not give is None; a child that fails is a
`QualityTooLow` with its own words.

Example::

    seen = run(folder, manifest, variant, [Task("edit", picture_png, "把‘¥199’改成‘¥99’", result_png, runs=2)])
    seen.tasks["edit"].peak, seen.tasks["edit"].milliseconds
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdn.ladder import Ladder
from cdn.pace import ProcessorClock, Timer
from qie_hub.clock import Clock
from qie_hub.errors import EditRefused, QieHubError, QualityTooLow
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.manifest import Manifest, Variant
from qie_hub.formats.speed import Figures

if TYPE_CHECKING:
    from qie_hub.ports import Pipeline, PipelineFactory

TIMEOUT_S: Final = 900
ROOT: Final = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Task:
    """One edit: the PNG to edit, the sentence, where the PNG of the result goes, and how often (0: only planned).

    ``box`` is what a person would have drawn on the picture. The picture itself stands for every further picture that
    a sentence speaks of.
    """

    name: str
    picture: Path
    sentence: str
    result: Path | None = None
    runs: int = 1
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one task showed.

    ``planned`` and ``peak`` are the process's largest resident size in bytes after planning and after editing, None
    where the system does not say; ``milliseconds`` the processor time of plan and edit, the middle of several runs on
    one core, at the speed that the benchmark saw: each run lies between two looks at how fast the core is just now,
    for on a shared machine that changes by half within seconds. None where there was one run only. ``checks`` is what
    the pipeline found when it looked at its result; ``refused`` the reason of a refusal; ``abilities`` what the
    sentence was understood to need.
    """

    planned: int | None = None
    peak: int | None = None
    milliseconds: int | None = None
    checks: Mapping[str, Any] | None = None
    refused: str | None = None
    abilities: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What the child showed: its resident size with the pack open and nothing loaded, and each task by name.

    A refused task that should have left a picture is the last one. ``figures`` say how fast a thread here is,
    ``smallest`` how tall the smallest text of the ladder is that was replaced and read again.
    """

    opened: int | None
    tasks: Mapping[str, Seen]
    figures: Figures | None = None
    smallest: int | None = None


def run(
    folder: Path, manifest: Manifest, variant: Variant, tasks: Sequence[Task], ladder: Ladder | None = None
) -> Measured:
    """Carry out tasks with the pack whose files lie in ``folder``, in a child process; then climb down the ladder.

    Raises:
        QualityTooLow: the child failed or did not end.
    """
    figures = _figures(manifest, folder)
    with tempfile.TemporaryDirectory(prefix="qie-hub-gate-") as temp:
        document = Path(temp) / "pack.json"
        document.write_bytes(manifest.to_bytes())
        wish = {
            "folder": folder, "manifest": document, "variant": variant.id, "tasks": [asdict(task) for task in tasks],
            "threads": None, "ladder": None if ladder is None else asdict(ladder), "speed": figures.serial,
        }  # fmt: skip
        try:
            answer = _child("cdn.gate", text=json.dumps(wish, default=os.fspath))
        except ChildProcessError as error:
            raise _failed(manifest, folder, str(error)) from None
    seen = {name: Seen(**row) for name, row in answer["tasks"].items()}
    return Measured(answer["opened"], seen, figures, answer["smallest"])


def _figures(manifest: Manifest, folder: Path) -> Figures:
    try:
        return _benchmark()
    except ChildProcessError as error:
        raise _failed(manifest, folder, str(error)) from None


@cache
def _benchmark() -> Figures:
    """How fast one thread of this machine is: the same for every pack of a build, so measured once."""
    issues = Issues("figures")
    document = {**_child("qie_hub.device.bench", "1"), "key": "builder", "threads": 1}
    figures = Figures.read(Fields(document, issues))
    issues.raise_any()
    return figures


def _child(module: str, *arguments: str, text: str = "") -> dict[str, Any]:
    """Run a module with ``text`` as its input and read the JSON on its last line.

    Raises:
        ChildProcessError: it failed or did not end.
    """
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, cwd=ROOT, input=text, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ChildProcessError(f"no end within {TIMEOUT_S} s") from None
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        raise ChildProcessError(words[-1][:500])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _failed(manifest: Manifest, folder: Path, problem: str) -> QualityTooLow:
    return QualityTooLow(ref=str(manifest.ref), problem=problem, folder=str(folder))


# -- the child ----------------------------------------------------------------------------------------------


def main(wish: Mapping[str, Any], clock: Clock) -> int:
    """Edit as asked and write what was measured to standard output; the exit status says whether it went."""
    from qie_hub.plugins import Plugins
    from qie_hub.runtime import memory
    from qie_hub.runtime.sessions import PackSessions

    manifest = Manifest.from_bytes(Path(wish["manifest"]).read_bytes())
    variant = manifest.variant(wish["variant"])
    seen: dict[str, object] = {}
    smallest = None
    try:
        factory = Plugins().pipeline(variant.pipeline.kind)
        with PackSessions(manifest, variant, Path(wish["folder"]), threads=wish["threads"]) as pack:
            pipeline = factory.create(pack)
            opened = memory.peak(os.getpid())
            timer = Timer(clock, wish["speed"])
            for task in map(_task, wish["tasks"]):
                result = _edit(pipeline, factory, task, timer)
                seen[task.name] = asdict(result)
                if result.refused is not None and task.result is not None:  # later tasks may need its picture
                    break
            else:
                smallest = _smallest(pipeline, factory, wish["ladder"], timer)
    except QieHubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"opened": opened, "tasks": seen, "smallest": smallest}) + "\n")
    return 0


def _task(row: Mapping[str, Any]) -> Task:
    result, box = row["result"], row["box"]
    return Task(
        row["name"], Path(row["picture"]), row["sentence"], result and Path(result), row["runs"], box and tuple(box)
    )


def _smallest(
    pipeline: Pipeline, factory: PipelineFactory, ladder: Mapping[str, Any] | None, timer: Timer
) -> int | None:
    """The height of the smallest text that is replaced and read again: halving, since what is taller is easier."""
    rungs = [] if ladder is None else ladder["rungs"]
    low, high = 0, len(rungs)
    while ladder is not None and low < high:
        middle = (low + high) // 2
        seen = _edit(pipeline, factory, Task("rung", Path(ladder["picture"]), rungs[middle]["sentence"]), timer)
        fine = seen.refused is None and not any(value is False for value in (seen.checks or {}).values())
        low, high = (middle + 1, high) if fine else (low, middle)
    return int(rungs[low - 1]["height"]) if low else None


def _edit(pipeline: Pipeline, factory: PipelineFactory, task: Task, timer: Timer) -> Seen:
    import numpy as np
    from PIL import Image

    from qie_hub.edit import image
    from qie_hub.ports import PipelineInput
    from qie_hub.runtime import memory

    photo = image.read(task.picture)
    instruction = factory.understand(task.sentence)
    further = np.dstack([photo.picture, np.full(photo.picture.shape[:2], 255, np.uint8)])
    source = PipelineInput(photo.picture, instruction, photo.alpha, box=task.box, with_pictures=(further,))
    needs = sorted(instruction.abilities)
    planned, checks = None, None
    try:
        for _ in range(max(task.runs, 1)):
            with timer.timing() if task.runs > 1 else nullcontext():
                plan = pipeline.plan(source, _never)
                planned = planned or memory.peak(os.getpid())
                if task.runs == 0:
                    break
                output = pipeline.edit(source, plan, _deaf, _never)
            checks = {key: value for key, value in output.checks.items() if isinstance(value, (str, int, bool))}
            if task.result is not None:
                Image.fromarray(output.picture).save(task.result, format="PNG", optimize=True)
    except EditRefused as refusal:
        return Seen(planned, memory.peak(os.getpid()), refused=str(refusal.data.get("reason")), abilities=needs)
    return Seen(planned, memory.peak(os.getpid()), timer.middle(), checks, abilities=needs)


def _deaf(stage: str, number: int) -> None:
    """Nobody listens to the stages either."""
    del stage, number


def _never() -> None:
    """Nobody cancels the gate."""


if __name__ == "__main__":
    sys.exit(main(json.load(sys.stdin), ProcessorClock()))
