"""What the swap benchmarks share: packs, edits, and the cells of their table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdn.golden import draw
from qie_hub.digest import Digest
from qie_hub.edit.lite.factory import LiteFactory
from qie_hub.formats.manifest import PackFile
from qie_hub.ports import Pipeline, PipelineInput
from qie_hub.runtime.host import Host, PackKey
from qie_hub.runtime.loading import PackSource
from tests.support.lite_pack import lite_folder, lite_pack, lite_recipe
from tests.support.pipelines import key_of

MIB = 1 << 20
TINY = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
LITE = LiteFactory()
Row = tuple[str, str, str]
Pack = tuple[PackKey, PackSource]


def lite_packs() -> list[Pack]:
    """Two resolutions of the real pack."""
    return [(key_of(source), source) for source in (lite_source(512), lite_source(1024))]


def lite_source(resolution: int) -> PackSource:
    """The pack of a resolution, with its files listed by stage as a published one lists them."""
    with lite_pack(resolution) as pack:
        stages = {file.path: file.stage for file in lite_recipe().files}
        files = tuple(
            PackFile(path, pack.path(path).stat().st_size, Digest.of(path.encode()), stages[path], "any")
            for path in pack.variant.files
        )
        return PackSource(replace(pack.manifest, files=files), pack.variant.id, lite_folder(), LITE)


def edit(host: Host) -> Any:
    """One tiny edit on whatever serves."""
    with host.lease() as pipeline:
        return edit_with(pipeline)


def price(host: Host) -> Any:
    """An everyday edit on whatever serves: a price on a picture of 1024 pixels becomes another."""
    with host.lease() as pipeline:
        return carried_out(pipeline, labelled(), "把‘¥199’改成‘¥99元’")


def edit_with(pipeline: Pipeline) -> Any:
    """The smallest edit that runs a net, with a leased pipeline: what else goes on shows most."""
    return carried_out(pipeline, TINY, "放大2倍")


def carried_out(pipeline: Pipeline, picture: NDArray[Any], sentence: str) -> Any:
    """Plan and edit."""
    source = PipelineInput(picture=picture, instruction=LITE.understand(sentence))
    plan = pipeline.plan(source, lambda: None)
    return pipeline.edit(source, plan, lambda *_: None, lambda: None)


@cache
def labelled() -> NDArray[Any]:
    """The picture of a price that publishers time their packs on."""
    return draw(1024, "¥199", next(lite_folder().rglob("*Sans*.otf")))


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.monotonic()
    act()
    return time.monotonic() - start


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def ms(seconds: float) -> str:
    """For the table."""
    return f"{seconds * 1000:.0f} ms"


def mb(size: int) -> str:
    """For the table."""
    return f"{size / MIB:.0f} MiB"


def ratio(value: float, reference: float, name: str) -> str:
    """For the table."""
    return f"{value / reference:.2f} x {name}" if reference else "-"
