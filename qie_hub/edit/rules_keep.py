"""What has to stay: ``其他不变``, ``背景不要动``, ``keep the person as it is``.

An edit changes nothing outside its mask, so most such wishes are kept by itself; one that the edit beside it would
break makes the sentence a matter for a larger pack. Alone, such a clause asks for nothing.

Example::

    kept(clause)                       # 背景不要动 -> "background"
    breaks("tone.adjust", "person")    # True: a look is a look of the whole picture
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.clause import Clause, Reader
from qie_hub.edit.vocabulary import words

_STAY: Final = words(
    """
    不要[动变改碰换] 不要?改动 不要有?变化 不[动变改碰换] 别[动变改碰换] 不能[动变改碰换] 不用[动变改管换]
    保持(不变|原样|原状|一致)? 保留 维持(不变|原样)?
    不做改[动变] 照旧 原样 一样 不变
    """,
    """
    (do_not|don't|without|not)_(touch|change|alter|edit|modify)(ing)? keep leave (stays?|remains?|kept)
    (un_?changed|untouched|alone|intact) as_(is|it_is|they_are|before) the_same should_(stay|remain)
    must_(stay|remain)
    """,
)
_THINGS: Final = {
    "other": words(
        "(其他|其它|别的|其余|剩下|剩余)(的|地方|部分|内容|文字|东西|区域|都|全)* 别的地方 画面",
        """
        (everything|anything|all|the_rest|nothing)(_else)? the_rest_of_(it|the_(picture|photo|image)) others rest
        other_(parts|things|text|words)
        """,
    ),
    "background": words("背景", "backgrounds? backdrop"),
    "person": words(
        "人物 人 人脸 脸 模特 主角 主体 商品 产品 物体 前景",
        "person people subject face model product foreground him her me",
    ),
    "text": words("文字 字 标题", "texts? words? titles?"),
    "style": words("字体 字号 大小 颜色 位置 风格 样式 格式 排版", "font size colou?rs? position style layout format"),
}
_ONLY: Final = words("只 仅", "only just")
"""``只保留商品`` asks for the rest to go."""
_REST: Final = words(
    "原来的? 的 都 要 就 和 一定 一切 全部 尽量 完全 其中 原 请", "exactly just please and all it how way only"
)
_TOUCHED: Final = {
    "background": re.compile(r"background\.|tone\.|style\.|scene\.|freeform"),
    "person": re.compile(r"person\.|tone\.|style\.|scene\.|freeform"),
    "text": re.compile(r"text\.|watermark\.|tone\.|style\."),
    "style": re.compile(r"style\.|tone\."),
    "other": re.compile(r"style\.|scene\."),
}


def kept(clause: Clause) -> str | None:
    """What a clause wants unchanged: a key of the vocabulary; None if it asks for something else as well."""
    if clause.quoted or _ONLY.search(clause.text) or not _STAY.search(clause.text):
        return None
    found = [name for name, pattern in _THINGS.items() if pattern.search(clause.text)]
    if not found:
        return None
    reader = Reader(clause)
    for pattern in (*_THINGS.values(), _STAY, _REST):
        reader.drop(pattern)
    return found[-1] if reader.done else None


def breaks(ability: str, thing: str) -> bool:
    """Whether an edit with this ability changes what has to stay."""
    return _TOUCHED[thing].match(ability) is not None
