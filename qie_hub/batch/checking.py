"""The rest of what can be known before the first edit.

Sentences that are not understood, outputs that exist, what an earlier run did. Needs the installed packs, loads none.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from qie_hub.batch.journal import Journal
from qie_hub.batch.planning import with_outputs
from qie_hub.batch.values import BatchPlan, BatchRequest, Job, Problem
from qie_hub.edit import companions, image
from qie_hub.errors import EditRefused
from qie_hub.formats import canonical

if TYPE_CHECKING:
    from qie_hub.editor import Editor, Understood

TRANSPARENT: Final = frozenset({"background.cutout"})
"""Abilities whose result has transparency."""


def checked(plan: BatchPlan, editor: Editor) -> BatchPlan:
    """Look at everything that needs no edit.

    Returns:
        The plan with final outputs, marks on what may be overwritten or is done already, and every further problem.

    Raises:
        EditRefused: the one sentence of all pictures is not understood, or no installed pack can do it.
        NotInstalled: no pack is installed.
        UsageError, BadPicture: the further pictures are too few, unused or unreadable; a result would replace an input.
    """
    for path in plan.request.with_pictures:
        image.read(path)
    known, problems = _understood(plan, editor)
    jobs = [job for job in plan.jobs if job.sentence in known]
    transparent = frozenset(one for one, what in known.items() if what.instruction.abilities & TRANSPARENT)
    placed = with_outputs(jobs, plan.request.output, transparent) if transparent else jobs
    journal = Journal.read(plan.request.output)
    settled: list[Job] = []
    further = companions_key(plan.request)
    for job in placed:
        asked = request_key(plan.request, job.sentence, further)
        decided = _against_outputs(job, asked, known[job.sentence], journal, plan.request)
        if isinstance(decided, Problem):
            problems.append(decided)
        else:
            settled.append(decided)
    return replace(plan, jobs=tuple(settled), problems=(*plan.problems, *problems))


def understand(request: BatchRequest, sentence: str, editor: Editor) -> Understood:
    """What a sentence asks for, with as many further pictures as it needs.

    Raises:
        EditRefused: it is not understood, or no installed pack can do it.
        NotInstalled: no pack is installed.
        UsageError: there are too few further pictures, or one that nothing uses.
    """
    found = editor.understand(sentence, request.pack)
    companions.check(found.instruction, len(request.with_pictures))
    return found


def companions_key(request: BatchRequest) -> tuple[str, ...]:
    """The digests of the further pictures."""
    return tuple(file_digest(path) for path in request.with_pictures)


def request_key(request: BatchRequest, sentence: str, companions: Sequence[str]) -> str:
    """A digest of everything that was asked for one picture, beside the picture itself and the pack that took it."""
    value = {
        "sentence": sentence,
        "with": list(companions),
        "seed": request.seed,
        "label": request.label,
        "keep_metadata": request.keep_metadata,
        "pack": None if request.pack is None else str(request.pack),
    }
    return hashlib.sha256(canonical.dumps(value)).hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _understood(plan: BatchPlan, editor: Editor) -> tuple[Mapping[str, Understood], list[Problem]]:
    """What each sentence asks for; in a table, a row that is not understood is a problem of that row."""
    known: dict[str, Understood] = {}
    problems: list[Problem] = []
    for job in plan.jobs:
        if job.sentence in known and not job.quoted:
            continue
        try:
            found = known.get(job.sentence) or understand(plan.request, job.sentence, editor)
        except EditRefused as refusal:
            if job.row is None:
                raise
            problems.append(Problem("BATCH_ROW_REFUSED", {"line": job.row, "sentence": job.sentence, "why": refusal}))
            continue
        lost = _lost(job.quoted, found)
        if lost is None:
            known[job.sentence] = found
        else:
            problems.append(Problem("BATCH_ROW_QUOTES", {"line": job.row, "text": lost}))
    return known, problems


def _lost(values: Sequence[str], found: Understood) -> str | None:
    """A value that the understood sentence does not hold whole; None if it holds them all."""
    held = {_plain(str(value)) for item in found.instruction.operations for value in item.slots.values()}
    return next((value for value in values if _plain(value) not in held), None)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _against_outputs(job: Job, asked: str, found: Understood, journal: Journal, request: BatchRequest) -> Job | Problem:
    """What is to be done about a file that stands where the result goes."""
    if not job.output.exists():
        return job
    name = output_name(job, request)
    done = journal.done(name)
    ours = done is not None and done.request == asked and file_digest(job.output) == done.output
    if ours and done is not None:
        same_pack = (done.pack, done.generation) == (str(found.pack), found.generation)
        same = same_pack and job.picture.is_file() and file_digest(job.picture) == done.input
        return replace(job, kept=same, replaces=not same)
    if request.overwrite or journal.claimed(name, asked):
        return replace(job, replaces=True)
    return Problem("BATCH_OUTPUT_EXISTS", {"path": str(job.output)})


def output_name(job: Job, request: BatchRequest) -> str:
    """An output's name in the journal: its path below the output folder, with slashes."""
    return job.output.relative_to(request.output).as_posix()
