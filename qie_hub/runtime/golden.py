"""The golden edit: an edit that a pack ships with its expected outcome, done once before the pack takes traffic.

Bytes can be right and the result wrong: another CPU, another ONNX Runtime, another provider. Invariants:

* a pack without a golden edit passes; one with it serves only after the edit came out within its tolerance;
* a pass is remembered for exactly this manifest, variant, runtime version, provider and device, below ``derived/``
  of the home; a failure never is, so the next load tries again.

Example::

    prove(pack, pipeline, factory.understand, memo=Memo(home / "derived" / "golden", cpu_model))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.errors import LoadError, QieHubError
from qie_hub.formats import canonical
from qie_hub.ports import PipelineInput
from qie_hub.runtime.sessions import VERSION

if TYPE_CHECKING:
    from qie_hub.formats.manifest import Golden
    from qie_hub.formats.operation import Instruction
    from qie_hub.ports import Picture, Pipeline
    from qie_hub.runtime.sessions import PackSessions

MARK: Final = b"passed\n"


@dataclass(frozen=True, slots=True)
class Memo:
    """Where passes are remembered; ``device`` names what computes (CPU model, driver)."""

    folder: Path
    device: str

    def path(self, pack: PackSessions) -> Path:
        """The file whose presence means: passed."""
        facts = {
            "manifest": str(Digest.of(pack.manifest.to_bytes())), "variant": pack.variant.id, "runtime": VERSION,
            "provider": pack.provider, "device": self.device,
        }  # fmt: skip
        return self.folder / f"{Digest.of(canonical.dumps(facts))}.passed"

    def passed(self, pack: PackSessions) -> bool:
        """Whether this pack passed here before."""
        try:
            return self.path(pack).read_bytes() == MARK
        except OSError:
            return False

    def remember(self, pack: PackSessions) -> None:
        """Note a pass. A home that cannot be written only means that the edit is done again next time."""
        try:
            atomic.write(self.path(pack), MARK)
        except OSError:
            return


def prove(
    pack: PackSessions, pipeline: Pipeline, understand: Callable[[str], Instruction], memo: Memo | None = None
) -> None:
    """Do the pack's golden edit and compare, unless it passed here before.

    Raises:
        LoadError: hint GOLDEN_MISMATCH; the result differs by more than the tolerance (``difference`` and
            ``tolerance`` in thousandths of a grey level), has another size, or the edit failed.
    """
    golden = pack.manifest.golden
    if golden is None or (memo is not None and memo.passed(pack)):
        return
    try:
        expected = _picture(pack.path(golden.expected))
        found = _edit(pack, pipeline, understand, golden)
    except QieHubError as error:
        raise _mismatch(golden, f"the edit failed: {error}") from error
    if found.shape != expected.shape:
        raise _mismatch(golden, f"{found.shape} where {expected.shape} was expected")
    difference = distance(found, expected)
    if difference > golden.tolerance:
        raise _mismatch(golden, "the picture differs", difference)
    if memo is not None:
        memo.remember(pack)


def distance(one: Picture, other: Picture) -> int:
    """The largest mean absolute difference of a channel, in thousandths of a grey level, rounded up."""
    spread = np.abs(one.astype(np.int16) - other.astype(np.int16))
    return int(np.ceil(spread.reshape(-1, spread.shape[-1]).mean(axis=0).max() * 1000))


def _edit(pack: PackSessions, pipeline: Pipeline, understand: Callable[[str], Instruction], golden: Golden) -> Picture:
    source = PipelineInput(picture=_picture(pack.path(golden.picture)), instruction=understand(golden.sentence))
    plan = pipeline.plan(source, _go_on)
    return pipeline.edit(source, plan, _no_stage, _go_on).picture


def _picture(path: Path) -> Picture:
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError) as error:
        raise LoadError(graph=path.name, problem=f"no picture: {error}") from None


def _mismatch(golden: Golden, problem: str, difference: int | None = None) -> LoadError:
    return LoadError(
        hint="GOLDEN_MISMATCH", graph=golden.expected, problem=problem, difference=difference,
        tolerance=golden.tolerance,
    )  # fmt: skip


def _go_on() -> None:
    """Nobody cancels a golden edit."""


def _no_stage(stage: str, operation: int) -> None:
    """Nobody listens to the stages of a golden edit."""
    del stage, operation
