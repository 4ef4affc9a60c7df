#!/usr/bin/env python3
"""Runs dlc and every installed peer side by side and prints one Markdown table.

  python compare.py                                       every workload
  python compare.py --workloads vae cnn --rounds 5 --threads 1
  python compare.py --workloads autoencoder --batch 64    shape options go to everyone
  python compare.py --sweep --workloads vae               shapes off the usual ones (SWEEP below)

Times move by a third between runs, so each round runs every framework once, in turn, each in a
process of its own; a figure is the median over the rounds of each run's own median. The ratio is
dlc's time over the fastest peer's: below 1, dlc is faster; under the table is the geometric mean of
all ratios. The share of the peak is the time that dlc's matrix products and convolutions would take
at the machine's multiply-add speed (`dlc bench peak`, measured before and after, the faster counts)
over dlc's step. The residual is the largest relative difference of dlc's first losses from those of
the reference peer (torch where installed), both from the same weights and batch. `-` stands for
what is missing or failed; why is on standard error.

Needs the standard library; the peers need their own packages (see peers.py). Exit status 1
when dlc failed anywhere.
"""
import argparse, importlib.util, json, math, pathlib, shutil, statistics, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
WORKLOADS = ["autoencoder", "regression", "classifier", "cnn", "vae", "attention", "transformer",
             "diffusion"]
PEERS = {"torch": "torch", "compile": "torch", "jax": "jax", "tinygrad": "tinygrad"}
SHAPES = ["batch", "latent", "inputs", "width", "tokens", "dim", "heads", "layers", "vocab"]
LIMIT = 900
# Batches of one, odd and large ones, and widths that fill no register tile.
SWEEP = {
    "autoencoder": [dict(batch=b) for b in (1, 7, 96, 1000)] + [dict(latent=100)],
    "regression": [dict(batch=b) for b in (1, 1000)] + [dict(width=w) for w in (100, 257)],
    "classifier": [dict(batch=b) for b in (1, 7, 96, 1000)]
                  + [dict(width=w) for w in (100, 257, 1023)],
    "cnn": [dict(batch=b) for b in (1, 7, 96)] + [dict(inputs=3072)],
    "vae": [dict(batch=b) for b in (1, 7, 96, 1000)] + [dict(latent=3)],
    "attention": [dict(tokens=77), dict(batch=1, tokens=1000), dict(heads=1),
                  dict(dim=96, heads=3)],
    "transformer": [dict(batch=1), dict(tokens=77), dict(dim=100, heads=5), dict(vocab=257)],
    "diffusion": [dict(batch=b) for b in (1, 7)] + [dict(width=40), dict(inputs=3072)],
}


def note(text):
    print(text, file=sys.stderr, flush=True)


def run(command):
    """The last line of the command's output as JSON, or None with a note on standard error."""
    command = [str(c) for c in command]
    name = " ".join(command)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    except (OSError, subprocess.TimeoutExpired) as error:
        return note(f"{name}: {error}")
    try:
        if done.returncode == 0: return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        note(f"{name}: no JSON line in the output")
        return None
    lines = done.stderr.strip().splitlines()
    return note(f"{name}: exit status {done.returncode}: {lines[-1] if lines else 'no message'}")


def peer(name, workload, *arguments):
    return [sys.executable, HERE / "peers.py", name, workload, *arguments]


def middle(runs, key):
    """The median of `key` over the rounds that have it."""
    values = [r[key] for r in runs if r and r.get(key) is not None]
    return statistics.median(values) if values else None


def peak(o):
    """The multiply-add speed of all threads together in GFLOP/s, None without dlc."""
    found = o.dlc and run([o.dlc, "bench", "peak", "--json", "--threads", o.threads])
    return found["gflops"].get(str(o.threads)) if found else None


def cases(o):
    """Each workload with the sizes that differ from its own: once, or for a sweep often."""
    given = {k: getattr(o, k) for k in SHAPES if getattr(o, k) is not None}
    shapes = lambda workload: SWEEP[workload] if o.sweep else [{}]
    return [(w, {**sizes, **given}) for w in o.workloads for sizes in shapes(w)]


def residual(o, workload, shapes):
    """The largest relative difference of dlc's first losses from the reference peer's."""
    if not (o.dlc and o.peers and o.losses): return None
    reference = "torch" if "torch" in o.peers else o.peers[0]
    more = ["--threads", o.threads, "--losses", o.losses, *shapes]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "data.safetensors"
        made = subprocess.run([str(c) for c in peer("data", workload, "--out", file, *shapes)])
        if made.returncode != 0: return None
        ours = run([o.dlc, "bench", workload, "--json", "--data", file, *more])
    theirs = run(peer(reference, workload, *more))
    if not ours or not theirs: return None
    a, b = ours.get("losses") or [], theirs["losses"]
    if len(a) != len(b):
        return note(f"{workload}: dlc gave {len(a)} losses, {reference} {len(b)}")
    worst = [abs(x - y) / max(abs(y), 1e-12) for x, y in zip(a, b)]
    # Not max(): it would pass over NaN.
    return max(worst) if all(w == w for w in worst) else float("nan")


def measure(o, workload, sizes):
    """Medians by framework, and the ratio and residual, of one workload."""
    shapes = [s for k, v in sizes.items() for s in ("--" + k, v)]
    more = ["--threads", o.threads, "--steps", o.steps, *shapes]
    runs = {f: [] for f in (["dlc"] if o.dlc else []) + o.peers}
    for turn in range(o.rounds):
        for f in runs:
            note(f"{title(workload, sizes)}, round {turn + 1} of {o.rounds}: {f}")
            dlc = [o.dlc, "bench", workload, "--json", *more]
            runs[f].append(run(dlc if f == "dlc" else peer(f, workload, *more)))
    keys = ("step_ms", "first_step_s", "peak_rss_mb", "compile_ms", "flops", "arena_mb")
    row = dict(workload=title(workload, sizes), threads=o.threads, rounds=o.rounds,
               params=next((r["params"] for rs in runs.values() for r in rs if r), None),
               frameworks={f: {k: m for k in keys if (m := middle(rs, k)) is not None}
                           for f, rs in runs.items()})
    ours = row["frameworks"].get("dlc", {}).get("step_ms")
    fastest = min((row["frameworks"][f].get("step_ms", float("inf")) for f in o.peers),
                  default=float("inf"))
    row["ratio"] = ours / fastest if ours and fastest < float("inf") else None
    row["residual"] = residual(o, workload, shapes)
    row["failed"] = sum(r is None for r in runs.get("dlc", []))
    return row


def title(workload, sizes):
    return " ".join([workload, *(f"{k}={v}" for k, v in sizes.items())])


def share(row, gflops):
    """dlc's floating-point operations over what the machine could do in its step, in percent."""
    ours = row["frameworks"].get("dlc", {})
    if not gflops or not ours.get("flops") or not ours.get("step_ms"): return None
    return 100 * ours["flops"] / (1e6 * ours["step_ms"]) / gflops


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def show(value, digits=3):
    """Three significant digits without an exponent for what is neither tiny nor missing."""
    if value is None: return "-"
    if value == 0 or not 1e-3 <= abs(value) < 1e6: return f"{value:.1e}" if value else "0"
    return f"{value:.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def table(rows, frameworks, gflops=None):
    """Markdown: step times of all, then first step and memory as dlc and the best peer, and a line
    under it with the mean ratio."""
    peers = [f for f in frameworks if f != "dlc"]
    head = ["workload", *(f"{f} ms" for f in frameworks), "ratio", "% of peak",
            "first step s (dlc / best peer)", "peak MB (dlc / best peer)", "residual"]
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for row in rows:
        of = lambda f, k: row["frameworks"].get(f, {}).get(k)
        best = lambda k: min((v for f in peers if (v := of(f, k)) is not None), default=None)
        pair = lambda k: f"{show(of('dlc', k))} / {show(best(k))}"
        lines.append([row["workload"], *(show(of(f, "step_ms")) for f in frameworks),
                      show(row["ratio"]), show(share(row, gflops)), pair("first_step_s"),
                      pair("peak_rss_mb"), show(row["residual"])])
    text = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    mean = geometric_mean([row["ratio"] for row in rows if row["ratio"]])
    if mean: text += f"\n\nGeometric mean of the ratios: {show(mean)}"
    if gflops: text += f"\nPeak: {show(gflops)} GFLOP/s on {rows[0]['threads']} threads"
    return text


def parse():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--steps", type=int, default=200)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--losses", type=int, default=20, help="losses to compare, 0 for none")
    ap.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=WORKLOADS)
    ap.add_argument("--peers", nargs="*", choices=list(PEERS), help="default: every one installed")
    ap.add_argument("--dlc", metavar="PATH", help="default: the release build, then $PATH")
    ap.add_argument("--sweep", action="store_true", help="shapes off the usual ones")
    ap.add_argument("--no-dlc", action="store_true", help="peers only")
    ap.add_argument("--json", action="store_true", help="a JSON line a workload, no table")
    for k in SHAPES: ap.add_argument("--" + k, type=int)
    o = ap.parse_args()
    for k in ("rounds", "steps", "threads"):
        if getattr(o, k) < 1: ap.error(f"--{k} must be at least 1")
    if o.peers is None:
        o.peers = [p for p, module in PEERS.items() if importlib.util.find_spec(module)]
    if o.no_dlc:
        o.dlc = None
        return o
    built = HERE.parent / ".build/release/dlc"
    o.dlc = o.dlc or (str(built) if built.exists() else shutil.which("dlc"))
    if not o.dlc or not shutil.which(o.dlc):
        ap.error("no dlc found: swift build -c release, or --dlc PATH, or --no-dlc")
    return o


def main():
    o = parse()
    rows = []
    peaks = [peak(o)]
    for workload, sizes in cases(o):
        rows.append(measure(o, workload, sizes))
        if o.json: print(json.dumps(rows[-1]), flush=True)
    peaks.append(peak(o))
    gflops = max((p for p in peaks if p), default=None)
    if o.json: print(json.dumps(dict(peak_gflops=gflops, threads=o.threads)))
    else: print(table(rows, (["dlc"] if o.dlc else []) + o.peers, gflops))
    sys.exit(any(r["failed"] for r in rows))


if __name__ == "__main__":
    main()
