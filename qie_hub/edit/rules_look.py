# ruff: noqa: E501, ISC004
"""Rules for the look of a picture: light, warmth, colour, contrast, sharpness, named moods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from qie_hub.edit import slots
from qie_hub.edit.clause import Clause, Reader
from qie_hub.formats.operation import Operation, Slot

USUAL: Final = 25
"""Percent that ``a bit brighter`` without a degree means; chosen by eye on ten photographs."""

_WORDS: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {
    "brightness": (
        (1, r"调亮|提亮|加亮|变亮|弄亮|打亮|亮度(?:提高|调高|增加|加强|高)|(?:提高|调高|增加|增强|提升)亮度|明亮|亮堂|亮[一些点]|太暗|偏暗|曝光不足"
            r"|亮(?!度)|\b(?:brighten(?: up)?|brighter|lighten|lighter|too dark|increase (?:the )?brightness|bright)\b"),
        (-1, r"调暗|压暗|变暗|弄暗|亮度(?:降低|调低|减少|低)|(?:降低|调低|减少)亮度|昏暗|暗[一些点]|太亮|过曝|偏亮|暗"
             r"|\b(?:darken|darker|dim|dimmer|too bright|overexposed|(?:decrease|reduce|lower) (?:the )?brightness|dark)\b"),
    ),
    "warmth": (
        (1, r"暖色调?|暖调|偏暖|调暖|变暖|温暖|暖洋洋|暖和|暖意|暖[一些点]|色温(?:调?高|提高|升高)|暖|\b(?:warm(?:er|th|ly)?|warm(?:er)? (?:tones?|colou?rs?))\b"),
        (-1, r"冷色调?|冷调|偏冷|调冷|变冷|清冷|冷[一些点]|色温(?:调?低|降低)|冷|\b(?:cool(?:er)?|cold(?:er)?|cool(?:er)? (?:tones?|colou?rs?))\b"),
    ),
    "contrast": (
        (1, r"(?:提高|增加|增强|加强|加大|调高|提升)对比度?|对比度?(?:提高|增加|增强|加强|加大|调高|强|高|更强)|对比(?:更)?(?:强烈|鲜明)"
            r"|\b(?:(?:more|increase(?: the)?|boost(?: the)?|higher|add|raise(?: the)?|stronger) contrast|contrasty)\b"),
        (-1, r"(?:降低|减少|减弱|调低)对比度?|对比度?(?:降低|减少|减弱|调低|低|弱)|柔和|柔一?[些点]"
             r"|\b(?:(?:less|decrease(?: the)?|reduce(?: the)?|lower(?: the)?) contrast|softer)\b"),
    ),
    "saturation": (
        (1, r"(?:提高|增加|增强|加强|调高|提升)饱和度?|饱和度?(?:提高|增加|增强|加强|调高|高)|鲜艳|艳丽|更艳|(?:颜色|色彩)(?:更|再)?(?:浓郁?|丰富|饱满|鲜亮|鲜明)"
            r"|\b(?:(?:more|increase(?: the)?|boost(?: the)?|higher|raise(?: the)?) (?:saturation|colou?rs?)|saturate|vivid|vibrant|(?:more )?colou?rful|saturated)\b"),
        (-1, r"(?:降低|减少|减弱|调低)饱和度?|饱和度?(?:降低|减少|减弱|调低|低)|素雅|淡雅|(?:颜色|色彩)(?:更|再)?(?:淡|素)|太艳"
             r"|\b(?:(?:less|decrease(?: the)?|reduce(?: the)?|lower(?: the)?) (?:saturation|colou?rs?)|desaturated?|muted|less vivid|less saturated)\b"),
    ),
    "sharpness": ((1, r"锐化|清晰[一些点]|更清晰|变清晰|锐利|锐度(?:提高|增加)?|太模糊|清晰度?|\b(?:sharpen|sharper|sharpness|crisper|crisp)\b"),),
    "denoise": ((1, r"降噪|去噪点?|去除?噪点|减少噪点|噪点太多|磨皮|\b(?:denoise|reduce (?:the )?noise|noise reduction|remove (?:the )?(?:noise|grain)|less noise|less grainy)\b"),),
}  # fmt: skip
_PATTERNS: Final = {name: tuple((sign, re.compile(words)) for sign, words in pairs) for name, pairs in _WORDS.items()}
_MOODS: Final = {
    "black_white": re.compile(r"黑白|单色|\b(?:black (?:and|&) white|b ?& ?w|monochrome|gr[ae]yscale|grayscale)\b"),
    "vintage": re.compile(r"复古|怀旧|老照片|胶片|\b(?:vintage|retro|film(?: look)?|nostalgic|sepia)\b"),
    "fresh": re.compile(r"小?清新|日系|通透|\b(?:fresh|airy|clean look)\b"),
    "auto": re.compile(
        r"自动(?:调色|优化|调整|增强|美化)|校正颜色|颜色校正|校色|白平衡|偏色|一键(?:优化|美化)|好看|优化"
        r"|\b(?:auto(?:matic(?:ally)?)?[ -]?(?:enhance|adjust|correct|fix|tone|level)s?|colou?r correct(?:ion)?|correct the colou?rs?|fix the colou?rs?"
        r"|white balance|enhance|improve)\b"
    ),
}
_NEUTRAL: Final = re.compile(
    r"调整?成?|色调|色彩|颜色|色温|光线|亮度|氛围|气氛|感觉|效果|滤镜|风格|风|调子|色|一点点?|一些|有点|稍微?|略微?|微微|很多|许多|非常|特别|很|超级|大幅|太|变|增强|增加|提高|"
    r"降低|转|整得?|偏|拍得|看起来|更加?|再|些|点|调"
    r"|\b(?:colou?rs?|tones?|lights?|lighting|brightness|mood|feel(?:ing)?|effect|filter|style|slightly|a little(?: bit)?|a bit|a touch|bit|little|touch|much|a lot|lots|very|"
    r"strongly|too|convert|turn|change|adjust|apply|give|add|boost|increase|tone|bring|into|hue|percent|%)\b|百分之\S+|\d{1,3}\s*%"
)
_DO_NOT: Final = re.compile(r"不要|不用|别|不能|不得|\b(?:don't|do not|not|never|without)\b")


def adjust(clause: Clause) -> Operation | None:
    """``调亮一点``, ``暖色调``, ``more contrast and less saturation``, ``black and white``."""
    if _DO_NOT.search(clause.text) or clause.quoted:
        return None
    reader = Reader(clause)
    found: dict[str, Slot] = {}
    for mood, words in _MOODS.items():
        if reader.take(words):
            found["mood"] = mood
            break
    amount = slots.percent(clause.text)
    usual = amount if amount is not None else round(USUAL * slots.degree(clause.text) / 100)
    for name, pairs in _PATTERNS.items():
        for sign, pattern in pairs:
            if reader.take(pattern):
                found[name] = sign * min(usual, 100)
                break
    reader.drop(_NEUTRAL)
    if not found or not reader.done:
        return None
    return Operation("tone.adjust", found, clause.original)
