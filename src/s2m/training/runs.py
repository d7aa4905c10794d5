"""What a user asks for in; the right trainer, started, resumed or measured, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from s2m.data.labelled_images import DataSet
from s2m.data.layouts import open_named_set
from s2m.data.published_sets import missing_sets, present_mixture, published_mixture
from s2m.data.shard_copies import is_address
from s2m.errors import ConfigError
from s2m.training.compact.config import CompactConfig
from s2m.training.compact.trainer import CompactTrainer
from s2m.training.config import read_toml, validated
from s2m.training.original.config import OriginalConfig
from s2m.training.original.trainer import OriginalTrainer
from s2m.training.processes import DeviceName, Processes, join_processes
from s2m.training.run_folder import CHECKPOINT_NAME, NO_RUN
from s2m.training.throughput import Throughput, measure_throughput
from s2m.training.trainer import Trainer

AnyTrainer = Trainer[Any, Any]


@dataclass(frozen=True)
class RunRequest:
    """One call of ``s2m train``.

    Attributes:
        config: the recipe, a TOML file.
        run_id: name of the run; ``NULL`` leaves nothing behind.
        runs: the run's folder is ``runs/run_id``.
        device: what to compute on.
        share_gpus: several processes may use one GPU.
        data_root: the folder that the recipe's sets lie below.
        lvis_root: LVIS of the published mixture.
        static_root: the static sets of the published mixture.
        allow_missing: go on without those of the published sets that are not there.
        resume: go on from the run's checkpoint, where there is one.
        deeplab: a DeepLabV3+ checkpoint that a new run starts from.
        network: weights that a new run starts from.
    """

    config: Path
    run_id: str
    runs: Path
    device: DeviceName = "auto"
    share_gpus: bool = False
    data_root: Path | None = None
    lvis_root: Path | None = None
    static_root: Path | None = None
    allow_missing: bool = False
    resume: bool = False
    deeplab: Path | None = None
    network: Path | None = None

    def __post_init__(self) -> None:
        if self.deeplab is not None and self.network is not None:
            raise ConfigError("--load-deeplab and --load-network exclude each other; give one of them")
        if self.resume and self.run_id == NO_RUN:
            raise ConfigError(f"the run {NO_RUN} leaves no checkpoint to resume from; give another --id")


def train(request: RunRequest, report: Callable[[str], object]) -> None:
    """Train as asked, alone or among the processes of ``torchrun``.

    Args:
        request: what is asked for.
        report: told, in the first process, whether the run goes on or starts, and from what.

    Raises:
        S2MError: the recipe, the data or the weights are not as they should be.
    """
    with _join(request) as processes:
        trainer = open_trainer(request, processes)
        words = _go_on_or_start(trainer, request, processes)
        if processes.is_first:
            report(words)
        trainer.run()


def _join(request: RunRequest) -> AbstractContextManager[Processes]:
    return join_processes(request.device, share_gpus=request.share_gpus)


def _go_on_or_start(trainer: AnyTrainer, request: RunRequest, processes: Processes) -> str:
    """Bring the trainer to where it is to begin; the first process decides for all.

    Returns:
        Where that is, for people.

    Raises:
        ConfigError: there is a checkpoint and nothing says to go on from it.
    """
    checkpoint = (trainer.folder or Path()) / CHECKPOINT_NAME
    if not processes.as_first_says(trainer.folder is not None and checkpoint.is_file()):
        _load_start(trainer, request)
        start = request.deeplab or request.network
        absent = f"{checkpoint} is not there yet; " if request.resume else ""
        return f"{absent}starting at step 0" + (f" from {start}" if start else "")
    if not request.resume and processes.restarts == 0:
        raise ConfigError(
            f"{trainer.folder} already holds a run; add --resume to go on with it, or choose another --id"
        )
    trainer.resume()
    return f"going on from step {trainer.iteration} of {checkpoint}"


def _load_start(trainer: AnyTrainer, request: RunRequest) -> None:
    """Load the weights that a new run starts from, where the request names some."""
    if request.deeplab is not None:
        assert isinstance(trainer, OriginalTrainer), "_check_compact refuses it"
        trainer.load_deeplab(request.deeplab)
    if request.network is not None:
        trainer.load_network(request.network)


def measure(request: RunRequest, steps: int, workers: Sequence[int]) -> Throughput | None:
    """How many images a second the loader prepares and the step learns from, each alone; nothing is written.

    The first process alone has the answer; the others get None.

    Args:
        request: a run that is neither resumed nor saved.
        steps: iterations to time of each.
        workers: numbers of workers to try; none means the recipe's.

    Raises:
        S2MError: as ``train``.
    """
    nowhere = replace(request, run_id=NO_RUN)
    with _join(request) as processes:
        trainer = open_trainer(nowhere, processes)
        _load_start(trainer, request)
        tried = workers or (trainer.config.data.workers,)
        size = trainer.config.optimiser.batch_size
        found = measure_throughput(trainer, size, steps, tried)
        return found if processes.is_first else None


def open_trainer(request: RunRequest, processes: Processes) -> AnyTrainer:
    """The trainer of a request, before any file of weights is loaded.

    Raises:
        S2MError: the recipe, the data or the weights are not as they should be.
    """
    content = read_toml(request.config)
    folder = None if request.run_id == NO_RUN else request.runs / request.run_id
    if "architecture" in content:
        recipe = validated(OriginalConfig, content, request.config)
        return OriginalTrainer(recipe, sets_of(recipe, request), folder, processes)
    settings = validated(CompactConfig, content, request.config)
    _check_compact(settings, request)
    return CompactTrainer(settings, request.data_root or Path(), folder, processes)


def sets_of(settings: OriginalConfig, request: RunRequest) -> tuple[DataSet, ...]:
    """The recipe's sets below ``--data`` and the published ones.

    Raises:
        DataError: one of them is missing and not allowed to be.
        ConfigError: the recipe names sets and ``--data`` is not given.
    """
    sets: tuple[DataSet, ...] = ()
    if settings.data.sets:
        if request.data_root is None and not _are_addresses(settings.data.sets):
            raise ConfigError(f"{request.config} names sets of its own; give the folder they lie below with --data")
        root, copies = request.data_root or Path(), Path(settings.data.shard_copies).expanduser()
        sets = tuple(
            DataSet(name, open_named_set(root, name, copies), repeats) for name, repeats in settings.data.sets.items()
        )
    if request.lvis_root is None and request.static_root is None:
        return sets
    mixture = present_mixture if request.allow_missing else published_mixture
    return (*sets, *mixture(request.lvis_root, request.static_root))


def missing_words_of(request: RunRequest) -> tuple[str, ...]:
    """The published sets that a run goes on without, where it may."""
    if request.lvis_root is None and request.static_root is None:
        return ()
    return missing_sets(request.lvis_root, request.static_root) if request.allow_missing else ()


def _are_addresses(names: Iterable[str]) -> bool:
    """Whether no set lies below ``--data``."""
    return all(is_address(name) for name in names)


def _check_compact(settings: CompactConfig, request: RunRequest) -> None:
    if request.data_root is None and not _are_addresses(settings.data.sets):
        raise ConfigError("the compact network's recipe names folders; give the one they lie below with --data")
    given = [request.lvis_root, request.static_root, request.deeplab]
    if any(path is not None for path in given):
        raise ConfigError(
            "--lvis-root, --static-root and --load-deeplab belong to recipes of the original network; "
            "name LVIS and the static sets in the recipe's [data.sets] instead"
        )
