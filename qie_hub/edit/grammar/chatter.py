"""Spelling of chats, as it is written out: ``plsss``, ``b&w``, ``n then``, ``dont``, ``亮度+``.

Pure. Only what cannot be printed words is written out: a text that somebody wants on a picture keeps its letters.

Example::

    spelled(mask("b&w w a white border plsss")).text      # "black and white with a white border please"
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import Masked

_ORDER: Final = (
    "add|remove|make|change|put|crop|blur|cut|delete|erase|replace|resize|upscale|sharpen|brighten|then|also|write"
    "|turn|give|take|get|swap"
)
_SPELLINGS: Final = (
    (r"\bpl+[sz]{2,}\b|\bpl[sz]\b|\bple{2,}a*s+e*\b|\bpleas{2,}e*\b|\bpleasee+\b|\bpla?ese\b", "please"),
    (r"\bb ?(?:&|n|\+|/) ?w\b(?! \d)", "black and white"),
    (r"\bbg\b|\bback ground\b|\bbackgroun\b|\bbackround\b|\bbackgroud\b|\bbakground\b|\bbackgrond\b", "background"),
    (r"\bb?rigth?er\b|\bbrigther\b|\bbrightr\b", "brighter"),
    (r"\bwatermak\b|\bwater marc?k\b|\bwatermrk\b|\bwartermark\b", "watermark"),
    (r"\bremov\b|\bremvoe\b|\brmv\b|\bremovee+\b", "remove"),
    (r"\btransparant\b|\btransparrent\b|\btranparent\b", "transparent"),
    (rf"\bn(?= (?:{_ORDER})\b)", "and"),
    (rf"(?<=[a-z]) n (?=(?:an? |the )?(?:{_ORDER}|white|black|gold|brighter|warmer|sharper)\b)", " and "),
    (r"(?<!rock)(?<!fish)(?<!mac)(?<!drum)(?<!salt)(?<=[a-z]) n (?!roll\b|chips\b|bass\b|b\b)(?=[a-z])", " and "),
    (r"\bw/o\b", "without"), (r"\boutta\b", "out of"), (r"\bw+a+y{2,}\b", "way"), (r"\bso{2,}\b", "so"),
    (r"^(?:(?:um|uh|oh) )*(?:wait,? no|no,? wait|actually,? no|wait),? (?=[a-z])", ""),
    (r"\b(remove|delete|erase|change|replace|make|add|put|crop) please (?=[a-z])", r"please \1 "),
    (r"\bplease to (?=[a-z])", "please "), (r"\bmake (?:to )?(?:disappear|vanish) (?=[a-z])", "remove "),
    (r"\band after(?:wards)?,? (?=(?:make|put|add|remove|change|crop|blur|resize|sharpen|brighten)\b)", "and then "),
    (r"\bdo (?=(?:the|this|my) (?:picture|photo|image) (?:more|less|[a-z]+er)\b)", "make "),
    (r"\bv (?=(?:dull|dark|bright|nice|blurry|old|good|small|yellow|grainy|faded|noisy|big)\b)", "very "),
    (r"\b(?:am|are) wanting\b", "want"), (r"\bcorrect the spelling of\b", "correct"),
    (r"\b(update|change|set|correct) (?:the )?(price|date|time|title|headline)\s?: ?(?=\S)", r"\1 the \2 to "),
    (
        (r"\b(?:up|knock|drop|bring|put|cut|lower|raise|bump|mark|slash|reduce|increase) the price (?:down "
        r"|up )?to (?=[$£€¥\d])"),
        "change the price to ",
    ),
    (
        (r"^(?:(?:so|um|uh|oh|hey|well|ok|okay),? )*(?:the |our |my )?(price|date|time|phone number)(?: has| is|'s)?"
        r" (?:been |now )?(?:changed|moved|gone up"
        r"|gone down|dropped) to (?=\S)"),
        r"change the \1 to ",
    ),
    (r"\bmore (dark|bright|warm|cold|cool|sharp|soft|clear|small|crisp|clean|short|tall|strong)\b(?!-)", r"\1er"),
    (r"(?<=[\ue000-\ue0ff])(?=[a-z])|(?<=[a-z])(?=[\ue000-\ue0ff])", " "),
    (r"\b(must|should|can|could) to (?=[a-z])", r"\1 "), (r"\bmost (?:big|large)\b", "biggest"),
    (r"\b(date|price|time|title|number)'s (?=wrong\b|old\b|out of date\b)", r"\1 is "),
    (r"\b(left|right)(?: hand)? corner (?:at|on) the (top|bottom)\b", r"\2 \1 corner"),
    (r"\bcorner (top|bottom) (left|right)\b", r"\1 \2 corner"),
    (r"(其余|其他的?|其它的?|别的)勿动", r"\1别动"),
    (r"\bmost small\b", "smallest"),
    (r"\bnumber of (?:the )?(?:tele)?phone\b", "phone number"),
    (r"\bis (?:wrote|written) (?:bad|badly|wrong)\b", "is wrong"),
    ((r"\b(phone number|price|date) in "
        r"(?=\d|[$€£]|(?:zero|oh|one|two|three|four|five|six|seven|eight|nine) )"), r"\1 to "),
    (r"\bmore big\b", "bigger"), (r"\bmore large\b", "larger"), (r"\bsee[- ]?through\b", "transparent"),
    (r"\b(?:in|into|to) black & white\b", "in black and white"), (r"\bfotos?\b", "photo"),
    (r"\bof the (left|right)(?: side)?(?=$|[,.;!?]| (?:and|please|one|is|can)\b)", r"on the \1"),
    (r"\bnear of\b", "near"), (r"\bwhats(?= )", "what's"), (r"\bthru\b", "through"), (r"\bwee\b", "little"),
    (r"\bpunch up\b", "boost"), (r"\bin place of\b", "instead of"),
    (r"\b(must|should|has to|have to|can) away\b", r"\1 go"), (r"\bput one (?=[a-z]+ (?:border|frame))", "put a "),
    (r"\bto (?:my |the )?(left|right) (top|bottom)\b", r"to the \2 \1"),
    (r"(?<=\s)[:;=]['-]?[()](?=\s|$)", ","),
    ((r"\bdo (?=(?:it|this|that) (?:more |less |a bit |a little"
    r" )*[a-z]+er\b)"), "make "), (r"\bquit (?=(?:it|the|this|that)\b)", "remove "),
    (r"\bof colou?r (?=[a-z]+$|[a-z]+[,.])", "in "), (r"\bmarks? of water\b", "watermark"),
    (r"\bbackground of (?:me|us)\b", "background"),
    (r"\b(the [a-z]+s) all(?=$|[,.;!])", r"all \1"),
    (
        (r"\b(?:that|which|who) (?:is|are) (?=(?:near|next|behind|beside|under|in|on|at|by|standing|walking|sitting"
        r"|lying|passing|hanging|parked)\b)"),
        "",
    ),
    ((r"(?<=[了啦呀啊呢吧的点])(?:5{3,}|orz|qaq|tat|233+"
    r"|hhh+)(?![\w])"), ","), (r"(?<=[\u3400-\u9fff])(?:orz|qaq)(?![\w])", ","),
    (r"\bim(?= )", "i'm"), (r"\bive(?= )", "i've"),
    (r"\bits(?= (?:so|too|very|really|a|the|ugly|not|just|for|my|our)\b)", "it's"),
    (r"\b(?:our|my|the|this) new (?:one|number|price|date|no),? (?:is )?(?=[\d+$€£(])", ""),
    (r"嘅", "的"), ("唔好", "不要"), ("唔[该該]", "麻烦"), ("俾人", "给人"), ("睇", "看"), ("咗", "了"),
    ("([删去擦抹p])走(?=[啦吧了]|$)", r"\1掉"), ("不是有(?=[一个只把条辆张])", "有"),
    ("提一提", "提高一点"), (r"([改修调降补擦换放缩裁抹清])一\1", r"\1一下"),
    ("一下噪", "噪"), ("修补修补", "修补一下"),
    (r"\bw(?:/| )(?=(?:an?|the|my|our) )", "with "),
    (r"\brandoms\b|\brandos\b", "strangers"),
    (r"\bppl\b", "people"),
    (r"\bu\b(?= (?:please|remove|make|add|change|put|crop|blur|cut|delete|erase|take|get|turn))", "you"),
    (r"(?<=\b[cw])an u\b", "an you"),
    (r"\b(?:cud|cld)\b", "could"),
    (r"\babit\b", "a bit"), (r"\balot\b", "a lot"), (r"\blil\b|\blil'(?= )", "little"),
    (r"\bdont\b", "don't"), (r"\bdoesnt\b", "doesn't"), (r"\bshouldnt\b", "shouldn't"), (r"\bcant\b", "can't"),
    (r"'s now (?=[$£€]?\d)", " is now "),
    (r"\bwanna\b", "want to"), (r"\bgimme\b", "give me"), (r"\blemme\b", "let me"),
    (r"\b(brightness|contrast|saturation|warmth|exposure|sharpness) ?\+{1,3}(?=$|[\s,;.]|[^\w\s])", r"more \1"),
    (r"\b(brightness|contrast|saturation|warmth|exposure) ?-{1,3}(?=$|[\s,;.]|[^\w\s-])", r"less \1"),
    (r"(亮度|曝光|对比度?|饱和度?|色温|清晰度|锐度)\s?\+\s?(\d{1,2})%?(?!\d)", r"\1提高\2%"),
    (r"(亮度|曝光|对比度?|饱和度?|色温|清晰度|锐度)(?:加|提高|增加|升)\s?(\d{1,2})%?(?![\d倍%])", r"\1提高\2%"),
    (r"(亮度|曝光|对比度?|饱和度?|色温)(?:减|降低?|减少)\s?(\d{1,2})%?(?![\d%])", r"\1降低\2%"),
    (r"(亮度|曝光|对比度?|饱和度?|色温)\s?[-–−]\s?(\d{1,2})%?(?!\d)", r"\1降低\2%"),
    (r"\bnot (bright|sharp|warm|dark) enough\b", r"\1er"),
    (r"(亮度|曝光|对比度?|饱和度?|色温|清晰度|锐度)\s?\+{1,3}(?!\d)", r"\1提高"),
    (r"(亮度|曝光|对比度?|饱和度?|色温)\s?[-–−]{1,3}(?!\d)", r"\1降低"),
)  # fmt: skip
_WRITTEN: Final = tuple((Pattern(pattern), word) for pattern, word in _SPELLINGS)


def spelled(masked: Masked) -> Masked:
    """The sentence with such spellings written out, in the folded and in the typed letters alike."""
    text, raw = masked.text, masked.raw
    for pattern, word in _WRITTEN:
        for found in reversed([*pattern.finditer(text)]):
            if len(text) != len(raw):
                return masked
            said = found.expand(word)
            text = f"{text[: found.start()]}{said}{text[found.end() :]}"
            raw = f"{raw[: found.start()]}{said}{raw[found.end() :]}"
    return replace(masked, text=text, raw=raw)
