"""``s2m train``: a recipe and data in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from s2m.errors import ConfigError, DataError

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("config", type=_PATH, required=False)
@click.option("--config", "config_option", type=_PATH, help="The same as CONFIG.")
@click.option("--data", "data_root", type=_PATH, help="Folder that the recipe's sets lie below.")
@click.option("--lvis-root", type=_PATH, help="Folder of LVIS v1, for the original's published mixture.")
@click.option("--static-root", type=_PATH, help="Folder of the static sets, for the original's published mixture.")
@click.option("--allow-missing", is_flag=True, help="Name the published sets that are not there and go on without.")
@click.option("--id", "run_id", required=True, help="Name of the run; its folder is RUNS/ID.  NULL writes nothing.")
@click.option("--runs", type=_PATH, default=Path("runs"), show_default=True, help="Folder of runs.")
@click.option("--resume", is_flag=True, help="Go on from the run folder's checkpoint, if there is one yet.")
@click.option("--load-deeplab", type=_PATH, help="Start from a DeepLabV3+ ResNet-50 checkpoint with a model_state.")
@click.option(
    "--load-network",
    type=_PATH,
    help="Start from weights: a safetensors file of the compact network, or s2m.pth of the original.",
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--share-gpus", is_flag=True, help="Under torchrun: let several processes use one GPU.")
@click.option("--measure", type=click.IntRange(min=1), help="Only time the loader and the step, this many steps each.")
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    multiple=True,
    help="With --measure: number of loader processes to try instead of the recipe's; may be given several times.",
)
def train(
    config: Path | None,
    config_option: Path | None,
    data_root: Path | None,
    lvis_root: Path | None,
    static_root: Path | None,
    allow_missing: bool,
    run_id: str,
    runs: Path,
    resume: bool,
    load_deeplab: Path | None,
    load_network: Path | None,
    device: str,
    share_gpus: bool,
    measure: int | None,
    workers: tuple[int, ...],
) -> None:
    """Train a network as the TOML file CONFIG says."""
    from s2m.training import runs as training_runs
    from s2m.training.processes import DeviceName

    if (config is None) == (config_option is None):
        raise ConfigError("name one recipe, as in: s2m train configs/compact.toml --data DATA --id compact")
    if data_root is not None and not data_root.is_dir():
        raise DataError(f"{data_root} is no folder; give the folder that holds the data sets")
    request = training_runs.RunRequest(
        config=cast(Path, config or config_option),
        run_id=run_id,
        runs=runs,
        device=cast(DeviceName, device),
        share_gpus=share_gpus,
        data_root=data_root,
        lvis_root=lvis_root,
        static_root=static_root,
        allow_missing=allow_missing,
        resume=resume,
        deeplab=load_deeplab,
        network=load_network,
    )
    if workers and measure is None:
        raise ConfigError("--workers belongs to --measure; a run's workers are set in the recipe, [data] workers")
    for line in training_runs.missing_words_of(request):
        click.echo(f"going on without {line}")
    if measure is None:
        training_runs.train(request, click.echo)
        return
    found = training_runs.measure(request, measure, workers)
    if found is None:
        return
    click.echo(f"step alone: {found.step:.1f} images/s")
    for loader in found.loaders:
        ratio = found.ratio(loader)
        click.echo(
            f"loader alone, {loader.workers} workers: {loader.images_per_second:.1f} images/s, "
            f"loader / step {ratio:.2f}{' (the device waits for data)' if ratio < 1 else ''}"
        )
