#!/usr/bin/env python3
"""The autoencoder's main job in PyTorch, so that its figures come from the same run as dlc's.

  python probe_reference.py --data FOLDER --epochs 20 [--probe-epochs 20] [--threads 2]

FOLDER holds MNIST's four IDX files, gzipped. 784-512-256-128-256-512-784 with ReLU between
(none after the latent and the last layer), MSE on pixels scaled to 0..1, Adam 1e-3, batches of 128.
Then two probes on the frozen latents, Adam 1e-3, batches of 128, cross-entropy: one linear layer,
and 128-128-10 with ReLU. Prints one JSON line: "test_mse", "linear_probe" and
"mlp_probe" (test accuracies), "seconds" (of the autoencoder's training alone).
"""
import argparse, gzip, json, pathlib, time

import numpy as np
import torch
import torch.nn.functional as TF
from torch import nn

BATCH, LR = 128, 1e-3


def idx(path):
    """An IDX file of unsigned bytes: two zeros, type 8, rank, big-endian sizes, then the data."""
    data = gzip.decompress(path.read_bytes())
    if data[:3] != b"\0\0\x08": raise SystemExit(f"{path}: not an IDX file of bytes")
    rank = data[3]
    shape = np.frombuffer(data, ">u4", rank, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder, part):
    folder = pathlib.Path(folder)
    x = idx(folder / f"{part}-images-idx3-ubyte.gz").reshape(-1, 784)
    y = idx(folder / f"{part}-labels-idx1-ubyte.gz")
    return torch.from_numpy(x.astype(np.float32) / 255), torch.from_numpy(y.astype(np.int64))


def stack(*sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]): layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train(model, loss, x, y, epochs):
    """Shuffled anew each epoch; the last, smaller batch counts too."""
    opt = torch.optim.Adam(model.parameters(), lr=LR)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            opt.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            opt.step()


@torch.no_grad()
def accuracy(model, z, y):
    return (model(z).argmax(1) == y).double().mean().item()


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True, metavar="FOLDER")
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--probe-epochs", type=int, nargs="+", default=[20],
                    help="several train the probes anew for each")
    ap.add_argument("--standardize", action="store_true",
                    help="latents to mean 0 and deviation 1, by the training set's figures")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--seed", type=int, default=0)
    o = ap.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    x, y = load(o.data, "train")
    test, labels = load(o.data, "t10k")
    encoder, decoder = stack(784, 512, 256, 128), stack(128, 256, 512, 784)
    model = nn.Sequential(encoder, decoder)
    begin = time.perf_counter()
    train(model, TF.mse_loss, x, x, o.epochs)
    seconds = time.perf_counter() - begin
    with torch.no_grad():
        mse = TF.mse_loss(model(test), test).item()
        z, z_test = encoder(x), encoder(test)
    if o.standardize:
        mean, deviation = z.mean(0), z.std(0) + 1e-6
        z, z_test = (z - mean) / deviation, (z_test - mean) / deviation
    for epochs in o.probe_epochs:
        r = dict(test_mse=round(mse, 5), seconds=round(seconds, 2), epochs=o.epochs,
                 probe_epochs=epochs, standardize=o.standardize, seed=o.seed)
        for name, sizes in (("linear_probe", (128, 10)), ("mlp_probe", (128, 128, 10))):
            probe = stack(*sizes)
            train(probe, TF.cross_entropy, z, y, epochs)
            r[name] = round(accuracy(probe, z_test, labels), 4)
        print(json.dumps(r), flush=True)


if __name__ == "__main__":
    main()
