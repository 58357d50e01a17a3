"""``qie-hub remove``: take a pack off this device."""

from __future__ import annotations

from qie_hub.cli.verbs import pack_verb

command = pack_verb("remove", lambda hub, ref: hub.remove(ref))
