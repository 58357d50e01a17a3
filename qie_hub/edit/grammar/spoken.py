"""Numbers that were read out, as they are printed: prices in words, telephone numbers digit by digit, dates.

Pure. Expects folded text (see `quotes`); answers None where nothing was read out, so what was typed stays as typed.

Example::

    printed("price", "nine hundred dollars")     # "$900"
    printed("phone", "一三八零零一三八零零零")     # "13800138000"
    digits("eight hundred wide")                 # "800 wide"
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import slots
from qie_hub.edit.grammar.pattern import Pattern

_SMALL: Final = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ONE: Final = "|".join((*_SMALL, *_TENS, *_SCALES, "oh"))
ENGLISH: Final = rf"\b(?:{_ONE})(?:[ -](?:and )?(?:{_ONE}))*\b"
"""A number in English words."""

_HUNDRED: Final = Pattern("^a (?=hundred|thousand)")
_ENGLISH: Final = Pattern(ENGLISH)
_WORD: Final = Pattern(r"[a-z]+")
_SIGNS: Final = {"dollar": "$", "buck": "$", "pound": "£", "quid": "£", "euro": "€", "yuan": "¥"}
_SUM_EN: Final = Pattern(
    rf"(?:only |just )?(?P<whole>{ENGLISH}|\d+)(?: (?P<unit>dollar|buck|pound|quid|euro|yuan)s?)?"
    rf"(?: (?:and )?(?P<part>{ENGLISH}|\d+)(?: (?:cents?|pence|p))?)?"
)
_SUM_ZH: Final = Pattern(
    rf"(?P<whole>{slots.CHINESE_NUMBER}|\d+)(?P<point>(?:点(?P<after>[零〇一二三四五六七八九]{{1,2}}))?)"
    r"(?P<unit>块钱?|元|万|折)?(?P<part>[零〇一二两三四五六七八九](?![零-龥]))?(?:钱|整)?"
)
_READ_OUT: Final = Pattern("[零〇一二三四五六七八九幺]{5,}")
_DIGITS: Final = {one: str(at) for at, one in enumerate("零一二三四五六七八九")} | {"〇": "0", "幺": "1"}
_DATE_ZH: Final = Pattern(
    rf"(?P<number>(?<![第星期周礼拜])(?:[零〇一二三四五六七八九]{{4}}|{slots.CHINESE_NUMBER}))(?=年|月|[日号](?!楼))"
)


_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_DATE_EN: Final = Pattern(
    r"\b(?P<month>january|february|march|april|may|june|july|august|september|october|november|december)"
    rf" (?:the )?(?P<day>(?:(?:twenty|thirty)[ -])?(?:{'|'.join(sorted((*_ORDINALS, *_SMALL), key=len, reverse=True))})"
    r"|twenty|thirty)\b(?! (?:hundred|thousand))",
    re.IGNORECASE,
)
"""``September first``, ``june twenty third``"""
_OF_MONTH: Final = Pattern(
    rf"\b(?:the )?(?P<day>(?:(?:twenty|thirty)[ -])?(?:{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})) of "
    r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)
"""``the fifth of may`` is said, and printed, in the other order."""


def _of_month(found: re.Match[str]) -> str:
    return " ".join(reversed(_day_en(found).split(" ")))


def _day_en(found: re.Match[str]) -> str:
    parts = re.split("[ -]", found.group("day").lower())
    day = sum(_ORDINALS.get(one) or _TENS.get(one) or _SMALL.get(one, 0) for one in parts)
    return f"{found.group('month').capitalize()} {day}" if 1 <= day <= 31 else found.group()


def printed(kind: str | None, said: str) -> str | None:
    """How a value of a kind of text is printed; None if it was typed, not read out."""
    said = said.strip(" .!?")
    if kind == "phone":
        return _phone(said)
    if kind == "date":
        written = _DATE_ZH.sub(lambda found: _number(found.group()), said)
        written = _DATE_EN.sub(_day_en, _OF_MONTH.sub(_of_month, written))
        return None if written == said else written
    return (_english_sum(said) or _chinese_sum(said)) if kind == "price" else None


def english(said: str) -> list[int]:
    """The numbers of a row of English words: ``four fifty`` is two, ``nine hundred`` is one."""
    found: list[int] = []
    total = part = room = 0
    for word in (one for one in _WORD.findall(said) if one != "and"):
        value = _SMALL.get(word, _TENS.get(word, 0))
        if word == "hundred":
            part, room = (part or 1) * 100, 100
        elif word in _SCALES:
            total, part, room = total + (part or 1) * _SCALES[word], 0, _SCALES[word]
        elif value < room or total + part == 0:
            part, room = part + value, 10 if word in _TENS else 1
        else:
            found.append(total + part)
            total, part, room = 0, value, 10 if word in _TENS else 1
    return [*found, total + part]


def digits(text: str) -> str:
    """English number words as digits: ``eight hundred wide and six hundred high``."""
    return _ENGLISH.sub(lambda found: _pairs(english(found.group())), text)


def _pairs(numbers: list[int]) -> str:
    """``ten eighty`` is 1080."""
    if len(numbers) == 2 and all(10 <= one < 100 for one in numbers):
        return str(numbers[0] * 100 + numbers[1])
    return " ".join(map(str, numbers))


def _number(said: str) -> str:
    row = all(one in _DIGITS for one in said) and len(said) == len("2025")
    return "".join(_DIGITS[one] for one in said) if row else str(slots.chinese(said) or said)


def _phone(said: str) -> str | None:
    if found := _READ_OUT.fullmatch(said.replace(" ", "").replace("-", "")):
        return "".join(_DIGITS[one] for one in found.group())
    names = _WORD.findall(said)
    if len(names) < 5 or any(name not in _SMALL and name != "oh" for name in names) or re.search(r"\d", said):
        return None
    return "".join(str(_SMALL.get(name, 0)) for name in names)


def _english_sum(said: str) -> str | None:
    said = _HUNDRED.sub("one ", said)
    found = _SUM_EN.fullmatch(said)
    if found is None or (said[:1].isdigit() and found.group("unit") is None):
        return None
    whole = [int(found.group("whole"))] if said[:1].isdigit() else english(found.group("whole"))
    part = found.group("part")
    if part is not None:
        whole += [int(part)] if part.isdigit() else english(part)
    if len(whole) > 2 or (len(whole) == 2 and not 0 < whole[1] < 100):
        return None
    sign = _SIGNS.get(found.group("unit") or "", "")
    return f"{sign}{whole[0]}" + (f".{whole[1]:02d}" if len(whole) == 2 else "")


def _chinese_sum(said: str) -> str | None:
    found = _SUM_ZH.fullmatch(said)
    if found is None or (said[0].isascii() and found.group("unit") not in ("块", "块钱")):
        return None
    said, thousands = found.group("whole"), found.group("whole").endswith("万")
    whole = slots.number(said.removesuffix("万"))
    part = found.group("part") or ""
    after = "".join(_DIGITS[one] for one in found.group("after") or "") + "".join(_DIGITS.get(one, "2") for one in part)
    unit = ("万" if thousands else "") + (found.group("unit") or "").replace("块钱", "元").replace("块", "元")
    return f"{whole}{'.' if after else ''}{after}{unit}"


def both(old: str, new: str) -> tuple[str, str]:
    """``nineteen fifty eight`` to be ``nineteen sixty one``: numbers read out on both sides are printed in digits."""
    sides = tuple(digits(side.lower()) for side in (old, new))
    return (sides[0], sides[1]) if all(one.isdigit() and len(one) > 2 for one in sides) else (old, new)


def in_digits(old: str, new: str) -> dict[str, str]:
    """A dictated price may be printed without its unit: ``一百九十九块`` stands in the picture as ``199``."""
    digits = [slots.spoken_number(side) or _chinese_sum(side) for side in (old, new)]
    if digits[0] is None or digits[1] is None or (digits[0] == old and digits[1] == new):
        return {}
    return {"old_spoken": digits[0], "new_spoken": digits[1]}


_AMOUNT_ZH: Final = Pattern(
    rf"(?<![第零〇一二两三四五六七八九十百千万点\d])(?:{slots.CHINESE_NUMBER}(?:点[零〇一二三四五六七八九]{{1,2}})?)"
    r"(?:元(?![素旦宵件气宝老复月])|块(?:钱|[零一二两三四五六七八九](?=一|[^\u3400-\u9fff]|$)"
    r"|(?=[一每/起]|[^\u3400-\u9fff]|$)))"
)
_DAY_ZH: Final = Pattern(
    r"(?<![第星期周礼拜零〇一二三四五六七八九十百千万])(?:(?P<year>[零〇一二三四五六七八九]{4})年)?"
    r"(?:(?P<month>十[一二]?|[一二三四五六七八九])月(?![饼亮光球子])"
    r"(?:(?P<day>[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])(?P<called>[号日]))?"
    r"|(?P<alone>[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])号(?![店楼线桌房厅馆门院机车员柜库台馆院校]))"
)
_UNIT_EN: Final = r"(?:dollar|buck|pound|quid|euro|yuan)s?"
_AMOUNT_EN: Final = Pattern(
    rf"(?:\ba (?=hundred|thousand))?(?:{ENGLISH}|\b\d+) {_UNIT_EN}\b(?: (?:and )?(?:{ENGLISH}|\d+) (?:cents?|pence))?",
    re.IGNORECASE,
)


def amounts(text: str) -> str:
    """Words without quotes with the sums and days that are told in words in digits: ``鲫鱼十元``."""
    text = _AMOUNT_EN.sub(lambda found: _english_sum(found.group().lower()) or found.group(), text)
    text = _AMOUNT_ZH.sub(lambda found: _chinese_sum(found.group()) or found.group(), text)
    return _DATE_EN.sub(_day_en, _OF_MONTH.sub(_of_month, _DAY_ZH.sub(_day, text)))


def _day(found: re.Match[str]) -> str:
    said = found.groupdict()
    if said["alone"]:
        return f"{slots.chinese(said['alone'])}号"
    year = f"{_number(said['year'])}年" if said["year"] else ""
    day = f"{slots.chinese(said['day'])}{said['called']}" if said["day"] else ""
    return f"{year}{slots.chinese(said['month'])}月{day}"
