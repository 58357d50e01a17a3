"""From a sentence to typed operations: a grammar with slots, in Chinese and English. Pure; no model, no picture.

`instruction.understand` is the door; `reading` reads one clause. On the way in `quotes` masks what stands in quotation
marks, `clause` reads a clause to its last word, and each ``rules_*`` module knows one family of wishes; `smalltalk`,
`asides`, `trimming`, `reasons` and `chatter` take away what people say around a wish, `recasting`, `anaphora` and
`standins` bring other word orders and pronouns into the forms that the rules know. Below its confidence it asks
(`suggest`); it never guesses.

A new phrase for an old operation is a word in one of its rules; a new operation is a rule, and a line in
`reading.RULES`.
"""
