"""The verbs that many rules share: what people say for taking something away, and for putting something on.

Pure data, written as vocabularies are (see `vocabulary`); a rule adds the words that mean it in its own field alone.

Example::

    words(GONE_ZH, GONE_EN)
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.vocabulary import alternatives

GONE_ZH: Final = """
    去掉 去除 除去 除掉 删掉 删除 删去 删光 删了 擦掉 擦除 擦去 擦了 抹掉 抹去 抹除 抹了 消除 消掉 清除 清掉 清理掉?
    移除 移走
    拿掉 拿走 弄掉 弄没 弄走 搞掉 搞没 撤掉 撤下来? 撤了 摘掉 涂掉 划掉 p掉 p了 p没 处理掉 剔除 盖掉 砍掉 拆掉
"""
GONE_EN: Final = """
    remove delete erase get_rid_of get_shot_of do_away_with take_out take_off take_away take_down lose ditch bin(_off)?
    scrap dump axe kill nuke zap eliminate wipe(_out|_off|_away)? scrub(_out|_off)? strip(_out|_off|_away)?
    rub_(out|off)
    cut_out edit_out clear_(off|away|out) chuck_(out|away) toss_(out|away)? throw_(out|away) (?<!price_)drop
"""
GONE: Final = alternatives("", GONE_EN)
"""As a group of a pattern that stands by itself."""

JUST_GONE: Final = (
    "去掉|删掉|擦掉|拿掉|删除|去除|抹掉|弄掉|搞掉|p掉|撤掉|摘掉|消掉|清掉|除掉|移除|弄没|删了|擦了|p了|去了"
)
"""Two characters each, as they stand before what is said next without a mark."""

PUT_EN: Final = """
    add put place stick pop slap bung whack plonk shove chuck throw(_in)? drop set insert overlay include lay
"""
PUT: Final = alternatives("", PUT_EN)
