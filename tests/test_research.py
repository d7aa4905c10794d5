from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "research"
EXPERIMENTS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
INDEX = (FOLDER / "README.md").read_text()


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: str(path.stem))
def test_an_experiment_starts_with_question_command_result_and_whether_it_shipped(path: Path) -> None:
    head = path.read_text().split("\n\n")[1]

    assert re.findall(r"^- \*\*(\w+)\.\*\* ", head, flags=re.MULTILINE) == ["Question", "Command", "Result", "Shipped"]
    assert re.search(r"\*\*Shipped\.\*\* (Yes|In part|No)\b", head)


def test_the_index_has_every_experiment_and_says_whether_it_shipped() -> None:
    rows = dict(re.findall(r"^\| \[[^]]+\]\(([\w-]+\.md)\) .* \| ([\w ]+) \|$", INDEX, flags=re.MULTILINE))
    shipped = {
        path.name: match.group(1).lower()
        for path in EXPERIMENTS
        if (match := re.search(r"\*\*Shipped\.\*\* (Yes|In part|No)\b", path.read_text()))
    }

    assert rows == shipped
