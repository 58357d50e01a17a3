"""Room on the disk for an install: what nothing needs any more goes first, and only when it has to."""

from __future__ import annotations

from qie_hub.errors import DiskFull
from qie_hub.events import Sink, Warned
from qie_hub.install.site import Site
from qie_hub.store import disk, gc, survey
from qie_hub.store.disk import DiskNeed


def make_room(site: Site, need: DiskNeed, sink: Sink) -> None:
    """See that the home's disk has room, collecting garbage if it has not.

    Raises:
        DiskFull: it has not, and what could be collected would not be enough either; nothing was removed then.
    """
    try:
        need.require(site.home)
    except DiskFull:
        plan = gc.plan(survey.look(site.store))
        if disk.free_bytes(site.home) + plan.freed < need.total:
            raise
        gc.act(site.store, plan)
        sink(Warned("ROOM_MADE", {"freed": plan.freed}))
        need.require(site.home)
