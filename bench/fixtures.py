#!/usr/bin/env python3
"""Makes the golden training losses in Tests/ModelsTests/Fixtures/losses.json, with PyTorch.

  python fixtures.py            writes the file anew; needs torch and numpy

Weights and batches come from generator.py, which says how to reproduce them exactly. Each of
`models` trains 30 steps with the optimizer of the benchmark; each of `optimizers` trains the regression model instead.
All in float32 on one thread, torch's defaults where nothing else is said.

An entry: "name", "workload", "shapes" (parameters in order, with their seeds' order), "batch"
(shapes of the inputs), "optimizer" with its settings, "learning_rates" where they change, "losses"
(each before its update, 9 significant digits), "deviation" (the largest relative difference
to the same losses in float64: what rounding alone does), "final" (sum and sum of squares of
every trained parameter, summed in float64).
"""
import json, math, pathlib

import numpy as np
import torch
import torch.nn.functional as TF

import generator
from workloads import init, loss_fn

STEPS = 30
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/ModelsTests/Fixtures"
MODELS = {
    "autoencoder": dict(batch=64, latent=128),
    "regression": dict(batch=64, inputs=16, width=64),
    "classifier": dict(batch=64, width=512),
    "vae": dict(batch=64, latent=20),
    "attention": dict(batch=3, tokens=37, dim=24, heads=3),
    "transformer": dict(batch=3, tokens=19, dim=24, heads=3, layers=2, vocab=67),
    "cnn": dict(batch=8, inputs=784),
    "diffusion": dict(batch=4, width=16, inputs=784),
}
ADAM = dict(kind="adam", lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8)
SGD = dict(kind="sgd", lr=1e-3)
OPTIMIZERS = {
    "sgd": dict(kind="sgd", lr=1e-2),
    "momentum": dict(kind="sgd", lr=1e-2, momentum=0.9),
    "nesterov": dict(kind="sgd", lr=1e-2, momentum=0.9, nesterov=True),
    "sgd_weight_decay": dict(kind="sgd", lr=1e-2, weight_decay=1e-2),
    "sgd_clip_value": dict(kind="sgd", lr=1e-2, clip_value=0.01),
    "adagrad": dict(kind="adagrad", lr=1e-2, epsilon=1e-10),
    "rmsprop": dict(kind="rmsprop", lr=1e-3, alpha=0.99, epsilon=1e-8),
    "adam": ADAM,
    "adamw": dict(ADAM, kind="adamw", weight_decay=0.01),
    # torch scales by min(1, clip_norm / (norm + 1e-6)), the norm taken over all parameters.
    "adam_clip_norm": dict(ADAM, clip_norm=0.1),
    "adam_step": dict(ADAM, schedule="step", step_size=10, gamma=0.5),
    "adam_cosine": dict(ADAM, schedule="cosine", steps=30),
    "adam_warmup": dict(ADAM, schedule="warmup", steps=10),
    "linear_average": dict(kind="linear_average", lr=1e-3, epsilon=1e-8),
}


class F:
    matmul, relu, exp = torch.matmul, TF.relu, torch.exp
    mean = staticmethod(lambda x: x.mean())
    cross_entropy = TF.cross_entropy
    log1pexp_negabs = staticmethod(lambda y: torch.log1p(torch.exp(-y.abs())))
    reshape = staticmethod(lambda x, s: x.reshape(s))
    transpose = staticmethod(lambda x, a: x.permute(a))
    gelu = staticmethod(lambda x: TF.gelu(x, approximate="tanh"))
    attention = staticmethod(
        lambda q, k, v, c: TF.scaled_dot_product_attention(q, k, v, is_causal=c))
    take = staticmethod(lambda e, i: TF.embedding(i, e))
    layernorm = staticmethod(lambda x, g, b: TF.layer_norm(x, x.shape[-1:], g, b))
    silu = TF.silu
    conv = staticmethod(lambda x, w, b, s, q: TF.conv2d(x, w, b, stride=s, padding=q))
    maxpool2 = staticmethod(lambda x: TF.max_pool2d(x, 2))
    groupnorm = staticmethod(lambda x, k, g, b: TF.group_norm(x, k, g, b))
    upsample2 = staticmethod(lambda x: TF.interpolate(x, scale_factor=2, mode="nearest"))
    concat = staticmethod(lambda xs: torch.cat(xs, 1))

    @staticmethod
    def embed_time(t):
        waves = torch.tensor([[10000 ** (-i / 16) * 1000 for i in range(16)]], dtype=t.dtype)
        return torch.cat([torch.sin(t * waves), torch.cos(t * waves)], 1)


class LinearAverage(torch.optim.Optimizer):
    """Adam's update with plain means over all steps for moments, so without bias correction."""

    def __init__(self, params, lr, eps):
        super().__init__(params, dict(lr=lr, eps=eps))
        self.count = 0

    @torch.no_grad()
    def step(self):
        self.count += 1
        for group in self.param_groups:
            for w in group["params"]:
                s = self.state[w]
                m = s.setdefault("m", torch.zeros_like(w))
                v = s.setdefault("v", torch.zeros_like(w))
                m += (w.grad - m) / self.count
                v += (w.grad * w.grad - v) / self.count
                w -= group["lr"] * m / (v.sqrt() + group["eps"])


def optimizer(o, params):
    decay = o.get("weight_decay", 0)
    if o["kind"] == "sgd":
        return torch.optim.SGD(params, o["lr"], momentum=o.get("momentum", 0), weight_decay=decay,
                               nesterov=o.get("nesterov", False))
    if o["kind"] == "adagrad":
        return torch.optim.Adagrad(params, o["lr"], eps=o["epsilon"])
    if o["kind"] == "rmsprop":
        return torch.optim.RMSprop(params, o["lr"], alpha=o["alpha"], eps=o["epsilon"])
    if o["kind"] == "linear_average":
        return LinearAverage(params, o["lr"], o["epsilon"])
    make = dict(adam=torch.optim.Adam, adamw=torch.optim.AdamW)[o["kind"]]
    return make(params, o["lr"], betas=(o["beta1"], o["beta2"]), eps=o["epsilon"],
                weight_decay=decay)


def schedule(o, opt):
    lr = torch.optim.lr_scheduler
    if o.get("schedule") == "step":
        return lr.StepLR(opt, o["step_size"], o["gamma"])
    if o.get("schedule") == "cosine":
        return lr.CosineAnnealingLR(opt, T_max=o["steps"])
    if o.get("schedule") == "warmup":
        return lr.LambdaLR(opt, lambda t: min(1, (t + 1) / o["steps"]))
    return None


def train(workload, settings, dtype):
    """Losses, learning rates and final parameters of one run."""
    p = MODELS[workload]
    shapes = [(n, w.shape) for n, w in init(workload, p, np).items()]
    cast = lambda x: torch.from_numpy(x).to(dtype) if x.dtype == np.float32 else torch.from_numpy(x)
    w = {n: cast(generator.weight(i, s, n)).requires_grad_() for i, (n, s) in enumerate(shapes)}
    f, opt = loss_fn(workload, p, F), optimizer(settings, list(w.values()))
    plan, losses, rates = schedule(settings, opt), [], []
    for step in range(STEPS):
        a = {k: cast(v) for k, v in generator.batch(workload, p, step).items()}
        opt.zero_grad()
        loss = f(w, a)
        loss.backward()
        if "clip_norm" in settings:
            torch.nn.utils.clip_grad_norm_(w.values(), settings["clip_norm"])
        if "clip_value" in settings:
            torch.nn.utils.clip_grad_value_(w.values(), settings["clip_value"])
        rates.append(opt.param_groups[0]["lr"])
        losses.append(loss.item())
        opt.step()
        if plan: plan.step()
    return losses, rates, w


def short(value):
    """Nine significant digits: enough to tell any two float32 apart."""
    return float(f"{value:.9g}")


def entry(name, workload, settings):
    losses, rates, w = train(workload, settings, torch.float32)
    exact, _, _ = train(workload, settings, torch.float64)
    assert all(map(math.isfinite, losses)), name
    sums = lambda t: dict(sum=t.sum().item(), squares=(t * t).sum().item())
    p = MODELS[workload]
    e = dict(name=name, workload=workload, params=p,
             shapes=[dict(name=n, shape=list(t.shape)) for n, t in w.items()],
             batch={k: list(v.shape) for k, v in generator.batch(workload, p, 0).items()},
             optimizer=settings)
    if "schedule" in settings: e["learning_rates"] = [short(r) for r in rates]
    e["losses"] = [short(l) for l in losses]
    e["deviation"] = float(f"{max(abs(a - b) / abs(b) for a, b in zip(losses, exact)):.2g}")
    e["final"] = [dict(name=n, **sums(t.detach().double())) for n, t in w.items()]
    return e


def write(path, groups):
    """JSON with one line for each entry, so that a change reads well in a diff."""
    lines = lambda rows: "[\n" + ",\n".join("    " + json.dumps(r) for r in rows) + "\n  ]"
    body = ",\n".join(f'  "{key}": {lines(rows)}' for key, rows in groups.items())
    path.write_text("{\n" + body + "\n}\n")


def main():
    torch.set_num_threads(1)
    write(FOLDER / "losses.json", dict(
        vectors=generator.vectors(),
        models=[entry(n, n, SGD if n == "attention" else ADAM) for n in MODELS],
        optimizers=[entry(n, "regression", o) for n, o in OPTIMIZERS.items()]))


if __name__ == "__main__":
    main()
