"""``s2m info``: versions, model, provider and threads."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import click

from s2m.models import DECODER_FILE, ENCODER_FILE, OnnxModel, load_model

_LIBRARIES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow")


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model.  [default: the shipped one]")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads.  [default: all cores]")
def info(model: Path | None, threads: int | None) -> None:
    """Say which versions, model, provider and threads are in use."""
    loaded = load_model(model, threads)
    card = loaded.card
    rows = {
        "s2m": version("s2m"),
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        **{name: version(name) for name in _LIBRARIES},
        "model": f"{card.name} {card.version} ({card.architecture})",
        "looks at": f"{card.working_size} pixels on the long side",
        **(_onnx_rows(loaded) if isinstance(loaded, OnnxModel) else {"provider": "PyTorch"}),
    }
    for name, value in rows.items():
        click.echo(f"{name:24}{value}")


def _onnx_rows(model: OnnxModel) -> dict[str, str]:
    size = sum((model.folder / file).stat().st_size for file in (ENCODER_FILE, DECODER_FILE))
    return {
        "model folder": f"{model.folder} ({size / 1e6:.1f} MB)",
        "provider": ", ".join(model.providers),
        "threads": str(model.threads),
    }
