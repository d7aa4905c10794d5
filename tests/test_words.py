"""Documents are short, plain English, and use no words of our own for things that have a name."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import mean

import pytest

ROOT = Path(__file__).parent.parent
BESIDE_DOCS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "research/README.md")
DOCUMENTS = sorted([*(ROOT / name for name in BESIDE_DOCS), *(ROOT / "docs").rglob("*.md")])
MOST_WORDS_IN_THE_MEAN = 18
MOST_WORDS = 35
MOST_COLUMNS = 120

NOT_OURS = re.compile(
    r"\b(rooms?|(?<!Label.)studios?|desks?|look(s|ed|ing)? closer|closer looks?|mirrored looks?|overruled"
    r"|answerers?|entrants?|contenders?|(?<!DAVIS )robots?(?! of the DAVIS))\b",
    re.IGNORECASE,
)
"""Words that docs/glossary.md has a known term for, or that say nothing to a newcomer; the robot of DAVIS
and Label Studio are names."""


def prose_of(text: str) -> list[str]:
    """The blocks of a Markdown text that are prose: paragraphs and list items, without code, tables and headings."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"^ *```.*?^ *```|<!--.*?-->", "", text, flags=re.DOTALL | re.MULTILINE)
    blocks: list[str] = [""]
    for line in text.splitlines():
        words = line.strip()
        if not words or words.startswith(("|", "#", ":::")):
            blocks.append("")
        elif re.match(r"([-*]|\d+\.) ", words):
            blocks.append(re.sub(r"^([-*]|\d+\.) ", "", words))
        else:
            blocks[-1] += f" {words}"
    return [block.strip() for block in blocks if block.strip()]


def sentences_of(block: str) -> list[str]:
    """The sentences of a block; code in a line is one word, a link its text."""
    block = re.sub(r"`[^`]*`", "Code", block)
    block = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", block).replace("*", "")
    return re.split(r"(?<=[.!?])\s+(?=[A-Z0-9\"(])", block)


def words_of(sentence: str) -> int:
    """How many words a sentence has; signs alone, such as a slash, are none."""
    return sum(any(sign.isalnum() for sign in word) for word in sentence.split())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_sentences_are_short(path: Path) -> None:
    sentences = [sentence for block in prose_of(path.read_text()) for sentence in sentences_of(block)]
    too_long = [sentence for sentence in sentences if words_of(sentence) > MOST_WORDS]

    assert too_long == []
    assert mean(map(words_of, sentences)) <= MOST_WORDS_IN_THE_MEAN


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_of_prose_fit_a_screen(path: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)

    assert [line for line in text.splitlines() if len(line) > MOST_COLUMNS and not line.lstrip().startswith("|")] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_use_the_words_of_the_glossary(path: Path) -> None:
    text = path.read_text()
    if path.name == "glossary.md":
        text = re.sub(r"\| [^|]* \|$", "", text, flags=re.MULTILINE)  # its last column is the words to avoid

    assert [match.group() for match in NOT_OURS.finditer(text)] == []


def test_messages_and_docstrings_use_the_words_of_the_glossary() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {match.group()}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for match in NOT_OURS.finditer(node.value)
    ]

    assert found == []


def test_the_page_uses_the_words_of_the_glossary() -> None:
    static = ROOT / "src" / "s2m" / "web" / "static"
    found = [
        f"{path.relative_to(static)}: {match.group()}"
        for path in sorted([*static.rglob("*.js"), *static.rglob("*.html")])
        for match in NOT_OURS.finditer(path.read_text())
    ]

    assert found == []
