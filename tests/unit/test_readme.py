"""Both READMEs name only what exists, and say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

import qie_hub
from qie_hub.cli import group
from qie_hub.editor import Editor
from qie_hub.hub import Hub

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "README.zh.md")
CALL = re.compile(r"qie-hub((?: +[^\s`|#)]+)*)")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [*PAGES, "docs/exit-codes.md", "THIRD-PARTY-NOTICES.md"])
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(page))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_exists(page: str) -> None:
    program = group.program()
    calls = [found.split() for found in CALL.findall(text(page)) if found.strip()]
    assert len(calls) > 10
    for words in calls:
        names = [word for word in words if word.isalpha() or "-" in word.strip("-")]
        names = [word for word in names if re.fullmatch(r"[a-z-]+", word) and not word.startswith("--")]
        if not names or words[0].startswith(("-", "{", "'", "[")):
            continue
        command = program.get_command(click.Context(program), words[0])
        assert command is not None, words
        known = {name for param in command.params for name in param.opts}
        assert {word for word in words[1:] if word.startswith("--")} <= known, words


@pytest.mark.parametrize("page", PAGES)
def test_the_python_example_names_what_the_library_has(page: str) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", text(page), re.DOTALL)
    tree = ast.parse(block)
    owners = {"hub": Hub, "editor": Editor}
    used = [
        (node.value.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    assert {("hub", "install"), ("editor", "plan"), ("editor", "edit"), ("hub", "files")} <= set(used)
    assert [name for name in used if name[0] in owners and not hasattr(owners[name[0]], name[1])] == []
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert [name for name in imported if not hasattr(qie_hub, name)] == []


def test_both_languages_have_the_same_sections_and_examples() -> None:
    english, chinese = (text(page) for page in PAGES)
    assert english.count("\n## ") == chinese.count("\n## ")
    assert english.count("```") == chinese.count("```")
    assert len(CALL.findall(english)) == len(CALL.findall(chinese))


@pytest.mark.parametrize("page", PAGES)
def test_the_pack_is_not_taken_for_more_than_it_is(page: str) -> None:
    assert "Qwen weights" in text(page) or "Qwen 权重" in text(page)
