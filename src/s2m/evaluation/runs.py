"""Images, a protocol and an entrant in; the records of every image out, from several processes, resumable."""

from __future__ import annotations

import multiprocessing
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import cv2
import numpy as np

from s2m.data.labelled_images import LabelledImage
from s2m.engine.models import available_cores
from s2m.evaluation.contenders import Contender
from s2m.evaluation.entrants import Entrant
from s2m.evaluation.findings import Record, record_of, together
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.scenes import load_scene
from s2m.evaluation.tables import Journal

Watch = Callable[[LabelledImage, Record], object]
"""Told about every image as it is finished."""


@dataclass(frozen=True)
class Run:
    """One protocol on one data set by one entrant.

    Attributes:
        protocol: how to draw and count.
        entrant: what is measured.
        seed: of every choice; each image has its own source, so order and processes change nothing.
        jobs: processes; the cores are shared among them.
    """

    protocol: EvaluationProtocol
    entrant: Entrant
    seed: int
    jobs: int

    def carry_out(self, images: Sequence[LabelledImage], journal: Journal, watch: Watch) -> Record:
        """Work on the images that the journal does not hold yet; give the record of all, in the images' order."""
        missing = [image for image in images if image.name not in journal.finished]
        for image, record in self._work(missing):
            journal.add(image.name, record)
            watch(image, record)
        return together(journal.finished[image.name] for image in images)

    def _work(self, images: Sequence[LabelledImage]) -> Iterator[tuple[LabelledImage, Record]]:
        if not images:
            return
        jobs = min(self.jobs, len(images))
        threads = max(1, available_cores() // jobs)
        if jobs == 1:
            contender = self.entrant.open(threads)
            for image in images:
                yield image, image_record(image, self.protocol, contender, self.seed)
            return
        context = multiprocessing.get_context("spawn")
        worker = (self.protocol, self.entrant, self.seed, threads)
        with ProcessPoolExecutor(jobs, context, _open_worker, worker) as pool:
            waiting = {pool.submit(_worker_record, image): image for image in images}
            try:
                for future in as_completed(waiting):
                    yield waiting[future], future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def image_record(image: LabelledImage, protocol: EvaluationProtocol, contender: Contender, seed: int) -> Record:
    """Every turn on one image."""
    scene = load_scene(image)
    view = contender.look(scene.image_rgb)
    return record_of(scene, protocol.turns(view, scene, source_of(seed, image.name)))


def source_of(seed: int, image_name: str) -> np.random.Generator:
    """The source of chance of one image."""
    return np.random.default_rng([seed, zlib.crc32(image_name.encode())])


_worker: tuple[EvaluationProtocol, Contender, int] | None = None
"""What a worker process works with; set once, when it starts."""


def _open_worker(protocol: EvaluationProtocol, entrant: Entrant, seed: int, threads: int) -> None:
    global _worker  # A process pool hands its workers state in no other way.
    cv2.setNumThreads(threads)
    _worker = (protocol, entrant.open(threads), seed)


def _worker_record(image: LabelledImage) -> Record:
    assert _worker is not None, "the pool opens its workers first"
    protocol, contender, seed = _worker
    return image_record(image, protocol, contender, seed)
