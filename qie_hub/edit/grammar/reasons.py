"""Forms of clauses that tell how things came about or which picture it is; see `smalltalk`, which judges them.

Pure data: none of the forms holds a wish.

Example::

    PERFECT.match("brewery's put it up again")
    WANTED.match("just want folks to see the dresser")
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.pattern import Pattern

PERFECT: Final = Pattern(
    r"^(?!(?:let|what|who|how|where)'s\b)(?:the |my |our )?[a-z]+(?: [a-z]+)?(?:'s|'ve| has| have) (?:just |now "
    r"|already "
    r"|gone and )*(?:put|moved|changed|raised|lowered|dropped|cut|hiked|updated|renamed|cancelled|closed|stopped"
    r"|sold|run|set)"
    r"\b(?!.*\b(?:so|please|and|then|can|could|should|need|want|make|remove|add)\b).{0,40}$"
)
"""``brewery's put it up again``"""
WANTED: Final = Pattern(
    r"^(?:(?:i|we) )?(?:just|only) want (?:people|folks|customers|buyers|everyone|guests|viewers|clients"
    r"|parents|them) to "
    r"(?:see|notice|focus on|look at|know|come|find|come|read|enjoy)\b(?!.*\b(?:so|please|and|then|make|remove"
    r"|add)\b).{0,40}$"
    r"|^(?:it|they|the [a-z]+)(?:'s| was| were| is| are| looked) (?:way |much |far |a lot |so much )?more [a-z]+ "
    r"(?:in (?:real life|reality|person)|irl|that day|on the day|back then|than (?:this|that|it looks))$"
    r"|^(?:can't|cannot|can not|couldn't) (?:read|see|make out|tell|recogni[sz]e) .{1,30}$"
)
"""What somebody wants other people to do with the picture, and how things were."""
SNAP: Final = Pattern(
    r"^(?:an? |the |this |that )?(?:[a-z]+ ){0,2}(?:shot|photo|picture|pic|snap|selfie)s? (?:from|of|at|in|on"
    r"|by) (?:the |my |our |a "
    r"|an )?[a-z' -]{1,40}$"
)
"""``Night shot from the hut and it's super grainy``: which picture it is."""
CLEAR: Final = Pattern("^[\u3400-\u9fff]{1,8}?(?:要|得|保持|还要)(?:清楚|清晰|看得清|看得见)(?:的|就行|哦|哈)*$")
HEADING: Final = Pattern(
    r"^(?:(?:a |one |just |small |quick |spelling |little )*(?:spelling|typo|mistake|error|correction|change|fix"
    r"|edit|update|request|task|note|thing|one|ps|p\.s)s?"
    r"|(?:(?:please|kindly|pls|can you|could you|so|just) )*(?:correct|change|update|fix|edit|adjust|revise"
    r"|amend)(?: it| this| that)?(?: "
    r"accordingly| (?:on|in) (?:the|this|my|our) [a-z]+)?(?: for me)?|(?:passport|id|profile|product"
    r"|linkedin|group|wedding|school|class|family) "
    r"(?:photo|picture|pic|shot)s?|错别字(?:帮我|请|麻烦)*(?:改一?下|改改|更正一?下|修改一?下)?"
    r"|更正|修改|需求|要求|备注|ps|改动|勘误|[a-z ]{1,20} no more|(?:要|存成?"
    r"|导出|保存成?|输出)?\s?(?:png|jpe?g|psd)(?:格式|的|图|就行)*|as (?:a )?(?:png|jpe?g)|(?:主体|人物?|产品|前景"
    r"|主角|脸)(?:要|保持|得)?(?:清楚|清晰|不虚|突出)(?:的|就行)?|(?:这样)?(?:显得|看起来|看着|看上去)(?:更|比较"
    r"|会)?(?:喜庆|好看|高级|大气|醒目|显眼|精致|漂亮|热闹|专业|干净|清爽|舒服|正式|有质感|有档次)(?:一?[点些]"
    r"|多了)?|(?:突出|凸显|强调)(?:一下)?[^改换加删去]{1,6}|(?:突出|凸显|强调)(?:一下)?(?:主体|人物?|产品|商品"
    r"|主角|模特|前景).{0,3}"
    r"|(?:so |to make )?(?:that )?(?:the |my )?[a-z]+ (?:stands?|pops?) out"
    r"|(?:rather|quite|so|how|bit|a bit|pretty|very) (?:embarrassing|annoying|silly|sad|funny|urgent|important|awkward"
    r"|confusing|frustrating|ugly|bad|wrong))$"
)
NEEDED: Final = Pattern(
    r"^(?:i|we) (?:just |only |really )?(?:need|want) (?:an? |the )?(?:clean|blank|fresh|new|printable"
    r"|simple|neat) (?:version|copy"
    r"|one|picture|photo|image|template)$|^(?:i |we )?(?:shot|taken|took|snapped) (?:this|it|these|in|at|on"
    r"|with|by)\b(?!.*\b(?:make|add|remove|change|need|want)).{1,60}$"
)
HOW: Final = Pattern(r"^do one thing$|^how (?:to|do i|should i) (?:say|put|explain)(?: it| this)?$")
TRADE: Final = Pattern(
    r"^(?:dms?|cash|pick ?-?up|collection|serious (?:buyers|offers|inquiries)|local|no (?:returns|refunds|holds|swaps"
    r"|timewasters|offers))(?: only| please| accepted| or [a-z]+)*$"
    r"|^(?:it's |it is |that's |they're )?(?:not|no longer) (?:true|right|correct|valid|available|current|needed|on"
    r"|ours|for sale)"
    r"(?: any ?more| now| either)?$|^(?:the )?(?:deal|sale|price|order|event|show|party|class|match|gig|wedding|buyer"
    r"|client|customer)(?:'s| is| has| was| got)?"
    r" (?:just |already |now )?(?:drop(?:ped)?|cut|rise|increase|reduction|change|update|hike|fell (?:through|thru)"
    r"|fallen through"
    r"|off|on|over|up|down|cancelled|canceled|postponed|done|gone|backed out|pulled out)(?: again| now| today)*$"
)
"""``DMs only``, ``deal fell thru``, ``price drop``: what a seller says beside the wish."""
DEAL: Final = Pattern(
    "^(?:这|那)[张幅个](?:底图|图|照片|海报)?我(?:们)?(?:要|想|准备|打算)(?:重新)?(?:排版|做|设计|打印|印|用"
    "|发)[^把删去]{0,6}$"
    "|^(?:跟|和|与|配|搭).{1,10}?(?:更|比较|才|也|正好|刚好)?(?:搭|配|协调|统一|呼应|合适|一致)(?:一?[些点])?的?$"
    "|^[\u3400-\u9fff]{1,6}(?:要求|规定|吩咐|交代|交待|叮嘱|说|让|叫|定)的?(?:这样|这么)?(?:做|弄|写|改|说)?的$"
    "|^[\u3400-\u9fff]{0,12}(?:这|那)[一]?[张幅个](?:图|照片|图片|海报|封面|菜单|传单|主图|截图|宣传图)$"
    "|^(?:5{3,}|呜+|嘤+|冲鸭|冲呀|冲|蟹蟹|谢谢宝|栓q|爱了|orz|qaq|tt|求求|跪谢|感恩)+$"
    "|^(?:妥妥的?|绝对的?)(?:c位|主角|氛围感|大片)$|^(?:不要|别|不想)(?:让|给|被)(?:别?人|人家|客户|同行|外人|陌生人"
    "|学生|家长)"
    "(?:见到|看到|看见|知道|打扰|联系|骚扰|拿去|认出来?)(?:了|到|啊)*$|^要[大醒显]目?眼?[啊哦的吧]*$"
    "|^(?:到时候?|回头|晚点|待会儿?|过两天)(?!.*(?:[把将删换改加擦抹]|去掉)).{2,14}$"
)
"""``跟毛衣更搭``, ``家长要求的``, ``饭店官网这张图``: why, by whom, and which picture."""
MINE: Final = Pattern(
    r"^(?:i|we) (?:only |just |really |also )*(?:want|wanted|like|need) to (?:see|stay|keep being|be) "
    r"(?:in (?:it|the (?:photo|picture))|(?:only )?(?:the|my|our) [a-z]+)$"
    r"|^(?:i|we) (?:only |will |would |can |could )*(?:tell|show|give|send|say|explain|announce|post|text) (?:it|that"
    r"|them|this)\b"
    r"(?: (?:to|by|on|in|at|with|over) [a-z ]{2,30})?$"
    r"|^(?:some |many |a few |lots of )?(?:folks?|people|somebody|someone|tourists|strangers|passers-?by|kids|everyone"
    r"|everybody)"
    r" (?:are |were |is |was |kept |keep )?[a-z]+ing (?:past|by|through|in|into|behind|across|around|about|on|along"
    r"|at)\b"
    r"(?!.*\b(?:and|so|please|remove|make|add)\b).{0,30}$"
)
"""``I only want to see the bike``, ``folk walking past the window``."""
