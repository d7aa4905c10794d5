from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2m.cli import main

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "scripts" / "figures.py"


def test_an_evaluation_becomes_a_table_in_a_document(
    disc_folder: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    output, document = tmp_path / "out", tmp_path / "README.md"
    arguments = ["evaluate", str(disc_folder), "--model", str(tiny_model_folder)]
    assert CliRunner().invoke(main, [*arguments, "-o", str(output)]).exit_code == 0
    document.write_text("<!-- figures: clicks -->\n<!-- end of figures -->\n")

    subprocess.run([sys.executable, str(SCRIPT), str(output), "--into", str(document)], check=True)

    printed = subprocess.run(
        [sys.executable, str(SCRIPT), str(output), "--table", "clicks"], check=True, capture_output=True, text=True
    )
    assert "NoC@85 / NoC@90" in printed.stdout
    assert printed.stdout.strip() in document.read_text()
