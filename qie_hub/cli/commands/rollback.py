"""``qie-hub rollback``: back to the generation before."""

from __future__ import annotations

from qie_hub.cli.verbs import pack_verb

command = pack_verb("rollback", lambda hub, ref: hub.rollback(ref))
