# ruff: noqa: E501
"""Rules for wishes that need a generative model. They are understood, so that a pack can refuse them by name.

These rules are looser than the others: a refusal that names the right ability is safe, an action is not. They come
last, and never answer for a clause with quoted text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from qie_hub.edit.clause import Clause
from qie_hub.formats.operation import Operation, Slot

_PERSON: Final = (
    r"(?:女孩子?|男孩子?|女人|男人|女生|男生|小孩|孩子|宝宝|老人|模特|人物|路人|行人|游客|人脸|脸|表情|头发|发型|发色|衣服|裙子|裤子|姿势|眼睛|嘴|皮肤|人"
    r"|\b(?:girl|boy|woman|man|person|people|child|kid|baby|model|face|hair|smile|expression|pose|clothes|dress|shirt|skin|eyes?)\b)"
)
_CHANGE: Final = r"(?:替换成|替换为|换成|换为|换上|换个|换一?[个件条]|换|改成|改为|变成|变为|变|p成)"
_CHANGE_EN: Final = r"\b(?:change|replace|swap|turn|make|transform|convert|switch|put|give)\b"
_REMOVE: Final = (
    r"(?:去掉|去除|除去|删掉|删除|擦掉|擦除|抹掉|消除|移除|清除|p掉|弄掉|拿掉|不要|去|删)"
    r"|\b(?:remove|delete|erase|get rid of|take out|take away|photoshop out)\b"
)
_BACKGROUND: Final = r"背景|底图|\b(?:background|backdrop)\b"
_STYLES: Final = (
    r"卡通|动漫|漫画|油画|水彩|素描|水墨|国画|像素风|赛博朋克|宫崎骏|吉卜力|皮克斯|二次元|插画|手绘|浮世绘|梵高|3d"
    r"|\b(?:cartoon|anime|comic|oil painting|watercolou?r|sketch|ink painting|pixel art|cyberpunk|ghibli|pixar|illustration|drawing|van gogh|painting)\b"
)
_SCENES: Final = (
    r"春天|夏天|秋天|冬天|雪景|下雪|下雨|雨天|晴天|阴天|夜晚|晚上|夜景|白天|黄昏|日落|傍晚|清晨|日出|星空|天空|天气|季节"
    r"|\b(?:spring|summer|autumn|fall|winter|snow(?:y|ing)?|rain(?:y|ing)?|sunny|cloudy|night|daytime|dusk|sunset|dawn|sunrise|starry|sky|weather|season)\b"
)


def _rule(ability: str, pattern: str) -> Callable[[Clause], Operation | None]:
    compiled = re.compile(pattern)

    def rule(clause: Clause) -> Operation | None:
        found = compiled.search(clause.text)
        if found is None or clause.quoted:
            return None
        taken: dict[str, Slot] = {}
        for name, value in found.groupdict().items():
            if value:
                taken[name] = clause.typed(found, name)
        return Operation(ability, taken, clause.original)

    return rule


_TO: Final = r"(?:成|为|到|上)?(?P<to>.*)$"

RULES: Final = (
    _rule("freeform", rf"抠图|抠出|去掉?(?:背景|底)|(?:{_REMOVE}).{{0,8}}(?:{_BACKGROUND})|(?:背景|底)(?:变|改成?|换成?)?透明"
          r"|\b(?:cut out|transparent background)\b"),
    _rule("background.replace", rf"(?:{_BACKGROUND})(?:图|颜色|色)?(?:都|全部)?(?:{_CHANGE}){_TO}"),
    _rule("background.replace", rf"(?:换|改)一?个?(?P<to>.*?)的?(?:{_BACKGROUND})"),
    _rule("background.replace", rf"{_CHANGE_EN}.*?(?:{_BACKGROUND})(?:\s+(?:to|with|into|for|of|a|an))*\s*(?P<to>.*)$"),
    _rule("background.replace", rf"(?:{_BACKGROUND})"),
    _rule("style.change", rf"(?:{_STYLES})"),
    _rule("freeform", r"修复|老照片翻新|去模糊|上色|\b(?:restore|repair|deblur|colou?rize)\b"),
    _rule("freeform", r"扩图|扩展画面|外扩|补全|延伸画面|\b(?:outpaint|extend the (?:image|picture|photo|canvas)|uncrop)\b"),
    _rule("person.change", rf"(?P<old>[^把将]*{_PERSON}[^把将]*?)的?(?:{_CHANGE}){_TO}"),
    _rule("person.change", rf"{_CHANGE_EN}\s+(?P<old>.*?{_PERSON}.*?)\s+(?:to|with|into|for)\s+(?P<to>.*)$"),
    _rule("person.change", r"瘦[脸身腿]|美颜|美白|化妆|换脸|换装|换发型|微笑|笑起来|睁眼|\b(?:smil(?:e|ing)|slimmer|younger|older|makeup|open (?:his|her|the) eyes)\b"),
    _rule("scene.relight", rf"(?:{_CHANGE}|改|弄|做|换).{{0,4}}(?:{_SCENES})|{_CHANGE_EN}.*(?:{_SCENES})"),
    _rule("object.remove", rf"^.*?(?:{_REMOVE})(?P<old>.+)$"),
    _rule("object.remove", rf"^(?:把|将)?(?P<old>.+?)(?:都|全部|全)?(?:{_REMOVE})"),
    _rule("freeform", r"^(?:把|将)?(?P<old>.+?)的?颜色(?:换成?|改成?|变成?)(?P<to>.+)$"),
    _rule("object.replace", rf"^.*?(?:把|将)(?P<old>.+?)(?:都|全部|统一)?{_CHANGE}(?P<new>.+)$"),
    _rule("object.replace", rf"^(?P<old>[^换改变]+?){_CHANGE}(?P<new>.+)$"),
    _rule("object.replace", rf"{_CHANGE_EN}\s+(?P<old>.+?)\s+(?:to|with|into|for)\s+(?P<new>.+)$"),
    _rule("freeform", r"^只[改换动](?P<only>.+?)(?:不要?[改换动](?P<keep>.+))?$"),
    _rule("freeform", r"^(?P<old>.+?)太(?:旧|破|丑|脏|乱|土)了?$|^(?P<thing>.+?) (?:is|looks) too (?:old|ugly|dirty|messy)$"),
    _rule("object.add", r"(?:添加上?|加上|加一?[个只条顶朵片张辆棵座]|放一?[个只条朵张辆棵]|加)(?P<new>.+)$|\badd (?:an? )?(?P<thing>.+)$"),
)  # fmt: skip
