"""Events of long work as lines and bars for a person.

On a terminal one bar shows the present work; elsewhere (a log, a pipe) a line tells every tenth of the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from qie_hub import events
from qie_hub.cli.explaining import reason_text
from qie_hub.messages import has

if TYPE_CHECKING:
    from qie_hub.cli.render import Bar, Render

_TENTH: Final = 10
_WORTH_SAYING: Final = frozenset(
    ("UNDER_TARGET", "OVER_TARGET", "NO_PREDICTION", "POWER_SAVER", "HOT", "LOW_BATTERY", "METERED", "PIPELINE_ABSENT")
)
"""Reasons of a choice that a person should hear without asking (``--explain`` gives all of them)."""


class Progress:
    """Takes one event after the other; owns the bar."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._bar: Bar | None = None
        self._told = 0

    def take(self, event: events.Event) -> None:
        """Show an event."""
        handler = getattr(self, f"_{type(event).__name__.lower()}", None)
        if handler is not None:
            handler(event)

    def close(self) -> None:
        """Take the bar away; the next event may open another."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _variantchosen(self, event: events.VariantChosen) -> None:
        """Say what was taken where more than one thing was meant, and what about it is not certain."""
        why = [reason for reason in event.why if reason["code"] in _WORTH_SAYING]
        if why:
            reasons = "; ".join(reason_text(reason, self._render.say) for reason in why)
            self._render.note("EVENT.chosen", ref=event.ref, reasons=reasons)

    def _predicted(self, event: events.Predicted) -> None:
        self._render.tell("EVENT.predicted", event)

    def _planned(self, event: events.Planned) -> None:
        if event.net or event.disk:
            self._render.tell("EVENT.planned_reuse" if event.reused else "EVENT.planned", event)
        self._told = 0

    def _progress(self, event: events.Progress) -> None:
        if self._render.live:
            if self._bar is None or not self._bar.counts:
                self.close()
                self._bar = self._render.bar(event.ref, done=event.verified, total=event.total)
            self._bar.to(event.verified, event.total)
            return
        tenth = event.verified * _TENTH // event.total if event.total else _TENTH
        if tenth > self._told:
            self._told = tenth
            percent = tenth * _TENTH
            self._render.note("EVENT.progress", ref=event.ref, percent=percent, done=event.verified, total=event.total)

    def _step(self, event: events.Step) -> None:
        self._status(f"STEP.{event.step}", event.step, ref=event.ref)

    def _stagestarted(self, event: events.StageStarted) -> None:
        many = f" ({event.operation}/{event.operations})" if event.operations > 1 else ""
        self._status(f"STAGE.{event.stage}", event.stage, many=many)

    def _status(self, key: str, name: str, **data: object) -> None:
        """Show the present step: on the bar, or with ``-v`` as a line of its own."""
        sentence = self._render.say(key, **data) if has(key) else name
        if self._render.verbose:
            self._render.note("EVENT.step", style="dim", step=sentence)
        elif self._render.live:
            if self._bar is None:
                self._bar = self._render.bar(sentence)
            else:
                self._bar.label(sentence)

    def _mirrordemoted(self, event: events.MirrorDemoted) -> None:
        self._render.note("EVENT.mirror_demoted", style="yellow", url=event.url, reason=event.reason)

    def _waiting(self, event: events.Waiting) -> None:
        key = f"WAITING.{event.reason}"
        self._render.note(key if has(key) else "WAITING.other", ref=event.ref, reason=event.reason, detail=event.detail)

    def _warned(self, event: events.Warned) -> None:
        self._render.warn(event.code, event.data)

    def _installed(self, event: events.Installed) -> None:
        if event.net:
            self._render.tell("EVENT.installed", event, style="green")
        else:
            self.close()

    def _packchosen(self, event: events.PackChosen) -> None:
        if event.reason not in {"asked", "default"} or self._render.verbose:
            self._render.note(f"CHOSEN.{event.reason}", pack=event.pack)
        if self._render.live:
            self._status("STAGE.load", "load", pack=event.pack)

    def _batchbegan(self, event: events.BatchBegan) -> None:
        if event.done_before:
            self._render.tell("EVENT.batch_goes_on", event)
        self._told = event.done_before * _TENTH // max(event.pictures, 1)

    def _watching(self, event: events.Watching) -> None:
        self._render.tell("EVENT.watching", event)

    def _pictureended(self, event: events.PictureEnded) -> None:
        if event.code is not None:
            self._render.picture_trouble(event)
        elif event.total is None:
            self._render.note(f"EVENT.picture_{event.state}", picture=event.picture, output=event.output)
        if event.total is None:
            return
        facts: dict[str, Any] = {"rate": round(event.per_minute or 0), "left": event.left}
        if self._render.live:
            self._on_bar(event, "EVENT.batch_rate" if event.per_minute else None, facts)
        elif event.ended * _TENTH // event.total > self._told:
            self._told = event.ended * _TENTH // event.total
            key = "EVENT.batch_progress" if event.per_minute else "EVENT.batch_first"
            self._render.note(key, ended=event.ended, total=event.total, **facts)

    def _on_bar(self, event: events.PictureEnded, key: str | None, facts: dict[str, Any]) -> None:
        if self._bar is None or not self._bar.counts:
            self.close()
            self._bar = self._render.counting(self._render.say("EVENT.pictures"), event.total)
        if key is not None:
            self._bar.remark(self._render.say(key, **facts))
        self._bar.to(event.ended, event.total or 0)

    def _packloaded(self, event: events.PackLoaded) -> None:
        if self._render.verbose:
            self._render.tell("EVENT.loaded", event, style="dim")
