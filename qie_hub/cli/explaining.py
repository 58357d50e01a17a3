"""A decision of ``resolve`` as text: every variant with its reasons, and what would make it fit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qie_hub.cli.layout import Block, Line, Say
from qie_hub.messages import has, size_text

if TYPE_CHECKING:
    from qie_hub.formats.decision import Choice, Refusal


def decision_blocks(decision: Choice | Refusal, say: Say) -> tuple[Block, ...]:
    """Lay a decision out."""
    return document_blocks(decision.to_json(), say)


def document_blocks(document: Mapping[str, Any], say: Say) -> tuple[Block, ...]:
    """Lay out the record of a decision, as errors carry it."""
    blocks: list[Block] = []
    if document.get("decision") == "choice":
        blocks.append(Line(say("EXPLAIN.chosen", ref=document["ref"], variant=document["variant"]), "bold"))
        blocks += [Line(f"- {reason_text(reason, say)}", indent=2) for reason in document.get("why", ())]
    else:
        blocks.append(Line(say("EXPLAIN.none", ref=document.get("ref")), "bold"))
    for verdict in sorted(document.get("verdicts", ()), key=_obstacles):
        blocks += _verdict_blocks(verdict, say)
    return (*blocks, *_nearest(document, say))


def _obstacles(verdict: Mapping[str, Any]) -> int:
    return len(verdict["changes"]) if not verdict["fits"] else -1


def _verdict_blocks(verdict: Mapping[str, Any], say: Say) -> list[Block]:
    """What fits, then what lacks least; findings in one line, the changes that together help in another."""
    blocks: list[Block] = [Line(_verdict_text(verdict, say), indent=2)]
    if verdict["reasons"]:
        blocks.append(
            Line(say("EXPLAIN.also").join(reason_text(reason, say) for reason in verdict["reasons"]), "dim", indent=4)
        )
    if verdict["changes"]:
        changes = say("EXPLAIN.and").join(change_text(change, say) for change in verdict["changes"])
        blocks.append(Line(f"→ {changes}", indent=4))
    return blocks


def brief_blocks(document: Mapping[str, Any], say: Say) -> tuple[Block, ...]:
    """Lay out why nothing fits, each reason once, and what would be enough: what an error has room for."""
    verdicts = [verdict for verdict in document.get("verdicts", ()) if not verdict["fits"]]
    reasons = [reason_text(reason, say) for verdict in verdicts for reason in verdict["reasons"] if reason["blocks"]]
    blocks: list[Block] = [Line(f"- {reason}", indent=2) for reason in dict.fromkeys(reasons)]
    return (*blocks, *_nearest(document, say))


def reason_text(reason: Mapping[str, Any], say: Say) -> str:
    """Say one finding about a variant."""
    return _coded("REASON", reason, ("have", "need"), say)


def change_text(change: Mapping[str, Any], say: Say) -> str:
    """Say one change that would help."""
    return _coded("CHANGE", change, ("value", "by"), say)


def _verdict_text(verdict: Mapping[str, Any], say: Say) -> str:
    facts = {"ref": verdict["ref"], "variant": verdict["variant"]}
    if not verdict["fits"]:
        return say("EXPLAIN.fits_not", **facts)
    if verdict.get("predicted_ms") is None:
        return say("EXPLAIN.fits", **facts)
    return say("EXPLAIN.fits_in", seconds=verdict["predicted_ms"] / 1000, **facts)


def _nearest(document: Mapping[str, Any], say: Say) -> list[Block]:
    steps = tuple(zip(document.get("nearest", ()), document.get("leads_to", ()), strict=True))
    heading: list[Block] = [Line(say("EXPLAIN.nearest"))] if steps else []
    texts = [_step_text(step, goal, say) for step, goal in steps]
    return [*heading, *(Line(f"- {text}", indent=2) for text in texts)]


def _step_text(step: Sequence[Mapping[str, Any]], goal: str, say: Say) -> str:
    """What has to change, and what it leads to; asking for another pack leads there by itself."""
    text = say("EXPLAIN.and").join(change_text(change, say) for change in step)
    return text if step[0]["field"] == "ref" and len(step) == 1 else f"{text} → {goal}"


def _coded(prefix: str, item: Mapping[str, Any], facts: tuple[str, ...], say: Say) -> str:
    """``REASON.<code>`` filled with the facts; without a sentence of its own the code and its facts."""
    data = {name: item.get(name) for name in ("field", *facts)}
    key = f"{prefix}.{item['code']}"
    if has(key):
        return say(key, **data)
    shown = ", ".join(f"{name} {_fact(item.get('field'), data[name])}" for name in facts if data[name] is not None)
    return f"{item['code']} ({shown})"


def _fact(field: object, value: object) -> str:
    bytes_of = str(field).startswith(("memory", "disk"))
    return size_text(value) if bytes_of and isinstance(value, int) else str(value)
