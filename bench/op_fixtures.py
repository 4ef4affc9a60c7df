#!/usr/bin/env python3
"""Makes Tests/ModelsTests/Fixtures/ops.json: small cases of the functions whose definition users
expect to be PyTorch's, with values and gradients.

  python op_fixtures.py         writes the file anew; needs torch and numpy

A case: "op" and its "attributes"; "inputs" (each "shape", "dtype", "values" in row-major order,
exact in float32); "output"; "cotangent", what the output's gradient is taken to be; "gradients",
one an input: what backward gives it, null where it has none. Computed in float64, printed with 17
digits; not finite values are the strings "inf", "-inf" and "nan". At a kink the gradient is the
one that PyTorch picks.
"""
import json, math

import torch
import torch.nn.functional as TF

import generator
from fixtures import FOLDER, write

INF = math.inf
# Signs, both zeros' neighbourhood, kinks of the piecewise functions, and far out on both sides.
LINE = [-100.0, -20.5, -6.0, -3.0, -1.5, -1.0, -0.5, -0.0625, 0.0, 0.0625, 0.5, 1.0, 1.5, 2.0, 3.0,
        6.0, 20.5, 100.0]
POSITIVE = [2.0 ** -20, 0.125, 0.5, 1.0, 2.0, 10.0, 1000.0]
GRID = [[0.5, -1.25, 2.0, 0.0], [100.0, 99.0, -100.0, 98.5], [-3.0, -3.0, -3.0, -3.0]]
HALVES = [-2.5, -1.5, -0.5, -0.25, 0.0, 0.25, 0.5, 1.5, 2.5, 3.5, 1e6 + 0.5]
QUOTIENTS = ([7.0, -7.0, 7.0, -7.0, 6.0, -6.0, 0.0, 0.75, -0.75],
             [3.0, 3.0, -3.0, -3.0, 3.0, 3.0, 5.0, 0.5, 0.5])
PREDICTION = [[0.5, -2.0, 3.0], [0.0, 1.0, -0.75]]
TARGET = [[0.5, 1.0, 2.5], [2.0, 1.0, -1.75]]
LOGITS = [[0.0, 2.5, -2.5, 30.0], [-30.0, 100.0, -100.0, 0.5]]
TARGETS01 = [[1.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.25, 0.5]]


def cotangent(shape):
    """1, -0.5, 0.75, 2 in turn: every element counts, none like its neighbours."""
    if not shape: return torch.tensor(1.0, dtype=torch.float64)
    count = math.prod(shape)
    values = [(1.0, -0.5, 0.75, 2.0)[i % 4] for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def plain(t):
    if t.dtype != torch.float64: return [int(v) for v in t.flatten().tolist()]
    return [v if math.isfinite(v) else str(v) for v in t.flatten().tolist()]


def tensor(t):
    dtype = {torch.float64: "f32", torch.int64: "i64", torch.bool: "bool"}[t.dtype]
    return dict(shape=list(t.shape), dtype=dtype, values=plain(t))


def case(op, f, *inputs, **attributes):
    ts = []
    for x in inputs:
        t = torch.tensor(x)
        if t.is_floating_point():
            # Through float32 first, so that a case means the same in both precisions.
            t = torch.tensor(x, dtype=torch.float32).double().requires_grad_()
        ts.append(t)
    y = f(*ts, **attributes)
    c = dict(op=op, attributes=attributes, inputs=[tensor(t.detach()) for t in ts],
             output=tensor(y.detach()))
    if y.requires_grad:
        seed = cotangent(tuple(y.shape))
        y.backward(seed)
        c["cotangent"] = tensor(seed)
        c["gradients"] = [None if t.grad is None else tensor(t.grad) for t in ts]
    return c


def activations():
    yield case("gelu", lambda x, approximate: TF.gelu(x, approximate=approximate), LINE,
               approximate="none")
    yield case("gelu", lambda x, approximate: TF.gelu(x, approximate=approximate), LINE,
               approximate="tanh")
    yield case("elu", lambda x, alpha: TF.elu(x, alpha), LINE, alpha=1.3)
    yield case("leaky_relu", lambda x, slope: TF.leaky_relu(x, slope), LINE, slope=0.01)
    yield case("hardtanh", lambda x, low, high: TF.hardtanh(x, low, high), LINE, low=-1.0, high=1.0)
    for f in (TF.relu, TF.relu6, TF.silu, TF.softplus, TF.softsign, TF.selu, TF.hardsigmoid,
              TF.hardswish, TF.mish, TF.logsigmoid, torch.sigmoid, torch.tanh):
        yield case(f.__name__, f, LINE)


def elementwise():
    for f in (torch.abs, torch.sign, torch.erf, torch.square):
        yield case(f.__name__, f, LINE)
    # What float32 cannot hold is left out: a case must mean the same in both precisions.
    for f in (torch.exp, torch.expm1):
        yield case(f.__name__, f, LINE[1:-1])
    for f in (torch.sin, torch.cos):
        yield case(f.__name__, f, LINE)
    for f in (torch.log, torch.sqrt, torch.rsqrt, torch.log1p, torch.reciprocal):
        yield case(f.__name__, f, POSITIVE)
    for f in (torch.round, torch.floor, torch.ceil, torch.trunc):
        yield case(f.__name__, f, HALVES)
    yield case("fmod", torch.fmod, *QUOTIENTS)
    yield case("remainder", torch.remainder, *QUOTIENTS)
    yield case("clamp", lambda x, low, high: x.clamp(low, high), LINE, low=-1.0, high=2.0)
    yield case("pow", torch.pow, [0.5, 2.0, 1.0, 3.0, 10.0], [2.0, -1.5, 7.0, 0.5, 0.0])
    for f in (torch.maximum, torch.minimum):
        yield case(f.__name__, f, [1.0, 2.0, -1.0, 0.0], [2.0, 1.0, -1.0, 0.0])


def reductions():
    softmaxes = (("softmax", TF.softmax), ("log_softmax", TF.log_softmax),
                 ("logsumexp", torch.logsumexp), ("cumsum", torch.cumsum))
    for name, f in softmaxes:
        for axis in (0, 1):
            yield case(name, lambda x, axis: f(x, dim=axis), GRID, axis=axis)
    yield case("logsumexp", lambda x, axis: torch.logsumexp(x, axis),
               [[1000.0, 1000.0], [-1000.0, -1001.0]], axis=1)
    yield case("logsumexp", lambda x, axis: torch.logsumexp(x, axis), [[-INF, 0.0, 1.0]], axis=1)
    yield case("softmax", lambda x, axis: TF.softmax(x, axis), [[-INF, 0.0, 1.0]], axis=1)
    yield case("softmax", lambda x, axis: TF.softmax(x, axis), [[1000.0, 999.0]], axis=1)
    # Equal maxima share the gradient equally.
    yield case("amax", lambda x, axis: x.amax(axis), GRID, axis=1)
    yield case("amin", lambda x, axis: x.amin(axis), GRID, axis=1)
    yield case("prod", lambda x, axis: x.prod(axis), [[2.0, 0.0, 3.0], [1.5, -2.0, 4.0]], axis=1)
    for correction in (0, 1):
        yield case("var", lambda x, axis, correction: x.var(axis, correction=correction), GRID,
                   axis=1, correction=correction)
    yield case("layer_norm", lambda x, g, b, epsilon: TF.layer_norm(x, (4,), g, b, epsilon), GRID,
               [1.0, 0.5, -1.0, 2.0], [0.0, 0.25, 0.5, -1.0], epsilon=1e-5)
    yield case("rms_norm", lambda x, g, epsilon: TF.rms_norm(x, (4,), g, epsilon), GRID,
               [1.0, 0.5, -1.0, 2.0], epsilon=1e-5)


def losses():
    for kind in ("mean", "sum", "none"):
        yield case("mse", lambda x, y, reduction: TF.mse_loss(x, y, reduction=reduction),
                   PREDICTION, TARGET, reduction=kind)
        yield case("mae", lambda x, y, reduction: TF.l1_loss(x, y, reduction=reduction),
                   PREDICTION, TARGET, reduction=kind)
        yield case("cross_entropy", lambda x, y, reduction:
                   TF.cross_entropy(x, y, reduction=reduction), GRID, [2, 1, 3], reduction=kind)
        yield case("bce_with_logits", lambda x, y, reduction:
                   TF.binary_cross_entropy_with_logits(x, y, reduction=reduction),
                   LOGITS, TARGETS01, reduction=kind)
    yield case("cross_entropy", lambda x, y, label_smoothing:
               TF.cross_entropy(x, y, label_smoothing=label_smoothing),
               GRID, [0, 1, 3], label_smoothing=0.1)
    yield case("cross_entropy", lambda x, y, ignore_index:
               TF.cross_entropy(x, y, ignore_index=ignore_index), GRID, [0, -100, 3],
               ignore_index=-100)
    yield case("huber", lambda x, y, delta: TF.huber_loss(x, y, delta=delta), PREDICTION, TARGET,
               delta=1.0)
    yield case("smooth_l1", lambda x, y, beta: TF.smooth_l1_loss(x, y, beta=beta), PREDICTION,
               TARGET, beta=0.5)
    yield case("nll", TF.nll_loss, [[-0.5, -1.0, -2.0], [-3.0, -0.25, -1.5]], [0, 2])


def heads(seed, *shape):
    """Numbers of about unit size, [batch, tokens, heads, features]."""
    return torch.from_numpy(generator.signed(seed, shape)).mul(2).tolist()


def attention():
    """Heads between tokens and features, as dlc has them; torch wants them before the tokens."""
    swap = lambda x: x.transpose(1, 2)

    def f(q, k, v, mask=None, causal=0.0, scale=None):
        return swap(TF.scaled_dot_product_attention(
            swap(q), swap(k), swap(v), attn_mask=mask, is_causal=bool(causal), scale=scale))

    q, k, v = (heads(seed, 2, 5, 2, 4) for seed in (1, 2, 3))
    yield case("attention", f, q, k, v)
    yield case("attention", f, q, k, v, causal=1.0)
    yield case("attention", f, q, k, v, scale=0.3)
    long_k, long_v = heads(4, 2, 7, 2, 4), heads(5, 2, 7, 2, 3)
    yield case("attention", f, q, long_k, long_v)
    yield case("attention", f, q, long_k, long_v, causal=1.0)
    yield case("attention", f, q, long_k, long_v, heads(6, 2, 2, 5, 7))
    seen = [[[[(i + 2 * j + b) % 3 != 0 for j in range(7)] for i in range(5)]] for b in range(2)]
    yield case("attention", f, q, long_k, long_v, seen)


def embedding():
    yield case("embedding", lambda i, e: TF.embedding(i, e), [[1, 0, 1], [3, 3, 1]],
               heads(7, 4, 3))


def image(seed, *shape):
    """Numbers of about unit size, [batch, channels, spatial axes]."""
    return torch.from_numpy(generator.signed(seed, shape)).mul(2).tolist()


def convolutions():
    settings = [dict(), dict(stride=2), dict(padding=1), dict(dilation=2), dict(groups=2),
                dict(stride=2, padding=2, dilation=2, groups=2), dict(stride=3, padding=1)]
    for s in settings:
        # Attributes are numbers in the file; torch wants whole ones.
        whole = lambda a: {k: int(v) for k, v in a.items()}
        g = s.get("groups", 1)
        yield case("conv1d", lambda x, w, b, **a: TF.conv1d(x, w, b, **whole(a)),
                   image(11, 2, 2, 7), image(12, 4, 2 // g, 3), image(13, 4), **s)
        yield case("conv2d", lambda x, w, b, **a: TF.conv2d(x, w, b, **whole(a)),
                   image(14, 2, 2, 5, 6), image(15, 4, 2 // g, 3, 3), image(16, 4), **s)
        t = dict(s, output_padding=1) if s.get("stride", 1) > 1 else s
        yield case("conv_transpose1d",
                   lambda x, w, b, **a: TF.conv_transpose1d(x, w, b, **whole(a)),
                   image(17, 2, 2, 4), image(18, 2, 4 // g, 3), image(19, 4), **t)
        yield case("conv_transpose2d",
                   lambda x, w, b, **a: TF.conv_transpose2d(x, w, b, **whole(a)),
                   image(20, 1, 2, 3, 4), image(21, 2, 4 // g, 3, 3), image(22, 4), **t)
    yield case("conv2d", lambda x, w: TF.conv2d(x, w), image(23, 2, 3, 2, 3), image(24, 4, 3, 1, 1))


def pools():
    x = image(25, 1, 2, 7, 8)
    for a in (dict(size=2), dict(size=3, stride=2), dict(size=3, stride=1, padding=1),
              dict(size=2, stride=1, dilation=2)):
        yield case("max_pool2d", lambda x, size, **a: TF.max_pool2d(x, size, **a), x, **a)
    # Equal elements: the first has the gradient.
    yield case("max_pool2d", lambda x, size: TF.max_pool2d(x, size),
               [[[[1.0, 1.0, 0.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]], size=2)
    for a in (dict(size=2), dict(size=3, stride=2), dict(size=3, stride=2, padding=1),
              dict(size=3, stride=2, padding=1, count_include_pad=0)):
        yield case("avg_pool2d", lambda x, size, count_include_pad=1, **a: TF.avg_pool2d(
            x, size, count_include_pad=bool(count_include_pad), **a), x, **a)
    for size in (1, 2, 3, 5):
        yield case("adaptive_avg_pool2d", lambda x, size: TF.adaptive_avg_pool2d(x, size), x,
                   size=size)
        yield case("adaptive_max_pool2d", lambda x, size: TF.adaptive_max_pool2d(x, size), x,
                   size=size)


def norms():
    x, gain, bias = image(26, 2, 4, 3, 2), image(27, 4), image(28, 4)
    for groups in (1, 2, 4):
        yield case("group_norm", lambda x, g, b, groups: TF.group_norm(x, groups, g, b), x, gain,
                   bias, groups=groups)
    yield case("batch_norm", lambda x, g, b: TF.batch_norm(x, None, None, g, b, training=True), x,
               gain, bias)
    yield case("batch_norm", lambda x, g, b: TF.batch_norm(x, None, None, g, b, training=True),
               image(29, 5, 4), gain, bias)
    # The same statistics for every channel, so that they are numbers.
    yield case("batch_norm_eval", lambda x, g, b, mean, variance: TF.batch_norm(
        x, torch.full((4,), mean, dtype=x.dtype), torch.full((4,), variance, dtype=x.dtype), g, b),
        x, gain, bias, mean=0.25, variance=2.0)


def enlargements():
    x = image(31, 1, 2, 3, 4)
    yield case("upsample_nearest", lambda x, factor: TF.interpolate(x, scale_factor=factor), x,
               factor=2)
    yield case("upsample_nearest", lambda x, factor: TF.interpolate(x, scale_factor=factor), x,
               factor=3)
    for corners in (0, 1):
        for size in (2, 5, 8):
            yield case("upsample_bilinear", lambda x, size, align_corners: TF.interpolate(
                x, (size, size), mode="bilinear", align_corners=bool(align_corners)), x, size=size,
                align_corners=corners)


def main():
    groups = (activations, elementwise, reductions, losses, attention, embedding, convolutions,
              pools, norms, enlargements)
    write(FOLDER / "ops.json", {g.__name__: list(g()) for g in groups})


if __name__ == "__main__":
    main()
