"""Forms of clauses that tell how things came about or which picture it is; see `smalltalk`, which judges them.

Pure data: none of the forms holds a wish.

Example::

    PERFECT.match("brewery's put it up again")
    WANTED.match("just want folks to see the dresser")
"""

from __future__ import annotations

import re
from typing import Final

PERFECT: Final = re.compile(
    r"^(?!(?:let|what|who|how|where)'s\b)(?:the |my |our )?[a-z]+(?: [a-z]+)?(?:'s|'ve| has| have) (?:just |now "
    r"|already "
    r"|gone and )*(?:put|moved|changed|raised|lowered|dropped|cut|hiked|updated|renamed|cancelled|closed|stopped"
    r"|sold|run|set)"
    r"\b(?!.*\b(?:so|please|and|then|can|could|should|need|want|make|remove|add)\b).{0,40}$"
)
"""``brewery's put it up again``"""
WANTED: Final = re.compile(
    r"^(?:(?:i|we) )?(?:just|only) want (?:people|folks|customers|buyers|everyone|guests|viewers|clients"
    r"|parents|them) to "
    r"(?:see|notice|focus on|look at|know|come|find|come|read|enjoy)\b(?!.*\b(?:so|please|and|then|make|remove"
    r"|add)\b).{0,40}$"
    r"|^(?:it|they|the [a-z]+)(?:'s| was| were| is| are| looked) (?:way |much |far |a lot |so much )?more [a-z]+ "
    r"(?:in (?:real life|reality|person)|irl|that day|on the day|back then|than (?:this|that|it looks))$"
    r"|^(?:can't|cannot|can not|couldn't) (?:read|see|make out|tell|recogni[sz]e) .{1,30}$"
)
"""What somebody wants other people to do with the picture, and how things were."""
SNAP: Final = re.compile(
    r"^(?:an? |the |this |that )?(?:[a-z]+ ){0,2}(?:shot|photo|picture|pic|snap|selfie)s? (?:from|of|at|in|on"
    r"|by) (?:the |my |our |a "
    r"|an )?[a-z' -]{1,40}$"
)
"""``Night shot from the hut and it's super grainy``: which picture it is."""
CLEAR: Final = re.compile("^[\u3400-\u9fff]{1,8}?(?:要|得|保持|还要)(?:清楚|清晰|看得清|看得见)(?:的|就行|哦|哈)*$")
