"""The publisher's side: build packs from recipes, sign them, publish them to any static host, take them back.

Run it from a checkout: ``python -m cdn up DIR``. The story of one publish: `recipe` -> `sources` -> `build` (cut by
`shard`, proved by `golden` through `gate`, held to `budget`) -> `repo` (signed) -> `publish` into `stores`, seen
through `verify` before the timestamp goes out. `qie_hub` never imports anything from here.
"""
