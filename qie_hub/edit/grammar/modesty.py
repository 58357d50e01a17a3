"""How much, and how not, somebody wants what was wished for: ``not too much``, ``only the board``.

Pure data for `rules_keep`.
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.pattern import Pattern

ONLY_STAYS: Final = Pattern(
    r"^(?:就|请|最后|画面里?)?(?:只|就|光)(?:保?留下?|剩下?|要)(?!把|背景|改|换|去|删|加|调)(?:我|他|她"
    r"|们?)?(?!.*[改换加删去]).{1,6}$|^(?:(?:we|i) )?(?:(?:only|just) (?:keep|leave|want|need)"
    r"|(?:want|need|keep) (?:only|just))"
    r" (?:me|us|my [a-z]+|her|him|the [a-z]+)(?: (?:in|there|left|please))*$"
    r"|^(?:just|only) (?:me|us|her|him|them|(?:the|my|our|this|that) [a-z]+(?: [a-z]+)?)(?: please)?$"
)
ONLY_LEAD: Final = (
    r"^.*?(?:(?:want|need|keep) (?:only|just)|(?:只|就|光|only|just)(?:保?留下?|剩下?|要| keep| leave| want| need| ))"
)
MODEST: Final = Pattern(
    r"^(?:但是?|不过|也)?(?:不要|别|不用|不能)(?:弄得?|搞得?|修得?|做得?|p得?)?(?:太过|太|过于|过度|过|那么"
    r"|这么)(?:于)?(?:夸张|过分|过头|假|明显|狠|猛|多|厉害|失真|突兀|浮夸|重|度|火|僵硬?|离谱)了?[哈啊呀哦吧啦]*$"
    r"|^(?:但是?|不过|也)?(?:不要|别|不用)(?:弄得?|搞得?)?太(?:深|浅|艳|粗|细|大|小|宽|窄|厚)了?[哈啊呀哦吧啦]*$"
    r"|^(?:不要|别|不能|不许)(?:给我|再)?(?:拉伸|变形|压扁|失真|裁掉|变糊|模糊|、|或|和|[了掉])+$"
    r"|^(?:but |and |please |just )*(?:don't|do not|dont) (?:make|turn|let) (?:it|me|us|them|him|her|the [a-z]+)"
    r" (?:look |go |get |too |so "
    r"|all |any )*(?!as\b|like\b|[a-z]+er\b)[a-z]+(?: please| though)*$"
    r"|^(?:but |and |please |just )*(?:don't|do not|dont|never|without) (?:stretch|squash|squish|squeeze|distort"
    r"|deform|warp)"
    r"(?:ing)?(?: (?:it|anything|the (?:picture|photo|image)|us|me|them))?(?: please| out| though| too much)*$"
    r"|^(?:without|no) (?:any )?(?:white|black|grey|gray|empty) (?:bars?|edges?|stripes?|borders?|space)$"
    r"|^(?:书名号|引号|括号|双引号)(?:就|都)?(?:不用|不要|别|去掉)(?:打|加|写|放|带)?(?:上|了|进去)?$"
    r"|^(?:但是?|不过|也)?(?:别|不要)(?:太过|过|太)(?:了|哈|啊)?$|^(?:看起来|要|尽量|显得)?(?:自然"
    r"|真实)(?:一?[点些])?(?:就行|就好|的)?$"
    r"|^(?:but |and )?(?:keep it (?:natural|subtle|realistic|simple|real|light|tasteful)(?:[- ]looking)?|not too "
    r"(?:much|strong|crazy|heavy|thick|thin|big|large|small|wide|bold|obvious|fancy|flashy|loud)|nothing (?:too "
    r")?(?:crazy|fancy|extreme|much)"
    r"|don't (?:overdo|go overboard|go crazy|go too far).*|do not overdo.*|just (?:a )?(?:subtle|natural)(?: "
    r"look)?|naturally|nothing (?:else|more)|that(?:'s| is) (?:it|all)(?: for now)?|just (?:that|this)|only (?:that"
    r"|this)"
    r"|no other changes?|(?:the )?rest (?:(?:all|is|stays?|remains?|to be|should be) )*(?:the )?same"
    r"|same [a-z]+(?: as before)?|no texture|(?:in |use |with |keep )?(?:the )?same (?:font|style|size|colou?r"
    r"|typeface|wording|lettering|letters|look|spot|everything"
    r"|words|text|position|place|layout)(?: (?:and|&) (?:the )?(?:same )?(?:font|style|size|colou?r|place"
    r"|position))*(?: as before| please"
    r"| if (?:you can|possible)| as now| though)*)$"
)
"""How strongly something is wanted is no further wish."""


DREADED: Final = Pattern(
    r"^(?:but |and |please |just )*(?:don't|do not|without) (?:make|making|get|getting|let|turn|turning) (?:it"
    r"|this|that|the "
    r"(?:picture|photo|image|rest|whole thing)) (?:any |even |look |get )*(?P<en>darker|brighter|lighter|warmer"
    r"|cooler|colder"
    r"|sharper|softer|flatter|duller)(?: please| though| than it is)*$"
    r"|^(?:但是?|不过|可)?(?:别|不要|不能|不许)(?:再|给我)*(?:弄得?|变得?|调得?|搞得?)?(?:再"
    r"|更)*(?:变)?(?P<zh>[暗亮暖冷])(?:了|吧|哈|啦)*$"
)
LOOKS: Final = {
    "darker": ("brightness", -1), "暗": ("brightness", -1), "brighter": ("brightness", 1), "亮": ("brightness", 1),
    "lighter": ("brightness", 1), "warmer": ("warmth", 1), "暖": ("warmth", 1), "cooler": ("warmth", -1),
    "colder": ("warmth", -1), "冷": ("warmth", -1), "sharper": ("sharpness", 1), "softer": ("contrast", -1),
    "flatter": ("contrast", -1), "duller": ("saturation", -1),
}  # fmt: skip
"""``but don't make it darker``: the amount and the direction that nobody wants."""
