"""A folder of model files, or weights of the original network, in; a model that answers strokes, out."""

from __future__ import annotations

import hashlib
from pathlib import Path

from s2m.engine.models import SHIPPED_MODEL, Model, OnnxModel
from s2m.engine.precision import Precision
from s2m.engine.providers import Provider
from s2m.errors import ModelError
from s2m.files.reading import read_bytes

CHECKPOINT_SUFFIX = ".pth"


def load_model(
    path: Path | None = None,
    threads: int | None = None,
    provider: Provider = "auto",
    precision: Precision = "auto",
) -> Model:
    """The model in a folder or in a PyTorch file, or the shipped one.

    Args:
        path: a folder as ``OnnxModel`` reads it; a ``.pth`` file of the original network (needs PyTorch);
            None for the shipped model.
        threads: see ``OnnxModel``.
        provider: see ``OnnxModel``; of no account for a ``.pth`` file.
        precision: see ``OnnxModel``; of no account for a ``.pth`` file.

    Raises:
        ModelError: see ``OnnxModel`` and ``s2m.networks.original.model.read_original_model``; or PyTorch is needed
            and not installed.
    """
    if path is not None and path.suffix == CHECKPOINT_SUFFIX:
        return _load_checkpoint(path, threads)
    return OnnxModel(SHIPPED_MODEL if path is None else path, threads, provider, precision)


def model_digest(path: Path) -> str:
    """SHA-256 of a model: of its file, or of all files of its folder.

    Raises:
        ModelError: it cannot be read.
    """
    digest = hashlib.sha256()
    for file in sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]:
        content = read_bytes(file, ModelError)
        digest.update(f"{file.name if path.is_dir() else ''} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _load_checkpoint(path: Path, threads: int | None) -> Model:
    try:
        from s2m.networks.original.model import read_original_model  # PyTorch is not needed otherwise.
    except ImportError as error:
        raise ModelError(
            f"{path} needs PyTorch ({error}); install it with: pip install 's2m[train]', or give a folder of ONNX files"
        ) from error
    return read_original_model(path, threads)
