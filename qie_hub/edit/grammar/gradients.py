"""The words for a gradient behind the subject and for the way in which it runs.

Example::

    direction("从左到右的渐变")      # "right"
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.vocabulary import words

GRADIENT: Final = words("渐变色? 渐层 过渡色?", "gradients? fade(s|_out)? ombre gradual")
RADIAL: Final = words(
    "径向 放射状? 中心向四周 中间向四周 从中间?到四周 圆形渐变 由内到外 由内向外", "radial centre_out circular vignette"
)
ACROSS: Final = words(
    "从左[边侧]?(到|往|向)右[边侧]? 由左(到|往|向)右 左右 横向 水平", "left_to_right horizontal(ly)? from_the_left"
)
DOWNWARD: Final = words(
    "从上(到|往|向)下 由上(到|往|向)下 上下 竖向 垂直 纵向", "top_to_bottom vertical(ly)? from_the_top downwards?"
)
FROM_TO: Final = words("从 由 到 向 往 过渡 渐渐", "from to into and then")


def direction(text: str) -> str | None:
    """Which way it runs: ``radial``, ``right`` or ``down``; None if it is not said."""
    if RADIAL.search(text):
        return "radial"
    if ACROSS.search(text):
        return "right"
    return "down" if DOWNWARD.search(text) else None
