#!/usr/bin/env python3
"""The VAE of `dlc study vae` in PyTorch, so that its test ELBO can be held against dlc's.

  python vae_reference.py --data FOLDER [--latent 2 20] [--epochs 60] [--seeds 3] [--threads 2]

FOLDER holds MNIST's four IDX files, gzipped, such as Sources/Runtime/Resources/mnist-5k.
784-400-latent-400-784 with ReLU, Bernoulli cross-entropy of pixels in 0..1 plus KL, Adam 1e-3,
batches of 128. Prints one JSON line a latent size: "elbo", nats of a test image (8 draws of the
code each), mean over the seeds, "deviation" between them, and "elbos", one a seed.
"""
import argparse, json, statistics

import torch
import torch.nn.functional as TF
from torch import nn

from probe_reference import BATCH, LR, load


class VAE(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.e, self.mu, self.lv = nn.Linear(784, 400), nn.Linear(400, latent), nn.Linear(400, latent)
        self.d0, self.d1 = nn.Linear(latent, 400), nn.Linear(400, 784)

    def loss(self, x):
        """-ELBO in nats, mean over the rows."""
        h = TF.relu(self.e(x))
        mu, lv = self.mu(h), self.lv(h)
        logits = self.d1(TF.relu(self.d0(mu + (0.5 * lv).exp() * torch.randn_like(mu))))
        pixels = TF.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        divergence = 0.5 * (mu ** 2 + lv.exp() - lv - 1).sum(1)
        return (pixels + divergence).mean()


def elbo(x, test, latent, epochs, seed):
    torch.manual_seed(seed)
    model = VAE(latent)
    opt = torch.optim.Adam(model.parameters(), lr=LR)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            opt.zero_grad()
            model.loss(x[rows]).backward()
            opt.step()
    with torch.no_grad(): return -sum(model.loss(test).item() for _ in range(8)) / 8


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True, metavar="FOLDER")
    ap.add_argument("--latent", type=int, nargs="+", default=[2, 20])
    ap.add_argument("--epochs", type=int, default=60)
    ap.add_argument("--seeds", type=int, default=3)
    ap.add_argument("--threads", type=int, default=2)
    o = ap.parse_args()
    torch.set_num_threads(o.threads)
    (x, _), (test, _) = load(o.data, "train"), load(o.data, "t10k")
    for latent in o.latent:
        elbos = [elbo(x, test, latent, o.epochs, seed) for seed in range(o.seeds)]
        spread = statistics.stdev(elbos) if len(elbos) > 1 else 0.0
        print(json.dumps(dict(
            latent=latent, epochs=o.epochs, elbo=round(statistics.mean(elbos), 2),
            deviation=round(spread, 2), elbos=[round(e, 2) for e in elbos])), flush=True)


if __name__ == "__main__":
    main()
