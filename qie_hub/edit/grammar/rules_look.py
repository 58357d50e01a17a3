"""Rules for the look of a picture: light, warmth, contrast, colour, sharpness, named moods.

Every amount is percent, -100..100; `USUAL` times the degree that the clause names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qie_hub.edit.grammar import slots
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.formats.operation import Operation, Slot

USUAL: Final = 25
"""Percent that ``brighter`` without a degree means; chosen by eye on ten photographs."""

_MORE_ZH: Final = "(提高|增加|增强|加强|加大|调高|提升|拉高|拉大|加|提|升|增|补)[一些点]*"
_LESS_ZH: Final = "(降低|减少|减弱|调低|减小|拉低|减|降|去|压|少)[一些点]*"
_UP_ZH: Final = "[再也都要更]?(拉满|提高|增加|增强|加强|加大|调高|提升|拉高|高|强|大|加|升|提|增)[一些点]*"
_DOWN_ZH: Final = "[再也都要更]?(降低|减少|减弱|调低|拉低|低|弱|小|降|减|压|少)[一些点]*"
_MORE_EN: Final = (
    "(more|bump(_up)?|pump(_up)?|crank(_up)?|dial_up|turn_up|increase|boost|lift|higher|raise|stronger|add|enhance"
    "|increased|extra|augment|(?<!warm_)(?<!brighten_)(?<!lighten_)(?<!sharpen_)(?<!light_)(?<!cheer_)up_(the"
    "|its))_((the|its|some|more|a_bit_of|a_bit_more|a_little|a_little_more|a_touch_of|a_touch_more"
    "|slightly_more)_)?"
)
_LESS_EN: Final = (
    "(less|drop|cut|dial_down|turn_down|bring_down|pull_down|decrease|reduce|lower|weaker|lowered"
    "|reduced|tone_down)_(the_)?"
)

_AMOUNTS: Final[Mapping[str, tuple[tuple[int, Pattern], ...]]] = {
    "brightness": (
        (1, words(
            f"""
            不够亮 调亮 提亮 加亮 变亮 弄亮(?!堂) 打亮 照亮 增亮 亮度{_UP_ZH} {_MORE_ZH}(一下|整体)?亮度 明亮
            弄?亮堂[一些点]*
            (?<!鲜)亮[一些点]+ 太暗 偏暗 有点暗 发暗 黑得跟?[^，]{{0,4}}似的 曝光不足 欠曝 提高曝光 增加曝光
            曝光(高|增加|加)[一些点]* 黑乎乎
            黑漆漆 光线(不足|不好|太差) 看不清 有点黑 太黑 补一?[些点]*(亮度|光) 加一?[些点]*亮度? 亮度加[一些点]*
            高光太暗 (别|不要|不能|不用)(太|那么|这么|再)暗 (?<!鲜)亮(?!度|堂|片)
    """,
            f"""
            brighten(_up|ed)? brighter lighten(_up)? lighter too_dark underexposed
            {_MORE_EN}(brightness|exposure|light) bright luminous light_up
            (so|super|way|kinda|kind_of|pretty|very|quite|rather|bit|little|is|was|it's|looks?|came|come|that|awful(ly)?|terribl[ey]|too)(_[a-z]+){{0,3}}_dark
            (grainy|blurry|noisy|flat|dull|yellow)_and_(too_|very_)?dark
    """,
        )),
        (-1, words(
            f"""
            调暗 压暗 变暗 弄暗 降暗 亮度{_DOWN_ZH} {_LESS_ZH}亮度 昏暗 暗[一些点]+ 太亮 过亮 高光太亮 过曝 偏亮
            曝光过[度了头] 降低曝光 减少曝光 刺眼 晃眼睛? (别|不要|不能|不用)(太|那么|这么)亮 暗
    """,
            f"""
            darken(_up)? darker dim(mer)? too_bright overexposed {_LESS_EN}(brightness|exposure|light|bright) dark
            blown_out
    """,
        )),
    ),
    "warmth": (
        (1, words(
            f"""
            不够暖 暖色调? 暖调子? 偏暖 调暖 变暖 温暖 暖洋洋 暖和 暖意 暖[一些点]+ 温馨
            (别|不要|不能|不用)(太|那么|这么)冷
            色温{_UP_ZH} {_MORE_ZH}色温 太冷 偏冷了 暖黄色? 暖
    """,
            f"""
            warm(er|th|ly)? warm_up(_the|_its)? warm(er)?_(tones?|colou?rs?|look|feel)
            {_MORE_EN}(warmth|(colou?r_)?temperature)
            too_cold (kill|remove|fix|lose|reduce|get_rid_of)_(the_|that_|this_)?(blue|cold)_(cast|tint|tone|hue)
            golden_tones? more_golden (too|less)_blue
    """,
        )),
        (-1, words(
            f"""
            冷色调? 冷调子? 偏冷 调冷 变冷 清冷 冷[一些点]+ (别|不要|不能|不用)(太|那么|这么)[暖黄] 色温{_DOWN_ZH}
            {_LESS_ZH}色温 太暖 偏暖了 偏黄 太黄 发黄 冷
    """,
            f"""
            cool(er)? cold(er)? cool(er)?_(tones?|colou?rs?|look|feel) {_LESS_EN}(warmth|(colou?r_)?temperature)
            too_warm
            (kill|remove|fix|lose|reduce|get_rid_of)_(the_|that_|this_)?(yellow|orange|warm)(ish)?_(cast|tint|tone|hue)
            (too|less)_(yellow|orange)
    """,
        )),
    ),
    "contrast": (
        (1, words(
            f"""
            {_MORE_ZH}一?[些点下]*(对比度|对比|反差) (对比度|对比|反差){_UP_ZH} 对比(更)?(强烈|鲜明|明显) 灰蒙蒙
            灰灰的? 对比再强[一些点]* 太灰 发灰 去灰 立体
    """,
            f"""
            {_MORE_EN}contrast(y)? contrasty punchier punch less_flat flat contrast_up high_contrast too_flat washed_out
    """,
        )),
        (-1, words(
            f"""
            {_LESS_ZH}一?[些点下]*(对比度|对比|反差) (对比度|对比|反差){_DOWN_ZH} 柔和 柔一?[些点]+ 对比太强
            反差太大
    """,
            f"{_LESS_EN}contrast softer soften_the_contrast low_contrast too_harsh contrast_down",
        )),
    ),
    "saturation": (
        (1, words(
            f"""
            {_MORE_ZH}一?[些点下]*(饱和度?|色彩|颜色) 饱和度?{_UP_ZH} 鲜艳 艳丽 艳[一些点]+
            (颜色|色彩)(更|再|太)?(浓郁?|丰富|饱满|鲜亮|鲜明|浓[一些点]+) (颜色|色彩)太(淡|素|暗淡) 浓[一些点]+ 鲜亮
            颜色(更)?好看
    """,
            f"""
            {_MORE_EN}(saturat(ion|ed)|colou?rs?|vivid) saturate vivid(ly)? vibrant (more_)?colou?rful saturated
            colou?rs?_pop colou?rs?_should_pop richer_colou?rs? too_dull dull_colou?rs?
    """,
        )),
        (-1, words(
            f"""
            {_LESS_ZH}一?[些点下]*饱和度? 饱和度?{_DOWN_ZH} 素雅 淡雅 淡[一些点]+ 素[一些点]+
            (颜色|色彩)(更|再)?(淡|素)[一些点]* 太艳 (别|不要|不能|不用)(太|那么|这么)(艳|鲜艳)
            (颜色|色彩)太(浓|艳|鲜艳) 太鲜艳
    """,
            f"""
            {_LESS_EN}(saturat(ion|ed)|colou?rs?|vivid|colou?rful) desaturated? muted mute_the_colou?rs?
            colou?rs_(are_)?(way_)?too_(much|strong|intense|bright|loud) too_(vivid|saturated|colou?rful)
    """,
        )),
    ),
    "sharpness": ((1, words(
        f"""
        不够(清晰|清楚|锐) 锐化 加锐 锐利度({_UP_ZH})? 更?清楚[一些点]* 变清楚[一些点]* 清晰[一些点]+ 更?清晰 变清晰
        锐利 锐[一些点]+
        锐度{_UP_ZH}
        锐度 太模糊 有点儿?模糊 有点糊 清晰度{_UP_ZH} {_MORE_ZH}(清晰度|锐度) 清晰度
    """,
        f"""
        sharpen(_up)? sharper sharpness crisper crisp more_sharp less_blurry (not_(so_|as_|that_)?|un)blurry
        (bit|little|too|so|kind_of|really|very|pretty|slightly)_(blurry|fuzzy|out_of_focus)
        {_MORE_EN}(sharpness|clarity) clearer too_soft
    """,
    )),),
    "denoise": ((1, words(
        """
        降噪 降降噪 去掉噪点(有点|太|很|好)?多? 噪点 去噪点? 去除?噪点? 减少噪点 噪点太多 噪点(少|去掉)[一些点]*
        去颗粒 消除噪点 除噪
    """,
        """
        (remove|get_rid_of|reduce|lose)_(the_)?(high[-_])?iso_(noise|grain)
        denoise(d)? reduce_(the_)?(noise|grain) noise_reduction
        (remove|clean_up|get_rid_of|reduce|lose)_(the_|this_|that_|all_the_)?(noise|grain|graininess)
        (get|take)_(the_|this_|that_|all_the_)?(noise|grain|graininess|speckles?)_(out|away|off)
        less_(noise|noisy|grain|grainy) the_grain
        too_(noisy|grainy) (loads|lots|a_lot|so_much|too_much)_(of_)?(grain|noise) grainy
    """,
    )),),
}  # fmt: skip
_MOODS: Final = {
    "black_white": words(
        "黑白(照片?)? 单色 灰度 去色",
        """
        black_(and|&|n)_white b_?&_?w in_black_and_white monochrome gr[ae]yscale desaturate_completely
    """,
    ),
    "vintage": words(
        "复古 怀旧 老照片(效果|风格|感觉|的感觉) 胶片 泛黄", "vintage retro film(_look)? nostalgic sepia old_photo_look"
    ),
    "fresh": words("小?清新 日系 通透 干净(清爽)? 清爽", "fresh airy clean_look"),
    "auto": words(
        """
        自动修一?[下个]?图? 修一?[下个]?图 p一?下图
        自动(调色|优化|调整|增强|美化|修图|校色|校正) 校正颜色 颜色校正 校色 色彩校正 白平衡
        偏色 一键(优化|美化|修图) 优化 美化 色彩还原 调色
    """,
        """
        auto(matic(ally)?)?[_-]?(enhance|adjust|correct|fix|tone|level)s? colou?r_correct(ion|ed)?
        fix_the_colou?rs?(_automatically)? (correct|fix)_the_colou?rs? white_balance enhance improve
        (correct|fix)_the_colou?rs?_automatically
    """,
    ),
}
_NEUTRAL: Final = words(
    r"""
        全是 都是 满是 好多 针脚 细节 纹理 毛线 食材
        (橙子|橘子|苹果|水果|果子|草莓|葡萄|西瓜|菜|肉|汤|面|饭|蛋糕|面包|虾|鱼|蟹|茶|花)(?=的?颜色|的?色泽)
        色泽 [房产人风美商夜室][间品像景食内]照片? 合影 合照 全家福 自拍照? 大头照
        校正 纠正 压一压 客厅 卧室 厨房 店里 店面 菜品? 一?丢丢 一?丢 扫描件 房间 室内 屋里 屋子 现场 舞台 夜里 提一提
        调一调 调整?[成到得]?
        白平衡 高光 阴影 暗部 色调 色彩 颜色 色温 光线 亮度 氛围 气氛 往 夜景
        老照片 胶片 风景 美食 肤色 皮肤 食物 诱人 有?食欲 好吃 太多 有点多 很多 多 感觉 效果 滤镜 风格 风 调子 色
        一点点?
        一些 一下 有点儿? 稍微? 略微? 微微 很多 许多 不少 非常 特别 很 超级 大幅度? 太 变得? 增强 增加 提高 降低
        转换?[成为]? 偏 拍[得的] 看[上起]去?来? 更加? 再 些 点 调 处理 改成? 换成 弄成? 做成 饱和 层次感? 质感 整体
        有 使得? 提升 画质 照片 感 背景光 左右 大概 差不多 儿 适当 适度 明显 起来 出来 显得 让 百分之\S+
        \d{1,3}\s*[%％]
    """,
    r"""
        all colou?rs? tones? light lighting brightness mood feel(ing|s)? effect filter style slightly
        a_(little|bit|touch|tad|lot) little bit touch tad much lots very strongly too convert turn change adjust
        apply give add boost increase tone bring into hue percent get go going make made really super way quite
        kind_of sort_of rather somewhat down vibe and_also nice food dish meal scene dull look them can_we see get
        clean_(it_)?up
        tone_(it|them)_down good (night_)?(shot|photo|time)s? shot fix bit_more thing so are was colors?
        calm cosy cozy homely inviting pass transform food_colou?rs? stitching colorway colourway textures? fabric
    tiny put knock notch take turn pull dial push version far tad smidge smidgen hair bring_up super kinda
        a_good_bit loads
        (living_|dining_|bath_?|bed_?|hotel_|class_?)?rooms? kitchen hall(way)? shop caf[eé]
    interior venue house garden street scenery landscape version contrast i_think we_need need needs want feels?
    (on|of|in)_the_(food|dish|fruits?|macarons?|cakes?|bread|loaves|meat|salad|soup|oranges|apples|berries|flowers|bouquet|produce|veg(etables)?)
    shadows? midtones? highlights? whole_thing \d{1,3}\s*%
    """,
)
_DO_NOT: Final = words(
    "(不要|不用|别|不能)(?!太|那么|这么|再暗) 不得 不准 不许", "don't do_not not never without no_more"
)


_TOO_SMALL: Final = Pattern("小.{0,2}看不清")
"""Why somebody wants it larger, not brighter."""


def adjust(clause: Clause) -> Operation | None:
    """``调亮一点``, ``暖色调``, ``more contrast and less saturation``, ``black and white``."""
    if _DO_NOT.search(clause.text) or clause.quoted or clause.is_question or _TOO_SMALL.search(clause.text):
        return None
    reader = Reader(clause)
    found: dict[str, Slot] = {}
    for mood, pattern in _MOODS.items():
        if mood != "auto" and reader.take(pattern):
            reader.drop(pattern)
            found["mood"] = mood
            break
    amount = slots.percent(clause.text)
    usual = amount if amount is not None else round(USUAL * slots.degree(clause.text) / 100)
    for name, pairs in _AMOUNTS.items():
        for sign, pattern in _by_length(pairs, reader):
            if reader.take(pattern):
                reader.drop(pattern)
                found[name] = sign * min(usual, 100)
                break
    found.update(_shared(reader, found, usual))
    if not found and reader.take(_MOODS["auto"]):
        found["mood"] = "auto"
    reader.drop(_NEUTRAL)
    if not found or not reader.done:
        return None
    return Operation("tone.adjust", found, clause.original)


def says_nothing(clause: Clause) -> bool:
    """Whether a clause only repeats that something is to be adjusted: ``偏黄，纠正一下``."""
    reader = Reader(clause)
    reader.drop(_NEUTRAL)
    return reader.done and not clause.quoted


_NAMES: Final = {
    "brightness": words("亮度 曝光度?", "brightness exposure"),
    "contrast": words("对比度?", "contrast"),
    "saturation": words("饱和度?", "saturation"),
    "warmth": words("色温", "warmth"),
    "sharpness": words("清晰度 锐度", "sharpness clarity"),
}
_RAISE: Final = words(
    "加[一些点]+ 升[一些点]* 提高 增加 增强 加强 加大 调高 提升 拉高 高一?[些点]",
    "more increase boost bump(_up)? pump crank raise higher up",
)
_LOWER: Final = words("减[一些点]+ 降[一些点]* 降低 减少 减弱 调低 拉低 低一?[些点]", "less decrease reduce lower down")


def _shared(reader: Reader, found: Mapping[str, Slot], usual: int) -> dict[str, Slot]:
    """Several names with one verb: ``亮度和对比度都提高一点``."""
    sign = 1 if _RAISE.search(reader.clause.text) else -1 if _LOWER.search(reader.clause.text) else 0
    named = [name for name, pattern in _NAMES.items() if name not in found and pattern.search(reader.left)]
    if not sign or not named:
        return {}
    for pattern in (*_NAMES.values(), _RAISE, _LOWER, _AND):
        reader.drop(pattern)
    return {name: sign * min(usual, 100) for name in named}


_AND: Final = words("和 与 跟 以及 及", "and as_well_as plus")


def _by_length(pairs: tuple[tuple[int, Pattern], ...], reader: Reader) -> list[tuple[int, Pattern]]:
    """The direction with the longer hit first: ``less contrast`` holds no ``contrast``, but ``太暖`` holds ``暖``."""

    def longest(pair: tuple[int, Pattern]) -> int:
        return -max((len(hit.group()) for hit in pair[1].finditer(reader.left)), default=0)

    return sorted(pairs, key=longest)
