"""Whether unquoted words read like something that is printed, not like a thing that is to be seen.

A text that is not found on the picture is refused, so taking words for a text is cheap; taking a text for a thing makes
a small pack refuse what it could do. What is depicted (``沙发``, ``her dress``) and what has no noun is never a text.

Example::

    reads_printed("九点", "十点", "改成")        # True: times
    reads_printed("柠檬水", "柠檬茶", "改成")    # True: ``改`` about no depicted thing
    reads_printed("苹果", "橙子", "换成")        # False
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import nouns, slots
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import fold
from qie_hub.edit.grammar.vocabulary import words

_DEPICTED_ZH: Final = Pattern(
    r"(?:发|衣|裤|裙|鞋|帽|袜|衫|服|西?装|包|花|草|树|叶|山|海|湖|河|天空?|云|墙|地|窗|门|灯|车|桌|椅|凳|沙发|柜"
    r"|床|杯|盘|碗|瓶|壶|锅|石头?|路"
    r"|桥|屋|建筑|猫|狗|鸟|鱼|人|脸|眼睛?|嘴|手|腿|腰|皮肤|身材|表情|姿势|动作|光|光线|影|色|色调|颜色|风格?|样子?"
    r"|背景|底|氛围|效果|版式"
    r"|排版|布局|构图|角度|镜|伞|毯|帘|布|画|框|图|图案|印花|面料|材质|袖|领|带|链|耳环|戒指|表|蛋糕|苹果|肉|饭"
    r"|吸管|雪|雨|天气|季节"
    r"|春天|夏天|秋天|冬天|白天|黑夜|晚上|早上|玩具|球|书|屏幕|键盘|物|东西|主体|照片|图片|海报|画面|封面|尺寸"
    r"|大小|比例|分辨率"
    r"|形状|质感|字体|字号|位置|轮毂|车漆|指甲|口红|妆|眉毛?|鼻子?|牙齿?|头|身上?|玫瑰|百合|台|架|板|砖|瓷砖|木"
    r"|叶子|植物|动物|模特"
    r"|红酒|啤酒|咖啡|牛奶|果汁|食物|餐具|礼物|盒子?|箱子?|袋子?|蜡烛|气球|风景|街道?|城市|沙滩|草地|草坪|森林"
    r"|教堂|办公室|客厅|厨房|卧室)$"
)
_NOT_TEXT_ZH: Final = Pattern(
    r"[我你他她它您只]|[这那]张|宽度|高度|分辨率|像素|模特|孩子|宝宝|新娘|新郎|爸|妈|奶奶|爷爷|整张|整个|全图|图片"
    r"|照片|背景|身上|那种|样子"
    r"|[弄拍排调]|一下|有点|太|颜色|水印"
)
_NOT_NEW_ZH: Final = Pattern(
    r"[的色]$|风格?$|效果$|样子$|感觉?$|那种|一点|一些|[短长大小粗细高低亮暗红白黑蓝绿黄粉]的?$|好看|样式$|图$|状$"
    r"|形$|别的|其他|一个|一只|[一这那][把条件张双辆]"
)
_WORTH: Final = words(
    """
    关注(我们)? 欢迎(光临|来到|选购)? 谢谢惠顾 售罄 已售 已出 特价 特惠 优惠 折扣 打折 满减 立减 包邮 自提 现货 预售
    新品 新款 上新 爆款 清仓 限时 限量 免费
    买.{1,2}送 秒杀 促销
    热卖 热销 推荐 招聘 招生 招新 急招 急售 急转 已租 出租 出售 转让 售价 作废 草稿 样品 样张 机密 内部 扫码 预约 报名
    联系 地址 会员
    正品 官方 旗舰店 开业 店庆 周年 双十[一二] 双1[12] 618 元旦 国庆 春节 中秋 端午 情人节 圣诞 快乐 通知 公告 截止
    售后 七天 无理由
    保修 质保 九五?成新 全新 二手 面议 可刀 不退 不换 打烊 营业 休息 停业 周[一二三四五六日末] 星期[一二三四五六日天]
    上午 下午 晚上[\\d一二三四五六七八九十]
    附件 会议室 [一二三四五六七八九十\\d]+(楼|层|号|室|期|届|周年|年级|班) 第[一二三四五六七八九十\\d]+ 经理 主任
    医生 护士 教练 老师
    店长 总监 包间 套餐
    [大中小]杯 半糖 全糖 少冰 去冰 正常冰 加料
    """,
    """
    (mon|tues|wednes|thurs|fri|satur|sun)days? january february march april june july august september october
    november december noon midnight [ap]\\.?m\\.? o'clock sold_out for_sale on_sale sold free_shipping open closed
    closed_.+ grand_opening coming_soon new_arrivals? best_?seller limited_(edition|time(_only)?)
    last_(chance|few|one|day|days) offers?_welcome members_only staff_only
    happy_\\w+ congrat(ulation)?s best_wishes get_well good_luck in_loving_memory save_the_date well_done
    bon_voyage merry_christmas
    season's_greetings thank_you welcome back_in_stock in_stock out_of_stock for_rent to_let under_offer price_drop
    pick_?up_only no_returns free_entry free_admission admission_free half_price buy_one_get_one(_free)? order_now
    book_now call_now shop_now (fast|free|same_day|next_day|express)_(shipping|delivery|postage) handmade hand_made
    vegan
    gluten[-_]free dairy[-_]free best_seller hot_deal new_season sale_ends_.+ ends_soon now_open now_hiring
    we're_hiring open_(daily|late|sundays?|mondays?|all_.+|every_.+|till_.+|until_.+|from_.+) open_house
    just_(sold|listed|reduced) low_mileage low_miles reduced
    clearance
    """,
)
_DEPICTED_EN: Final = Pattern(
    r"^(?:the|a|an|her|his|my|our|their|this|that)\b|\b(?:spring|summer|autumn|fall|winter|day|night|sky|sea|hair"
    r"|dress|shirt|jeans|shoes?|hat|eyes"
    r"|face|tree|trees|flowers?|grass|wall|walls|floor|house|road|lamp|rug|curtains?|background)\b"
)
_FIGURES: Final = Pattern(rf"\d|[¥￥$€£%]|^{slots.CHINESE_NUMBER}(?:点半?|折|块|元|号|月|楼|层|年|周|天|分钟|小时)")
_NAMES: Final = Pattern(r"^(?:[A-Z][A-Z0-9'&.!-]+)(?: [A-Z0-9][A-Z0-9'&.!-]*)*$")
_TITLED: Final = Pattern(r"^[A-Z][\w'&.!-]*(?: (?:[A-Z0-9][\w'&.!-]*|of|the|and|&|in|to|for))*$")
_CHANGE: Final = Pattern("^[改写]|修改|更改")
_LONGEST: Final = 24


def reads_printed(old: str, new: str, verb: str) -> bool:
    """Whether ``old``, as typed, is a text that is to read ``new``."""
    if re.search("[\u3400-\u9fff]", old):
        return _chinese(fold(old), fold(new), verb)
    if is_shouted(old) or _WORTH.fullmatch(old.lower()):
        return True
    if _DEPICTED_EN.search(old.lower()):
        return False
    if _same_end(old.lower(), new.lower()):
        return True
    return _TITLED.match(old) is not None and _TITLED.match(new) is not None and not _depicted(old)


_DETERMINED: Final = Pattern(
    r"^(?:the|an?|his|her|my|our|their|this|that|all|every|some|both)\b|\b(?:and|with|for|in|on|colou?r|one"
    r"|ones)\b|[^a-z' ]"
)


def _same_end(old: str, new: str) -> bool:
    """``beef mince`` and ``pork mince`` stand on a menu: no article, the same word at the end, and no known thing."""
    if (
        _DETERMINED.search(old)
        or _DETERMINED.search(new)
        or _depicted(old.rsplit(maxsplit=1)[-1])
        or is_colour(old.split(maxsplit=1)[0])
    ):
        return False
    words_old, words_new = old.split(), new.split()
    alike = words_old[-1] == words_new[-1] or words_old[0] == words_new[0]
    return 1 < len(words_old) <= 4 and 1 < len(words_new) <= 4 and alike


def is_shouted(text: str) -> bool:
    """Words in capitals: ``SOLD OUT``."""
    return _NAMES.match(text) is not None and len(re.sub("[^A-Z]", "", text)) > 1


def is_slogan(text: str) -> bool:
    """Whether words are such as stand on posters and labels: ``已售罄``, ``限时5折``, ``SOLD OUT``."""
    if len(text) > _LONGEST or _NOT_TEXT_ZH.search(text):
        return False
    if re.search("[\u3400-\u9fff]", text):
        return _WORTH.search(text) is not None and not _depicted(text)
    return is_shouted(text) or _WORTH.fullmatch(text.lower()) is not None


_POSTED: Final = Pattern(r"^(?:the|an?|my|our|some|it|this|that|more|his|her|their|no|in|on|at)\b|[^a-z0-9 '&!.:%$£€-]")


def reads_posted(text: str) -> bool:
    """Whether a few bare words with one of a notice among them may be a notice: ``kitchen closed monday``."""
    low = text.lower()
    said = low.split()
    if not 2 <= len(said) <= 6 or _POSTED.search(low) or _depicted(said[-1]) or is_order(low):
        return False
    return _WORTH.search(low) is not None and not _DEPICTED_EN.search(low)


_ORDER: Final = words(
    """
    请(?!勿|保持|随手|注意|排队|扫码|出示|佩?戴|关好|节约|爱护|遵守|勿忘|自觉|慢用|小心|不要(?=[喂吸触踩拍])) 帮我 帮忙
    麻烦 给我 把 去掉 删掉 删除 水印 背景 边框 角标 然后 调亮 字体 放大 缩小 裁剪 换成 改成 加上 再加
    顺便 同时
    [在到]?(左|右)[上下]角 谢谢你 颜色 图片 照片 那种 这种
    """,
    """
    please can_you could_you would_you will_you i_want i_need instead
    (the|this|my)_(picture|photo|image|background|corner
    |watermark|pic) (and|then|also|plus|but)_(then_|also_|please_)?(make|add|remove|delete|change|put|crop|blur|turn|set
    |resize|erase|write|brighten|sharpen|use|keep|leave) remove delete erase border badge watermark background
    in_(white|black|red|gold|golden|blue|green|yellow|pink)(_letters|_text)? (so|because)_.+ somewhere
    bottom_(left|right)
    top_(left|right) lower_(left|right) upper_(left|right)
    """.replace("\n    |", "|"),
)
_FOREIGN_QUOTES: Final = Pattern("[«»„“”‹›]")


def is_order(text: str) -> bool:
    """Whether folded words hold an order or a place: nobody wants those written on a picture without quotes."""
    return _ORDER.search(text) is not None or _FOREIGN_QUOTES.search(text) is not None


def is_thing(text: str) -> bool:
    """Whether folded words name something to be seen, or somebody."""
    return _depicted(text) or _NOT_TEXT_ZH.search(text) is not None


_COLOURS: Final = "|".join(one.pattern for one in slots.COLOUR_WORDS)
_COLOUR: Final = Pattern(
    rf"(?:a |the |bright |dark |light |deep |鲜|亮|嫩|淡|深|浅|大|纯)*(?:{_COLOURS})(?:色|的|系|字|字体|文字|调| "
    rf"colou?r| text)*"
)


def is_colour(text: str) -> bool:
    """Whether folded words are a colour and nothing else: ``红色的``, not ``绿豆``."""
    return _COLOUR.fullmatch(text.strip()) is not None


def is_somebody(text: str) -> bool:
    """Whether words speak of people or of pictures themselves, which stand on posters too."""
    return re.search(r"[人我你他她图]|模特|照片|背景", text) is not None


def _depicted(text: str) -> bool:
    if nouns.noun(text.lower()) is not None or _DEPICTED_ZH.search(text):
        return True
    return any(
        nouns.noun(text[-size:].lower()) is not None for size in range(2, min(5, len(text)) + 1) if text > "\u3400"
    )


def _chinese(old: str, new: str, verb: str) -> bool:
    if len(old) > _LONGEST or _NOT_TEXT_ZH.search(old) or _NOT_NEW_ZH.search(new) or is_colour(new) or not new:
        return _both_slogans(old, new)
    if _depicted(old) and not _both_slogans(old, new):
        return False
    if _CHANGE.search(verb) or _WORTH.search(old) or (_FIGURES.search(old) and _FIGURES.search(new)):
        return True
    return len(old) > 2 and old[-2:] == new[-2:]


def _both_slogans(old: str, new: str) -> bool:
    return _WORTH.search(old) is not None and _WORTH.search(new) is not None and len(old) <= _LONGEST
