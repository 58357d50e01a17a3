"""Sentences that are understood, one per wish and language: what a person is offered when theirs was not.

They are examples to choose from, never a way to act: the grammar alone acts.
"""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = {
    "zh": (
        "把‘旧文字’改成‘新文字’", "删除‘文字’", "在右下角加上‘文字’", "去掉水印", "加白底边框", "添加‘双十一’角标",
        "调亮一点", "调暗一点", "暖色调", "冷色调", "提高对比度", "更鲜艳", "黑白", "锐化", "降噪", "复古", "清新",
        "裁成800x800", "做成正方形", "放大两倍", "把背景换成海边", "去掉路人", "把猫换成狗", "给人物换衣服",
        "变成油画风格", "抠图",
    ),
    "en": (
        "replace 'old text' with 'new text'", "delete the text 'SALE'", "add the text 'NEW' at the bottom right",
        "remove the watermark", "add a white border", "add a 'SALE' badge", "make it brighter", "make it darker",
        "warmer colors", "cooler colors", "more contrast", "more vivid", "black and white", "sharpen", "reduce noise",
        "vintage look", "fresh look", "resize to 800x800", "make it square", "upscale 2x",
        "change the background to a beach", "remove the people", "replace the cat with a dog",
        "turn it into an oil painting", "cut out the subject",
    ),
}  # fmt: skip

WISHES: Final = {
    "zh": ("去掉{name}", "把{name}换成别的东西", "把‘旧文字’改成‘新文字’"),
    "en": ("remove {name}", "replace {name} with something else", "replace 'old text' with 'new text'"),
}
"""What may be wanted of a thing that was only named."""
