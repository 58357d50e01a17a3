"""Rules for wishes that need a generative model. They are understood, so that a pack can refuse them by name.

These rules are looser than the others: a refusal that names the right ability is safe, an action is not. They come
last, and never answer for a clause with quoted text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from qie_hub.edit.grammar import slots
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.vocabulary import alternatives
from qie_hub.formats.operation import Operation, Slot

_PERSON: Final = alternatives(
    """
    女孩子? 男孩子? 女人 男人 女生 男生 小孩 孩子 宝宝 老人 模特 人物 路人 行人 游客 人脸 脸 表情 头发 发型
    发色 刘海 衣服 裙子 裤子 上衣 外套 t恤 背心 衬衫 卫衣 球衣 队服 校服 制服 工作服 西装 西服
    牛仔裤 短裤 假发 长发 短发 卷发 学员 教练 学生
    员工 客人 主播 肩膀
    腹肌 姿势 眼睛 嘴 皮肤 美女 帅哥 新娘 爸爸 妈妈 老师 他 她 人
    """,
    """
    girls? boys? arms legs abs muscles waist belly nose lips teeth jaw cheeks hips shoulders bride groom wom[ae]n
    m[ae]n persons? people child(ren)? kids? bab(y|ies) models? faces? hair smile
    expression pose clothes dress shirt skin eyes? guy lady bride him her she he
    """,
)
_CHANGE: Final = alternatives("""
    替换成 替换为 更换成 更换为 换成 换为 换上 换个 换一?[个件条张种] 换 改成 改为 变成 变为 变 p成 画成
    弄成 做成 穿上 戴上 染成
    """)
_CHANGE_EN: Final = alternatives(
    "",
    """
    change replace swap turn make transform convert switch put give set render paint
    """,
)
_REMOVE: Final = (
    "(?>"
    + alternatives(
        """
    去掉 去除 除去 删掉 删除 擦掉 擦除 抹掉 消除 移除 清除 p掉 弄掉 拿掉 不要 移走 搬走 消掉 去 删
    """,
        """
    remove delete erase get_rid_of take_out take_away photoshop_out edit_out crop_out clean_up
    """,
    )
    + ")"
)
"""Atomic: ``删除`` is never read as ``删`` and a thing called ``除``."""
_BACKGROUND: Final = alternatives("背景图? 底图 后面的(景|墙)", "backgrounds? backdrops?")
_GROUND: Final = re.compile(_BACKGROUND)
_STYLES: Final = alternatives(
    """
    卡通 动漫 漫画 油画 水彩画? 素描 水墨画? 国画 像素风 赛博朋克 宫崎骏 吉卜力 皮克斯 二次元 插画 手绘
    动画 赛璐璐 水彩 剪纸 皮影 年画 剪影 刺绣 木刻 工笔 蜡笔 彩铅 连环画 画风 浮世绘 梵高 3d 简笔画 版画 科幻 粘土 乐高
    """,
    """
    cartoon anime comic oil_painting watercolou?r sketch ink_painting pixel_art cyberpunk ghibli pixar
    illustration drawing van_gogh painting lego claymation 3d_render
    """,
)
_SCENES: Final = alternatives(
    """
    春天 夏天 秋天 冬天 雪景 下雪 下雨 雨天 晴天 阴天 夜晚 晚上 夜景 白天 黄昏 日落 傍晚 清晨 日出 星空 天空
    逆光 [束道盏缕].{0,6}光 黑夜 天气 季节 夕阳 打光 光源 阴影 逆光 影子
    """,
    """
    spring summer autumn fall winter snow(y|ing)? rain(y|ing)? sunny cloudy night(time)? daytime dusk sunset twilight
    fog(gy)? mist(y)? storm(y)? overcast blue_hour
    dawn sunrise starry sky weather season shadows? relight sun_shines? (evening|morning|afternoon)_(sun|light)
    golden_(hour|light) golden-hour
    (rim|back|side|studio|neon|spot|candle)[_-]?light(ing)? sun_?light moonlight backlit
    """,
)
_MADE: Final = (
    "poster|painting|drawing|illustration|comic|postcard|engraving|print|magazine|movie|film still|cartoon|sketch"
    "|stamp|cover art|artwork|album cover|video game"
)
_SMILE: Final = alternatives(
    """
    (腰|腿|手臂|胳膊|脸|肚子|下巴|肩膀?|脖子|身材|腹肌|胸肌?|肌肉)[^，,]{0,6}(收|瘦|拉长|长一?[点些]|高一?[点些]|细|小|变|修|缩|直|宽|明显|大|翘|挺)
    修瘦 (头发|白发|发色)[^，,]{0,4}(黑|白|棕|卷|直|短|长|变|染) 拉长腿 瘦个?[脸身腿]
    (皮肤|脸|肤色)[^，,]{0,8}(白|嫩|光滑|亮)
    [换穿][成上]?一?[套件身条]?.{0,4}(西装|汉服|旗袍|婚纱|裙子?|衬衫|t恤|校服|礼服|制服|古装) 美颜 美白 化妆 换脸 换装
    换发型 微笑 笑起来 笑一?[下笑] 睁眼 睁开眼? 眼睛?睁[开大] 磨皮 年轻
    变老 变瘦 显瘦 增高 长高 祛?痘 祛斑 黑眼圈 皱纹 双下巴 眼袋 痘痘 换个?模特 换个?人 换一?[套身]衣?服?
    (宝宝|孩子|他|她|我|大家|人)笑 转个?身 转头 站起来 坐下 抬头 低头 看镜头 闭眼 抬手
    (头发|刘海|浏海|眉毛)[^，,]{0,6}(修|拨|梳|扎|盘|披|撩|剪) 换[个一种]?.{0,8}发型 换[个一种]?.{0,8}表情
    换上?一?[套身件条双顶] 显高 p瘦
    大长腿
    """,
    """
    smil(e|ing) turn_around look_at_the_camera raise_(his|her) stand_up sit_down slim(mer)? skinn(y|ier) thin(ner)?
    younger older makeup open_(them|those|both) wrinkles? acne pimples? double_chin taller
    open_((his|her|the|their|my|our|everyone's)_)?eyes
    eyes_open (close|shut)_(his|her|my|their)_mouth (fix|tidy|smooth)_(his|her|my|their)_hair
    whiten_(his|her|my|their)_teeth bald beard
    """,
)
_FREE: Final = alternatives(
    """
    倒过来 反过来 (裁|切|剪)(掉|去)[^，]{1,8} (天空|天上|空中)[^，]{0,3}(飘|下|挂|飞)
    (比例|裁|做|改|剪)[成到为]?(16[:：]9|4[:：]3|3[:：]4|9[:：]16|4[:：]5|2[:：]3|3[:：]2) 修复 修补 缝补 补好 复原
    转过来 (裂痕|裂缝|裂纹|折痕|破损|破洞|缺口|划痕)[^，]{0,6}(修|补|去|遮|弄没|消) 熨平
    褶皱 皱褶 拉直 拉正 掰正 弄正 正过来 摆平 拍斜 拉平 地平线歪 横过来 歪了 [倒反]过来了 转一?下方?向?
    [左右]转 转[一二三四五六七八九十百]+度 颠倒 调个头 调头 转正 放平 透视 倾斜 转正 扶正 摆正 歪的?.{0,4}[正直]
    [顺逆]时针
    转\\d+度? 翻译 上颜色 反光 污渍 翻成 译成
    划痕 凹痕 重新?排 排版 版式 再满 满一点 溢出 老照片翻新 去模糊 上色 扩图 扩展画面 外扩 补全 延伸画面 抠图 抠出来?
    融合 合成 拼图 拼接 旋转 翻转
    镜像 马赛克 打码 虚化 景深
    """,
    """
    (crop|ratio|format|make_it|aspect)(_to|_of)?(_an?)?_(16:9|4:3|3:4|9:16|4:5|2:3|3:2)
    crop_(out|off)_(the_)?(left|right|top|bottom|sides?|edges?|empty|blank) mend upside_down
    the_(right|other)_way_(up|round|around) right_way_up \\d+_degrees?
    (ninety|forty[_-]five|one_eighty|hundred_and_eighty|thirty|sixty|forty|fifteen|ten|five)_degrees? (on|onto)_its_side
    un_?tilt rips? tears? torn (converging_)?verticals keystone horizon lens_distortion perspective tilted crooked
    level_the horizon dents?
    scratch(es)? reflections? glare translate stains? creases?
    iron(_out)? wrinkles? un_?crop level_(it|the|this) sideways (anti-?|counter-?)?clockwise
    turn_(it|this|the_(photo|picture|image))_\\d+ declutter tidy_up straighten restore repair deblur
    colou?rize outpaint extend_(the_)?(image|picture|photo|canvas)
    uncrop cut_out transparent_background rotate flip mirror pixelate blur_the bokeh merge combine collage
    """,
)
_FORBIDS: Final = re.compile(
    r"\bleave\b.*\b(?:alone|as is|untouched|there)\b|^(?:please )?keep\b|(?:不要|别)动|"
    r"(?:不要|别|不用|(?<!能)不能|不许|不准)(?:再|给我|把|将)?.{0,6}(?:调|加|改|换|裁|放大|变|动|去|删|弄|做|留|抠"
    r"|虚|糊|擦|抹|贴|打)"
    r"|\b(?:don't|do not|never|without)\b.*\b(?:add|change|make|remove|crop|replace|put|touch|edit|delete|turn|cut"
    r"|blur|erase|move)"
)


def _nothing(clause: Clause, value: str | None) -> bool:
    """Whether an argument is there but only filler: ``删掉`` names nothing, nor does ``背景`` alone."""
    bare = _GROUND.sub(" ", str(value or ""))
    return bool(value) and Reader(Clause(bare, bare, clause.masked)).done


_COLOUR: Final = "|".join(one.pattern for one in slots.COLOUR_WORDS)
_REST: Final = r"(?P<to>.*)$"
_TO: Final = rf"(?:成|为|到|上)?{_REST}"
_MEASURE: Final = "[个只条顶朵片张辆棵座把束些副双件杯本盆群对块瓶碗盘壶串排堆根支枝台架颗粒滴]"


def _rule(ability: str, pattern: str) -> Callable[[Clause], Operation | None]:
    compiled = re.compile(pattern)

    def rule(clause: Clause) -> Operation | None:
        found = compiled.search(clause.text)
        if found is None or clause.quoted or clause.is_question or _FORBIDS.search(clause.text):
            return None
        if any(_nothing(clause, value) for value in found.groupdict().values()):
            return None
        taken: dict[str, Slot] = {}
        for name, value in found.groupdict().items():
            if value and value.strip() and name != "say":
                taken[name] = clause.typed(found, name)
        return Operation(ability, taken, clause.original)

    return rule


RULES: Final = (
    _rule("background.replace", r"(?:身后|背后|后面|背后|后边)的?[^，,的]{1,8}(?:换成|改成|变成|换上|换为)(?P<to>.+)$"),
    _rule(
        "background.replace",
        r"\b(?:swap|replace|change|turn) (?P<old>.+? behind (?:us|me|her|him|them|it|(?:the|my|our) [a-z]+)) (?:for"
        r"|with|to|by|into) "
        r"(?P<to>.+)$",
    ),
    _rule(
        "background.replace",
        r"\b(?:put|place|set|show|i'd like|i want|have) (?:us|me|her|him|them|it|everyone|(?:the|my|our|this|that"
        r"|these|those) [a-z]+)"
        r"(?: all| both| out| back| up| standing| sitting)* (?P<to>(?:in|on|at|by|inside|under|in front of|out"
        r"|beside)\b.+) instead of (?:the|this"
        r"|that|my|our|a) .+$",
    ),
    _rule(
        "object.replace",
        r"手(?:上|里|中)(?:拿|握|举|抱|提)?着?的(?P<old>[^，,]{1,8}?)(?:换成|改成|变成"
        r"|换为)(?P<new>.+)$",
    ),
    _rule(
        "person.change",
        r"\b(?:dress|clothe) (?P<old>him|her|me|us|them|the [a-z]+|my [a-z]+) (?:up )?(?:in|as"
        r"|like) (?P<to>.+)$",
    ),
    _rule(
        "person.change",
        r"\b(?:his|her|their|my) (?:[a-z]+ )?(?P<old>apron|shirt|dress|coat|jacket|hat|cap|tie|suit|trousers|jeans"
        r"|skirt|jumper|sweater"
        r"|uniform|shoes?|hair|beard|lipstick)\b.*\b(?:make|turn|change|colou?r|dye) (?:it|them|that) (?P<to>.+)$",
    ),
    _rule(
        "object.add",
        r"\b(?:i'd like|i want|we want|we need|i need|can (?:i|we|you) (?:have|get|add)|could (?:i|we) have) (?:an?"
        r"|some|a few|a couple of) "
        r"(?P<new>.+? (?:lying|sitting|standing|placed|hanging|floating|next to|beside|behind|on|in|under|over"
        r"|around) (?:the|my|our|her|his|it)\b.*)$",
    ),
    _rule("object.remove", rf"(?:{_REMOVE})(?P<old>.+?)\s+(?:in|from|at|on)\s+the\s+(?:{_BACKGROUND})$"),
    _rule("object.remove", rf"(?P<old>背景(?:里|中|上)的?.+?)(?:都|全部|给)*(?:{_REMOVE})"),
    _rule("object.remove", rf"(?:{_REMOVE})(?P<old>背景(?:里|中|上)的?.+)$"),
    _rule("freeform", rf"(?:{_REMOVE}).{{0,8}}(?:{_BACKGROUND})|(?:{_BACKGROUND}|底)(?:变|改成?|换成?|弄成?)?透明"),
    _rule("background.replace", rf"(?:{_BACKGROUND})(?:颜色|色)?(?:都|全部|要|想)?(?:{_CHANGE}){_TO}"),
    _rule("background.replace", rf"(?:换|改)一?个?(?P<to>.*?)的?(?:{_BACKGROUND})"),
    _rule("background.replace", rf"(?:{_CHANGE_EN}).*?(?:{_BACKGROUND})(?:\s+(?:to|with|into|for|of|an?))*\s*{_REST}"),
    _rule("background.replace", rf"^(?P<say>.*(?:{_BACKGROUND}).*)$"),
    _rule(
        "object.replace",
        rf"\b(?:replace|swap) (?P<old>(?:the|my|this|that) (?!(?:{_BACKGROUND}))(?!(?:[a-z]+ "
        rf")?(?:{_PERSON}))[a-z]+(?: [a-z]+)?) "
        r"(?:by|with|for) (?P<new>(?:an?|some|the) .+)$",
    ),
    _rule("style.change", rf"(?:{_STYLES})"),
    _rule("freeform", r"^(?:.*?(?:把|将))?(?P<old>.+?)的?颜色(?:换成?|改成?|变成?|调成?)(?P<to>.+)$"),
    _rule("freeform", r"^(?:.*?(?:把|将|给))?(?P<old>.+?)(?:换|改)(?:个|一个|种|下|一下)?颜色$"),
    _rule("person.change", r"\bchange the colou?r of (?:his|her|their|my) (?P<old>.+)$"),
    _rule("freeform", r"\b(?:change|make|turn) the colou?r of (?P<old>.+?)(?: to (?P<to>.+))?$"),
    _rule("scene.relight", r"(?:光线|打光|灯光|光照|光源|光影)(?:给我|帮我|都|再)*(?:改|换|调|变|弄|做)[成为]"),
    _rule(
        "person.change",
        r"\bput (?:us|me|her|him|them|(?:the|my|our) [a-z]+) (?:in|into) (?P<to>.*\b(?:suit|tie|dress|shirt"
        r"|jacket|coat|uniform|gown"
        r"|tuxedo|clothes|jeans|blazer|costume|robe|jersey|outfit)s?\b.*)$",
    ),
    _rule(
        "background.replace",
        r"\bput (?:us|me|her|him|them|it|(?:the|my|our) [a-z]+) (?:in front of|at|on|in|by|inside) "
        r"(?P<to>(?!(?:an? |the |this |my )?(?:second|other|top|bottom|left|right|middle|cent|corner|first|picture"
        r"|photo|image|upper|lower|back|front)).+)$",
    ),
    _rule("style.change", rf"\blook like an? .*\b(?:{_MADE})\b"),
    _rule("freeform", r"(?:由|从).{1,4}色.{0,3}(?:变|改|换)[成为]?.{1,6}色"),
    _rule(
        "object.add",
        r"\b(?:put|place) (?:an?|some|two|three|more) (?P<new>.+? (?:in|into|on|onto|next to|beside|behind|near"
        r"|around)\b.*)$",
    ),
    _rule("person.change", r"\beyes? (?:are|is|were|look) (?:half[- ])?(?:closed|shut)\b"),
    _rule("person.change", rf"(?:{_SMILE})"),
    _rule("freeform", rf"(?:{_FREE})"),
    _rule(
        "person.change",
        r"\b(?:gimme|give (?:me|us|(?P<old>him|her|them|the (?:man|woman|girl|boy|model|lady|guy)))) "
        r"(?P<to>.+)$",
    ),
    _rule("freeform", r"^(?:.*?(?:把|将))?(?P<old>.+?)(?:往|向|朝)?(?P<to>[左右上下前后中].{0,2}?)(?:移动?|挪动?)"),
    _rule("freeform", r"^(?:.*?(?:把|将))?(?P<old>.+?)(?:移|挪)(?:到|去)(?P<to>.+)$"),
    _rule("freeform", r"\b(?:move|shift|relocate|straighten) (?P<old>.+)$"),
    _rule("person.change", rf"^(?:.*?(?:把|将|给|让))?(?P<old>.*?{_PERSON}.*?)的?(?:{_CHANGE}){_TO}"),
    _rule("person.change", rf"{_CHANGE_EN}\s+(?P<old>.*?{_PERSON}.*?)\s+(?:to|with|into|for|wear)\s+{_REST}"),
    _rule("person.change", rf"\bmake (?P<old>(?:his|her|their|my|the) .*?{_PERSON})\s+(?P<to>.+)$"),
    _rule("scene.relight", rf"(?:{_CHANGE}|改|弄|做|换|加).{{0,5}}(?:{_SCENES})|(?:{_CHANGE_EN}).*(?:{_SCENES})"),
    _rule("scene.relight", r"\b(?:only|single|sole) (?:light source|source of light)\b"),
    _rule("scene.relight", r"(?:打|调|弄|换|改|变|做|p)[成为].*(?:光线|灯光|光影|光照|打光|光)的?$"),
    _rule("scene.relight", r"\bre-?light(?:ing)?\b|(?:打|来|加|补)一?[束道盏缕].{0,8}光"),
    _rule("person.change", r"\b(?:should|must|could|to|let) .{0,12}?\bwear(?:ing)?\b|\bwearing\b.*\binstead\b"),
    _rule("object.add", r"\b(?:stage|furnish|decorate|fill) (?:it|the|this|my) ?(?P<to>.+)$"),
    _rule("scene.relight", rf"\blook like .*(?:{_SCENES})"),
    _rule(
        "object.add",
        r"(?:摆|放|加|添|种|停|铺|挂|来)上?[一几两三][\u3400-\u9fff](?P<new>[^去掉换改]+?)(?:进去|上去|进来|上)$",
    ),
    _rule(
        "object.remove",
        r"\b(?:take|get|clear) (?P<old>.+?) (?:out|away|off)(?: (?:of )?(?:the|my|this|his|her|our) [a-z]+)?$",
    ),
    _rule("object.remove", rf"^.*?(?:{_REMOVE})(?P<old>.+)$"),
    _rule("object.remove", rf"^(?:.*?(?:把|将))?(?P<old>.+?)(?:都|全部|全|给)*(?:{_REMOVE})"),
    _rule(
        "freeform",
        rf"^(?:.*?(?:把|将))?(?P<old>.+?)(?:换|改|变|调|弄|染|涂|漆|刷)[成为](?P<to>(?:{_COLOUR})色?系?的?)$",
    ),
    _rule("object.replace", rf"^.*?(?:把|将)(?P<old>.+?)(?:都|全部|统一|给)*{_CHANGE}(?P<new>.+)$"),
    _rule("object.replace", rf"^(?P<old>[^换改变]+?){_CHANGE}(?P<new>.+)$"),
    _rule("object.replace", rf"{_CHANGE_EN}\s+(?P<old>.+?)\s+(?:to|with|into|for|by)\s+(?P<new>.+)$"),
    _rule("freeform", r"\b(?:paint|make|turn|color|colour) (?P<old>(?:the|my|this|that) [a-z ]+?) (?P<to>[a-z]+)$"),
    _rule("freeform", r"^只[改换动](?P<only>.+?)(?:[,，]?不要?[改换动](?P<keep>.+))?$|^\bonly change (?P<thing>.+)$"),
    _rule(
        "freeform",
        r"^(?:.*?(?:把|将))?(?P<old>[^，,]{2,}?)(?:给|帮我|给我|帮忙|请|再|好好)*修(?:补|复"
        r"|整)?(?:一下|一修|修|好|补)+(?:吧|呗|了)*$",
    ),
    _rule("freeform", r"^(?P<old>.+?)太(?:旧|破|丑|脏|乱|土)了?$"),
    _rule("freeform", r"^(?P<thing>.+?) (?:is|looks|are|look) too (?:old|ugly|dirty|messy)$"),
    _rule("object.add", rf"(?:添加上?|加上|加|添|放上?|摆上?|种上?|戴上?|画|来|多)[一几两]?{_MEASURE}(?P<new>.+)$"),
    _rule("object.add", r"(?:添加上?|加上|加)(?P<new>[^\d\s]{1,12})$"),
    _rule("object.add", r"\b(?:add|put|place|insert|draw) (?:an? |some |more )?(?P<new>.+)$"),
)
