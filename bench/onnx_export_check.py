#!/usr/bin/env python3
"""Runs what dlc exports as ONNX in onnxruntime and compares with what dlc computes itself.

  python bench/onnx_export_check.py DLC [--zoo NAME ...] [--graphs DIR]

For every model of the zoo (or those named): `dlc compile MODEL -o FILE.onnx`, onnx.checker, the same random inputs to
`dlc run` and onnxruntime, and the largest difference relative to the largest element of each output. --graphs adds the
graphs in the text form (FILE.dlc, with inputs in FILE.npz) of a folder: those of every op's samples are left by

  DLC_EXPORT_SAMPLES=FOLDER swift test -c release --filter ExportTests

Operators that onnxruntime has no code for in an element type are counted apart. Needs numpy, onnx, onnxruntime.
"""
import argparse, glob, os, subprocess, sys, tempfile

import numpy as np
import onnx
import onnxruntime

NUMPY = {"float": np.float32, "double": np.float64, "int64": np.int64, "int32": np.int32, "bool": np.bool_,
         "uint8": np.uint8}


def inputs(model, session, random):
    """Those beside a graph, else random values: floats of order one, integers that any table of the zoo has as rows."""
    beside = model.removesuffix(".dlc") + ".npz"
    if model.endswith(".dlc") and os.path.exists(beside):
        stored = np.load(beside)
        return {port.name: stored[port.name] for port in session.get_inputs()}
    values = {}
    for port in session.get_inputs():
        kind = port.type[len("tensor("):-1]
        if "int" in kind:
            values[port.name] = random.integers(0, 2, port.shape).astype(NUMPY[kind])
        elif kind == "bool":
            values[port.name] = random.integers(0, 2, port.shape).astype(bool)
        else:
            values[port.name] = random.normal(size=port.shape).astype(NUMPY[kind])
    return values


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())


def check(dlc, model, folder):
    """The largest relative difference of each output, and the number of nodes."""
    path = os.path.join(folder, "model.onnx")
    run([dlc, "compile", model, "-o", path])
    loaded = onnx.load(path)
    onnx.checker.check_model(loaded, full_check=True)
    onnxruntime.set_default_logger_severity(4)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    values = inputs(model, session, np.random.default_rng(1))
    found = dict(zip([o.name for o in session.get_outputs()], session.run(None, values)))
    command = [dlc, "run", model]
    for index, (name, value) in enumerate(values.items()):
        file = os.path.join(folder, f"input{index}.npy")
        np.save(file, value)
        command += ["--input", f"{name}={file}"]
    for index, name in enumerate(found):
        command += ["--output", f"{name}={os.path.join(folder, f'output{index}.npy')}"]
    run(command)
    worst = {}
    for index, (name, value) in enumerate(found.items()):
        expected = np.load(os.path.join(folder, f"output{index}.npy"))
        if expected.shape != value.shape or expected.dtype != value.dtype:
            raise RuntimeError(f"{name} is {value.dtype}{value.shape}, not {expected.dtype}{expected.shape}")
        expected, value = expected.astype(np.float64), value.astype(np.float64)
        same = (expected == value) | (np.isnan(expected) & np.isnan(value))
        scale = max(np.abs(expected[np.isfinite(expected)]).max(initial=0), 1e-30)
        with np.errstate(invalid="ignore"):
            difference = np.where(same, 0, np.abs(expected - value)) / scale
        worst[name] = float(np.nan_to_num(difference, nan=np.inf).max(initial=0))
    return worst, len(loaded.graph.node)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dlc")
    parser.add_argument("--zoo", nargs="*", default=["autoencoder", "regression", "classifier", "cnn", "vae",
                                                      "attention", "transformer", "diffusion"])
    parser.add_argument("--graphs")
    options = parser.parse_args()
    models = options.zoo + (sorted(glob.glob(os.path.join(options.graphs, "*.dlc"))) if options.graphs else [])
    bad = missing = 0
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            try:
                worst, nodes = check(options.dlc, model, folder)
            except Exception as error:
                if "NOT_IMPLEMENTED" in str(error):
                    missing += 1
                    continue
                bad += 1
                print(f"{os.path.basename(model):40} {str(error).splitlines()[0][:200]}")
                continue
        text = ", ".join(f"{name} {value:.1e}" for name, value in worst.items())
        is_bad = any(value > 1e-5 for value in worst.values())
        bad += is_bad
        if is_bad or not model.endswith(".dlc"):
            print(f"{os.path.basename(model):40} {nodes:5} nodes   {text}")
    print(f"{len(models) - bad - missing} of {len(models)} within 1e-5, {missing} without code in onnxruntime")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
