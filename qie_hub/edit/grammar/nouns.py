"""The things that a COCO detector knows, by the words that people use for them in Chinese and English.

Pure data and one reader. A word stands for a class only if the class is what a person means by it: ``包`` is a handbag,
``面包`` is not, so words are matched whole (see `things`), never inside others. Words that no class covers are
answered with None, and a pack then says what it knows.

Example::

    noun("红绿灯")      # "traffic light"
    noun("tourists")    # "person"
    noun("熊猫")        # None
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[str, str]] = {
    "person": """
        人 人物 人类 男人 女人 男的 女的 男子 女子 男士 女士 男孩子 男孩 女孩子 女孩 男生 女生 小孩子 小孩 孩子
        小朋友 儿童 小男孩 小女孩 老人 老头 老太太 老爷爷 老奶奶 大爷 大妈 大叔 阿姨 叔叔 美女 帅哥 小伙子 小伙
        姑娘 小姑娘 妹子 宝宝 婴儿 家伙 路人 路人甲 行人 游客 旁人 闲人 陌生人 别人 人群 其他人 其它人 工作人员
        服务员 保安 朋友 同学 同事 老公 前任 前男友 前女友 前夫 前妻 闺蜜 模特 观众 乘客 顾客 群众 店员 摄影师
        老头子 老伴 老伴儿 爷爷 奶奶 外婆 外公 姥姥 姥爷 妈妈 爸爸 老妈 老爸 爸 妈 老婆 儿子 女儿 孙子 孙女 小孙子
        小孙女 弟弟 妹妹
        哥哥 姐姐 丈夫 妻子 媳妇 婆婆 公公 新娘 新郎 哥们 大哥 大姐 小哥 小姐姐 闲杂人等 无关人员 行人们 人员 年轻人
        老师 教练 医生 护士 学生 学员 司机 室友 舍友 邻居 客人 亲戚 中年人 骑手 外卖员 清洁工 路人乙 小偷
        person persons people peoples man men woman women guy guys girl girls boy boys
        lady ladies gentleman gentlemen kid kids
        child children baby babies toddler toddlers dude dudes human humans tourist tourists pedestrian pedestrians
        passerby passersby passer-by passers-by bystander bystanders stranger strangers crowd crowds everyone everybody
        somebody someone photobomber photobombers photo-bomber individual individuals folk folks teenager teenagers
        visitor visitors onlooker onlookers spectator spectators bloke ex ex-boyfriend ex-girlfriend boyfriend
        girlfriend husband wife mum mom mother dad father son daughter brother sister uncle aunt grandma granny nana
        granddad grandson
        granddaughter bride groom owner owners tenant tenants seller waiter waiters barista cyclist cyclists runner
        runners driver drivers
        player players teacher student students swimmer swimmers guest guests fellow buddy friend friends waiter
        waitress grandma grandpa grandfather grandmother hiker hikers
        lad lads lass lasses chaps blokes fella fellas fellows gent gents geezer geezers nan gran auntie aunties
        aunts uncles cousin
        cousins nephew nephews niece nieces grandkid grandkids grandchild grandchildren grandparents parents dads
        mums moms
        sons daughters brothers sisters twins brother-in-law sister-in-law mother-in-law father-in-law flatmate
        flatmates
        roommate roommates classmate classmates teammate teammates neighbour neighbours neighbor neighbors worker
        workers
        workman workmen builder builders cleaner cleaners chef chefs cook cooks jogger joggers walker walkers
        skater skaters
        surfer surfers rider riders biker bikers skier skiers pupil pupils nurse nurses doctor doctors policeman
        policemen
        guard guards bridesmaid bridesmaids groomsman groomsmen dancer dancers singer singers photographer photographers
        cameraman salesman staff waiters baristas receptionist client clients youth youths adult adults
        shopper shoppers customer customers chap employee employees colleague colleagues coworker
    """,
    "bicycle": "自行车 单车 脚踏车 山地车 共享单车 bicycle bicycles bike bikes",
    "car": """
        汽车 轿车 小汽车 小轿车 车子 车 车辆 私家车 出租车 的士 跑车 越野车 小车 警车 suv
        car cars automobile automobiles taxi taxis cab cabs sedan sedans suvs jeep vehicle vehicles
    """,
    "motorcycle": """
        摩托车 摩托 电动车 电瓶车 机车 踏板车 小电驴
        motorcycle motorcycles motorbike motorbikes scooter scooters moped mopeds
    """,
    "airplane": """
        飞机 客机 战斗机 直升机 airplane airplanes aeroplane aeroplanes plane planes aircraft jet jets airliner
    """,
    "bus": "公交车 公共汽车 巴士 大巴 大巴车 公交 校车 bus buses coach minibus",
    "train": "火车 列车 高铁 动车 地铁 电车 train trains tram trams locomotive metro",
    "truck": """
        卡车 货车 大货车 大卡车 皮卡 皮卡车 消防车 面包车 厢式货车 truck trucks lorry lorries pickup pickups van vans
    """,
    "boat": """
        船 小船 船只 帆船 轮船 游艇 渔船 快艇 游船 皮划艇 大船
        boat boats ship ships yacht yachts canoe canoes kayak kayaks sailboat sailboats ferry dinghy
    """,
    "traffic light": """
        红绿灯 交通灯 信号灯 交通信号灯 traffic_light traffic_lights stoplight stoplights traffic_signal
        traffic_signals
    """,
    "fire hydrant": "消防栓 消火栓 fire_hydrant fire_hydrants hydrant hydrants",
    "stop sign": "停车标志 停止标志 停车让行标志 停牌 stop_sign stop_signs",
    "parking meter": "停车计时器 停车收费表 咪表 停车表 parking_meter parking_meters",
    "bench": "长椅 长凳 板凳 公园椅 bench benches",
    "bird": """
        鸟 鸟儿 小鸟 飞鸟 鸽子 海鸥 麻雀 鸭子 乌鸦 天鹅 鹦鹉 老鹰 大雁 鹅
        bird birds pigeon pigeons seagull seagulls gull gulls sparrow sparrows duck ducks crow crows swan swans parrot
        parrots eagle eagles goose geese hen hens chicken chickens rooster roosters owl owls robin magpie magpies
        penguin
        penguins flamingo peacock heron
    """,
    "cat": "猫 猫咪 小猫 小猫咪 喵星人 猫猫 橘猫 黑猫 白猫 cat cats kitten kittens kitty kitties",
    "dog": """
        狗 狗狗 小狗 狗子 犬 labrador retriever poodle terrier bulldog pug collie spaniel husky dachshund chihuahua
        corgi mutt
        pooch doggies hound puppies 小狗狗 汪星人 金毛 泰迪狗 哈士奇 柯基 大狗 流浪狗 dog dogs puppy puppies doggy
        doggo pup
    """,
    "horse": "马 马匹 小马 白马 骏马 马儿 horse horses pony ponies",
    "sheep": "羊 绵羊 山羊 小羊 羊群 羊儿 sheep lamb lambs goat goats",
    "cow": "牛 奶牛 黄牛 水牛 小牛 牛群 cow cows cattle bull bulls calf",
    "elephant": "大象 小象 elephant elephants",
    "bear": "熊 黑熊 棕熊 北极熊 狗熊 bear bears polar_bear polar_bears grizzly",
    "zebra": "斑马 zebra zebras",
    "giraffe": "长颈鹿 giraffe giraffes",
    "backpack": "背包 双肩包 书包 双肩背包 登山包 backpack backpacks rucksack rucksacks schoolbag schoolbags",
    "umbrella": "雨伞 伞 遮阳伞 太阳伞 阳伞 umbrella umbrellas parasol parasols",
    "handbag": """
        手提包 手提袋 包包 包 挎包 单肩包 女包 手包 handbag handbags purse purses bag bags tote totes shoulder_bag
    """,
    "tie": "领带 tie ties necktie neckties",
    "suitcase": """
        行李箱 旅行箱 手提箱 拉杆箱 行李 suitcase suitcases luggage trolley_case briefcase briefcases
    """,
    "frisbee": "飞盘 frisbee frisbees flying_disc",
    "skis": "滑雪板 双板 雪橇板 ski skis",
    "snowboard": "单板 单板滑雪板 snowboard snowboards",
    "sports ball": """
        球 足球 篮球 网球 排球 棒球 皮球 橄榄球 高尔夫球 乒乓球
        ball balls football footballs soccer_ball basketball basketballs tennis_ball tennis_balls volleyball
        volleyballs baseball baseballs sports_ball golf_ball beach_ball
    """,
    "kite": "风筝 kite kites",
    "baseball bat": "棒球棒 球棒 棒球棍 baseball_bat baseball_bats",
    "baseball glove": "棒球手套 baseball_glove baseball_gloves baseball_mitt",
    "skateboard": "滑板 skateboard skateboards",
    "surfboard": "冲浪板 surfboard surfboards",
    "tennis racket": "网球拍 球拍 羽毛球拍 tennis_racket tennis_rackets racket rackets racquet racquets tennis_racquet",
    "bottle": """
        瓶子 瓶 水瓶 酒瓶 饮料瓶 矿泉水瓶 玻璃瓶 塑料瓶 啤酒瓶 红酒瓶 空瓶子 奶瓶 矿泉水 可乐瓶
        bottle bottles water_bottle water_bottles wine_bottle wine_bottles beer_bottle beer_bottles
    """,
    "wine glass": """
        酒杯 红酒杯 高脚杯 葡萄酒杯 香槟杯 wine_glass wine_glasses wineglass wineglasses goblet goblets
        champagne_glass champagne_glasses
    """,
    "cup": """
        杯子 杯 水杯 茶杯 咖啡杯 马克杯 玻璃杯 纸杯 保温杯 塑料杯 奶茶杯
        cup cups mug mugs coffee_cup coffee_cups coffee_mug coffee_mugs paper_cup paper_cups teacup teacups tumbler
        tumblers glass_of_water
    """,
    "fork": "叉子 叉 餐叉 fork forks",
    "knife": "刀 刀子 菜刀 水果刀 餐刀 小刀 knife knives",
    "spoon": "勺子 勺 汤匙 汤勺 调羹 spoon spoons teaspoon",
    "bowl": "碗 大碗 小碗 汤碗 饭碗 bowl bowls",
    "banana": "香蕉 banana bananas",
    "apple": "苹果 apple apples",
    "sandwich": "三明治 汉堡 汉堡包 sandwich sandwiches burger burgers hamburger hamburgers",
    "orange": "橙子 橘子 桔子 柑橘 oranges orange tangerine tangerines mandarin mandarins",
    "broccoli": "西兰花 broccoli",
    "carrot": "胡萝卜 红萝卜 carrot carrots",
    "hot dog": "热狗 hot_dog hot_dogs hotdog hotdogs",
    "pizza": "披萨 比萨 披萨饼 比萨饼 pizza pizzas",
    "donut": "甜甜圈 donut donuts doughnut doughnuts",
    "cake": "蛋糕 生日蛋糕 cake cakes birthday_cake cupcake cupcakes",
    "chair": "椅子 椅 凳子 餐椅 办公椅 扶手椅 木椅 chair chairs armchair armchairs stool stools",
    "couch": "沙发 长沙发 couch couches sofa sofas settee",
    "potted plant": """
        盆栽 绿植 花盆 盆景 植物 绿萝 盆花 多肉 potted_plant potted_plants plant plants houseplant houseplants
        flowerpot flowerpots flower_pot flower_pots plant_pot
    """,
    "bed": "床 双人床 单人床 大床 bed beds",
    "dining table": "餐桌 饭桌 桌子 桌 茶几 书桌 dining_table dining_tables table tables desk desks coffee_table",
    "toilet": "马桶 坐便器 抽水马桶 toilet toilets",
    "tv": "电视 电视机 显示器 屏幕 显示屏 tv tvs television televisions monitor monitors tv_set screen",
    "laptop": """
        笔记本电脑 笔记本 手提电脑 电脑 平板电脑 laptop laptops notebook_computer computer computers macbook
    """,
    "mouse": "鼠标 无线鼠标 mouse computer_mouse",
    "remote": "遥控器 遥控 remote remotes remote_control remote_controls",
    "keyboard": "键盘 keyboard keyboards",
    "cell phone": """
        手机 iphone 智能手机 cell_phone cell_phones cellphone cellphones phone phones mobile_phone mobile_phones
        smartphone smartphones mobile
    """,
    "microwave": "微波炉 microwave microwaves microwave_oven",
    "oven": "烤箱 烤炉 炉灶 灶台 oven ovens stove stoves",
    "toaster": "烤面包机 吐司机 多士炉 toaster toasters",
    "sink": "水槽 洗手池 洗碗池 洗手盆 洗脸池 sink sinks washbasin basin",
    "refrigerator": "冰箱 电冰箱 雪柜 refrigerator refrigerators fridge fridges freezer",
    "book": "书 书本 书籍 图书 课本 book books textbook textbooks",
    "clock": "钟 时钟 挂钟 闹钟 钟表 座钟 clock clocks alarm_clock wall_clock",
    "vase": "花瓶 vase vases",
    "scissors": "剪刀 剪子 scissors pair_of_scissors",
    "teddy bear": """
        泰迪熊 玩具熊 毛绒熊 小熊玩偶 熊玩偶 毛绒玩具熊 熊娃娃 泰迪熊玩偶 泰迪熊公仔 小熊公仔 熊公仔 teddy_bear
        teddy_bears teddy teddies plush_bear
    """,
    "hair drier": "吹风机 电吹风 风筒 hair_drier hair_driers hair_dryer hair_dryers hairdryer blow_dryer hairdrier",
    "toothbrush": "牙刷 电动牙刷 toothbrush toothbrushes",
}
"""Class of COCO and its words; ``_`` stands for a space."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


BYSTANDERS: Final = _set(
    """
    路人 路人甲 路人乙 行人 行人们 游客 旁人 闲人 陌生人 别人 人群 其他人 其它人 观众 群众 闲杂人等 无关人员 乘客
    tourist tourists pedestrian pedestrians passerby passersby passer-by passers-by bystander bystanders stranger
    strangers crowd crowds photobomber photobombers photo-bomber onlooker onlookers spectator spectators visitors
    """
)
"""People who are not the subject, by name."""

PLURAL: Final = _set(
    """
    people persons men women children everyone everybody passersby passers-by crowd crowds folk folks cattle luggage
    人群 行人们 观众 群众 闲杂人等 无关人员 其他人 其它人 羊群 牛群 geese knives calves
    workmen policemen groomsmen grandchildren staff lorries ladies gentlemen babies puppies ponies teddies
    """
)
"""Words that mean more than one, beside those that end in an English s."""

_SINGULAR_S: Final = frozenset(["bus", "skis", "scissors", "pair of scissors", "minibus", "tennis", "glass of water"])

_BY_WORD: Final[Mapping[str, str]] = {
    word.replace("_", " "): name for name, listed in CLASSES.items() for word in listed.split()
}
WORDS: Final = tuple(sorted(_BY_WORD, key=len, reverse=True))
"""Every known word, longer ones first."""


def noun(word: str) -> str | None:
    """The class that a whole word stands for; None if no class does. Expects folded text (see `quotes`)."""
    return _BY_WORD.get(word) or _compound(word)


_ENDINGS: Final = ("沙发", "椅子", "桌子", "杯子", "瓶子", "雨伞", "椅", "桌", "碗")
_NOT_THESE: Final = _set("轮椅 电椅 饭碗 铁饭碗")


def _compound(word: str) -> str | None:
    """``理发椅`` is a chair: a Chinese word of up to four characters whose end can only be one thing."""
    if not 2 <= len(word) <= 4 or word in _NOT_THESE or word.isascii():
        return None
    return next((_BY_WORD[end] for end in _ENDINGS if word.endswith(end)), None)


_HEADS: Final = _set(
    """
    chair chairs stool stools table tables desk desks cup cups mug mugs bottle bottles bowl bowls umbrella
    umbrellas vase
    vases clock clocks truck trucks van vans lorry lorries bike bikes bicycle bicycles car cars boat boats bench benches
    sofa sofas couch couches dog dogs cat cats suitcase suitcases backpack backpacks plant plants keyboard
    keyboards laptop
    laptops knife knives fork forks spoon spoons scooter scooters
    """
)
_MODIFIERS_NOT: Final = _set(
    """
    the a an my our his her their this that these those some both all and or of no toy model paper cardboard
    stuffed painted
    chocolate hot wheel electric cable tea egg world remote sauce cat's rubber inflatable lego plush power company
    water's
    word words text line caption sign letters name title label logo street's prairie guide sea cross
    """
)


def compound(word: str) -> str | None:
    """``office chair`` is a chair: of two English words the last one says what it is, but a toy car is none."""
    modifier, _, head = word.partition(" ")
    if head not in _HEADS or modifier in _MODIFIERS_NOT or not re.fullmatch("[a-z-]{3,}", modifier):
        return None
    return _BY_WORD[head]


def means_several(word: str) -> bool:
    """Whether an English word is a plural, or a Chinese one a crowd: ``cups``, ``人群``."""
    if word in PLURAL or word.endswith("们"):
        return True
    last = word.rsplit(" ", 1)[-1] if compound(word) else word
    return word.isascii() and last in _BY_WORD and last.endswith("s") and word not in _SINGULAR_S
