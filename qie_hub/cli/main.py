"""The edge of the command line: errors become text and exit codes here and nowhere else.

Invariants:

* Exit codes are those of ``docs/exit-codes.md``; an exception that nobody expected is 70, Ctrl-C is 130.
* A closed pipe (``qie-hub list | head -1``) is no error of ours and prints nothing.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import click

from qie_hub.cli.call import Call
from qie_hub.cli.render import ReaderGone
from qie_hub.errors import Bug, DiskFull, Failed, Interrupted, QieHubError, ReadOnlyHome, UsageError

_PIPE_CLOSED: Final = 141  # what a shell shows for a program ended by SIGPIPE


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    code = run(sys.argv[1:] if words is None else words)
    if code == _PIPE_CLOSED:
        # What is still buffered has no reader: without this the interpreter complains while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(words: Sequence[str], program_name: str | None = None) -> int:
    """Run one command line and return its exit code."""
    name = program_name or Path(sys.argv[0]).name.removesuffix(".py") or "qie-hub"
    call = Call(words, "qie-hub" if name in {"cli", "__main__"} else name)
    try:
        return _answered(call, words)
    except ReaderGone:
        return _PIPE_CLOSED


def _answered(call: Call, words: Sequence[str]) -> int:
    from qie_hub.cli.group import program

    try:
        result = program().main(args=list(words), prog_name=call.program, standalone_mode=False, obj=call)
        code = result if isinstance(result, int) else 0
        call.render.close()
    except ReaderGone:
        raise
    except (KeyboardInterrupt, click.Abort):
        code = _failed(call, Interrupted())
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is, a person gets a sentence and a code
        code = _failed(call, as_hub_error(error), error)
    call.finish(code)
    return code


def _failed(call: Call, error: QieHubError, cause: BaseException | None = None) -> int:
    render = call.render
    if cause is not None and call.debug:
        render.trace("".join(traceback.format_exception(cause)))
    render.error(error)
    render.close()
    call.log_error(cause if isinstance(error, Bug) and cause is not None else error)
    return error.exit_code


def as_hub_error(error: Exception) -> QieHubError:
    """Translate what reached the edge: click's complaints, the system's refusals, and defects."""
    if isinstance(error, QieHubError):
        return error
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, OSError) and error.errno is not None:
        return _refused_by_system(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return Bug(what=f"{type(error).__name__} at {where}: {error}")


def _usage(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    program = context.command_path if context is not None else "qie-hub"
    if isinstance(error, click.NoSuchOption):
        closest = list(error.possibilities or ())
        hint = "NO_SUCH_OPTION_CLOSE" if closest else "NO_SUCH_OPTION"
        return UsageError(hint=hint, name=error.option_name, closest=closest, program=program)
    if isinstance(error, click.MissingParameter):
        return UsageError(hint="MISSING_ARGUMENT", name=_name(error), program=program)
    if isinstance(error, click.BadParameter):
        return UsageError(hint="BAD_ARGUMENT", name=_name(error), problem=error.message, program=program)
    return UsageError(hint="BAD_CALL", problem=error.format_message(), program=program)


def _name(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "?")
    if isinstance(error.param, click.Option) or error.ctx is None:
        return error.param.opts[-1]
    return error.param.make_metavar(error.ctx)


def _refused_by_system(error: OSError) -> QieHubError:
    path = str(error.filename) if error.filename is not None else None
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(hint="DISK_FULL_HERE", path=path)
    if error.errno == errno.EROFS:
        return ReadOnlyHome(home=path)
    return Failed(hint="SYSTEM", path=path, problem=error.strerror or str(error))
