"""Words for a further picture, the ones that are given beside the picture that is edited.

Pure. The picture that is edited is the first one of a sentence, so ``第二张图`` is further picture number 1.

Example::

    number_of(OTHER.search("the third photo"))      # 2
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import slots
from qie_hub.edit.grammar.pattern import Pattern

_OTHER: Final = (
    r"(?:第(?P<zh>[二两三四五六2-9])[张幅个](?:图片|照片|相片|图|照|里面的图)?|(?:图片?"
    r"|照片)(?P<after>[二三四五六2-9])(?!\d)"
    r"|(?P<any>另外?[一那]?[张幅](?:图片|照片|图|照)?|附图|附件(?:里|中)?的?图?片?|我?(?:上传|发|给)(?:你)?的(?:这"
    r"|那)?[张幅]?(?:新|另一张)?(?:图片|照片|图)|我?(?:另外|单独|刚才?|后来|又)(?:上?传|发|给|附|拍)(?:你|您|来|上来|过来)?的(?:这|那)?一?[张幅](?:[\u3400-\u9fff]{0,4}?)(?:图片"
    r"|照片|图)|后一张图?|下一张图?|素材图|参考图)"
    r"|\b(?:the )?(?P<en>second|third|fourth|2nd|3rd|4th) (?:picture|photograph|photo|image|pic|one|file)\b"
    r"|\b(?:picture|photo|image|pic) (?:number )?(?P<num>[2-9]|two|three)\b"
    r"|\b(?P<other>(?:the |my |this )?(?:other|attached|uploaded|provided|given|extra|added|supplied|second) "
    r"(?:picture|photograph|photo|image|pic|one|file)"
    r"|(?:picture|photograph|photo|image|pic|file) (?:i|that i|i've) (?:attached|uploaded|gave you|sent|added"
    r"|provided))\b)"
)
OTHER: Final = Pattern(_OTHER)
"""Words for a further picture."""

_COUNT: Final = {"second": 2, "third": 3, "fourth": 4, "2nd": 2, "3rd": 3, "4th": 4, "two": 2, "three": 3}


def number_of(other: re.Match[str]) -> int:
    """Which further picture a match of `OTHER` is: the first one of a sentence is the one that is edited."""
    said = next((other.group(name) for name in ("zh", "after", "en", "num") if other.group(name)), None)
    counted = None if said is None else _COUNT.get(said) or slots.number(said)
    return 1 if counted is None else max(1, counted - 1)
