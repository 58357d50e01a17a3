"""Statements beside a wish that no list of phrases foresees: somebody is spoken of, and nothing is asked for.

Pure. Invariant: a statement has a subject and a verb of its own, and holds no order, no look to be reached, no colour
and no quoted words; a row of unknown words is none. `smalltalk.silent` is the door to it.

Example::

    tells("我换号了")                          # True: somebody did something
    tells("party is cancelling that item")    # True
    tells("the sky should be bluer")          # False
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import slots
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.vocabulary import alternatives

_COLOURS_EN: Final = Pattern(
    r"\b(?:white|black|gr[ae]y|red|orange|yellow|green|blue|purple|pink|brown|gold(?:en)?|silver|cream|beige)\b"
)
_SOMEBODY: Final = alternatives("""
    我们? 我[家爸妈] 咱们? 俺们? 他们? 她们? 它们? 大家 别人 人家 有人 客 客人们? 客户们? 顾客们? 买家 老板娘? 领导
    老师 社长 班长
    校长 店长 经理 同学们? 同事们? 舍友 室友 朋友们? 女儿 儿子 孙子 孙女 宝宝 宝贝 孩子们? 娃 老伴 老公 老婆 爸爸? 妈妈?
    奶奶 爷爷 外婆 外公 姥姥 姥爷 姐姐? 哥哥? 弟弟? 妹妹? 婆婆 公公 阿姨 叔叔 舅舅 姑姑 赞助商 厂家 厂商 供应商 平台
    师傅 邻居 房东 业主 租客 住客 中介 甲方 乙方 亲戚 街坊 网友 粉丝 家长们? 家里人? 医生 司机 主办方 学生们? 会员们?
    新郎 新娘 摄影师 设计师 印刷厂 快递 物业 民警 村里 单位 学校 公司 店里 银行 医院 幼儿园
""")
_TOLD_ZH: Final = Pattern(
    rf"^(?:(?:因为|反正|毕竟|主要|其实|但是?|不过|结果|刚才?|昨天|今天|明天|这次|上次|当时|那时候?)\s*)*"
    rf"[\u3400-\u9fff]{{0,3}}?{_SOMEBODY}(?!的|身|们的|头|脸|衣|眼)[^\s,，]{{1,16}}$"
)
_NOW_ZH: Final = Pattern(
    r"^(?:这|那|上|下)(?:次|回|批|期|周|个?月|学期|季|趟)[^\s,，]{1,12}$"
    r"|^[这那](?:张|个|里)?(?:图|照片|相片)?就?是[^\s,，]{1,16}$"
    r"|^(?:刚刚?|已经?|早就?|都|前阵子|最近)*(?:换|搬|涨|降)(?:号|家|价|店|地址|地方|人|手机)了$"
    r"|^(?:今天|明天|昨天|今年|明年|下周|本周|周末|最近|现在|以后|暂时|目前|下个?月)[^\s,，]{1,14}$"
    r"|^(?:要|有|就?像|跟|和)[^\s,，]{1,8}(?:那样|一样|似的|那种感觉)的?$|^(?:要|有|显得)?(?:高级|氛围|质感|温馨)感?(?:一?[点些]|的)?$"
    r"|^(?:先|我|想|好)*看看(?!能|可)[^\s,，]{0,8}$"
)
_ORDERS_ZH: Final = Pattern(
    r"把|将(?!来)|请(?!假|客|教|柬|帖|了假|吃)|帮|麻烦|拜托|给(?:我|他|她|它|这|加|换)|能不能|可不可以|能否|希望|删|擦|抹|抠|裁|虚化|模糊|锐|降噪"
    r"|去[掉除]|[改调弄变][大小亮暗粗细深浅红白黑短长]|去(?:水印|背景|底|字)|[换改变弄做调设写说画涂染p][成为]|改(?:到|回|一?下|掉|正)|换(?:个|上|掉|下|件|条|一|身|张|套)|加(?:个|上|一|入|点|大|高)"
    r"|添|贴|写上|印上|盖上|放[到在上大]|摆|移|挪|旋|翻转|转(?:一|\d|正|过)|扶正|摆正|缩|拉[高低长直]|提[亮高升]|调[亮暗高低整大小]"
    r"|[亮暗暖冷大小高低深浅淡浓瘦胖长短粗细清近远]一?[点些]|一点|一些|更|再(?!也|见|过|说)|穿|戴|笑|睁|闭|站|坐|躺|露|抬|瘦|变[得老年]"
    r"|水印|边框|角标|滤镜|背景|底色|透明|正方|尺寸|分辨率|像素|字体|颜色|应该|应当|得[有是]|必须|不要(?!紧)|别(?!人|处|家|提)|不能有|保留|留着|留下来"
    r"|(?:想|要|希望|叫|让)(?!看|睇|用|收|买|审|验|公开|留作|留个|纪念|拿|印|发|来|走|涨|知道|不要紧|是想)|[吗么]$|怎么|为什么|哪|多少|\d"
)
_SHADES_ZH: Final = Pattern("|".join(one.pattern for one in slots.COLOUR_WORDS))
_ATTENDANT: Final = Pattern(
    r"^(?:xswl|u1s1|yyds|awsl|笑死|救命|绝了|h{2,}|233+|emm+)+|(?:xswl|yyds|h{2,}|233+|emm+|lol|www)+$"
)

_JOINS: Final = (
    r"^(?:(?:and|but|because|since|as|cause|cos|coz|so|oh|well|sorry|though|although|while|btw|anyway|tbh|ngl|y'all|see"
    r"|now|plus|also)\s+)*"
)
_SOMETHING: Final = (
    r"(?:i|we|he|she|they|it|this(?: one)?|that(?: one)?|there|these|those|nobody|everyone|everybody|someone|somebody"
    r"|people|folks|customers|clients|guests|kids|half of (?:it|them)"
    r"|(?:my|our|his|her|their|your|the|this|that|these|those|some|most|every)(?: [a-z'-]+){1,5}?)"
)
_OFTEN: Final = r"(?:(?:really|just|still|all|also|already|never|only|always|actually|kinda|nearly|quite) )*"
_BEING: Final = (
    r"(?:is|am|are|was|were|isn't|aren't|wasn't|weren't|ain't|has|have|had|hasn't|haven't|does|doesn't|do(?= not)|don't"
    r"|did|didn't|will|won't|wouldn't|can't|cannot|couldn't)"
)
_EDITED: Final = (
    r"(?:blur|soften|sharpen|brighten|darken|lighten|cropp|enlarg|resiz|remov|delet|eras|add|chang|replac|swapp"
    r"|straighten|colou?r|tint|fad|smooth|whiten|turn|rotat|flipp|clean|fix|retouch|reduc|increas|boost|lower|warm|ton"
    r"|centr|centered|defocus|isolat|paint|translat|restor|repair|mend|convert|updat|correct|fill|extend)ed\b"
)
_VERB: Final = (
    rf"(?:{_BEING}|goes|went|came|comes|got|gets|made|took|left|ran|said|says|told|asked|thinks?|keeps?|kept|looks?"
    r"|looked|feels?|felt|seems?|hates?|loves?|likes?|liked|knows?|knew|found|bought|sold|sent|gave|wrote|works?|lives?"
    rf"|know|think|swear|forgot|lost|broke|fell|paid|spent|held|met|won|wore|ate|saw|chose|drove|flew|grew"
    rf"|(?!{_EDITED})[a-z]{{3,}}ed)"
)
_TOLD_EN: Final = (
    Pattern(rf"{_JOINS}{_SOMETHING}(?:'s|'re|'m|'ve|'ll|'d| {_OFTEN}{_VERB})\b.{{0,90}}$"),
    Pattern(rf"{_JOINS}(?!it\b)[a-z]+(?: [a-z]+)? {_OFTEN}{_BEING}\b.{{1,60}}$"),
    Pattern(rf"{_JOINS}(?:came|come|turned) out .{{1,30}}$"),
    Pattern(rf"{_JOINS}[a-z]+ (?:only|always|just|never) [a-z]+s\b.{{0,40}}$"),
    Pattern(
        rf"{_JOINS}(?:i )?(?:just )?(?:attached|sent|uploaded|emailed|included)(?: (?:it|separately|here"
        rf"|already|over|above|below|the file))*$"
    ),
    Pattern(rf"{_JOINS}its (?:so |too |very |really )?[a-z]+(?: (?:af|lol|rn|tbh|ngl|now|here|anyway))*$"),
)
_WANT_EN: Final = Pattern(
    r"^(?:i|we)(?: just| only| really)? (?:want|need|would like)(?: my| our| the| more)? (?:people|folks|customers"
    r"|buyers"
    r"|everyone|guests|viewers|clients|parents|them|visitors|kids|students|tenants|others) to "
    r"(?!see (?:it|this|that)\b.*\ber\b)[a-z]+\b.{0,40}$"
    r"|^(?:i|we)(?:'ll| will)? need (?:it|this|that|them) (?:for|by|on|in|at|before|today|tomorrow|tonight)\b.{0,50}$"
)
_ORDERS_EN: Final = Pattern(
    r"\b(?:please|pls|kindly|(?:can|could|would|will|do) you|you (?:can|could)|should|must|shall|ought|gotta"
    r"|supposed|let's|instead"
    r"|rather|wish|prefer|i'd|we'd|want(?:s|ed)?|need(?:s|ed)?|ha(?:s|ve) to (?:be|go|say|read|stay)|better"
    r"|deserves?|lacks?|missing"
    r"|remove|delete|erase|replace|crop|blur|resize|upscale|sharpen|brighten|darken|lighten|straighten|rotate"
    r"|flip|translate|swap|convert|transform|retouch|insert|paste|overlay|isolate|gone|removed|deleted|changed to"
    r"|more|less"
    r"|(?:brighter|darker|warmer|cooler|sharper|clearer|bigger|smaller|larger|softer|crisper|cleaner|nicer|smoother"
    r"|slimmer|thinner|younger|lighter|bolder|richer|wider|taller|punchier|higher|lower|closer)"
    r"|(?:could|can|may|might) (?:be|go|use|do with)|without|transparent|square|pixels?|px)\b|[\d\ue000-\ue0ff?]"
)
_THEN_EN: Final = Pattern(
    r"(?:^|\b(?:and|then|so|just|also|now|but|to)\s+)(?:make|add|change|put|cut|set|turn|give|take|write|use|get|fix|clean|paint|colou?r"
    r"|leave|keep|fill|move|show|place|stick|draw|drop|bring|lose|wipe|hide|zoom|lift|tone|warm|smooth|mend|restore|enlarge|shrink|go)\b"
)
_AUXILIARY: Final = (
    "to", "not", "n't", "will", "'ll", "can", "could", "i", "we", "they", "you", "he", "she", "who", "i've",
    "have", "has",
)  # fmt: skip
_IT_EN: Final = Pattern(
    "".join(rf"(?<!{one} )" for one in _AUXILIARY)
    + r"\b(?:make|add|change|put|cut|set|turn|give|take|write|get|fix|clean|paint|colou?r|leave|keep|fill|move|show"
    r"|place|stick|draw|drop|bring|lose|wipe|hide|rub|do)"
    r" (?:it|this|that|these|those|them|the|an?|my|our|him|her|us|me)\b"
)
"""An order in one breath with the statement: ``I've scanned it upside down turn it round``."""
_USING: Final = Pattern(
    r"\b(?:going to|gonna|trying to|able to|used to|had to|decided to|happy to|have to|so (?=i|we|they|people))"
)
_LONGEST: Final = 110


def tells(text: str) -> bool:
    """Whether folded text is a statement that asks for nothing."""
    if not 0 < len(text) <= _LONGEST:
        return False
    return _tells_zh(text) if re.search("[\u3400-\u9fff]", text) else _tells_en(text)


def _tells_zh(text: str) -> bool:
    said = _ATTENDANT.sub("", text).strip()
    if not (_TOLD_ZH.match(said) or _NOW_ZH.match(said)):
        return False
    return not (_ORDERS_ZH.search(said) or _SHADES_ZH.search(said))


def _tells_en(text: str) -> bool:
    if _WANT_EN.match(text):
        return True
    if not any(form.match(text) for form in _TOLD_EN) or _ORDERS_EN.search(text) or _COLOURS_EN.search(text):
        return False
    return not _IT_EN.search(text) and not _THEN_EN.search(_USING.sub(" ", text))
