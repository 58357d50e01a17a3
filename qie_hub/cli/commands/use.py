"""``qie-hub use``: the pack that ``run`` takes."""

from __future__ import annotations

from qie_hub.cli.verbs import pack_verb

command = pack_verb("use", lambda hub, ref: hub.use(ref))
