"""A data set, protocols and methods in; a folder of tables, plots and reports out, from several processes."""

from __future__ import annotations

import multiprocessing
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from s2m.data.labelled_images import LabelledImage
from s2m.engine.models import available_cores
from s2m.evaluation.journal import TABLE_NAME, ImageResult, Journal, Settings, image_result, write_table
from s2m.evaluation.method import Encode, Method
from s2m.evaluation.plots import calibration_png, curves_png
from s2m.evaluation.protocols import EvaluationProtocol
from s2m.evaluation.report import report_markdown
from s2m.evaluation.result import RESULT_NAME, Result, result_json, result_of
from s2m.evaluation.scene import load_scene
from s2m.files.atomic import write_atomically

REPORT_NAME = "report.md"
CURVES_NAME = "curves.png"
CALIBRATION_NAME = "calibration.png"


class ProgressBar(Protocol):
    """Something that counts finished images."""

    def update(self) -> object:
        """One more image is finished."""


ShowProgress = Callable[[str, int, int], AbstractContextManager[ProgressBar]]
"""A title, the number of images, and how many of them are already finished, in; a bar out."""


@dataclass(frozen=True)
class Benchmark:
    """All that is measured on one data set.

    Attributes:
        data: name of the data set.
        images: its images.
        methods: what is measured; their names differ.
        output: tables and reports go to OUTPUT/DATA/PROTOCOL/.
        seed: of every choice; each image has its own source, so order and processes change nothing.
        jobs: processes; the cores are shared among them.
    """

    data: str
    images: Sequence[LabelledImage]
    methods: Sequence[Method]
    output: Path
    seed: int
    jobs: int

    def carry_out(self, protocol: EvaluationProtocol, show: ShowProgress) -> tuple[Result, ...]:
        """Measure every method under a protocol and write its report.

        Images that an interrupted run has finished are not measured again.
        """
        folder = self.output / self.data / protocol.name
        results = tuple(self._measure(protocol, method, folder / method.name, show) for method in self.methods)
        plots = {CURVES_NAME: curves_png(protocol, results)}
        if any(result.calibration for result in results):
            plots[CALIBRATION_NAME] = calibration_png(results)
        for name, content in plots.items():
            write_atomically(folder / name, content)
        report = report_markdown(protocol, self.data, results, list(plots))
        write_atomically(folder / REPORT_NAME, report.encode())
        return results

    def _measure(self, protocol: EvaluationProtocol, method: Method, folder: Path, show: ShowProgress) -> Result:
        settings = Settings(self.data, protocol.name, method.name, method.fingerprint, self.seed)
        journal = Journal(folder, settings)
        missing = [image for image in self.images if image.name not in journal.finished]
        count = len(self.images)
        with show(f"{protocol.name}, {method.name}", count, count - len(missing)) as progress:
            for found in self._image_results(protocol, method, missing):
                journal.add(found)
                progress.update()
        finished = [journal.finished[image.name] for image in self.images]
        result = result_of(protocol, settings, finished)
        write_table(folder / TABLE_NAME, (row for found in finished for row in found.rows))
        write_atomically(folder / RESULT_NAME, result_json(result))
        return result

    def _image_results(
        self, protocol: EvaluationProtocol, method: Method, images: Sequence[LabelledImage]
    ) -> Iterator[ImageResult]:
        """The result of each image as it is finished."""
        if not images:
            return
        jobs = min(self.jobs, len(images))
        threads = max(1, available_cores() // jobs)
        if jobs == 1:
            encode = method.open(threads)
            for image in images:
                yield measure_image(image, protocol, encode, self.seed)
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, context, _open_worker, (protocol, method, self.seed, threads)) as pool:
            waiting = [pool.submit(_worker_result, image) for image in images]
            try:
                for future in as_completed(waiting):
                    yield future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def measure_image(image: LabelledImage, protocol: EvaluationProtocol, encode: Encode, seed: int) -> ImageResult:
    """All interactions on one image, with a source of chance of its own."""
    scene = load_scene(image)
    rng = np.random.default_rng([seed, zlib.crc32(image.name.encode())])
    return image_result(scene, protocol.interactions(encode(scene.image_rgb), scene, rng))


_worker: tuple[EvaluationProtocol, Encode, int] | None = None
"""What a worker process works with; set once, when it starts."""


def _open_worker(protocol: EvaluationProtocol, method: Method, seed: int, threads: int) -> None:
    global _worker  # A process pool hands its workers state in no other way.
    cv2.setNumThreads(threads)
    _worker = (protocol, method.open(threads), seed)


def _worker_result(image: LabelledImage) -> ImageResult:
    assert _worker is not None, "the pool opens its workers first"
    protocol, encode, seed = _worker
    return measure_image(image, protocol, encode, seed)
