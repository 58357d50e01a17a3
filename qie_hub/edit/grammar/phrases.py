"""Sentences that are understood, one per wish and language: what a person is offered when theirs was not.

They are examples to choose from, never a way to act: the grammar alone acts.
"""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = {
    "zh": (
        "把‘旧文字’改成‘新文字’", "删除‘文字’", "去掉所有文字", "在右下角加上‘文字’", "把‘文字’改成红色",
        "把价格改成红色", "去掉水印", "去掉右下角的水印", "加白底边框", "加一圈黑色边框", "添加‘双十一’角标",
        "右上角贴一个‘新品’角标", "在右下角加上我们的logo", "把‘文字’换成我们的logo", "调亮一点", "调暗一点",
        "暖色调", "冷色调", "提高对比度", "降低对比度", "颜色更鲜艳", "颜色淡一点", "黑白", "锐化", "清晰一点",
        "降噪", "去掉噪点", "复古", "清新", "自动优化", "校正颜色", "裁成800x800", "尺寸改成1200x800", "做成正方形",
        "放大两倍", "放大四倍", "变高清", "去掉路人", "去掉左边的人", "去掉右边的杯子", "去掉所有的人",
        "去掉第二个杯子", "去掉框里的东西", "去掉桌上的瓶子", "换白底", "背景换成浅灰色", "背景换成从白到灰的渐变",
        "背景虚化", "背景虚化轻一点", "抠图", "把商品抠出来", "去掉背景", "背景换成第二张图",
        "把第二张图里的商品放到右边", "把背景换成海边", "把猫换成狗", "加一只小猫", "给人物换衣服", "让她笑一笑",
        "变成油画风格", "改成夜晚", "把沙发换个颜色",
    ),
    "en": (
        "replace 'old text' with 'new text'", "delete the text 'SALE'", "remove all text",
        "add the text 'NEW' at the bottom right", "make the text 'SALE' red", "make the price red",
        "remove the watermark", "remove the watermark at the bottom right", "add a white border",
        "add a thin black border", "add a 'SALE' badge", "put a round red badge 'NEW' in the top right corner",
        "put my logo in the bottom right corner", "replace 'old text' with my logo",
        "make it brighter", "make it darker", "warmer colors", "cooler colors", "more contrast", "less contrast",
        "more vivid colors", "less saturation", "black and white", "sharpen", "make it clearer", "reduce noise",
        "vintage look", "fresh look", "auto enhance", "fix the colors",
        "crop to 800x800", "resize to 1200x800", "make it square", "upscale 2x", "upscale 4x",
        "remove the people in the background", "remove the man on the left", "remove the cup on the right",
        "remove all people", "remove the second bottle from the left", "remove the selected area",
        "white background", "change the background to light gray", "blur the background",
        "blur the background slightly", "cut out the product", "remove the background",
        "use the second picture as background", "put the product from the second picture on the right",
        "change the background to a beach", "replace the cat with a dog", "add a small cat",
        "change her dress to a red one", "make her smile", "turn it into an oil painting", "make it night",
        "change the color of the sofa",
    ),
}  # fmt: skip

WISHES: Final = {
    "zh": ("去掉{name}", "把{name}换成别的东西", "把{name}换个颜色"),
    "en": ("remove {name}", "replace {name} with something else", "change the color of {name}"),
}
"""What may be wanted of a thing that was only named."""
