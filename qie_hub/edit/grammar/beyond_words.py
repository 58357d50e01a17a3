"""Words of wishes that need a generative model: people and what is done to them, scenes, styles, repairs.

Pure data for `rules_beyond`.
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.vocabulary import alternatives

PERSON: Final = alternatives(
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
CHANGE: Final = alternatives("""
    替换成 替换为 更换成 更换为 换成 换为 换上 换个 换一?[个件条张种] 换 改成 改为 变成 变为 变 p成 画成
    弄成 做成 穿上 戴上 染成
    """)
CHANGE_EN: Final = alternatives(
    "",
    """
    change replace swap turn make transform convert switch put give set render paint
    """,
)
REMOVE: Final = (
    "(?>"
    + alternatives(
        """
    去掉 去除 除去 删掉 删除 擦掉 擦除 抹掉 消除 移除 清除 p掉 弄掉 拿掉 不要 移走 搬走 消掉 去 删
    """,
        """
    remove delete erase get_rid_of lose(?=_(the|that)_) take_out take_away photoshop_out edit_out crop_out clean_up
    """,
    )
    + ")"
)
"""Atomic: ``删除`` is never read as ``删`` and a thing called ``除``."""
BACKGROUND: Final = alternatives("背景图? 底图 后面的(景|墙)", "backgrounds? backdrops?")
STYLES: Final = alternatives(
    """
    卡通 动漫 漫画 油画 水彩画? 素描 水墨画? 国画 像素风 赛博朋克 宫崎骏 吉卜力 皮克斯 二次元 插画 手绘
    动画 赛璐璐 水彩 剪纸 皮影 年画 剪影 刺绣 木刻 工笔 蜡笔 彩铅 连环画 画风 浮世绘 梵高 3d 简笔画 版画 科幻 粘土 乐高
    """,
    """
    cartoon anime comic oil_painting watercolou?r sketch ink_painting pixel_art cyberpunk ghibli pixar
    stained_glass mosaic(?!_on) kind_of_style
    illustration drawing van_gogh painting lego claymation 3d_render
    """,
)
SCENES: Final = alternatives(
    """
    春天 夏天 秋天 冬天 雪景 下雪 下雨 雨天 晴天 阴天 夜晚 晚上 夜景 白天 黄昏 日落 傍晚 清晨 日出 星空 天空
    逆光 [束道盏缕].{0,6}光 黑夜 天气 季节 夕阳 打光 光源 阴影 逆光 影子
    """,
    """
    spring summer autumn fall winter snow(y|ing)? rain(y|ing)? sunny cloudy night(time)? daytime dusk sunset twilight
    (let|make)_the_sun_shine
    fog(gy)? mist(y)? storm(y)? overcast blue_hour
    dawn sunrise starry sky weather season shadows? relight sun_shines? (evening|morning|afternoon)_(sun|light)
    golden_(hour|light) golden-hour
    (rim|back|side|studio|neon|spot|candle)[_-]?light(ing)? sun_?light moonlight backlit
    """,
)
MADE: Final = (
    "poster|painting|drawing|illustration|comic|postcard|engraving|print|magazine|movie|film still|cartoon|sketch"
    "|stamp|cover art|artwork|album cover|video game"
)
SMILE: Final = alternatives(
    """
    (腰|腿|手臂|胳膊|脸|肚子|下巴|肩膀?|脖子|身材|腹肌|胸肌?|肌肉)[^，,]{0,6}(收|瘦|拉长|长一?[点些]|高一?[点些]|细|小|变|修|缩|直|宽|明显|大|翘|挺)
    修瘦 (头发|白发|发色)[^，,]{0,4}(黑|白|棕|卷|直|短|长|变|染) 拉长腿 瘦个?[脸身腿]
    (皮肤|脸|肤色)[^，,]{0,8}(白|嫩|光滑|亮)
    [换穿][成上]?一?[套件身条]?.{0,4}(西装|汉服|旗袍|婚纱|裙子?|衬衫|t恤|校服|礼服|制服|古装) 美颜 美白 化妆 换脸 换装
    换发型 微笑 笑起来 笑一?[下笑] 睁眼 睁开眼? 眼睛?睁[开大] 磨皮 年轻
    变老 [变弄修]瘦 显瘦 增高 长高 祛?痘 祛斑 黑眼圈 皱纹 双下巴 眼袋 痘痘 换个?模特 换个?人 换一?[套身]衣?服?
    (宝宝|孩子|他|她|我|大家|人)笑 转个?身 转头 站起来 坐下 抬头 低头 看镜头 闭眼 抬手
    (头发|刘海|浏海|眉毛)[^，,]{0,6}(修|拨|梳|扎|盘|披|撩|剪) 换[个一种]?.{0,8}发型 换[个一种]?.{0,8}表情
    换上?一?[套身件条双顶] 显高 p瘦
    大长腿
    """,
    """
    smil(e|ing) turn_around look_at_the_camera raise_(his|her) stand_up sit_down slim(mer)? skinn(y|ier) thin(ner)?
    younger older makeup open_(them|those|both) wrinkles? acne pimples? double_chin taller
    open_([a-z']+_){0,3}[a-z]+'s_eyes open_((his|her|the|their|my|our|everyone's)_)?eyes
    eyes_open (close|shut)_(his|her|my|their)_mouth (fix|tidy|smooth)_(his|her|my|their)_hair
    whiten_(his|her|my|their)_teeth bald beard
    """,
)
FREE: Final = alternatives(
    """
    倒过来 反过来 (裁|切|剪)(掉|去)[^，]{1,8} (天空|天上|空中)[^，]{0,3}(飘|下|挂|飞)
    (比例|裁|做|改|剪)[成到为]?(16[:：]9|4[:：]3|3[:：]4|9[:：]16|4[:：]5|2[:：]3|3[:：]2) 修复 修补 缝补 补好 复原
    转过来 (裂痕|裂缝|裂纹|折痕|破损|破洞|缺口|划痕)[^，]{0,6}(修|补|去|遮|弄没|消) 熨平
    (弄|抚|烫|熨|整|搞)平整? (对|互|调)[调换]一?下?位置? 位置(对调|互换|调换|交换) 对调 互换 褶皱 皱褶 拉直 拉正 掰正
    弄正 正过来 摆平 拍斜 拉平 地平线歪 横过来 歪了 [倒反]过来了 转一?下方?向?
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
    turn_(it|this|the_(photo|picture|image))_\\d+ turn_(it|this|the_(photo|picture|image))_(a_)?(quarter|half)(_turn)?
    declutter tidy_up straighten restore repair deblur
    colou?rize outpaint extend_(the_)?(image|picture|photo|canvas)
    uncrop cut_out transparent_background rotate flip mirror pixelate blur_the bokeh merge combine collage
    """,
)
