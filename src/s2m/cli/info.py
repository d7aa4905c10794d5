"""``s2m info``: versions, model, provider, threads and bounds of memory."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import click
import numpy as np

from s2m.cli.provider_option import precision_option, provider_option
from s2m.engine.model_cards import ModelCard
from s2m.engine.models import Model, OnnxModel
from s2m.engine.precision import Precision
from s2m.engine.providers import Provider
from s2m.engine.segmenter import EMBEDDING_BYTES, Segmenter
from s2m.networks.loading import load_model
from s2m.web.pictures import PICTURE_BYTES, TILE_BYTES

_LIBRARIES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow")


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model.  [default: the shipped one]")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads.  [default: all cores]")
@provider_option
@precision_option
def info(model: Path | None, threads: int | None, provider: Provider, precision: Precision) -> None:
    """Say which versions, model, provider and threads are in use, and how much memory images may take."""
    loaded = load_model(model, threads, provider, precision)
    card = loaded.card
    rows = {
        "s2m": version("s2m"),
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        **{name: version(name) for name in _LIBRARIES},
        "model": f"{card.name} {card.version} ({card.architecture})",
        "sees": _sizes(card),
        **(_onnx_rows(loaded) if isinstance(loaded, OnnxModel) else {"provider": "PyTorch"}),
        **_memory_rows(loaded),
    }
    for name, value in rows.items():
        click.echo(f"{name:24}{value}")


def _sizes(card: ModelCard) -> str:
    flip = f"; a flip of {card.flip_size} for objects without a mask" if card.flip_size else ""
    return f"{card.working_size} pixels on the long side{flip}"


def _memory_rows(model: Model) -> dict[str, str]:
    """The most that a server keeps of the images looked at last; its page says what it keeps now."""
    size = model.card.working_size
    square = np.zeros((size, size, 3), dtype=np.uint8)
    segmenter = Segmenter(model)
    segmenter.encode(square)
    return {
        "embeddings kept": f"at most {_megabytes(EMBEDDING_BYTES)}; {_megabytes(segmenter.nbytes)} a square image",
        "pictures kept": f"at most {_megabytes(PICTURE_BYTES)} decoded and {_megabytes(TILE_BYTES)} as tiles",
    }


def _megabytes(nbytes: int) -> str:
    return f"{nbytes / 2**20:.3g} MB" if nbytes < 100 * 2**20 else f"{nbytes / 2**20:.0f} MB"


def _onnx_rows(model: OnnxModel) -> dict[str, str]:
    size = sum((model.folder / file).stat().st_size for file in model.files)
    return {
        "model folder": f"{model.folder} ({size / 1e6:.1f} MB)",
        "provider": f"{model.provider.execution_provider} ({model.provider.reason})",
        "precision": f"{model.precision.name} ({model.precision.reason})",
        "threads": str(model.threads),
    }
