"""The exactly reproducible numbers that the fixtures and the Swift tests share.

Bit for bit, on both sides (the Swift counterpart is Tests/TestSupport/FixtureGenerator.swift):

  raw(seed, k)      SplitMix64's k-th output (k from 0) from state `seed`, all modulo 2^64:
                      z = seed + (k + 1) * 0x9E3779B97F4A7C15
                      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
                      z = (z ^ (z >> 27)) * 0x94D049BB133111EB
                      z ^ (z >> 31)
  uniform(seed, k)  u = (raw >> 40) * 2^-24: in [0, 1), exact in float32
  signed(seed, k)   2u - 1: in [-1, 1), exact in float32
  normal(seed, k)   uniform(seed, 12k) + ... + uniform(seed, 12k + 11) - 6, exact in float64 in
                    any order, then rounded to float32
  label(seed, k)    floor(classes * u), in float64; 10 classes where nothing else is said

Tensors are filled in row-major order, k being the element's index.

  weights           seed = the parameter's index in the model's list, biases counted too;
                    w = float32((2u - 1) * sqrt(3 / fan_in)), computed in float64; fan_in is the
                    first axis of [in, out] and the product of all but the first of a kernel
                    [out, in, ...], so the variance is 1 / fan_in; biases are 0 and the gains of
                    norms, NAME.g, are 1
  batches           seed = (step + 1) * 2^32 + index, step from 0, index 0 for x, 1 for y, 2 for
                    eps, 3 for t: a new batch each step
"""
import numpy as np

GAMMA = 0x9E3779B97F4A7C15


def raw(seed, count):
    """The first `count` outputs, uint64."""
    k = np.arange(1, count + 1, dtype=np.uint64)
    z = np.uint64(seed) + k * np.uint64(GAMMA)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform64(seed, count):
    return (raw(seed, count) >> np.uint64(40)).astype(np.float64) * 2.0 ** -24


def uniform(seed, shape):
    return uniform64(seed, int(np.prod(shape))).astype(np.float32).reshape(shape)


def signed(seed, shape):
    return (2 * uniform64(seed, int(np.prod(shape))) - 1).astype(np.float32).reshape(shape)


def normal(seed, shape):
    u = uniform64(seed, 12 * int(np.prod(shape))).reshape(-1, 12)
    return (u.sum(1) - 6).astype(np.float32).reshape(shape)


def label(seed, shape, classes=10):
    u = uniform64(seed, int(np.prod(shape)))
    return np.floor(classes * u).astype(np.int64).reshape(shape)


def weight(seed, shape, name=""):
    """An initial parameter: products of variance 1 / fan_in, vectors zero, gains of norms one."""
    if len(shape) == 1:
        return np.full(shape, name.endswith(".g"), np.float32)
    fan_in = shape[0] if len(shape) == 2 else int(np.prod(shape[1:]))
    u = uniform64(seed, int(np.prod(shape)))
    return ((2 * u - 1) * np.sqrt(3 / fan_in)).astype(np.float32).reshape(shape)


def batch(name, params, step):
    """The batch of step `step` (from 0) for one of the workloads."""
    seed = (step + 1) << 32
    rows = params["batch"]
    if name == "regression":
        return dict(x=signed(seed, (rows, params["inputs"])), y=signed(seed + 1, (rows, 1)))
    if name == "attention":
        shape = (rows, params["tokens"], params["dim"])
        return dict(x=normal(seed, shape), y=normal(seed + 1, shape))
    if name == "transformer":
        shape, vocab = (rows, params["tokens"]), params["vocab"]
        return dict(x=label(seed, shape, vocab), y=label(seed + 1, shape, vocab))
    if name in ("cnn", "diffusion"):
        x = uniform(seed, (rows, 1, 28, 28))
        if name == "cnn":
            return dict(x=x, y=label(seed + 1, (rows,)))
        return dict(x=x, eps=normal(seed + 2, x.shape), t=uniform(seed + 3, (rows, 1)))
    x = uniform(seed, (rows, 784))
    if name == "classifier":
        return dict(x=x, y=label(seed + 1, (rows,)))
    if name == "vae":
        return dict(x=x, eps=normal(seed + 2, (rows, params["latent"])))
    return dict(x=x)


def vectors():
    """The first values of a few seeds, for other implementations to check themselves against."""
    seeds = [0, 1, 1 << 32, (30 << 32) + 2]
    return [dict(seed=str(s), raw=[str(v) for v in raw(s, 4)], uniform=uniform(s, (4,)).tolist(),
                 normal=normal(s, (4,)).tolist(), label=label(s, (4,)).tolist(),
                 weight=weight(s, (2, 2)).ravel().tolist()) for s in seeds]
