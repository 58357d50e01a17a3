"""The forms in which somebody says that words are to read otherwise: groups ``old``, ``new`` and sometimes ``verb``.

`CERTAIN` forms speak of text by themselves, `LOOSE` ones only where a kind of text is named or words are quoted.
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar import spoken
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE
from qie_hub.edit.grammar.vocabulary import alternatives

_CHANGE_ZH: Final = alternatives("""
    改写成 修改成 修改为 更改成 更改为 更换成 更换为 替换成 替换为 替换 改成 改为 换成 换为 变成 变为 写成 更新[成为到]
    弄成 搞成 整成 p成 标成 印成 打成 写为 换作 改做 改作 改到 换做 调成 改回 调整[成为到] 更正[成为] 变更[成为] 换
    涨到 降到 降[成为] 涨成 改
""")
_BETWEEN_ZH: Final = (
    "(?:都|全部?|统一|一律|一起|全都|直接|给我|再|请|帮我|帮忙|麻烦|你|您|也|要|应该|需要|得|给|[改换调][一]?下"
    "|修改一下|改改)*"
)
REPLACE_ZH: Final = Pattern(rf"^(?:.*?(?:把|将))?(?P<old>.+?){_BETWEEN_ZH}(?P<verb>{_CHANGE_ZH})(?P<new>.+)$")
_WRONG_ZH: Final = (
    "(?:(?:写|打|印|弄|标|拼|输|填|搞)错(?:了|字)*|错了|不对|有误|(?:都|已经)?(?:卖完|卖光|售罄|下架|停产|过期?"
    "|结束|没货)了"
    "|不卖了|不做了|是错别?字)"
)
_SAYS_ZH: Final = "(?:写的?是|印的?是|标的?是|打的?是|写的|印着|写着|标着|写成了?|打成了?|印成了?)"
NOT_ZH: Final = Pattern(
    rf"^(?:.{{0,8}}?{_WRONG_ZH}\s*)?(?:这里|上面)?不是(?P<old>{HOLE}|[^\s]{{1,12}}?)[,\s]*(?:而|应该?|应当"
    rf"|其实|正确的?|要)*(?P<verb>是|改[成为]|写成)"
    rf"(?P<new>{HOLE}|[^\s]{{1,12}})(?:\s*(?:请|帮忙|帮我|麻烦)*改(?:过来|回来|一下|正)?)?$"
)
CORRECTED_ZH: Final = Pattern(
    rf"^(?:.{{0,8}}?{_SAYS_ZH})?(?P<old>.+?)\s*(?:这里|那里)?{_WRONG_ZH}[,\s]*"
    r"(?:请|麻烦|帮我|帮忙|其实|实际|你|您|给我)*(?:要|应该?|应当|得|正确的?)*(?P<verb>是|为|改[成为]?|换成"
    r"|(?<=应该)(?=[\d¥￥零一二两三四五六七八九十])"
    r"|写成)(?P<new>.+)$"
)
SAYS_ZH: Final = Pattern(
    rf"^.{{0,8}}?{_SAYS_ZH}(?P<old>.+?)\s+(?:请|麻烦|帮我|你|给我|要|想|但|其实)*(?P<verb>应该?是|改[成为]"
    rf"|换成)(?P<new>.+)$"
)
SHOULD_ZH: Final = Pattern(r"^(?:把|将)?(?P<old>.+?)(?P<verb>应该?是|应为|应当是|应该写成?|要写成)(?P<new>.+)$")
NEW_ZH: Final = Pattern(r"^(?:新的?|现在的?)(?P<old>[\u3400-\u9fff]{2,5}?)(?P<verb>是|为|[:：])\s*(?P<new>.+)$")
_CHANGE_EN: Final = alternatives(
    "",
    """
    change replace swap_out swap turn edit rename correct update switch modify make substitute alter fix set exchange
    adjust amend
    """,
)
_INTO: Final = (
    r"(?:to: ?|in (?=[\d$€£\ue000-\ue0ff])|to (?:read |say |be |show )?|with |into |for |by |against "
    r"|say |read |-> ?|as )"
)
REPLACE_EN: Final = Pattern(rf"^(?:.*?\b)?(?P<verb>{_CHANGE_EN})\s+(?P<old>.+?)\s+{_INTO}(?P<new>.+)$")
_OUGHT: Final = (
    r"(?:(?:should (?:now|really|actually|instead))|should|must|needs? to|has to|have to|ought to|wants? to|is "
    r"supposed to"
    r"|is meant to)"
)
SHOULD_EN: Final = Pattern(
    rf"^(?P<old>.+?)\s+(?:(?:{_OUGHT}|will|can)\s+(?:be|read|say|become)(?! (?:now )?(?:changed|replaced"
    rf"|swapped|updated|corrected|exchanged|set|renamed|removed|deleted|altered|put|made)\b)|becomes|is now"
    rf"|'s now|goes to|changes "
    rf"to)\s+(?P<new>.+)$"
)
CHANGED_EN: Final = Pattern(
    rf"^.*?(?P<old>{HOLE})\s+(?:changed|replaced|swapped|updated|turned|corrected)\s+{_INTO}(?P<new>.+)$"
)
OUT_EN: Final = Pattern(
    r"^instead of (?P<old>.+?),?\s+(?:please )?(?:(?:it|that|this|there) (?:should|must|has to|needs to"
    r"|ought to) (?:say|read|be|stand)|put|write|use|print"
    r"|say|i want|make it(?: say)?)\s+(?P<new>.+)$"
)
RATHER_EN: Final = Pattern(
    rf"^(?:the )?(?:price|date|title)?:? ?(?P<new>{HOLE}|[$€£¥]\d[\d.,]*) instead of (?P<old>{HOLE}|[$€£¥]\d[\d.,]*)$"
)
INSTEAD_EN: Final = Pattern(
    r"^(?:.*?\b)?(?:(?:make|set|keep)(?: (?:it|the|(?:the )?(?:price|date|time|rate|cost|title)))?|use|put|write"
    r"|print|show|i want|say|read)\s+(?P<new>.+?)\s+instead of\s+(?P<old>.+)$"
)
SAYS_EN: Final = Pattern(
    r"^.{0,40}?\b(?:says?|reads?|said|spells|spelled|shows|is written)\s+(?P<old>\S.{0,60}?)(?:\s+(?:but|and|it"
    r"|which|wrong"
    r"|that is|that's|is(?= (?:wrong|not|incorrect))|i|we|i'd|please|can you|could you|now))*\s+"
    rf"(?:(?:(?:want|need|like|would like) (?:it|that|this) to|{_OUGHT}|(?:could|can|should|would|may|might|must|let)"
    r" (?:it|that|this|we|you))\s+(?:please |now )*(?:say|read|be|show|have|make it|put|write)"
    rf"|(?:put|write|use|print|i want|we want)(?=\s+{HOLE})"
    r"|(?:we|they)(?:'ve| have)? (?:moved|changed|pushed|bumped|switched|raised|lowered) (?:it|that) to|(?:actually"
    r"|really) it's|it's (?:now|actually|really|meant to be|supposed to be)"
    r"|(?<=but )(?:it's|it is)(?= (?:[$£€]?\d|(?:jan|feb|mar|apr|may"
    r"|jun|jul|aug|sep|oct|nov|dec|mon|tues|wed|thurs|fri|sat|sun)))"
    r"|(?:change|update|correct|fix) (?:it|that|this) to(?: say| read| be)?|make (?:it|that|this)(?: say| read)?"
    r"|replace (?:it|that|this) with)\s+(?P<new>.+)$"
)
SUM: Final = r"[¥￥$€£]?\s?\d[\d.,:/-]*%?"
UNIT: Final = (
    "(?:㎡|m²|平方米|平米|平|元|块|折|斤|公斤|克|毫升|升|寸|英寸|厘米|楼|层|万元?|亿|期|分钟?|小时|岁|人|位|件|个"
    "|杯|次|gb|tb|kg|ml|cm|mm"
    "|g|l|w|mah|%)?"
)
MOVED_EN: Final = Pattern(
    r"^.{0,40}?\b(?:moved|changed|went|dropped|reduced|raised|bumped|pushed|extended|increased|decreased|gone"
    r"|goes|(?:knock|drop|bring|take|mark|put|lower|cut|reduce|raise|bump) (?:it|that|this|the price))(?: up| "
    r"down| back)? from "
    rf"(?P<old>\S.{{0,30}}?) to (?P<new>{SUM}(?: ?[ap]m)?|{HOLE})$"
)
PRINTED_EN: Final = Pattern(
    rf"^(?:from )?(?P<old>{SUM}|{HOLE})\s+(?:to|into|becomes)\s+(?P<new>{SUM}|{HOLE})(?: please)?$"
)
ARROW: Final = Pattern(r"^(?P<old>.+?)\s*(?:->|→|=>|⇒|➡|——>|-->|>>)\s*(?P<new>.+)$")
_SPOKEN_SUM: Final = (
    rf"(?:{spoken.ENGLISH}(?: (?:dollars|bucks|pounds|euros|quid))?(?: (?:and )?{spoken.ENGLISH}(?: cents)?)?)"
)
MAKE_EN: Final = Pattern(
    rf"^(?:(?:can|could|would|will) you |please |just )*(?:make|set|put|mark) (?P<old>.+?) (?:to |at |as |be |say "
    rf"|read |down to |up to )?(?P<new>{SUM}|{HOLE}|{_SPOKEN_SUM}|[+(]?\d[\d ()+-]{{5,}})$"
)
NEW_EN: Final = Pattern(
    r"^(?:(?:please )?(?:put|use|write|here's|here is) )?(?:(?:the|our|my) )?new (?P<old>[a-z]+(?: number| stamp)?)"
    r"(?: (?:on|in) (?:it|there|here))?(?: is|'s| should be| will be| to be|:)? (?P<new>.+)$"
)

TOLD_EN: Final = Pattern(
    r"^.{0,40}?\b(?P<old>prices?|(?<!of )(?<!to )dates?|times?|titles?|headlines?|headings?|phone numbers?|phone no"
    r"|telephone "
    r"number|cost)\b.{0,40}?\s"
    r"(?:(?:so|please|can you|could you|just|it|that|and|but|we|now|is|'s)\s+)*(?:(?:it|that) (?:should|must|has to"
    r"|needs to|ought to) be|should be(?! (?:now )?(?:changed|replaced|swapped|updated|corrected|set|renamed|removed"
    r"|deleted|altered)\b)"
    r"|make (?:it|that|them)|(?:change|update|set|correct|fix|replace|swap) (?:it|that|them)(?: (?:on|in|at) (?:the|my"
    r"|our|this) "
    r"[a-z]+)? (?:to|by|with|for|into)"
    r"|it's now|it is now|now it's|is now)\s+(?P<new>\S.*)$"
)
TOLD_ZH: Final = Pattern(
    r"^.{0,6}?(?P<old>[\u3400-\u9fff]{0,4}(?:价格?|日期|时间|电话号?码?|手机号码?|标题))(?:又|给|都|也|已经|全)?(?:涨"
    r"|降|变|改"
    r"|换|调整?|错|写错|印错|打错|推迟|提前|延期|不对)[^\s]{0,4}\s+"
    r"(?:请|帮我|帮忙|麻烦|要|应该?|现在|你|您|给我|都|把它)*(?P<verb>是|改[成为到]?|换[成为]"
    r"|变[成为])\s*(?P<new>[^\s成为到].*)$"
)
WANT_EN: Final = Pattern(
    r"^(?:(?:i|we) (?:want|need|would like)(?: that)?|i'd like(?: that)?|have|(?:please )?let) (?P<old>.+?) (?:to"
    r" (?:say"
    r"|read|be|become)|becomes?|(?:should|must|will) (?:say|read|be|become)|reads|says) (?P<new>.+)$"
)
NOT_EN: Final = Pattern(
    r"^(?:it's|it is|(?:(?:the|that|this|my|our) )?(?:it|text|sign|title|caption|label|heading|line|word|poster"
    r"|board|menu) should (?:be|say"
    r"|read)|should (?:be|say|read))\s+(?P<new>\S.{0,40}?),?\s+(?:and "
    r")?not\s+(?P<old>\S.{0,40}?)(?: any ?more)?(?:,? (?:so )?(?:please )?(?:can you )?(?:change|fix|update|correct)"
    r" (?:it|that|this))?$"
)
MOVE_EN: Final = Pattern(
    r"^(?:.*\b)?(?:move|push|shift|bump|bring) (?P<old>(?:the |our |my )?(?:[a-z]+ )?(?:date|time|day)) (?:back "
    r"|forward |up )?to (?P<new>.+)$"
)
_SO_WRITE: Final = (
    r"(?:,? (?:please|can you|could you|you|just|i want you to))*,? (?:(?:i|we) (?:need|want)(?: it to (?:say|read"
    r"|be))?"
    r"|(?:change|make|put|turn|replace|write|swap)(?: (?:it|that|this))?)\s+"
    r"(?:(?:to|into|with|say|by|read|for)\s+)?(?P<new>(?!(?:to|into|with|by|it|that)\b)\S.*)$"
)
WHERE_EN: Final = Pattern(
    r"^(?:(?:so|and|actually|then) )*where (?:it|that|(?:the|this|my) [a-z]+)(?: is|'s)? (?:says?|reads?|said"
    r"|written|printed|shows?)"
    rf" (?P<old>\S.{{0,60}}?){_SO_WRITE}"
)
THERE_EN: Final = Pattern(
    rf"^(?:(?:so|and|actually|then) )*where (?P<old>\S.{{0,60}}?) (?:is|was) (?:written|printed){_SO_WRITE}"
)
"""``where it says for rent you change it to rented``, ``where kheer is written please change it to phirni``"""
WRITTEN_EN: Final = Pattern(
    rf"^[^\ue000-\ue0ff]{{0,60}}?\b(?:wrote|written|put|typed|printed|says?|spelt"
    rf"|spelled) (?P<old>{HOLE})[^\ue000-\ue0ff]{{0,30}}?\b"
    rf"(?:it|that|this) {_OUGHT} (?:be|say|read) (?P<new>{HOLE})(?: please)?$"
)
_TIME: Final = rf"(?:{SUM}(?: ?[ap]\.?m\.?)?|noon|midnight)"
NOW_NOT_EN: Final = Pattern(
    rf"^(?:[a-z' ]{{2,40}}?(?:'s| is| are| starts?| opens?| closes?| begins?| costs?) )(?:(?:at|on|now|only) )*"
    rf"(?P<new>{_TIME})(?: now)?,? not (?P<old>{_TIME})(?: any ?more)?(?: (?:please )?(?:fix|change|correct|update) "
    r"(?:it|that|this))?$"
)
"""``party's at 3:30pm now, not 2pm``"""
OUTDATED_EN: Final = Pattern(
    rf"^(?:the |our |my )?(?P<old>{HOLE}|{_TIME}) (?:is|was|'s|are) (?:now |all )?(?:wrong|out of date|outdated|old"
    r"|not right"
    r"|incorrect|too (?:low|high|much|little)|no longer (?:right|valid|true)|not (?:right|correct|valid|true)(?: any"
    r" ?more)?|a typo"
    r"|misspel(?:led|t)|spel(?:led|t) wrong),? (?:so )?(?:please )?(?:(?:it|that|this) (?:should|must|needs to|has to"
    r"|ought to) (?:be|say"
    rf"|read)|(?:make|change) (?:it|that)(?: to)?|it's now) (?P<new>{HOLE}|{_TIME})(?: now| please)*$"
)
"""``£45 is out of date, it should be £50``"""
MAKE_IT_EN: Final = Pattern(
    rf"^(?:the )?(?P<old>{HOLE}|{SUM}|{_SPOKEN_SUM})(?: (?:on|in|at) (?:the|this|my|our) [a-z]+)?,? (?:please |can you"
    r" |could you )*"
    rf"make (?:it|that|them) (?:say |read |into )?(?P<new>{HOLE}|{SUM}|{_SPOKEN_SUM})(?: please| instead)*$"
)
"""``the eight dollars on the board make it nine dollars``"""
CALLED_EN: Final = Pattern(
    rf"^(?:please |can you |could you )*(?P<verb>{_CHANGE_EN}) (?P<old>the (?:texts?|words?|line|phrase) \S.*?)"
    r" in(?:to)? "
    r"(?P<new>(?!the\b|an?\b|my\b|colou?r|bold|capitals|all\b|[a-z]+ (?:letters|colou?r|font)).+)$"
)
"""``change the text summer sale in winter sale``"""
WRONG_FIRST_ZH: Final = Pattern(
    r"^.{0,6}?(?:(?:写|打|印|标|拼|输|填)错|错别?字)[字啦了呀啊哦噢吧\s,]*\s(?:应该?|请|帮我|麻烦|把|要"
    r"|给我)*(?P<old>[^\s]{1,10}?)"
    r"(?P<verb>改[成为]|换成|应该?是|写成)(?P<new>[^\s]{1,10})$"
)
"""``写错啦 鲈鱼改成鳜鱼``: that something is misspelt tells that words are meant."""
SPENT_EN: Final = Pattern(
    rf"^(?:the |our |my |it says |(?:(?:in|on) (?:the|this|my|our) [a-z]+ )?(?:it |there )?is (?:written|printed) )?"
    rf"(?P<old>{HOLE})(?: (?:finished|ended|expired|is|was|has|are|were"
    rf"|should)\b[a-z ,']{{0,40}}?)?,? "
    rf"(?:so |and |but )*(?:(?:please |can you |could you |just )*(?:replace|change|swap|correct|fix|update|make|turn) "
    rf"(?:it|that|this)(?: (?:with|by|to|into|in|for|say|read))*|should be|it should (?:be|say|read)"
    rf"|must be) (?P<new>{HOLE})"
    r"(?: please| instead| now)*$"
)
"""``'3 for £10' finished on Sunday, so replace it with '4 for £12'``"""
CERTAIN: Final = (
    SPENT_EN,
    OUTDATED_EN, NOW_NOT_EN, CALLED_EN, MAKE_IT_EN, WRONG_FIRST_ZH,
    WHERE_EN, THERE_EN, WRITTEN_EN, MOVED_EN, ARROW, NOT_ZH, PRINTED_EN, SAYS_EN, SAYS_ZH, CORRECTED_ZH,
)  # fmt: skip
ZH: Final = (REPLACE_ZH, CORRECTED_ZH, SAYS_ZH, SHOULD_ZH, NEW_ZH, TOLD_ZH, ARROW)
KIND_TO_EN: Final = Pattern(
    rf"^(?:the |our |my )?(?P<old>prices?|dates?|times?|phone(?: number)?)(?: now| up| down)* to (?P<new>(?:{SUM}"
    rf"|{spoken.ENGLISH}"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec).{0,30})$"
)
"""``price to $65``"""
LOOSE: Final = (KIND_TO_EN, MAKE_EN, NEW_EN, NEW_ZH, SHOULD_ZH, TOLD_EN, TOLD_ZH, MOVE_EN)
"""Forms that are for kinds of text and quoted words only."""
FORMS: Final = (
    SPENT_EN,
    WHERE_EN, THERE_EN, WRITTEN_EN, OUTDATED_EN, NOW_NOT_EN, CALLED_EN, MAKE_IT_EN, MOVED_EN, ARROW,
    PRINTED_EN, NOT_ZH, WRONG_FIRST_ZH,
    CORRECTED_ZH, SAYS_ZH, SAYS_EN,
    REPLACE_ZH, CHANGED_EN, OUT_EN, RATHER_EN,
    INSTEAD_EN, REPLACE_EN,
    SHOULD_EN,
    NOT_EN, WANT_EN, *LOOSE,
)  # fmt: skip
VAGUE: Final = Pattern(
    r"^(?:something|some|another|a (?:more|better|different|nicer|new)|more|better|different|an? )\b|^(?:更|其他"
    r"|别的|另一?个|好看|随便|什么|那种)"
    r"|(?:(?<![\d零一二两三四五六七八九十])(?:一点|点儿?)|一些|更好看的?|吸引人的?)$|^新的?$|多少|什么|哪[个种]"
    r"|怎么|还是|合适"
)
"""``something catchier`` is no text: it would have to be thought of."""

NO_VALUE: Final = Pattern(
    rf"{VAGUE.pattern}|\b(?:and|then|also)\b.*\b(?:remove|delete|add|put|drop|make|change|write|erase|take|crop"
    rf"|blur)\b"
)
"""Nor is a further wish."""
LOOKS: Final = Pattern(
    r"加粗|粗体|斜体|描边|下划线|字体|字号|[大小]一?[点些]|\b(?:bold|italics?|bigger|larger"
    r"|smaller|underlined)\b"
)
"""How words should look is not what they should say."""
