"""``qie-hub unpin``: let a pinned pack move again."""

from __future__ import annotations

from qie_hub.cli.verbs import pack_verb

command = pack_verb("unpin", lambda hub, ref: hub.unpin(ref))
