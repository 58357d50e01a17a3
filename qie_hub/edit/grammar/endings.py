"""What is said at the end of a wish in one breath with it: purposes, reasons, addresses, thanks.

Pure data for `trimming`, which judges whether the words asked for more.
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.smalltalk import USE_ZH

TAILS: Final = (
    Pattern(
        rf"(?<=.{{2}})(?:因为|毕竟|不然|免得|省得|(?:我|我们)(?:要|想|得|准备|打算|等着|急着|明天|今晚|马上|是"
        rf"|好)*(?:拿去|拿来|用来|去|来|要)*{USE_ZH}"
        r"|发(?:ins|朋友圈|小红书|抖音|微信|群里?|微博|给|到)|(?:拿去|拿来|用来|好拿去|方便|为了)(?!掉)|(?:打印"
        r"|印刷|发圈|做海报|上架|投稿|参赛|印出来)用?$|(?:显得|看起来|看着)?更?(?:喜庆|好看|高级|大气|醒目|显眼"
        r"|精致|漂亮|热闹|专业)(?:一?[点些]|多了)?$|[它他她这]?(?:老是|总是|一直).{2,10}$|我(?:眼睛|眼神|看不"
        r"|老了)).*$"
    ),
    Pattern(
        r"(?<=..)[ ,]+(?:would be (?:lovely|great|nice|perfect|good|awesome|amazing|ideal|fab|fantastic|wonderful)"
        r"|because|since|cos|cause|as (?:i|we|it|they|he|she)\b|so (?:that )?(?:i|we|it|they|you|nobody|no one"
        r"|noone|none of"
        r"|people|customers|everyone|he|she)\b(?: can| could|'s| is| will|'ll| match(?:es)?| goes| works| feels| "
        r"reads| blends| suits| looks?| fits?| stands?| pops?| "
        r"shows?| sees?| knows?| notices?| finds?| doesn't)"
        r"|we're|we are|i'm|i am|it's|it is|it (?:came|turned) out|it (?:looks|was|came)|they (?:came|turned) "
        r"out|they're|he's|she's|that's|there's no|to (?:print|post|upload|share"
        r"|send|sell|frame|put (?:it )?on|use (?:it )?(?:for|as|on))"
        r"|for (?:my|our|the|a|an|this|use|printing|insta|ig|instagram|facebook|etsy|ebay|amazon|shopify|whatsapp"
        r"|linkedin|tiktok|print|web|thumbnail|framing|posting|sale)\b(?! (?:text|words?|background|\w+ instead))"
        r"|for (?:lent|easter|christmas|xmas|halloween|thanksgiving|diwali|eid|ramadan|new year|valentine's(?: day)?"
        r"|mother's day"
        r"|father's day|advent|pride|summer|winter|spring|autumn|fall)\b|without (?:going|getting|making|losing|it|any"
        r"|looking|turning)\b|so (?:the|my|our|your|people) [a-z]+"
        r"|(?:the|my|our) (?:owner|client|boss|customer|guy|lady|man|woman|wife|husband|mum|mom|dad|manager|lawyer"
        r"|[a-z]+er) (?:he|she|they)\b|before (?:i|we|the|it|they)\b|when (?:i|we|you)\b|if you (?:can|could|don't"
        r"|would)|thank(?:s"
        r"| you)(?=(?: (?:so|very|much|a|lot|lots|again|in|advance|for your .*"
        r"|dear|love|mate|you|guys|bunch|million|ton|all|kindly|everyone|team|sir|madam|darling|honey|friend"
        r"|my|and))*$)"
        r"|please and thank|but (?:no rush|not? urgent)).*$"
    ),
)


ENDS: Final = (
    Pattern(
        r"(?<=..)(?:[ ,]+(?:too|as well|also|though|tho|lol|haha|(?:will|would|can|could|won't) you|please|kindly|dear"
        r"|honey|hun|darling|sweetie|sweetheart|love|mate|buddy|bro|dude|y'all|guys|folks|my friend|my dear"
        r"|instead(?! of)"
        r"|(?:will|would|can|could) (?:ye|ya|yous)|thanks?|ta|cheers|yeah|ok|okay|asap|just|only|altogether|entirely"
        r"|isn't it|innit|don't you think|fr|rn"
        r"|ong|fam|na|yaar|ji|bhai"
        r"|while (?:you're"
        r"|you are) at it))+$"
    ),
    Pattern(
        r"(?<=..)[ ,]+like (?:in |they did in )?(?:the )?(?:good )?(?:old (?:days|times|photos?|movies?"
        r"|films?)|(?:an? |real "
        r"|professional |proper |good )*(?:photographers?|pros?|cameras?|dslr|studios?|magazines?)(?: (?:do"
        r"|does|did|would"
        r"|use|take)s?(?: it)?)?)$"
    ),
    Pattern(
        r"(?<=[吧了哈呗啦啊呀])(?=我|他|她|它|这|那|今天|明天|现在|就现在|因为)"
        r"(?!.*(?:[把改换删擦抠裁]|去掉|加(?!班)|放大|写|贴|水印|背景|边框|调)).{3,20}$"
    ),
)
"""What is said at the very end, after the wish."""
