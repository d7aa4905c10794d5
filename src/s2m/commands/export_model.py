"""``s2m export-model``: a checkpoint of a training run in, a model folder and a weights file out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from s2m.errors import ModelError


@click.command("export-model")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", default="s2m-compact", show_default=True, help="Name on the model card.")
@click.option("--version", "version", required=True, help="Version of the weights, such as 2026.11.")
@click.option("--working-size", default=512, show_default=True, help="Long side that the network looks at, in pixels.")
@click.option("--notes", type=click.Path(path_type=Path), help="JSON file with anything else for the model card.")
@click.option("--weights", type=click.Path(path_type=Path), help="Also write the weights to this safetensors file.")
def export_model(
    checkpoint: Path, folder: Path, name: str, version: str, working_size: int, notes: Path | None, weights: Path | None
) -> None:
    """Export the averaged weights of CHECKPOINT to FOLDER, for `--model FOLDER`."""
    from s2m.models import ModelCard
    from s2m.network.compact import PROMPT_STRIDE, SIZE_MULTIPLE
    from s2m.network.export import PROMPT_DIAMETER_PX, export_compact, write_weights
    from s2m.training.checkpoints import read_checkpoint
    from s2m.training.config import TrainingConfig
    from s2m.training.loop import build_network

    state = read_checkpoint(checkpoint)
    network = build_network(TrainingConfig.model_validate(state.config))
    network.load_state_dict(state.average)
    card = ModelCard(
        name=name,
        architecture="compact",
        version=version,
        working_size=working_size,
        size_multiple=SIZE_MULTIPLE,
        prompt_stride=PROMPT_STRIDE,
        prompt_diameter_px=PROMPT_DIAMETER_PX,
        notes={"iterations": state.iteration, **_read_notes(notes)},
    )
    export_compact(network, card, folder)
    if weights is not None:
        write_weights(network, weights)
    click.echo(f"wrote {folder} ({sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.1f} MB)")


def _read_notes(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(notes, dict):
        raise ModelError(f"{path} must hold a JSON object, got {type(notes).__name__}")
    return notes
