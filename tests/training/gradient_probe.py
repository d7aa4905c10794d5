"""Makes one training step, alone or under torchrun, and saves the gradients: gradient_probe.py RECIPE DATA OUTPUT."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

import torch
from torch import nn

from s2m.network.deeplabv3plus import Bottleneck
from s2m.training import loop
from s2m.training.original_loop import OriginalTrainer
from s2m.training.processes import join_processes
from s2m.training.runs import RunRequest, open_trainer


def main(recipe: Path, data_root: Path, output: Path) -> None:
    torch.set_num_threads(1)
    request = RunRequest(recipe, "NULL", Path("unused"), device="cpu", data_root=data_root)
    full_precision = patch.object(loop, "has_fast_bfloat16", return_value=False)
    with full_precision, join_processes("cpu") as processes, open_trainer(request, processes) as trainer:
        for module in trainer.network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
            if isinstance(module, Bottleneck):
                nn.init.constant_(module.bn3.weight, 0.1)  # Random deep networks amplify rounding; damped ones do not.
        if isinstance(trainer, OriginalTrainer):
            trainer.step(next(trainer.batches(1, workers=0)))
        else:
            trainer.step(next(trainer.batches(1, workers=0)))
        gradients = {name: p.grad for name, p in trainer.network.named_parameters() if p.grad is not None}
        statistics = {name: value for name, value in trainer.network.named_buffers() if "running" in name}
        if processes.is_first:
            torch.save({"gradients": gradients, "statistics": statistics}, output)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
