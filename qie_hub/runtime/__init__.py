"""Loading and running packs: sessions, content gate, canary, host, scheduler. See docs/runtime.md."""
