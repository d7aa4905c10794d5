"""``s2m export-model``: a checkpoint of a training run or a model folder in, a model folder and a weights file out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click

from s2m.engine.model_cards import CARD_FILE, DECODER_FILE, ENCODER_FILE, card_as_json, read_card
from s2m.engine.models import OnnxModel
from s2m.errors import ModelError
from s2m.files.atomic import write_atomically
from s2m.files.text import read_json
from s2m.networks.loading import CHECKPOINT_SUFFIX

COMPACT_WORKING_SIZE = 512

CALIBRATION_IMAGES = 30
"""Images that graphs of 8-bit integers are made with, of all data sets together."""

COMPACT_FLIP_SIZE = 448
"""Better than 320, 384, 512 and 640 in the mean, and cheaper than 512 (research/flip-and-touched-components.md)."""


class CardOptions(NamedTuple):
    """What the model card is to say; None for the architecture's own, sizes in network pixels.

    Attributes:
        working: see ``ModelCard.working_size``.
        flip: see ``ModelCard.flip_size``.
        keep_untouched: the opposite of ``ModelCard.drop_untouched_components``; always so for the original network.
    """

    working: int | None
    flip: int | None
    keep_untouched: bool


@click.command("export-model")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="Name on the model card.  [default: s2m-compact, or that of the .pth file]")
@click.option("--version", "version", help="Version of the weights, such as 2026.11; a model folder has one.")
@click.option(
    "--working-size",
    type=click.IntRange(min=32),
    help="Long side of what the network sees, in pixels.  [default: 512, the original 480]",
)
@click.option(
    "--flip-size",
    type=click.IntRange(min=0),
    help="Long side of the flipped view for objects without a mask, 0 for none.  [default: 448, the original 0]",
)
@click.option(
    "--keep-untouched",
    is_flag=True,
    help="Keep the components of an answer that no stroke touches, as the original does; without it the compact "
    "network's are dropped.",
)
@click.option("--notes", type=click.Path(path_type=Path), help="JSON file with anything else for the model card.")
@click.option("--weights", type=click.Path(path_type=Path), help="Also write the weights to this safetensors file.")
@click.option(
    "--mix",
    type=(click.Path(path_type=Path), click.FloatRange(0, 1)),
    metavar="FILE SHARE",
    help="Take so much of the weights of a safetensors file, and the rest of CHECKPOINT: the mean of a run and of what "
    "it started from often answers better than both.",
)
@click.option(
    "--quantise",
    "calibration",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Folder of labelled images to quantise with, as `s2m evaluate` reads it: graphs of 8-bit integers are written "
    "too.  May be repeated.",
)
def export_model(
    checkpoint: Path,
    folder: Path,
    name: str | None,
    version: str | None,
    working_size: int | None,
    flip_size: int | None,
    keep_untouched: bool,
    notes: Path | None,
    weights: Path | None,
    mix: tuple[Path, float] | None,
    calibration: tuple[Path, ...],
) -> None:
    """Export CHECKPOINT to FOLDER, for `--model FOLDER`.

    CHECKPOINT is a compact run's checkpoint.pt, whose averaged weights are exported, or weights of the
    original network, weights.pth or a published s2m.pth.  It may be a model folder, which is quantised as it is.
    """
    if checkpoint.is_dir():
        if not calibration:
            raise ModelError(f"{checkpoint} is a model folder already; with --quantise DATA it is quantised")
        if weights is not None or mix is not None:
            raise ModelError(f"--weights and --mix are for compact checkpoints; {checkpoint} is a model folder")
        _copy_model(checkpoint, folder)
    else:
        if version is None:
            raise ModelError("a version is needed, such as --version 2026.11")
        options = CardOptions(working_size, flip_size, keep_untouched)
        _export(checkpoint, folder, name, version, options, notes, weights, mix)
    if calibration:
        _quantise(folder, calibration)
    click.echo(f"wrote {folder} ({sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.1f} MB)")


def _export(
    checkpoint: Path,
    folder: Path,
    name: str | None,
    version: str,
    options: CardOptions,
    notes: Path | None,
    weights: Path | None,
    mix: tuple[Path, float] | None,
) -> None:
    if checkpoint.suffix == CHECKPOINT_SUFFIX:
        if weights is not None or mix is not None:
            raise ModelError(f"--weights and --mix are for compact checkpoints; {checkpoint} has weights already")
        _export_original(checkpoint, folder, name or checkpoint.stem, version, options, _read_notes(notes))
    else:
        _export_compact(checkpoint, folder, name or "s2m-compact", version, options, _read_notes(notes), weights, mix)


def _copy_model(source: Path, folder: Path) -> None:
    """The card and the graphs of floats of a model folder in another."""
    card = read_card(source / CARD_FILE)
    for file in (ENCODER_FILE, DECODER_FILE):
        if not (source / file).is_file():
            raise ModelError(f"{source / file} does not exist; name a model folder")
        write_atomically(folder / file, (source / file).read_bytes())
    write_atomically(folder / CARD_FILE, card_as_json(card))


def _quantise(folder: Path, calibration: Sequence[Path]) -> None:
    """Add graphs of 8-bit integers, and say in the card with which images."""
    from s2m.evaluation.recorded_calls import record_calls
    from s2m.evaluation.scene import read_images
    from s2m.networks.quantisation import quantise

    model = OnnxModel(folder, precision="float32")
    sets = [read_images(data) for data in calibration]
    most = CALIBRATION_IMAGES // len(sets)
    images = [image for found in sets for image in found[:: max(1, math.ceil(len(found) / most))]]
    for graph in quantise(folder, list(record_calls(model, images))):
        floats = f", {len(graph.in_floats)} of {graph.layers} convolutions in floats"
        click.echo(f"wrote {graph.file}: logits change by {graph.change:.3f} in the mean{floats}")
    notes = {**model.card.notes, "quantised_with": [f"{image.image_path.parent.name}/{image.name}" for image in images]}
    write_atomically(folder / CARD_FILE, card_as_json(replace(model.card, notes=notes)))


def _export_original(
    weights: Path, folder: Path, name: str, version: str, options: CardOptions, notes: dict[str, object]
) -> None:
    from s2m.networks.original.export import export_original
    from s2m.networks.original.model import original_card, read_original_network

    network = read_original_network(weights)
    card = original_card(name)
    card = replace(
        card,
        version=version,
        working_size=options.working or card.working_size,
        flip_size=options.flip or card.flip_size,
        notes=notes,
    )
    export_original(network, card, folder)


def _export_compact(
    checkpoint: Path,
    folder: Path,
    name: str,
    version: str,
    options: CardOptions,
    notes: dict[str, object],
    weights: Path | None,
    mix: tuple[Path, float] | None,
) -> None:
    from s2m.engine.model_cards import ModelCard
    from s2m.networks.compact.export import PROMPT_DIAMETER_PX, export_compact, mix_weights, write_weights
    from s2m.networks.compact.network import PROMPT_STRIDE, SIZE_MULTIPLE
    from s2m.training.checkpoints import read_checkpoint
    from s2m.training.compact.config import CompactConfig
    from s2m.training.compact.trainer import build_network

    state = read_checkpoint(checkpoint)
    if "architecture" in state.config:
        weights_only = checkpoint.with_name("weights.pth")
        raise ModelError(f"{checkpoint} is a checkpoint of the original network; export {weights_only} instead")
    network = build_network(CompactConfig.model_validate(state.config))
    network.load_state_dict(state.average)
    if mix is not None:
        mix_weights(network, *mix)
    card = ModelCard(
        name=name,
        architecture="compact",
        version=version,
        working_size=options.working or COMPACT_WORKING_SIZE,
        size_multiple=SIZE_MULTIPLE,
        prompt_stride=PROMPT_STRIDE,
        prompt_diameter_px=PROMPT_DIAMETER_PX,
        flip_size=COMPACT_FLIP_SIZE if options.flip is None else options.flip,
        drop_untouched_components=not options.keep_untouched,
        notes={"iterations": state.iteration, **notes},
    )
    export_compact(network, card, folder)
    if weights is not None:
        write_weights(network, weights)


def _read_notes(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    notes = read_json(path, ModelError)
    if not isinstance(notes, dict):
        raise ModelError(f"{path} must hold a JSON object, got {type(notes).__name__}")
    return notes
