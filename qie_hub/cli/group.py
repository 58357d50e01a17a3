"""The click program: commands found by name and imported when called, help in two languages.

Invariants:

* Importing this module imports no command; ``--help`` of the program imports none either: what it shows is in the
  texts. `qie-hub list` therefore pays for `list` alone.
* The global options are understood before and after the command's name.
* Help, usage and version go through the printer like everything else.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from qie_hub.cli.layout import Block, Line, Page, Pairs
from qie_hub.cli.render import FORMATS
from qie_hub.errors import UsageError
from qie_hub.messages import LANGUAGES, has, text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call

SECTIONS: Final = {
    "edit": ("run", "batch", "ps"),
    "packs": ("install", "list", "show", "path", "use", "update", "rollback", "pin", "unpin", "remove"),
    "care": ("refresh", "verify", "repair", "gc", "device", "doctor"),
    "around": ("origin", "bundle", "plugins", "config", "completion"),
}
COMMANDS: Final = tuple(name for names in SECTIONS.values() for name in names)
ALIASES: Final = {"pull": "install", "ls": "list", "rm": "remove"}


class HubCommand(click.Command):
    """A command whose help comes from the texts and that understands the global options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "add_help_option": False})
        self.params = [*self.params, *global_options()]

    def get_help(self, ctx: click.Context) -> str:
        """The help as plain text (click asks for it in errors)."""
        return "\n".join(block.text for block in help_page(self, ctx).blocks if isinstance(block, Line))


class HubGroup(HubCommand, click.Group):
    """A group of commands that it holds itself (``origin``, ``bundle``)."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant.

        Raises:
            UsageError: no command of that name; ``closest`` offers names.
        """
        name = args[0]
        found = self.get_command(ctx, name)
        if found is None:
            closest = difflib.get_close_matches(name, self.list_commands(ctx), n=3)
            raise UsageError(
                hint="NO_SUCH_COMMAND_CLOSE" if closest else "NO_SUCH_COMMAND",
                name=name,
                closest=closest,
                program=ctx.command_path,
            )
        return found.name, found, args[1:]


class Program(HubGroup):
    """The whole command line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return its ``command``."""
        del ctx
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        command = import_module(f"qie_hub.cli.commands.{name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"qie_hub.cli.commands.{name}.command is not a click command")
        return command


def program() -> Program:
    """Make the program; without a command it shows the state and what to type next."""

    def bare(**_: object) -> None:
        context = click.get_current_context()
        if context.invoked_subcommand is None:
            from qie_hub.cli.commands.state import show_state

            show_state(context.obj)

    return Program("qie-hub", callback=bare, invoke_without_command=True)


def global_options() -> list[click.Parameter]:
    """The options that every command understands. They land in `Call.flags`, not in the command's arguments."""
    return [
        _flag("--home", metavar="DIR"),
        _flag("--origin", metavar="NAME"),
        _flag("--offline", is_flag=True, default=None),
        _flag("--device", "device_file", metavar="FILE"),
        _flag("--format", type=click.Choice(FORMATS)),
        _flag("--lang", type=click.Choice(LANGUAGES)),
        click.Option(["-v", "--verbose"], count=True, expose_value=False, is_eager=True, callback=_louder),
        click.Option(["--version"], is_flag=True, expose_value=False, callback=_version),
        click.Option(["-h", "--help"], is_flag=True, expose_value=False, callback=_help),
    ]


def help_page(command: click.Command, ctx: click.Context) -> Page:
    """Lay the help of a command out."""
    call: Call = ctx.find_root().obj
    language = call.language
    topic = _topic(ctx)
    say: Callable[..., str] = lambda key, **data: text(key, language, data)  # noqa: E731 - the one shorthand of this page
    usage = f"{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}"
    blocks: list[Block] = [Line(say("HELP.usage", usage=usage)), Line("")]
    blocks.append(Line(say(f"HELP.{topic}.text") if has(f"HELP.{topic}.text") else say(f"HELP.{topic}.short")))
    if isinstance(command, Program):
        for section, names in SECTIONS.items():
            blocks += [Line(""), Line(say(f"HELP.section.{section}"), "bold")]
            blocks.append(Pairs(tuple((f"  {name}", say(f"HELP.{name}.short")) for name in names)))
    elif isinstance(command, click.Group):
        names = tuple(command.list_commands(ctx))
        blocks += [Line(""), Pairs(tuple((f"  {name}", say(f"HELP.{topic}.{name}.short")) for name in names))]
    own = [param for param in command.params if isinstance(param, click.Option) and param.expose_value]
    blocks += _options(say("HELP.options"), own, topic, language)
    shared = [param for param in command.params if isinstance(param, click.Option) and not param.expose_value]
    blocks += _options(say("HELP.global_options"), shared, "global", language)
    if has(f"HELP.{topic}.examples"):
        blocks += [Line(""), Line(say("HELP.examples"), "bold"), Line(say(f"HELP.{topic}.examples"), indent=2)]
    document = {"command": ctx.command_path, "usage": usage, "options": [_names(option) for option in (*own, *shared)]}
    return Page(document, tuple(blocks), (usage,))


def _options(heading: str, options: Sequence[click.Option], topic: str, language: str) -> list[Block]:
    if not options:
        return []
    rows = tuple((f"  {_names(option)}", text(_option_key(option, topic), language)) for option in options)
    return [Line(""), Line(heading, "bold"), Pairs(rows)]


def _option_key(option: click.Option, topic: str) -> str:
    """``OPTION.<topic>.<name>`` where a command says it in its own way, else ``OPTION.<name>``."""
    name = option.opts[-1].lstrip("-").replace("-", "_")
    own = f"OPTION.{topic}.{name}"
    return own if has(own) else f"OPTION.{name}"


def _names(option: click.Option) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    shown = "|".join(option.type.choices) if isinstance(option.type, click.Choice) else option.metavar
    return f"{names} {shown or (option.name or '').upper()}"


def _topic(ctx: click.Context) -> str:
    """``install``, ``origin.add``, or ``program``: the key of this command's help."""
    path: list[str] = []
    here: click.Context | None = ctx
    while here is not None and here.parent is not None:
        path.insert(0, here.command.name or "")
        here = here.parent
    return ".".join(path) or "program"


def _flag(*names: str, **kwargs: Any) -> click.Option:
    return click.Option(names, expose_value=False, is_eager=True, callback=_note, **kwargs)


def _note(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and param.name is not None:
        ctx.find_root().obj.flags[param.name] = value


def _louder(ctx: click.Context, param: click.Parameter, value: int) -> None:
    del param
    ctx.find_root().obj.verbose += value


def _help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value and not ctx.resilient_parsing:
        ctx.find_root().obj.render.page(help_page(ctx.command, ctx))
        ctx.exit()


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value and not ctx.resilient_parsing:
        from qie_hub import __version__

        page = Page({"version": __version__}, (Line(f"qie-hub {__version__}"),), (__version__,))
        ctx.find_root().obj.render.page(page)
        ctx.exit()
