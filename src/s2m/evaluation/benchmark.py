"""A data set, protocols and entrants in; a folder of tables, summaries, plots and reports out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from s2m.data.labelled_images import LabelledImage
from s2m.engine.models import available_cores
from s2m.evaluation.entrants import Entrant
from s2m.evaluation.examples import examples_png
from s2m.evaluation.plots import curves_png, reliability_png
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.report import report_markdown, summary_json
from s2m.evaluation.results import Result, result_of
from s2m.evaluation.runs import Run
from s2m.evaluation.summaries import SUMMARY_NAME
from s2m.evaluation.tables import OBJECTS_NAME, TABLE_NAME, Journal, Settings, write_objects, write_table
from s2m.evaluation.worst import worst_png
from s2m.files.atomic import write_atomically

REPORT_NAME = "report.md"
CURVES_NAME = "curves.png"
RELIABILITY_NAME = "reliability.png"


class Progress(Protocol):
    """Something that counts finished images."""

    def update(self) -> object:
        """One more image is finished."""


ShowProgress = Callable[[str, int, int], AbstractContextManager[Progress]]
"""A title, the number of images, and how many of them are already finished, in; a bar out."""


@dataclass(frozen=True)
class Benchmark:
    """All that is measured on one data set.

    Attributes:
        data: name of the data set.
        images: its images.
        entrants: what is measured; their names differ.
        output: tables and reports go to OUTPUT/DATA/PROTOCOL/.
        seed: of every choice.
        jobs: processes.
        examples: objects drawn of the best, the median and the worst; 0 draws none, nor a sheet of the worst.
    """

    data: str
    images: Sequence[LabelledImage]
    entrants: Sequence[Entrant]
    output: Path
    seed: int
    jobs: int
    examples: int

    def carry_out(self, protocol: EvaluationProtocol, show: ShowProgress) -> tuple[Result, ...]:
        """Measure every entrant under a protocol and write its report.

        Images that an interrupted run has finished are not worked on again.
        """
        folder = self.output / self.data / protocol.name
        results = tuple(self._measure(protocol, entrant, folder / entrant.name, show) for entrant in self.entrants)
        write_atomically(folder / CURVES_NAME, curves_png(protocol, results))
        plots = [CURVES_NAME]
        if any(result.tallies for result in results):
            write_atomically(folder / RELIABILITY_NAME, reliability_png(results))
            plots.append(RELIABILITY_NAME)
        for entrant, result in zip(self.entrants, results, strict=True):
            if result.curves and self.examples:
                plots.append(f"examples-{entrant.name}.png")
                contender = entrant.open(available_cores())
                picture = examples_png(protocol, result, self.images, contender, self.seed, self.examples)
                write_atomically(folder / plots[-1], picture)
                plots.append(f"worst-{entrant.name}.png")
                write_atomically(folder / plots[-1], worst_png(protocol, result, self.images, contender, self.seed))
        report = report_markdown(protocol, self.data, results, plots)
        write_atomically(folder / REPORT_NAME, report.encode())
        return results

    def _measure(self, protocol: EvaluationProtocol, entrant: Entrant, folder: Path, show: ShowProgress) -> Result:
        settings = Settings(self.data, protocol.name, entrant.name, entrant.fingerprint, self.seed)
        journal = Journal(folder, settings)
        finished = sum(image.name in journal.finished for image in self.images)
        with show(f"{protocol.name}, {entrant.name}", len(self.images), finished) as progress:
            run = Run(protocol, entrant, self.seed, self.jobs)
            record = run.carry_out(self.images, journal, lambda *_: progress.update())
        result = result_of(protocol, entrant.name, record)
        write_table(folder / TABLE_NAME, record.lines)
        write_objects(folder / OBJECTS_NAME, record.findings)
        write_atomically(folder / SUMMARY_NAME, summary_json(settings, result))
        return result
