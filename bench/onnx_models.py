#!/usr/bin/env python3
"""Models as torch.onnx exports them, checked through dlc against PyTorch.

  python bench/onnx_models.py --out DIR [--dlc PATH] [--exporter new old] [--only NAME ...]

Each model is exported three times: in evaluation mode for `dlc run`, the same with no operators fused for
`dlc grad` (fused weights have other gradients), and in training mode for `dlc train`. Printed for each: the
largest deviation of outputs, of the gradients of all parameters, of the loss over 20 steps of Adam, and of the
running statistics they leave, relative to the largest element of each tensor; and in `float`, the largest of
the same deviations of PyTorch itself between float and double. Where a relu is at its kink a gradient is one or
the other by chance: of ten seeds the first is taken at which PyTorch agrees with itself.

Needs torch, onnx, numpy and safetensors.
"""
import argparse, copy, csv, os, subprocess, sys, warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")


def mlp():
    return nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 5))


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(32 * 4 * 4, 10))


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.c1 = nn.Conv2d(i, o, 3, stride, 1, bias=False); self.b1 = nn.BatchNorm2d(o)
        self.c2 = nn.Conv2d(o, o, 3, 1, 1, bias=False); self.b2 = nn.BatchNorm2d(o)
        self.short = nn.Sequential()
        if stride != 1 or i != o:
            self.short = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = self.b2(self.c2(F.relu(self.b1(self.c1(x)))))
        return F.relu(y + self.short(x))


def resnet18():
    sizes = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        *[Block(*s) for s in sizes], nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.rnn = kind(8, 24, batch_first=True, **options)
        self.head = nn.Linear(24 * (2 if options.get("bidirectional") else 1), 4)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.head(y[:, -1])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 6)

    def forward(self, tokens):
        return self.head(self.encoder(self.embed(tokens)).mean(1))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1 = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.SiLU())
        self.d2 = nn.Sequential(nn.Conv2d(8, 16, 3, 2, 1), nn.GroupNorm(4, 16), nn.SiLU())
        self.mid = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.GELU())
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.out = nn.Conv2d(16, 1, 3, padding=1)

    def forward(self, x):
        a = self.d1(x); b = self.mid(self.d2(a))
        u = self.up(b) + F.interpolate(b[:, :8], scale_factor=2, mode="nearest")
        return self.out(torch.cat([a, u], 1))


class VAE(nn.Module):
    """Its noise is an input, so that two programs draw the same."""

    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(64, 32); self.mu = nn.Linear(32, 4); self.logvar = nn.Linear(32, 4)
        self.d1 = nn.Linear(4, 32); self.d2 = nn.Linear(32, 64)

    def forward(self, x, noise):
        h = F.relu(self.enc(x)); mu, logvar = self.mu(h), self.logvar(h)
        z = mu + noise * torch.exp(0.5 * logvar)
        y = self.d2(F.relu(self.d1(z)))
        rec = F.binary_cross_entropy_with_logits(y, x, reduction="sum") / x.shape[0]
        kl = -0.5 * (1 + logvar - mu * mu - logvar.exp()).sum() / x.shape[0]
        return rec + kl


def classes(n, rows):
    return torch.randint(0, n, (rows,))


def table():
    """name: model, inputs, target, loss"""
    r = torch.rand
    return {
        "mlp": (mlp(), {"x": r(32, 20)}, classes(5, 32), "cross-entropy"),
        "cnn": (cnn(), {"x": r(16, 3, 16, 16)}, classes(10, 16), "cross-entropy"),
        "resnet18": (resnet18(), {"x": r(8, 3, 32, 32)}, classes(10, 8), "cross-entropy"),
        "lstm": (Recurrent(nn.LSTM, num_layers=2), {"x": r(8, 12, 8)}, classes(4, 8), "cross-entropy"),
        "gru": (Recurrent(nn.GRU, bidirectional=True), {"x": r(8, 12, 8)}, classes(4, 8), "cross-entropy"),
        "rnn": (Recurrent(nn.RNN), {"x": r(8, 12, 8)}, classes(4, 8), "cross-entropy"),
        "encoder": (Encoder(), {"tokens": torch.randint(0, 50, (8, 10))}, classes(6, 8), "cross-entropy"),
        "unet": (UNet(), {"x": r(4, 1, 16, 16)}, r(4, 1, 16, 16), "mse"),
        "vae": (VAE(), {"x": r(16, 64), "noise": torch.randn(16, 4)}, None, "none"),
    }


def loss_of(kind, y, target):
    if kind == "cross-entropy": return F.cross_entropy(y, target)
    if kind == "mse": return F.mse_loss(y, target)
    return y


def export(model, inputs, path, exporter, training=False, plain=False):
    model.train(training)
    mode = torch.onnx.TrainingMode.TRAINING if training else torch.onnx.TrainingMode.EVAL
    if plain: mode = torch.onnx.TrainingMode.PRESERVE
    names = list(inputs)
    if exporter == "old":
        torch.onnx.export(
            model, tuple(inputs.values()), path, input_names=names, output_names=["output"], dynamo=False,
            training=mode, do_constant_folding=not (training or plain), opset_version=17,
            dynamic_axes={n: {0: "batch"} for n in names})
    else:
        torch.onnx.export(
            model, tuple(inputs.values()), path, input_names=names, output_names=["output"], dynamo=True,
            external_data=False, verbose=False, optimize=not (training or plain))


def deviation(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape: return float("inf")
    return float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)) if a.size else 0.0


def dlc(o, *args):
    r = subprocess.run([o.dlc, *args], capture_output=True, text=True)
    if r.returncode: raise RuntimeError(r.stderr.strip().splitlines()[-1])
    return r


def file_of(name):
    out = ""
    for i, b in enumerate(name.encode()):
        safe = 32 < b < 127 and chr(b) not in '/\\%:*?"<>|' and not (i == 0 and b == 46)
        out += chr(b) if safe else "%%%02X" % b
    return out


def steps_of(model, inputs, target, loss, lr, dtype):
    def cast(t): return t.to(dtype) if t.is_floating_point() else t
    live = copy.deepcopy(model).train().to(dtype)
    optimizer = torch.optim.Adam(live.parameters(), lr=lr)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        value = loss_of(loss, live(*map(cast, inputs.values())), None if target is None else cast(target))
        value.backward(); optimizer.step(); losses.append(value.item())
    return losses, live


def gradients_of(model, inputs, dtype):
    def cast(t): return t.to(dtype) if t.is_floating_point() else t
    still = copy.deepcopy(model).eval().to(dtype)
    y = still(*map(cast, inputs.values()))
    torch.manual_seed(1)
    seed = torch.ones_like(y) if y.dim() == 0 else torch.rand(y.shape).to(dtype)
    y.backward(seed)
    return y.detach(), seed, {k: p.grad for k, p in still.named_parameters()}


def relative(a, b): return max(abs(x - y) / abs(y) for x, y in zip(a, b))


def make_distinct(model):
    """No two parameters alike: exporters keep equal tensors once."""
    with torch.no_grad():
        for p in model.parameters(): p.mul_(1 + 0.01 * torch.rand_like(p)).add_(1e-3 * torch.rand_like(p))


def well_conditioned(name):
    for s in range(10):
        torch.manual_seed(s)
        model, inputs, target, loss = table()[name]
        make_distinct(model)
        # At larger rates resnet18 learns the batch by heart in 20 steps, and one thread of PyTorch differs from
        # two by 2e-3 of what is left of the loss.
        lr = 1e-5 if name == "resnet18" else 1e-3
        single, double = (gradients_of(model, inputs, t)[2] for t in (torch.float32, torch.float64))
        own = max(deviation(single[k], double[k]) for k in single)
        a, b = (steps_of(model, inputs, target, loss, lr, t)[0] for t in (torch.float32, torch.float64))
        if own < 2e-5 and relative(a, b) < 2e-4: break
    return model, inputs, target, loss, lr, max(own, relative(a, b))


def check(o, name, exporter):
    model, inputs, target, loss, lr, own = well_conditioned(name)
    folder = os.path.join(o.out, f"{name}-{exporter}"); os.makedirs(folder, exist_ok=True)
    given = []
    for key, value in inputs.items():
        np.save(f"{folder}/{key}.npy", value.numpy()); given += ["--input", f"{key}={folder}/{key}.npy"]

    # Outputs and gradients, in evaluation mode.
    path = f"{folder}/eval.onnx"
    export(copy.deepcopy(model), inputs, path, exporter, training=False)
    y, seed, wanted = gradients_of(model, inputs, torch.float32)
    dlc(o, "run", path, *given, "--output", f"output={folder}/output.npy")
    outputs = deviation(np.load(f"{folder}/output.npy"), y.detach().numpy())
    np.save(f"{folder}/seed.npy", seed.numpy())
    export(copy.deepcopy(model), inputs, f"{folder}/plain.onnx", exporter, plain=True)
    dlc(o, "grad", f"{folder}/plain.onnx", *given, "--output-dir", f"{folder}/grad", "--seed-grad", f"{folder}/seed.npy")
    gradients, compared, missing = 0.0, 0, []
    for key, gradient in wanted.items():
        f = f"{folder}/grad/{file_of(key)}.npy"
        if not os.path.exists(f): missing.append(key); continue
        gradients = max(gradients, deviation(np.load(f), gradient.numpy())); compared += 1

    # 20 steps of Adam, in training mode.
    # Tracing in training mode may itself update running statistics: both start from the exported ones.
    path, exported = f"{folder}/train.onnx", copy.deepcopy(model)
    export(exported, inputs, path, exporter, training=True)
    want, live = steps_of(exported, inputs, target, loss, lr, torch.float32)
    data = {k: v.numpy() for k, v in inputs.items()}
    if target is not None: data["target"] = target.numpy()
    np.savez(f"{folder}/data.npz", **data)
    dlc(o, "train", path, "--data", f"{folder}/data.npz", "--loss", loss, "--optimizer", "adam", "--lr", str(lr),
        "--batch", str(len(next(iter(inputs.values())))), "--steps", "20", "--no-shuffle", "--out", f"{folder}/out")
    got = [float(row["loss"]) for row in csv.DictReader(open(f"{folder}/out/metrics.csv"))]
    from safetensors.numpy import load_file
    saved = load_file(f"{folder}/out/weights.safetensors")
    steps = relative(got, want) if len(got) == 20 else float("inf")
    buffers = max([deviation(saved[k], v.numpy()) for k, v in live.named_buffers() if k in saved and v.dtype.is_floating_point], default=0.0)
    return outputs, gradients, compared, missing, steps, buffers, own


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", required=True); ap.add_argument("--dlc", default=".build/release/dlc")
    ap.add_argument("--exporter", nargs="*", default=["new", "old"]); ap.add_argument("--only", nargs="*")
    o = ap.parse_args()
    print(f"{'model':12}{'exporter':9}{'outputs':>10}{'gradients':>11}{'of':>4}{'20 steps':>10}{'buffers':>10}{'float':>10}")
    failed = False
    for name in o.only or table():
        for exporter in o.exporter:
            try:
                out, grad, count, missing, steps, buffers, own = check(o, name, exporter)
                bad = out > 1e-5 or grad > 1e-4 or steps > 1e-3 or count == 0
                note = f"  without gradient: {', '.join(missing)}" if missing else ""
                print(f"{name:12}{exporter:9}{out:10.1e}{grad:11.1e}{count:4}{steps:10.1e}{buffers:10.1e}{own:10.1e}{note}{'  MISSED' if bad else ''}", flush=True)
            except Exception as e:
                bad = True
                print(f"{name:12}{exporter:9}  {str(e).splitlines()[0][:300]}", flush=True)
            failed |= bad
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
