"""Whether what stands at the end of talk is talk: an unknown word after a reason may be a wish that nobody understood.

Pure. A person's reason is never spelled out by a vocabulary, but some of what follows one shows that it is none:
after a
space in Chinese a piece that tells nothing, in an English one a word that no language has.

Example::

    babbles("我要拿去打印 鲸鱼鲸鱼")       # True
    babbles("it was such a cloudy day")   # False
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.vocabulary import words

_CHINESE: Final = Pattern("[\u3400-\u9fff]")
_LATIN: Final = Pattern(r"(?<![a-z'])[a-z]+(?![a-z'])")
_NAMES: Final = words(
    "",
    """
    ig ins fb line ppt png jpe?g psd pdf app logo a[345] vip wechat weibo instagram insta facebook etsy ebay amazon
    shopify whatsapp linkedin tiktok twitter youtube pinterest mm cm px kb mb xx? xd bnb vs tv dj pc hd xl xs btw thx ty
    tysm pls plz nbsp mrs? dr st bbq diy wtf omg lmk fyi dms? idk hmm+ shh+ psst byob nyc dvds? cds? www https? rsvp
    smth
    macbook
    bff emm+ gdpr pcs xswl u1s1 yyds awsl h{2,} lmf?ao+ rofl ikr smh tbh ngl gc pfp
    """,
)
_MEASURE: Final = Pattern(r"[\d\s.,x×*%-]*(?:寸|厘米|米|张|份|号|点|块|元|cm|mm|px|像素)?[了的吧啊哈]*")
_SPOKEN: Final = Pattern(r"[aeiouy]")
_UNSPOKEN: Final = Pattern(
    r"([a-z])\1\1|[bcdfghjklmnpqrstvwxz]{6}|[aeiou]{5}|aa|yy|xx|q[^u]|[bcdfghjkmnpqrsvwz]x|x[bdgjkmnrvwxz]|^x[a-df-z]"
    r"|z[bcdfgjkmnpqrstvx]|c[bcfgjpvwxz](?=.?$)|cb|cz|cx|bz|bq|bk|y[qvzjx]|j[b-df-hj-np-tv-z]|v[b-df-hj-np-qtwxz]"
)
"""Three of one letter, and pairs that English words do not have."""
_PIECE: Final = Pattern(r"\s+")


_ENGLISH: Final = Pattern(r"^(?:[^\s\u3400-\u9fff]+\s+){3}")
_HEAD: Final = Pattern(r"[a-z]+")


def babbles(text: str) -> bool:
    """Whether folded words of talk hold some that are none, or go on in another script."""
    return any(map(_strange, _LATIN.findall(text))) or (
        _CHINESE.search(text) is not None and _ENGLISH.match(text) is not None
    )


def pieces(text: str) -> list[str]:
    """Chinese talk cut at its spaces; a measure and a name of the net belong to what stands before them."""
    found: list[str] = []
    for piece in _PIECE.split(text.strip()):
        head = _HEAD.match(piece)
        named = _MEASURE.fullmatch(piece) or (head is not None and _NAMES.fullmatch(head.group()))
        if found and (named or _goes_on(found[-1])):
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    return found


def _goes_on(piece: str) -> bool:
    """Whether a piece ends in a number or a name of the net, after which its words go on: ``发到 ins 上面``."""
    tail = _LAST.search(piece)
    return not _CHINESE.search(piece[-1:]) and (tail is None or _NAMES.fullmatch(tail.group()) is not None)


_LAST: Final = Pattern(r"[a-z]+$")


def _strange(word: str) -> bool:
    if len(word) < 3 or _NAMES.fullmatch(word):
        return False
    return _SPOKEN.search(word) is None or _UNSPOKEN.search(word) is not None
