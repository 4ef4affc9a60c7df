#!/usr/bin/env python3
"""Writes the small exported models of Tests/DLCTests/Fixtures, with what PyTorch computes.

  python bench/onnx_fixtures.py Tests/DLCTests/Fixtures

NAME.onnx is the model in evaluation mode, NAME-plain.onnx the same with nothing fused, NAME-train.onnx in
training mode. NAME.safetensors holds input.*, seed, output, grad.*, target, losses of 20 steps of Adam with
learning rate 1e-3 on the one batch, and buffer.*, the running statistics these leave.
"""
import copy, os, sys

import onnx
import torch
from torch import nn
from safetensors.torch import save_file

import onnx_models as models


def small():
    torch.manual_seed(0)
    r, c = torch.rand, models.classes
    cnn = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6), nn.SiLU(), nn.Flatten(), nn.Linear(6, 3))
    unet = models.UNet()
    encoder = models.Encoder()
    encoder.embed = nn.Embedding(11, 8)
    layer = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0, batch_first=True, norm_first=True)
    encoder.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
    encoder.head = nn.Linear(8, 3)
    class Recurrent(nn.Module):
        def __init__(self, kind, **options):
            super().__init__()
            self.rnn = kind(3, 5, batch_first=True, **options)
            self.head = nn.Linear(5 * (2 if options.get("bidirectional") else 1), 3)

        def forward(self, x):
            y, _ = self.rnn(x)
            return self.head(y[:, -1])
    return {
        "cnn": (cnn, {"x": r(5, 2, 8, 8)}, c(3, 5), "cross-entropy"),
        "lstm": (Recurrent(nn.LSTM, num_layers=2), {"x": r(4, 5, 3)}, c(3, 4), "cross-entropy"),
        "gru": (Recurrent(nn.GRU, bidirectional=True), {"x": r(4, 5, 3)}, c(3, 4), "cross-entropy"),
        "encoder": (encoder, {"tokens": torch.randint(0, 11, (4, 6))}, c(3, 4), "cross-entropy"),
        "unet": (unet, {"x": r(2, 1, 8, 8)}, r(2, 1, 8, 8), "mse"),
    }


def strip(path):
    """Without the exporter's notes: source lines and traces of the machine that made the file."""
    model = onnx.load(path)
    todo = [model.graph, *model.functions]
    del model.metadata_props[:]
    while todo:
        graph = todo.pop()
        for value in [graph, *graph.node, *getattr(graph, "value_info", []), *getattr(graph, "initializer", [])]:
            value.doc_string = ""
            if hasattr(value, "metadata_props"): del value.metadata_props[:]
        for value in [*getattr(graph, "input", []), *getattr(graph, "output", [])]:
            if hasattr(value, "metadata_props"): del value.metadata_props[:]
        for node in graph.node:
            todo += [a.g for a in node.attribute if a.HasField("g")]
        if hasattr(graph, "value_info"): del graph.value_info[:]
    onnx.save(model, path)


def main(out):
    os.makedirs(out, exist_ok=True)
    for exporter in ("new", "old"):
        for name, (model, inputs, target, loss) in small().items():
            if exporter == "old" and name in ("unet", "encoder"): continue
            stem = os.path.join(out, f"{name}-{exporter}")
            models.make_distinct(model)
            models.export(copy.deepcopy(model), inputs, f"{stem}.onnx", exporter, training=False)
            models.export(copy.deepcopy(model), inputs, f"{stem}-plain.onnx", exporter, plain=True)
            live = copy.deepcopy(model)
            models.export(live, inputs, f"{stem}-train.onnx", exporter, training=True)
            for file in (f"{stem}.onnx", f"{stem}-plain.onnx", f"{stem}-train.onnx"): strip(file)
            still = copy.deepcopy(model).eval()
            y = still(*inputs.values())
            seed = torch.rand_like(y)
            y.backward(seed)
            tensors = {f"input.{k}": v for k, v in inputs.items()}
            tensors |= {"seed": seed, "output": y.detach(), "target": target}
            tensors |= {f"grad.{k}": p.grad for k, p in still.named_parameters()}
            live.train()
            optimizer = torch.optim.Adam(live.parameters(), lr=1e-3)
            losses = []
            for _ in range(20):
                optimizer.zero_grad()
                value = models.loss_of(loss, live(*inputs.values()), target)
                value.backward(); optimizer.step(); losses.append(value.item())
            tensors["losses"] = torch.tensor(losses)
            tensors |= {f"buffer.{k}": v for k, v in live.named_buffers() if v.is_floating_point()}
            save_file({k: v.contiguous() for k, v in tensors.items()}, f"{stem}.safetensors")


if __name__ == "__main__":
    main(sys.argv[1])
