"""The documents say what is so: their snippets run, their commands and options exist, their links resolve."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from snippets import Block, Command, agree, blocks, commands

from interlingua.cli import main
from interlingua.cli.app import app

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
COMMANDS = ROOT / "docs" / "commands.md"


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.skipif(not README.exists(), reason="there is no README.md yet")
def test_the_readme_is_among_the_documents() -> None:
    assert {README, COMMANDS} <= set(DOCUMENTS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_snippets(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(path):
        if block.language == "python":
            code = "\n" * (block.line - 1) + block.text  # errors then name the document's own line
            exec(compile(code, str(path), "exec"), namespace)
            capsys.readouterr()
        elif block.language == "console":
            for command in commands(block):
                check(command, block, monkeypatch, capsys)


def check(command: Command, block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command of a console block; what it prints must be what is shown: all of it, or all but the remarks."""
    if command.line.startswith("printf "):
        subprocess.run(["sh", "-c", command.line], check=True, timeout=60)
        return
    words = shlex.split(command.line)
    if words[0] != "interlingua":  # make, pip, cd
        return
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    capsys.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        with pytest.raises(SystemExit) as end:
            main()
    out, err = capsys.readouterr()
    shown = f"line {block.line}: {command.line}\n{out}{err}"
    fails = any(line.startswith("error:") for line in command.expected)
    assert (end.value.code != 0) == fails, shown
    assert agree(command.expected, out) or agree(command.expected, out + err), shown


@pytest.mark.parametrize(
    ("expected", "printed", "result"),
    [
        (["a  b", "", "c"], "a b\nc\n", True),
        (["a b"], "a b\nc\n", False),
        (["a", "…"], "a\nb\nc\n", True),
        (["…", "c"], "a\nb\nc\n", True),
        (["…", "b"], "a\nb\nc\n", False),
        (["a … d"], "a b c d", True),
        (["0.50 x"], "0.51 x", True),
        (["0.50 x"], "0.52 x", False),
        (["[0.5…"], "[0.5123, 0.2]", True),
        (["[0.5…"], "[0.4999, 0.2]", False),
        (["───"], "───────", True),
        ([], "", True),
        ([], "a\n", False),
    ],
)
def test_comparing(expected: list[str], printed: str, result: bool) -> None:
    assert agree(tuple(expected), printed) is result


def all_commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name; a group counts for its own options."""

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield name, command
        for below, sub in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {below}", sub)

    yield from walk("interlingua", typer.main.get_command(app))


ALL = dict(all_commands())
LEAVES = [name for name, command in ALL.items() if not hasattr(command, "commands")]


def options(command: Any) -> list[str]:
    parameters = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    return [name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts)]


def section(name: str) -> str:
    """The section of a command in docs/commands.md; of a group the beginning of the document."""
    text = COMMANDS.read_text(encoding="utf-8")
    if name not in LEAVES:
        return text.partition("\n## ")[0]
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/commands.md has no section on {name}"
    return found[1]


@pytest.mark.parametrize("name", ALL)
def test_every_option_is_documented(name: str) -> None:
    text = section(name)
    for option in options(ALL[name]):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), f"{name} {option}"


@pytest.mark.parametrize("name", LEAVES)
def test_no_option_is_documented_that_is_not_there(name: str) -> None:
    table = [line.split(" | ")[0] for line in section(name).splitlines() if line.startswith("| `-")]
    assert table or not options(ALL[name])
    documented = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(table)))
    assert documented <= set(options(ALL[name]))


@pytest.mark.parametrize("name", ALL)
def test_help_mentions_every_option(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [*name.split(), "--help"])
    with pytest.raises(SystemExit):
        main()
    text = capsys.readouterr().out
    for option in options(ALL[name]):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), option


@pytest.mark.parametrize("name", LEAVES)
def test_the_usage_line_is_the_helps(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [*name.split(), "--help"])
    with pytest.raises(SystemExit):
        main()
    usage = capsys.readouterr().out.splitlines()[0].removeprefix("Usage: ")
    # Some versions of Typer put arguments into braces.
    assert f"    {usage.replace('{', '').replace('}', '')}\n" in section(name)


@pytest.mark.parametrize("name", LEAVES)
def test_defaults_are_as_documented(name: str) -> None:
    rows = [line.strip("| ").split(" | ") for line in section(name).splitlines() if line.startswith("| `-")]
    said = {option: row[2].strip("`") for row in rows if len(row) > 2 for option in re.findall(r"--[a-z-]+", row[0])}
    for parameter in ALL[name].params:
        value = getattr(parameter, "default", None)
        if isinstance(value, str | int) and not isinstance(value, bool):
            assert said[max(parameter.opts, key=len)] == str(value), parameter.name


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_resolve(path: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
