"""The benchmark's workloads: shapes, batch, initial weights and model of each.

Everything here depends on NumPy alone, passed in as `np`, so every framework gets the same numbers
and the same arithmetic; `F` holds the few primitives that a framework supplies.
"""
import math

# name -> default shapes; every one can be overridden from the command line
WORKLOADS = {
    # 784-512-256-latent-256-512-784, ReLU, MSE, Adam
    "autoencoder": dict(batch=256, latent=128),
    # inputs-width x4 -1, ReLU, MSE, Adam: small, so per-step overhead shows
    "regression": dict(batch=64, inputs=16, width=64),
    # 784-512-512-10, ReLU, softmax cross-entropy, Adam
    "classifier": dict(batch=128, width=512),
    # conv3x3 1-32, conv3x3 32-64, maxpool 2, 9216-128-10, no padding, Adam; 3072 inputs are an image
    # of 32 x 32 in three colours
    "cnn": dict(batch=64, inputs=784),
    # 784-400-20-400-784, BCE + KL, Adam
    "vae": dict(batch=128, latent=20),
    # one softmax-attention layer, q,k,v,o projections, MSE, SGD
    "attention": dict(batch=4, tokens=512, dim=256, heads=4),
    # pre-norm decoder, causal, tied-free head, layers x (attention + 4x GELU MLP), CE, Adam
    "transformer": dict(batch=8, tokens=128, dim=256, heads=4, layers=4, vocab=4096),
    # 28x28 conv U-Net with group norm, SiLU and a time embedding, epsilon loss, Adam
    "diffusion": dict(batch=32, width=32, inputs=784),
}
LR = 1e-3


def image(p):
    """Channels and side of a square image of that many inputs: grey, else of three colours."""
    n = p["inputs"]
    c = 1 if math.isqrt(n) ** 2 == n else 3
    s = math.isqrt(n // c)
    if c * s * s != n: raise SystemExit(f"{n} inputs are no square image of 1 or 3 channels")
    return c, s


def arrays(name, p, np):
    """The same synthetic batch for every framework."""
    r = np.random.default_rng(0)
    f = lambda *s: r.standard_normal(s, dtype=np.float32)
    b = p["batch"]
    if name in ("autoencoder", "vae"):
        x = r.random((b, 784), dtype=np.float32)
        return dict(x=x, eps=f(b, p["latent"])) if name == "vae" else dict(x=x)
    if name == "regression":
        return dict(x=f(b, p["inputs"]), y=f(b, 1))
    if name == "classifier":
        return dict(x=f(b, 784), y=r.integers(0, 10, b))
    if name == "cnn":
        c, s = image(p)
        return dict(x=f(b, c, s, s), y=r.integers(0, 10, b))
    if name == "attention":
        return dict(x=f(b, p["tokens"], p["dim"]), y=f(b, p["tokens"], p["dim"]))
    if name == "transformer":
        s = r.integers(0, p["vocab"], (b, p["tokens"] + 1))
        return dict(x=s[:, :-1].copy(), y=s[:, 1:].copy())
    if name == "diffusion":
        c, s = image(p)
        return dict(x=f(b, c, s, s), eps=f(b, c, s, s), t=r.random((b, 1), dtype=np.float32))


def init(name, p, np):
    """name -> initial weight, the same for every framework."""
    r = np.random.default_rng(1)
    w = {}

    def lin(n, i, o):
        w[n + ".w"] = (r.standard_normal((i, o)) / math.sqrt(i)).astype(np.float32)
        w[n + ".b"] = np.zeros(o, np.float32)

    def conv(n, i, o, k=3):
        w[n + ".w"] = (r.standard_normal((o, i, k, k)) / math.sqrt(i * k * k)).astype(np.float32)
        w[n + ".b"] = np.zeros(o, np.float32)

    def norm(n, c):
        w[n + ".g"], w[n + ".b"] = np.ones(c, np.float32), np.zeros(c, np.float32)

    if name == "autoencoder":
        sizes = [784, 512, 256, p["latent"], 256, 512, 784]
        for i in range(6): lin(f"l{i}", sizes[i], sizes[i + 1])
    elif name == "regression":
        sizes = [p["inputs"]] + [p["width"]] * 4 + [1]
        for i in range(5): lin(f"l{i}", sizes[i], sizes[i + 1])
    elif name == "classifier":
        sizes = [784, p["width"], p["width"], 10]
        for i in range(3): lin(f"l{i}", sizes[i], sizes[i + 1])
    elif name == "cnn":
        c, s = image(p)
        conv("c0", c, 32); conv("c1", 32, 64)
        lin("l0", 64 * ((s - 4) // 2) ** 2, 128); lin("l1", 128, 10)
    elif name == "vae":
        lin("e", 784, 400); lin("mu", 400, p["latent"]); lin("lv", 400, p["latent"])
        lin("d0", p["latent"], 400); lin("d1", 400, 784)
    elif name == "attention":
        for n in "qkvo": lin(n, p["dim"], p["dim"])
    elif name == "transformer":
        d = p["dim"]
        w["emb"] = (0.02 * r.standard_normal((p["vocab"], d))).astype(np.float32)
        w["pos"] = (0.02 * r.standard_normal((p["tokens"], d))).astype(np.float32)
        for i in range(p["layers"]):
            norm(f"n{i}a", d); norm(f"n{i}b", d)
            for n in "qkvo": lin(f"{n}{i}", d, d)
            lin(f"u{i}", d, 4 * d); lin(f"v_{i}", 4 * d, d)
        norm("nf", d); lin("head", d, p["vocab"])
    elif name == "diffusion":
        c, colours = p["width"], image(p)[0]
        lin("t0", 32, 128); lin("t1", 128, 2 * c)
        conv("in", colours, c); norm("g0", c); conv("d0", c, c)
        conv("down", c, 2 * c); norm("g1", 2 * c); conv("m0", 2 * c, 2 * c); norm("g2", 2 * c); conv("m1", 2 * c, 2 * c)
        conv("up", 2 * c, c); norm("g3", 2 * c); conv("u0", 2 * c, c); conv("out", c, colours)
    return w


def loss_fn(name, p, F):
    """The model, written once over the few primitives that F supplies."""
    lin = lambda w, n, h: F.matmul(h, w[n + ".w"]) + w[n + ".b"]

    def stack(w, x, n):
        for i in range(n):
            x = lin(w, f"l{i}", x)
            if i < n - 1: x = F.relu(x)
        return x

    def attend(w, s, x, causal):
        b, t, d = x.shape; h = p["heads"]
        split = lambda y: F.transpose(F.reshape(y, (b, t, h, d // h)), (0, 2, 1, 3))
        q, k, v = (split(lin(w, n + s, x)) for n in "qkv")
        y = F.attention(q, k, v, causal)
        return lin(w, "o" + s, F.reshape(F.transpose(y, (0, 2, 1, 3)), (b, t, d)))

    def autoencoder(w, a):
        return F.mean((stack(w, a["x"], 6) - a["x"]) ** 2)

    def regression(w, a):
        return F.mean((stack(w, a["x"], 5) - a["y"]) ** 2)

    def classifier(w, a):
        return F.cross_entropy(stack(w, a["x"], 3), a["y"])

    def cnn(w, a):
        h = F.relu(F.conv(a["x"], w["c0.w"], w["c0.b"], 1, 0))
        h = F.relu(F.conv(h, w["c1.w"], w["c1.b"], 1, 0))
        h = F.reshape(F.maxpool2(h), (p["batch"], -1))
        return F.cross_entropy(lin(w, "l1", F.relu(lin(w, "l0", h))), a["y"])

    def vae(w, a):
        h = F.relu(lin(w, "e", a["x"]))
        mu, lv = lin(w, "mu", h), lin(w, "lv", h)
        z = mu + F.exp(0.5 * lv) * a["eps"]
        y = lin(w, "d1", F.relu(lin(w, "d0", z)))
        bce = F.mean(F.relu(y) - y * a["x"] + F.log1pexp_negabs(y)) * 784.0
        return bce - 0.5 * F.mean(1 + lv - mu * mu - F.exp(lv)) * float(p["latent"])

    def attention(w, a):
        return F.mean((attend(w, "", a["x"], False) - a["y"]) ** 2)

    def transformer(w, a):
        x = F.take(w["emb"], a["x"]) + w["pos"]
        for i in range(p["layers"]):
            x = x + attend(w, str(i), F.layernorm(x, w[f"n{i}a.g"], w[f"n{i}a.b"]), True)
            h = F.layernorm(x, w[f"n{i}b.g"], w[f"n{i}b.b"])
            x = x + lin(w, f"v_{i}", F.gelu(lin(w, f"u{i}", h)))
        y = lin(w, "head", F.layernorm(x, w["nf.g"], w["nf.b"]))
        return F.cross_entropy(F.reshape(y, (-1, p["vocab"])), F.reshape(a["y"], (-1,)))

    def diffusion(w, a):
        c, b = p["width"], p["batch"]
        te = F.embed_time(a["t"])
        te = lin(w, "t1", F.silu(lin(w, "t0", te)))
        t = F.reshape(a["t"], (b, 1, 1, 1))
        x = (1 - t) * a["x"] + t * a["eps"]
        gn = lambda n, h: F.silu(F.groupnorm(h, 8, w[n + ".g"], w[n + ".b"]))
        cv = lambda n, h, s=1: F.conv(h, w[n + ".w"], w[n + ".b"], s, 1)
        h0 = cv("d0", gn("g0", cv("in", x)))
        h = cv("down", h0, 2) + F.reshape(te, (b, 2 * c, 1, 1))
        h = cv("m1", gn("g2", cv("m0", gn("g1", h))))
        h = F.concat([cv("up", F.upsample2(h)), h0])
        return F.mean((cv("out", F.silu(cv("u0", gn("g3", h)))) - a["eps"]) ** 2)

    return locals()[name]
