"""``qie-hub pin``: keep a pack as it is."""

from __future__ import annotations

from qie_hub.cli.verbs import pack_verb

command = pack_verb("pin", lambda hub, ref: hub.pin(ref))
