"""``s2m train``: a configuration and a data root in, a run folder out."""

from __future__ import annotations

from pathlib import Path

import click

from s2m.errors import ConfigError


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--data", "data_root", type=click.Path(path_type=Path), required=True, help="Folder that holds the sets.")
@click.option("--id", "run_id", required=True, help="Name of the run; its folder is RUNS/ID.")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Folder of runs.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint of the run folder.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
def train(config: Path, data_root: Path, run_id: str, runs: Path, resume: bool, device: str) -> None:
    """Train a network as the TOML file CONFIG says."""
    import torch

    from s2m.training.config import read_config
    from s2m.training.loop import CHECKPOINT_NAME, Trainer

    settings = read_config(config)
    folder = runs / run_id
    if not resume and (folder / CHECKPOINT_NAME).exists():
        raise ConfigError(f"{folder} already holds a run; add --resume to go on with it, or choose another --id")
    chosen = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    trainer = Trainer(settings, data_root, folder, torch.device(chosen))
    if resume:
        trainer.resume()
    trainer.run()
