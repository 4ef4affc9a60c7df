#!/usr/bin/env python3
"""How dlc's step time grows with the batch: no faster than linearly, or the exit status is 1.

  python scaling.py                              autoencoder, batch 32 to 1024
  python scaling.py --workloads vae classifier --threads 1 --tolerance 0.3

Prints a Markdown table: milliseconds a step, microseconds a row, and the time over what linear
growth from the batch before would give (below 1: better than linear). Every batch is measured in
each round, in turn; a figure is the fastest step of all rounds, which other programs disturb least.
A batch fails where it takes more than 1 + tolerance times the linear growth from any smaller one.
"""
import argparse, json, pathlib, subprocess, sys

BUILT = pathlib.Path(__file__).resolve().parent.parent / ".build/release/dlc"


def growth(times):
    """For [(batch, ms)] with ascending batches: the worst time over linear growth from a smaller
    batch, for each."""
    return [max((ms * b / (before * batch) for b, before in times[:i]), default=1.0)
            for i, (batch, ms) in enumerate(times)]


def measure(o, workload):
    times = {batch: [] for batch in o.batches}
    for _ in range(o.rounds):
        for batch in o.batches:
            command = [o.dlc, "bench", workload, "--json", "--batch", batch,
                       "--threads", o.threads, "--steps", o.steps]
            done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
            if done.returncode != 0: sys.exit(done.stderr.strip())
            times[batch].append(json.loads(done.stdout)["step_ms_min"])
    return [(batch, min(values)) for batch, values in sorted(times.items())]


def table(workload, times):
    lines = [f"| {workload} batch | ms | us a row | to linear |", "| ---: | ---: | ---: | ---: |"]
    for i, (batch, ms) in enumerate(times):
        step = ms * times[i - 1][0] / (times[i - 1][1] * batch) if i else 1.0
        lines.append(f"| {batch} | {ms:.3f} | {1e3 * ms / batch:.2f} | {step:.2f} |")
    return "\n".join(lines)


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--workloads", nargs="+", default=["autoencoder"])
    ap.add_argument("--batches", nargs="+", type=int, default=[32, 64, 128, 256, 512, 1024])
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--steps", type=int, default=50)
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--tolerance", type=float, default=0.1)
    ap.add_argument("--dlc", default=str(BUILT))
    o = ap.parse_args()
    failed = False
    for workload in o.workloads:
        times = measure(o, workload)
        print(table(workload, times) + "\n", flush=True)
        for (batch, _), worst in zip(times, growth(times)):
            if worst <= 1 + o.tolerance: continue
            failed = True
            print(f"{workload}: batch {batch} takes {worst:.2f} times what linear growth gives",
                  file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    main()
