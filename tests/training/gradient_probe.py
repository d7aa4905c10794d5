"""Makes one training step, alone or under torchrun, and saves the gradients: gradient_probe.py RECIPE DATA OUTPUT."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import torch
from torch import Tensor, nn

from s2m.networks.original.deeplabv3plus import Bottleneck, DeepLabV3Plus, deeplabv3plus_resnet50, network_input
from s2m.training.compact import trainer as compact_trainer
from s2m.training.original import trainer as original_trainer
from s2m.training.processes import join_processes
from s2m.training.runs import RunRequest, open_trainer


def double_network(output_stride: Literal[8, 16]) -> DeepLabV3Plus:
    """Random deep networks amplify rounding; at double precision there is less of it to amplify."""
    return deeplabv3plus_resnet50(output_stride).double()


def double_input(images: Tensor, prompts: Tensor) -> Tensor:
    return network_input(images, prompts).double()


def main(recipe: Path, data_root: Path, output: Path) -> None:
    torch.set_num_threads(1)
    request = RunRequest(recipe, "NULL", Path("unused"), device="cpu", data_root=data_root)
    with ExitStack() as stack:
        stack.enter_context(patch.object(compact_trainer, "has_fast_bfloat16", return_value=False))
        stack.enter_context(patch.object(original_trainer, "deeplabv3plus_resnet50", double_network))
        stack.enter_context(patch.object(original_trainer, "network_input", double_input))
        processes = stack.enter_context(join_processes("cpu"))
        trainer = open_trainer(request, processes)
        for module in trainer.network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
            if isinstance(module, Bottleneck):
                nn.init.constant_(module.bn3.weight, 0.1)  # Random deep networks amplify rounding; damped ones do not.
        trainer.step(next(trainer.batches(1, workers=0)))
        gradients = {name: p.grad for name, p in trainer.network.named_parameters() if p.grad is not None}
        statistics = {name: value for name, value in trainer.network.named_buffers() if "running" in name}
        if processes.is_first:
            torch.save({"gradients": gradients, "statistics": statistics}, output)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
