"""What people say around a wish: reasons, what the picture is for, thanks.

Pure. Invariant: a clause is silent only if it says something (it has the words of a statement) and wishes for nothing:
an unknown wish next to a known one still makes the whole sentence a question.

Example::

    silent(clause)            # 货到了; it was such a cloudy day; 我要发九宫格
    complains(clause)         # 脸太黑了: the reason for the wish after it
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import asides, babble, reasons
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.vocabulary import alternatives

USE_ZH: Final = (
    "(?:打印|打出来|印(?:刷|海报|传单|名片|衣服|杯子|横幅|照片)|打海报|重新(?:排版?|做|设计)|印出来|冲印|洗出来|洗照片"
    "|发(?:给|到|ig|fb"
    "|line|限时动态|朋友圈|圈|小红书|抖音|微信|群"
    "|微博|九宫格|出去|客户|论坛|ins|淘宝|闲鱼|咸鱼|网上|布|帖|公众号|上去|上网|视频号|动态|说说|家族|链接|传单)"
    "|用(?:的|啊|呀|啦|了|一下)?$|用[于在来作]|投(?:广告|放|稿|简历|递)|交(?:给|差|上去|作业|材料|货|稿)|投稿"
    "|寄(?:给|出|送)?|上传|上架|送(?:人|给|客户|朋友|老师|爸|妈|出)|挂(?:墙|家里|店里|起来|出|在|到|客厅)|装裱|裱"
    "|参赛|展示|展览|出大?图|输出|卖(?:掉|了|的|东西|货|$)|看房|看货"
    "|做(?:个?头像|证件照|海报|封面|壁纸|ppt|主图|详情页|成?相册|纪念|传单|名片|招牌|菜单|简历|贺卡|请柬|视频)"
    "|做(?!成|旧|个?(?:白|黑|红|蓝|透明|正方|高清|角标|边框|水印|背景)).{2,6}$|当(?:头像|壁纸|封面|屏保)"
    "|上(?:大屏|电视|墙|展架)|贴(?:墙|门口|店|出去|在店|在门|公告)|上(?:跨境|淘宝|亚马逊|拼多多|抖音|线|店|新)"
    "|报名|办(?:证|护照|签证|理)"
    "|申请|存档|留念|留个纪念|开会|汇报|换(?:背景|图|头像)用|换头像|设成?壁纸)"
)
_FOR_ZH: Final = Pattern(
    rf"^(?:我们?|俺|咱们?|他|她|妈妈|爸爸|孙子|孙女|儿子|女儿|孩子|宝宝|老公|老婆|老伴|奶奶|爷爷|朋友|同事|同学"
    rf"|店里|家里|老板|客户|学校|公司|单位)?(?>(?:只是|就是|就|马上|待会儿?|一会儿?|晚点|等下|明天|后天|下午|今晚|晚上"
    rf"|周末|下周|今天|急着|赶着|是|这是|好))*"
    rf"(?>(?:要|想|得|准备|打算|等着|方便|为了|用来|用于|拿来|拿去|去|来|给(?:我?[爸妈]妈?爸?|客户|老师|领导|老板|朋友"
    rf"|家里人?|孩子|学生|别人|大家|人家)|好))*{USE_ZH}.{{0,14}}$"
)
_USED_ZH: Final = Pattern(
    "^(?!.*[改换加删去不别要想])[\u3400-\u9fff]{1,6}用的?$|^[\u3400-\u9fff]{1,8}(?:要|得|急)用[的了]?$"
)
_ONLY_ZH: Final = Pattern(r"^我?(?:只|就)要(?!把|改|换|去|删|加|调)[^\s]{1,6}$")
_SAID_ZH: Final = Pattern(
    r"^(?:幼儿园|班级群?|银行|平台|老板|客户|领导|甲方|学校|公司|单位|系统|房东|店长|我妈|妈妈|婆婆|老公|老婆|经理"
    r"|老师)(?:那边|们)?(?:说|要(?!我)|要求|规定|让|觉得|嫌|催)"
    r"(?!.*(?:[换改加删去擦抹调裁抠放弄做变]|一点|一些)).{0,16}$"
)
_OTHERWISE_ZH: Final = Pattern(
    r"^(?:不然|要不然|否则|免得|省得|以免|怕|因为|由于|毕竟|反正|主要是|所以|这样)(?!.*(?:把|将|请|帮我)).{1,24}$"
)
_POLITE_ZH: Final = Pattern(
    "^(?>"
    + alternatives("""
        谢谢 多谢 感谢 感恩 辛苦 麻烦 拜托 劳烦 有劳 打扰 不好意思 抱歉 对不起 求求 跪求 急 在线等 爱你 比心
        么么哒 靠你 全靠你 唔该晒? 帮帮忙? 换一?下 帮个?忙 改一?下 改过来 改回来 改正 改改 处理一?下 修一?下
        弄一?下 挺急的 很急 急用
        着急用?
        赶时间 不急 慢慢来 可以吗 行吗 好吗 好不好 行不行 可不可以 能不能 能行吗 能做到吗 看看 试试 搞快点? 快点
        尽快 加急 效果好 懂的都懂 就这样 就这些 没了 就行 就好 即可 先这样 了 您 你 啦 哈 呀 哦 噢 喔 吧 嘛 呢
        老师 师傅 老板 宝子 宝贝 亲 大家 各位 先 小伙子 姑娘 闺女 小姑娘 年轻人 大兄弟 提前 非常 十分 真的? 太
        的 给您? 我 嘞 咯
    """)
    + r"\s*)+$"
)
_ATTACHED_ZH: Final = Pattern(
    "^(?>"
    + alternatives("""
        我 已经? 都 就 也 把 文件 档案 附件 附档 图 素材 logo 图标 原图 照片 另外?外? 单独 你
        第[二两2三]个?(文件|附件|张图?)
        另一[张个](图|文件|附件)? 它 那张 这张 在 是 里 放 附 传 发 上传 发送 给你? 上来 过来 上去 一起 一并
        一块儿? 后面? 里面 了 的 请 你 您 查收 好 见 如 下 看 参考 用 就是 那个 有
    """)
    + r"\s*)+$"
)
_WISH_ZH: Final = Pattern(
    r"把|将(?!来)|提[一高升亮]|(?<!人)给(?:我|它|他|她|这)|帮|请(?!假|客|教|柬|帖|了假|吃)|麻烦|能不能|可不可以|能否"
    r"|希望|想(?!到|起|念|必|着)|要(?!是"
    r"|不是|紧|好)|(?<![特分区差个])别(?!人|的|墅|致)|不要|不用|不许|不准|换|改|加(?!班|州|油|盟|拿)|删|擦|抹|调"
    r"|裁|抠|变|弄|做成"
    r"|p(?:掉|成|上|图)|修|涂|移|搬|缩|旋|翻|补|拉|磨|瘦|遮|盖|虚化|模糊|锐|上色|放大|清除|消除|去掉|去除"
    r"|去(?:水印|背景|底|色|噪)|一[点些]|点儿|[亮暗暖冷大小高低深浅淡浓白黑红瘦胖长短粗细清]点|logo|角标|边框|滤镜"
    r"|透明|正方形|尺寸|分辨率|解析度|水印|[左右上下]+角|[压盖套挂放摆]上|放[到在]|摆[到在]|再|更|统一"
    r"|都[要换改加]|应该|应当"
    r"|[写印贴画](?:上|个|一|成)|设[为成置]|显得|突出|替|贴|留|隐藏|转[成为]|融|合成|拼"
)
_DONE_ZH: Final = Pattern(
    r"^(?!.*(?:背景|底色?|颜色|衣服|头发|字体|滤镜|角标|边框|水印|文字|图))[\u3400-\u9fff]{1,4}?(?:都|又|也"
    r"|已经)?(?:换|改|变|涨|降|推迟|取消|提前)了$|"
    r"(?:活动|店名?|地址|店址|电话|号码|时间|日期|价格?|价钱|老板|名字|单位|公司|经理|店长|门牌|规格|包装|配方"
    r"|政策|规则|场地|地点|人|工作|手机|安排|计划|主意)(?:都|又|也|已经?)*(?:换|改|变|加|调整?|涨|降|推迟|延期"
    r"|取消|提前)(?:人|号|址|地方|名|期|价|时间)?了"
    r"|(?!放[大小多少]|[做写印弄p][大小])(?:写|打|印|弄|标|拼|输|填|搞|拍|放|贴|发|传|选|做|扫|p)(?:错|歪|反"
    r"|漏|糊|坏|乱|多|少|早|晚|大|小|虚|花|倒"
    r"|偏)(?:了|字|别字)*|不再|再也|再过|再见|想要的样子|变质|变老了?|加急|补货|补拍|换季|改天|改期"
    r"|再[报讲说告谈聊补付买问定]|换人|搬家|搬了"
    r"|搬走了|写的"
    r"|(?:装修|维修|修)好?了"
)
_TELLS_ZH: Final = Pattern(
    r"[了啦过没太很就都不会挺好真可才]|涨价|降价|搬家|打折|开业|停业|放假|过[年节]|生日|结婚|毕业|[缺断]货|换季|上新"
    r"|来不及|的$|^(?:那|这|它|上面|里面|后面|[他她]们)?(?:就|都|也)?是|我|你|他|她|它|看着|看起来|拍|觉得|感觉"
    r"|准备|因为|所以|所有人都|忘|快|要求|今天|明天|昨天|现在|刚|已经"
)
_QUESTION_ZH: Final = Pattern(r"[吗么]$|怎么|为什么|多少|几(?:个|点|块)|哪|谁")


_LONGEST: Final = 160
"""Characters of a clause; a longer one is prose."""


def silent(clause: Clause) -> bool:
    """Whether a clause tells something and asks for nothing."""
    text = clause.text
    if clause.quoted or not 0 < len(text) <= _LONGEST or babble.babbles(text):
        return False
    if re.search("[\u3400-\u9fff]", text):
        return any(one.fullmatch(text) for one in _SPACED) or all(map(_silent_zh, babble.pieces(text)))
    return _silent_en(text)


def talks(text: str) -> bool:
    """Whether the words of a reason hold nothing that may be a wish of its own."""
    if babble.babbles(text) or _MIXED.match(text):
        return False
    return not re.search("[\u3400-\u9fff]", text) or all(map(_silent_zh, babble.pieces(text)[1:]))


def wishes(clause: Clause) -> bool:
    """Whether there are words of wishing in a clause."""
    return clause.is_question or (_WISH_ZH.search(clause.text) or _WISH_EN.search(clause.text)) is not None


def surely_silent(clause: Clause) -> bool:
    """Whether a clause is known talk (a purpose, a reason, thanks), even if a loose rule sees a wish in it."""
    if clause.quoted or len(clause.text) > _LONGEST or not talks(clause.text):
        return False
    return any(pattern.match(clause.text) for pattern in _KNOWN)


def _silent_zh(text: str) -> bool:
    if asides.tells(text) or any(pattern.match(text) for pattern in _KNOWN):
        return True
    left = _DONE_ZH.sub("了", text)
    return not _WISH_ZH.search(left) and not _QUESTION_ZH.search(text) and _TELLS_ZH.search(left) is not None


_FOR_EN: Final = Pattern(
    r"^(?:(?:and|so|because|since|as|it's|it is|this is|that's|they're|these are|just|really|mostly)\s+)*(?:for\b"
    r"|(?:(?:i|we|i'm|we're|i am|we are|i'll|we'll|i'd like|just|really|only|going|gonna|want|wanna|need|have"
    r"|would like|planning|trying|hoping|it|this|that|them|to|will|can|could|be|my \w+|is|wants?|needs?)\s+)+"
    r"(?:print|post(?!er)|send|sell|frame|hang|upload|share|gift|give (?:it|them) to|mail|list|publish|present"
    r"|submit|display|have (?:it|them) printed"
    r"|use (?:it|this|them|that) (?:for|as|on|in)|show (?:it|them|this|people|clients|my|our)"
    r"|put (?:it|them|this) (?:up|(?:on|in|into) (?:my|our|the|a) (?:wall|fridge|web\w*|site|shop|insta\w*|page"
    r"|door|window|office|frame|album|shelf|menu|catalog\w*|store|banner|listing|brochure|newsletter|card|facebook"
    r"|etsy|ebay))))\b.{0,60}$"
)
_POLITE_EN: Final = Pattern(
    "^(?>"
    + alternatives(
        "",
        """
        many much big a an the ever truly indeed darling sweetheart honey lots of million lot bunch ton so very you u
        all again in advance for your help time kind
        kindly patience understanding thanks? thx ty tysm cheers please pls sorry to bother be pain appreciated? it i
        really would this no rush hurry worries whenever asap urgent(ly)? quick(ly)? if possible that that's that'd is
        best regards love xx? xoxo have nice good great day one rock legend lifesaver star are you're dear friend mate
        my bless god let me know done when ok okay can everyone guys team with trust do well hope lovely perfect
        amazing awesome oops whoops ugh argh hmm+ uh[-_]?oh aw gosh damn shoot
        """,
    )
    + r"\s*)+$"
)
_LIKE_EN: Final = Pattern(
    r"^(?:the |an? )?(?:[a-z]+ )?(?:photographers?|pros?|studios?|cameras?) (?:do|does|did|would|use)(?: it| that)?$"
    r"|^(?:just )?like (?:the |my |our )?[a-z ]{2,25} (?:were|was|did|used to|had|have|has|does?|is|are)\b.{0,25}$"
    r"|^(?:just )?like (?:an? |the )?(?:[a-z]+ )?(?:cameras?|photographers?|dslrs?|studios?|pros?)\b.*$"
    r"|^(?:just )?like (?:the |in the )?(?:good )?old (?:photos?|pictures?|days|times|films?|movies?|ones?)$"
    r"|^if (?:it|that)(?:'s| is|'d be| would be)?(?: not|n't)? ?(?:isn't |is not "
    r"|not )?(?:too much (?:trouble|bother|work|to ask)|(?:a |any )?(?:problem|trouble|bother)"
    r"|ok(?:ay)?|possible|easy|all right|alright)$|^if (?:you (?:would|could|can|don't mind|please"
    r"|'d be so kind)|i may)(?: be so kind)?$"
    r"|^(?:and )?nothing (?:else|more)(?: please)?$"
)
_WISH_EN: Final = Pattern(
    r"\b(?:make|add|remove|delete|erase|change|replace|swap|crop|blur|put|cut|resize|upscale|enlarge|sharpen"
    r"|brighten|darken|turn|give|rid|take (?:out|off|away|down)|move|rotate|straighten|fix|clean|write|set|use"
    r"|want|wants|wish|hope|let's|try|tone"
    r"|need(?:s|ed)?|should|must|please|pls|could|can (?:you|we|i)|would (?:you|like)|i'd like|more|less|a (?:bit"
    r"|little|touch|tad)|not so|rather|instead|convert|paint|colou?r|transform|restore|retouch|smooth|whiten"
    r"|reduce|increase|boost|lighten|warm|cool|flip"
    r"|mirror|translate|show|keep|leave|don't|do not|never (?!made|got|had)|without|only|hide|fill|insert|paste"
    r"|place|stick|pop|draw|apply|adjust|correct|edit|photoshop|get|bring|drop|lose|wipe|scrub|fade|extend|expand"
    r"|zoom|stretch|shrink|lift|swap|merge|combine|blend)\b"
    r"|\b(?:bright|dark|warm|cool|sharp|clear|bigg|small|larg|soft|crisp|clean|nic|bett|smooth|slimm|thinn|young"
    r"|old|light|short|long|wid|tall|bold|deep|rich)e?r\b"
)
_STATES_EN: Final = Pattern(
    r"^(?:(?:and|but|because|since|as|cause|cos|so|that's|oh|well|sorry)\s+)*(?:i|we|he|she|they|it|this|that"
    r"|there|you|everything|everyone|nobody|somebody|someone|these|those|my|our|his|her|their|the|customers?"
    r"|people|words?|picture|photo)\b"
)
_NOUN_EN: Final = Pattern(
    r"^(?:[a-z]+ ){0,3}[a-z]+'s (?:looking|looks|been|got|gone|too|so|way|really|all|very)\b"
    r"|^(?:[a-z']+ ){1,4}(?:is|are|looks?|was|were|came|seems?|got|has|have|went|goes|moved|changed|broke"
    r"|ended"
    r"|closed|sold|ran|wants?|\w+ed|don't|doesn't|isn't|aren't)\b(?: (?:a bit|so|too|very|really|way|still|kind of"
    r"|pretty|just))?"
)
_VERB_EN: Final = Pattern(
    r"\b(?:is|was|are|were|am|isn't|wasn't|aren't|has|had|have|hasn't|haven't|don't|do not|looks?|looked|came"
    r"|comes|went|goes|got|did|didn't|does|doesn't|made|took|taken|shot|sold|moved|closed|left|ran|blinked|forgot"
    r"|missed|says|said|it's|that's|i'm|we're|they're"
    r"|there's|he's|she's|i've|we've|i'll|we'll|just|no longer|going|tomorrow|because|wrong|too|so|such|really"
    r"|never|already|still|only|seems?|feels?|turned out|ruins?|ruined|bugs|hate|hates?|love|loves|think|know"
    r"|could not|cannot|came|open|opens|close|closes|sell|sells|work|works|live|lives|serve|serves|belongs?"
    r"|changed|expired|ended|printed|won't|wouldn't|can't|couldn't)\b|'s\b|\w+ed\b"
)
_SAFE_EN: Final = Pattern(
    r"\b(?:no longer|(?:'ve|have|has|'s|there's|there are) (?:got )?(?:some |many |plenty |lots |a few )?more\b"
    r"|it(?:'s| is) going|(?:i|we|you) (?:need|want) (?:it|this|that|them) (?:for|by|on|in|at"
    r"|today|tomorrow"
    r"|tonight|asap|printed)\b.*|has to be (?:ready|done|online)\b.*|too (?:small|big|large)|to get rid of|no "
    r"need to \w+"
    r"|(?:not|never|isn't|aren't|wasn't) (?:selling|using|giving|for sale|included|part of)\b|"
    r"(?:i|we|they) don't (?:know|sell|recogni[sz]e|own|stock)\b|(?:couldn't|can't"
    r"|didn't|won't|cannot|not able to) make it|had to (?:raise|change|move|lower|cut)|i don't want (?:strangers"
    r"|people|anyone|everyone|them) (?:calling|texting|contacting|emailing|messaging|seeing|knowing|using|stealing"
    r"|asking|to (?:call|know|see|use|find|contact))\b.*|never made|only (?:one|two|three|just)|my only|(?:i|we) "
    r"(?:can't|cannot|couldn't) (?:use|show|get|see|read|make out)|i hope (?:you|that's|this|it)\b.*|could (?:not"
    r"|barely|hardly)|clean enough|got rid)\b"
)


_ALSO: Final = Pattern(r" (?:too|as well|also|either)$")


def _silent_en(text: str) -> bool:
    if asides.tells(text) or any(pattern.match(text) for pattern in _KNOWN):
        return True
    left = _SAFE_EN.sub(" ", text)
    tells = len(text.split()) > 2 or re.search(r"\b(?:i|we|it|he|she|they)\b|'s\b", text)
    so = re.match(r"^(?:so|too|way too|very|really|such) [a-z]+(?: [a-z]+)?$", text)
    if so and not _WISH_EN.search(left):
        return True
    if reasons.SNAP.match(text) and not _WISH_EN.search(left):
        return True
    return bool(
        tells
        and not _WISH_EN.search(left)
        and (_STATES_EN.match(text) or _NOUN_EN.match(text))
        and _VERB_EN.search(_ALSO.sub("", text))
    )


_KNOWN: Final = (
    reasons.PERFECT,
    reasons.WANTED,
    reasons.CLEAR,
    _FOR_ZH,
    _ONLY_ZH,
    _USED_ZH,
    _SAID_ZH,
    _OTHERWISE_ZH,
    _POLITE_ZH,
    _ATTACHED_ZH,
    _FOR_EN,
    _POLITE_EN,
    _LIKE_EN,
    reasons.TRADE,
    reasons.DEAL,
    reasons.MINE,
    reasons.HOW,
    reasons.HEADING,
    reasons.NEEDED,
)
_MIXED: Final = Pattern("^[\\s,]*[a-z][^\u3400-\u9fff]*\\s[^\\s\u3400-\u9fff]*[\u3400-\u9fff]")
"""An English reason does not end in Chinese."""
_SPACED: Final = (_POLITE_ZH, _ATTACHED_ZH, reasons.HEADING)
"""Lists of words that spaces may part."""
_RETRACTS: Final = Pattern(
    r"^(?:不对|算了|等等|等一下|说错了|啊不|哦不|不不)|算了(?:吧)?$|^不是.{1,8}的$|\bno,? wait\b|\bwait,? no\b"
    r"|\bnever ?mind\b|\bscratch that\b"
    r"|\bon second thou?ghts?\b|\bforget (?:it|that)$|^no$"
)


def retracts(clause: Clause) -> bool:
    """Whether somebody thinks again: ``算了``, ``no wait``."""
    return _RETRACTS.search(clause.text) is not None
