#!/usr/bin/env python3
"""Training-step speed of the frameworks a user would pick instead, on CPU.

One process measures one framework on one workload and prints one JSON line:

  {"framework", "workload", "threads", "params": {...}, "first_step_s", "step_ms",
   "step_ms_min", "steps", "loss0", "loss1", "peak_rss_mb"}

first_step_s  from building the model to the end of the first training step,
              imports excluded: tracing and compilation are in it
step_ms       median of the later steps, data already in memory
loss0, loss1  loss at the first and the last step (sanity, not a target)

  python peers.py torch autoencoder
  python peers.py jax cnn --threads 2 --batch 128
  python peers.py torch vae --losses 20              the first 20 losses, key "losses"
  python peers.py data vae --out vae.safetensors     initial weights, and the batch as batch.*

Frameworks: torch (eager), compile (torch.compile), jax (jit, donated state),
tinygrad (TinyJit).  Workloads and default shapes: see workloads.py.
Set-up: pip install torch jax tinygrad numpy  (torch.compile also needs g++).
"""
import argparse, json, math, os, resource, statistics, struct, time

from workloads import LR, WORKLOADS, arrays, init, loss_fn


def run_torch(name, p, run, threads, compiled):
    import numpy as np, torch, torch.nn.functional as TF
    torch.set_num_threads(threads)

    class F:
        matmul, relu, exp, silu = torch.matmul, TF.relu, torch.exp, TF.silu
        reshape = staticmethod(lambda x, s: x.reshape(s)); transpose = staticmethod(lambda x, a: x.permute(a))
        mean = staticmethod(lambda x: x.mean()); gelu = staticmethod(lambda x: TF.gelu(x, approximate="tanh"))
        cross_entropy = TF.cross_entropy
        conv = staticmethod(lambda x, w, b, s, q: TF.conv2d(x, w, b, stride=s, padding=q))
        maxpool2 = staticmethod(lambda x: TF.max_pool2d(x, 2))
        log1pexp_negabs = staticmethod(lambda y: torch.log1p(torch.exp(-y.abs())))
        attention = staticmethod(lambda q, k, v, c: TF.scaled_dot_product_attention(q, k, v, is_causal=c))
        take = staticmethod(lambda e, i: TF.embedding(i, e))
        layernorm = staticmethod(lambda x, g, b: TF.layer_norm(x, x.shape[-1:], g, b))
        groupnorm = staticmethod(lambda x, k, g, b: TF.group_norm(x, k, g, b))
        upsample2 = staticmethod(lambda x: TF.interpolate(x, scale_factor=2, mode="nearest"))
        concat = staticmethod(lambda xs: torch.cat(xs, 1))
        embed_time = staticmethod(lambda t: torch.cat([torch.sin(t * fr), torch.cos(t * fr)], 1))

    fr = torch.tensor([[10000 ** (-i / 16) * 1000 for i in range(16)]])
    a = {k: torch.from_numpy(v) for k, v in arrays(name, p, np).items()}
    t0 = time.perf_counter()
    w = {k: torch.from_numpy(v).requires_grad_() for k, v in init(name, p, np).items()}
    opt = (torch.optim.SGD if name == "attention" else torch.optim.Adam)(w.values(), lr=LR)
    f = loss_fn(name, p, F)
    if compiled: f = torch.compile(f)

    def step():
        opt.zero_grad(set_to_none=True)
        l = f(w, a); l.backward(); opt.step()
        return l
    return run(step, lambda l: l.item(), t0)


def adam_tree(jnp, name, w, g, m, v, t):
    if name == "attention":
        return {k: w[k] - LR * g[k] for k in w}, m, v
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in w}
    v = {k: 0.999 * v[k] + 0.001 * g[k] * g[k] for k in w}
    c1, c2 = 1 - 0.9 ** t, 1 - 0.999 ** t
    return {k: w[k] - LR * (m[k] / c1) / (jnp.sqrt(v[k] / c2) + 1e-8) for k in w}, m, v


def run_jax(name, p, run):
    import numpy as np, jax, jax.numpy as jnp
    from jax import lax

    def attn(q, k, v, causal):
        s = jnp.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(q.shape[-1])
        if causal: s = jnp.where(jnp.tril(jnp.ones(s.shape[-2:], bool)), s, -1e30)
        return jnp.einsum("bhij,bhjd->bhid", jax.nn.softmax(s), v)

    def ln(x, g, b):
        m = x.mean(-1, keepdims=True); d = x - m
        return d * lax.rsqrt((d * d).mean(-1, keepdims=True) + 1e-5) * g + b

    def gn(x, k, g, b):
        s = x.shape; y = x.reshape(s[0], k, -1)
        m = y.mean(-1, keepdims=True); d = y - m
        y = (d * lax.rsqrt((d * d).mean(-1, keepdims=True) + 1e-5)).reshape(s)
        return y * g[:, None, None] + b[:, None, None]

    class F:
        matmul, relu, exp, silu = jnp.matmul, jax.nn.relu, jnp.exp, jax.nn.silu
        reshape, transpose, mean, gelu = jnp.reshape, jnp.transpose, jnp.mean, jax.nn.gelu
        cross_entropy = staticmethod(lambda y, l: -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(y), l[:, None], 1)))
        conv = staticmethod(lambda x, w, b, s, q: lax.conv_general_dilated(
            x, w, (s, s), ((q, q), (q, q)), dimension_numbers=("NCHW", "OIHW", "NCHW")) + b[:, None, None])
        maxpool2 = staticmethod(lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID"))
        log1pexp_negabs = staticmethod(lambda y: jnp.log1p(jnp.exp(-jnp.abs(y))))
        attention = staticmethod(attn); take = staticmethod(lambda e, i: e[i])
        layernorm = staticmethod(ln); groupnorm = staticmethod(gn)
        upsample2 = staticmethod(lambda x: x.repeat(2, 2).repeat(2, 3))
        concat = staticmethod(lambda xs: jnp.concatenate(xs, 1))
        embed_time = staticmethod(lambda t: jnp.concatenate([jnp.sin(t * fr), jnp.cos(t * fr)], 1))

    fr = jnp.array([[10000 ** (-i / 16) * 1000 for i in range(16)]], jnp.float32)
    a = {k: jnp.asarray(v) for k, v in arrays(name, p, np).items()}
    t0 = time.perf_counter()
    w = {k: jnp.asarray(v) for k, v in init(name, p, np).items()}
    z = {k: jnp.zeros_like(v) for k, v in w.items()}
    state = [w, z, {k: jnp.zeros_like(v) for k, v in w.items()}, jnp.float32(1)]
    f = loss_fn(name, p, F)

    def train(w, m, v, t, a):
        l, g = jax.value_and_grad(f)(w, a)
        w, m, v = adam_tree(jnp, name, w, g, m, v, t)
        return l, w, m, v, t + 1
    jt = jax.jit(train, donate_argnums=(0, 1, 2, 3))

    def step():
        nonlocal state
        l, *state = jt(*state, a)
        l.block_until_ready(); jax.block_until_ready(state)
        return l
    return run(step, float, t0)


def run_tinygrad(name, p, run):
    import numpy as np
    from tinygrad import Context, Tensor, TinyJit, nn

    class F:
        matmul = staticmethod(lambda a, b: a @ b); relu = staticmethod(lambda x: x.relu())
        exp = staticmethod(lambda x: x.exp()); silu = staticmethod(lambda x: x.silu())
        reshape = staticmethod(lambda x, s: x.reshape(s)); transpose = staticmethod(lambda x, a: x.permute(a))
        mean = staticmethod(lambda x: x.mean()); gelu = staticmethod(lambda x: x.gelu())
        cross_entropy = staticmethod(lambda y, l: y.sparse_categorical_crossentropy(l))
        conv = staticmethod(lambda x, w, b, s, q: x.conv2d(w, b, stride=s, padding=q))
        maxpool2 = staticmethod(lambda x: x.max_pool2d((2, 2)))
        log1pexp_negabs = staticmethod(lambda y: (1 + (-y.abs()).exp()).log())
        attention = staticmethod(lambda q, k, v, c: q.scaled_dot_product_attention(k, v, is_causal=c))
        take = staticmethod(lambda e, i: e[i])
        layernorm = staticmethod(lambda x, g, b: x.layernorm() * g + b)
        groupnorm = staticmethod(lambda x, k, g, b: x.reshape(x.shape[0], k, -1).layernorm().reshape(x.shape)
                                 * g.reshape(1, -1, 1, 1) + b.reshape(1, -1, 1, 1))
        upsample2 = staticmethod(lambda x: x.repeat_interleave(2, 2).repeat_interleave(2, 3))
        concat = staticmethod(lambda xs: xs[0].cat(xs[1], dim=1))
        embed_time = staticmethod(lambda t: (t * fr).sin().cat((t * fr).cos(), dim=1))

    fr = Tensor([[10000 ** (-i / 16) * 1000 for i in range(16)]])
    a = {k: Tensor(v).realize() for k, v in arrays(name, p, np).items()}
    t0 = time.perf_counter()
    w = {k: Tensor(v).realize() for k, v in init(name, p, np).items()}
    for v in w.values(): v.requires_grad = True
    opt = nn.optim.SGD(list(w.values()), lr=LR) if name == "attention" else nn.optim.Adam(list(w.values()), lr=LR)
    f = loss_fn(name, p, F)

    @TinyJit
    def jstep():
        opt.zero_grad()
        l = f(w, a); l.backward()
        return l.realize(*opt.schedule_step())

    with Context(TRAINING=1):
        return run(jstep, lambda l: l.item(), t0, jit_warm=3)


def measure(n):
    """A runner that times `n` steps, for at most 20 seconds but never fewer than 5."""
    def run(step, value, t0, jit_warm=1):
        l0 = value(step()); first = time.perf_counter() - t0
        for _ in range(jit_warm): value(step())
        times, begin = [], time.perf_counter()
        while len(times) < n and (len(times) < 5 or time.perf_counter() - begin < 20):
            t = time.perf_counter(); l = step(); value(l); times.append(time.perf_counter() - t)
        return dict(first_step_s=round(first, 4), step_ms=round(1e3 * statistics.median(times), 4),
                    step_ms_min=round(1e3 * min(times), 4), steps=len(times),
                    loss0=round(l0, 5), loss1=round(value(l), 5))
    return run


def record(n):
    """A runner that returns the first `n` losses, each taken before its update."""
    return lambda step, value, t0, jit_warm=1: dict(losses=[value(step()) for _ in range(n)])


def write_safetensors(path, tensors):
    """Little-endian arrays by name, in the order given, float32 or int64."""
    names = {"float32": "F32", "int64": "I64"}
    header, end = {}, 0
    for k, v in tensors.items():
        begin, end = end, end + v.nbytes
        header[k] = dict(dtype=names[str(v.dtype)], shape=list(v.shape), data_offsets=[begin, end])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for v in tensors.values(): file.write(v.astype(v.dtype.newbyteorder("<")).tobytes())


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("framework", choices=["torch", "compile", "jax", "tinygrad", "data"])
    ap.add_argument("workload", choices=sorted(WORKLOADS))
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--steps", type=int, default=200)
    ap.add_argument("--losses", type=int, metavar="N", help="print the first N losses, no times")
    ap.add_argument("--out", metavar="FILE", help="where `data` writes (safetensors)")
    for k in sorted({k for d in WORKLOADS.values() for k in d}): ap.add_argument("--" + k, type=int)
    o = ap.parse_args()
    p = dict(WORKLOADS[o.workload])
    for k in p:
        if getattr(o, k) is not None: p[k] = getattr(o, k)
    if o.framework == "data":
        if not o.out: ap.error("data needs --out FILE")
        import numpy as np
        batch = {"batch." + k: v for k, v in arrays(o.workload, p, np).items()}
        return write_safetensors(o.out, {**init(o.workload, p, np), **batch})
    for k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"): os.environ[k] = str(o.threads)
    if o.threads == 1 and o.framework in ("jax", "tinygrad"): os.sched_setaffinity(0, {0})
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    os.environ.setdefault("DEV", "CPU"); os.environ.setdefault("CPU", "1")
    run = record(o.losses) if o.losses else measure(o.steps)
    r = {"torch": lambda: run_torch(o.workload, p, run, o.threads, False),
         "compile": lambda: run_torch(o.workload, p, run, o.threads, True),
         "jax": lambda: run_jax(o.workload, p, run),
         "tinygrad": lambda: run_tinygrad(o.workload, p, run)}[o.framework]()
    r["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(dict(framework=o.framework, workload=o.workload, threads=o.threads, params=p, **r)))


if __name__ == "__main__":
    main()
