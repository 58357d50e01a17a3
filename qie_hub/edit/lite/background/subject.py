"""The subject of a picture, cut out: by the input's own transparency, by a matting net, as people, or as a product.

Invariants: a cut that does not pass the judge is never delivered; every way's cut is made twice, from different
beginnings, so that the judge sees whether it is stable.

Example::

    found = find(picture, None, tools, check)
    found.matte.alpha(picture)       # HxW uint8
    found.way                        # "people"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.background import judge
from qie_hub.edit.lite.background.cut import (
    Cut,
    Mask,
    Window,
    by_border,
    by_boxes,
    by_people,
    lab_of,
    shrunk,
    without_crumbs,
)
from qie_hub.edit.lite.background.matte import Matte
from qie_hub.edit.lite.objects.detect import Thing
from qie_hub.edit.lite.objects.hole import GROUND
from qie_hub.edit.lite.objects.outline import likelihood
from qie_hub.edit.lite.tools import Tools
from qie_hub.errors import EditRefused
from qie_hub.ports import Picture, Session

T = TypeVar("T")

_AGAIN: Final = 256
"""Longer side of the second cut: another size is another beginning, and costs a third."""
_SOFT: Final = {"people": 0.011, "plain": 0.006, "busy": 0.006, "boxed": 0.006}
"""Width of the uncertain band on each side of the outline, as a share of the longer side: hair is wider than edges."""
_PERSON_SHARE: Final = 0.02
_CLOSE: Final = 0.4
"""Share of the picture's width or height from which a person is large enough for the net in the whole picture."""
_HOLDS: Final = 0.97
_MATTING_SIDE: Final = 768


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A subject with soft edges; ``way`` says how it was found, ``measured`` what the judge saw (None: not judged)."""

    matte: Matte
    way: str
    measured: judge.Verdict | None = None


def find(
    picture: Picture, alpha: Picture | None, tools: Tools, check: Callable[[], None], noun: str | None = None
) -> Subject:
    """Cut out the subject of a picture.

    Args:
        picture: HxWx3 uint8 RGB.
        alpha: HxW uint8, the picture's own transparency, or None.
        tools: of the edit.
        check: raises when the edit is cancelled.
        noun: the thing that was named, or None for whatever the picture is about.

    Raises:
        EditRefused: ``not_found`` if nothing stands out or the named thing is not seen, ``too_hard`` if a cut would be
            torn.
    """
    if alpha is not None and noun is None and float((alpha < 128).mean()) > 0.01 and bool((alpha > 128).any()):
        return Subject(Matte.from_alpha(picture, alpha), "given")
    net = tools.matting()
    if net is not None and noun is None:
        check()
        return _by_net(picture, net)
    things = _things(picture, tools, noun)
    check()
    reasons = []
    lab = lab_of(shrunk(picture))
    for cut, again in _cuts(picture, things, tools.portrait(), named=noun is not None):
        check()
        mask, other = without_crumbs(cut.mask), without_crumbs(again.mask)
        size = (mask.shape[1], mask.shape[0])
        second = np.asarray(cv2.resize(other.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.bool_)
        verdict = judge.measure(lab, mask, second, cut.doubt, cut.residue)
        problem = judge.worst(verdict, cut.way)
        if problem is None:
            return Subject(Matte.of(picture, mask, _SOFT[cut.way]), cut.way, verdict)
        reasons.append(problem)
    if not things and reasons and set(reasons) == {"nothing"}:
        raise EditRefused(reason="not_found", wanted="subject", hint="REFUSED_NO_SUBJECT")
    raise EditRefused(reason="too_hard", problems=reasons or ["backdrop"], hint="REFUSED_TORN")


def _things(picture: Picture, tools: Tools, noun: str | None) -> list[Thing]:
    """What may be the subject, largest first; all of a named class."""
    detector = tools.detector()
    found = () if detector is None else detector.find(picture)
    if noun is not None:
        same = [thing for thing in found if thing.noun == noun]
        if not same:
            seen = sorted({thing.noun for thing in found})
            raise EditRefused(reason="not_found", wanted=noun, found=seen, hint="REFUSED_OBJECT_NOT_FOUND")
        return same
    area = picture.shape[0] * picture.shape[1]
    solid = [thing for thing in found if thing.noun not in GROUND and thing.area > _PERSON_SHARE * area]
    return sorted(solid, key=lambda thing: -thing.area)


def _cuts(
    picture: Picture, things: Sequence[Thing], portrait: Session | None, *, named: bool
) -> Iterator[tuple[Cut, Cut]]:
    """Cuts to be judged, the most promising first, each with one from another beginning.

    Before a calm backdrop its colour tells more than any net, for people as well. A box alone is trusted only for a
    thing that was named: nobody knows what else belongs to the subject.
    """
    small, tiny = shrunk(picture), shrunk(picture, _AGAIN)
    people = [thing for thing in things if thing.noun == "person"]
    portrayed = bool(people) and people[0] is things[0]
    likely = _likely(portrait, picture, people, small.shape) if portrait is not None and portrayed else None
    for keen in (False, True):
        first, second = _both(partial(by_border, small, keen=keen), partial(by_border, tiny, ring=0.05, keen=keen))
        if first is not None and second is not None and not named and _agrees(first, likely):
            yield first, second
    if likely is not None:
        size = (tiny.shape[1], tiny.shape[0])
        less = np.asarray(cv2.resize(likely, size, interpolation=cv2.INTER_AREA), np.float32)
        yield _both(partial(by_people, small, likely), partial(by_people, tiny, less))
    elif things and named:
        largest = [thing for thing in things if thing.area > 0.4 * things[0].area]
        boxes, fewer = (_boxes(largest, one.shape[1] / picture.shape[1]) for one in (small, tiny))
        yield _both(partial(by_boxes, small, boxes), partial(by_boxes, tiny, fewer, slack=0.02))


def _both(one: Callable[[], T], other: Callable[[], T]) -> tuple[T, T]:
    """Two cuts at once: GrabCut works on one thread, and each thread has its own random numbers."""
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(other)
        return one(), later.result()


def _agrees(cut: Cut, likely: NDArray[np.float32] | None) -> bool:
    """Whether a cut by the border may stand for people: the backdrop is calm, and the cut holds all of them."""
    if likely is None:
        return True
    sure = likely > 0.9
    return cut.way == "plain" and bool(cut.mask[sure].mean() > _HOLDS)


def _likely(
    portrait: Session, picture: Picture, people: Sequence[Thing], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Where people are, at a small size: in the whole picture, and around each one whom the net would see too small."""
    out = likelihood(portrait, shrunk(picture))
    scale = shape[1] / picture.shape[1]
    for one in people:
        x, y, width, height = one.box
        if max(width / picture.shape[1], height / picture.shape[0]) > _CLOSE:
            continue
        around_x, around_y = round(0.3 * width), round(0.3 * height)
        x0, y0 = max(0, x - around_x), max(0, y - around_y)
        x1, y1 = min(picture.shape[1], x + width + around_x), min(picture.shape[0], y + height + around_y)
        left, top = round(x0 * scale), round(y0 * scale)
        right, bottom = min(shape[1], round(x1 * scale)), min(shape[0], round(y1 * scale))
        seen = likelihood(portrait, shrunk(picture[y0:y1, x0:x1]))
        part = cv2.resize(seen, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
        out[top:bottom, left:right] = np.maximum(out[top:bottom, left:right], part)
    return out


def _boxes(things: Sequence[Thing], scale: float) -> list[Window]:
    boxes = []
    for thing in things:
        x, y, width, height = thing.box
        boxes.append((round(x * scale), round(y * scale), round((x + width) * scale), round((y + height) * scale)))
    return boxes


def _by_net(picture: Picture, net: Session) -> Subject:
    """The matting component: input 1x3x768x768 RGB 0..1, output 1x1x768x768 0..1."""
    small = cv2.resize(picture, (_MATTING_SIDE, _MATTING_SIDE), interpolation=cv2.INTER_AREA)
    feed: NDArray[Any] = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) / 255
    seen = np.asarray(net.run({net.input_names[0]: feed})[0], np.float32).reshape(_MATTING_SIDE, _MATTING_SIDE)
    alpha = np.clip((seen - seen.min()) / max(float(np.ptp(seen)), 1e-3), 0, 1)
    mask: Mask = alpha > 0.5
    if not judge.SMALLEST < float(mask.mean()) < judge.LARGEST:
        raise EditRefused(reason="not_found", wanted="subject", hint="REFUSED_NO_SUBJECT")
    full = cv2.resize(alpha, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    return Subject(Matte.from_alpha(picture, full), "matting")
