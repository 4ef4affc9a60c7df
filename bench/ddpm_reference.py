#!/usr/bin/env python3
"""The diffusion model of `dlc study elbo` in PyTorch: its bound in bits a dimension, beside dlc's.

  python ddpm_reference.py --data FOLDER [--epochs 20] [--width 16] [--seeds 0 1 2] [--threads 2]

FOLDER holds MNIST's four IDX files, gzipped, such as Sources/Runtime/Resources/mnist-5k; digits are
made 14 x 14. The U-Net is that of bench/workloads.py with PyTorch's own initial weights, the noise
schedule that of Ho et al. 2020 over 1,000 steps; Adam 2e-3 with a cosine to 0, batches of 32.
Predicted images are cut off at -1 and 1, reverse variances are those of q(x_{t-1} | x_t, x_0), at
t = 1 that of t = 2.
Prints one JSON line a seed: "bits" a dimension on test images, "bits_L0" and "bits_prior", and a
last one with their means.
"""
import argparse, json, math, statistics

import numpy as np
import torch
import torch.nn.functional as TF
from torch import nn

from probe_reference import load

BATCH, LR, STEPS, ROUNDS = 32, 2e-3, 1000, 20
BETA = np.concatenate([[0], 1e-4 + (0.02 - 1e-4) * np.arange(STEPS) / (STEPS - 1)])
KEPT = np.cumprod(1 - BETA)
FREQUENCIES = torch.tensor([1000 / 10000 ** (i / 16) for i in range(16)], dtype=torch.float32)


class UNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        conv = lambda i, o, stride=1: nn.Conv2d(i, o, 3, stride=stride, padding=1)
        norm = lambda n: nn.GroupNorm(8, n)
        self.time = nn.Sequential(nn.Linear(32, 128), nn.SiLU(), nn.Linear(128, 2 * c))
        self.enter = conv(1, c)
        self.before = nn.Sequential(norm(c), nn.SiLU(), conv(c, c))
        self.down = conv(c, 2 * c, 2)
        self.middle = nn.Sequential(norm(2 * c), nn.SiLU(), conv(2 * c, 2 * c),
                                    norm(2 * c), nn.SiLU(), conv(2 * c, 2 * c))
        self.up = conv(2 * c, c)
        self.after = nn.Sequential(norm(2 * c), nn.SiLU(), conv(2 * c, c), nn.SiLU(), conv(c, 1))

    def forward(self, x, t):
        angles = t[:, None] * FREQUENCIES
        embedding = self.time(torch.cat([angles.sin(), angles.cos()], 1))
        full = self.before(self.enter(x))
        half = self.down(full) + embedding[:, :, None, None]
        enlarged = self.up(TF.interpolate(self.middle(half), scale_factor=2))
        return self.after(torch.cat([enlarged, full], 1))


def table(values, t): return torch.from_numpy(values).float()[t].reshape(-1, 1, 1, 1)


def noised(x, e, t): return table(KEPT ** 0.5, t) * x + table((1 - KEPT) ** 0.5, t) * e


def cleaned(model, x, t):
    """The predicted image after t steps of noise."""
    e = torch.randn_like(x)
    noisy = noised(x, e, t)
    told = model(noisy, t / STEPS)
    clean = (noisy - table((1 - KEPT) ** 0.5, t) * told) / table(KEPT ** 0.5, t)
    return clean.clamp(-1, 1)


def train(x, width, epochs):
    model = UNet(width)
    opt = torch.optim.Adam(model.parameters(), lr=LR)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(opt, epochs * math.ceil(len(x) / BATCH))
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            t, e = torch.randint(1, STEPS + 1, (len(rows),)), torch.randn_like(x[rows])
            opt.zero_grad()
            TF.mse_loss(model(noised(x[rows], e, t), t / STEPS), e).backward()
            opt.step()
            plan.step()
    return model


@torch.no_grad()
def terms(model, x):
    """L_0, L_1..L_(STEPS-1) and the prior term in nats, means over the images."""
    index = torch.arange(len(x))
    sums, counts = np.zeros(STEPS + 1), np.zeros(STEPS + 1)
    clean = torch.cat([cleaned(model, part, torch.ones(len(part), dtype=torch.long))
                       for part in x.split(100)]).double()
    scale = math.sqrt(2 * BETA[2] * (1 - KEPT[1]) / (1 - KEPT[2]))
    level = x.double()
    upper = torch.where(level > 0.999, 1, ((level - clean + 1 / 255) / scale).erf())
    lower = torch.where(level < -0.999, -1, ((level - clean - 1 / 255) / scale).erf())
    sums[0] = -(0.5 * (upper - lower)).clamp(min=1e-12).log().sum((1, 2, 3)).mean()
    counts[0] = 1
    ratio = KEPT[1:] / (1 - KEPT[1:])
    weight = np.concatenate([[0, 0], (ratio[:-1] - ratio[1:]) / 2])
    for part, rows in zip(x.split(100), index.split(100)):
        for k in range(ROUNDS):
            t = 1 + (rows + k * STEPS // ROUNDS) % STEPS
            errors = ((cleaned(model, part, t) - part) ** 2).sum((1, 2, 3)).double().numpy()
            places = t.numpy()
            later = places > 1
            np.add.at(sums, places[later] - 1, weight[places[later]] * errors[later])
            np.add.at(counts, places[later] - 1, 1)
    left = KEPT[STEPS]
    sums[STEPS] = (0.5 * (left * level ** 2 - left - math.log1p(-left))).sum((1, 2, 3)).mean()
    counts[STEPS] = 1
    return sums / counts


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True, metavar="FOLDER")
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--width", type=int, default=16)
    ap.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    ap.add_argument("--threads", type=int, default=2)
    o = ap.parse_args()
    torch.set_num_threads(o.threads)
    def image(part):
        """14 x 14 pixels in -1..1, means of two by two in steps of 1/255 again."""
        x = TF.avg_pool2d(load(o.data, part)[0].reshape(-1, 1, 28, 28), 2)
        return 2 * ((x * 255 + 0.501).floor() / 255) - 1
    x, test = image("train"), image("t10k")
    found = []
    for seed in o.seeds:
        torch.manual_seed(seed)
        bits = terms(train(x, o.width, o.epochs), test) / (test[0].numel() * math.log(2))
        found.append(dict(bits=bits.sum(), bits_L0=bits[0], bits_prior=bits[STEPS]))
        print(json.dumps(dict(seed=seed, **{k: float(f"{v:.5g}") for k, v in found[-1].items()})),
              flush=True)
    mean = {k: float(f"{statistics.mean(f[k] for f in found):.5g}") for k in found[0]}
    print(json.dumps(dict(epochs=o.epochs, width=o.width, seeds=len(o.seeds), **mean)), flush=True)


if __name__ == "__main__":
    main()
