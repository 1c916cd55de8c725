"""Grad-Dot of a logistic regression or a perceptron with one hidden layer of ReLUs, with NumPy alone.

usage: grad_dot.py request.json      (schema bench/request@1; see docs/any-language.md)
"""

import json
import sys
from pathlib import Path

import numpy as np


def safetensors(path):
    """The arrays of a safetensors file by name."""
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    entries = json.loads(data[8 : 8 + length])
    arrays = {}
    for name, entry in entries.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        flat = np.frombuffer(data[8 + length + start : 8 + length + end], dtype="<f4")
        arrays[name] = flat.reshape(entry["shape"]).astype(np.float64)
    return arrays


def softmax(logits):
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


def factors(weights, layers, x, delta):
    """Input and output derivative of each dense layer, for each point: their outer product is the gradient.

    x [points, dims]; delta(logits) gives the derivative of a scalar of each point by its logits.
    """
    inputs = [x]
    for name in layers[:-1]:
        inputs.append(np.maximum(inputs[-1] @ weights[f"{name}.weight"] + weights[f"{name}.bias"], 0))
    last = layers[-1]
    deltas = [delta(inputs[-1] @ weights[f"{last}.weight"] + weights[f"{last}.bias"])]
    for name, hidden in zip(layers[:0:-1], inputs[:0:-1]):
        deltas.insert(0, (deltas[0] @ weights[f"{name}.weight"].T) * (hidden > 0))
    return [(np.hstack([a, np.ones((len(a), 1))]), d) for a, d in zip(inputs, deltas)]


def main(request_file):
    request = json.loads(Path(request_file).read_text())
    folder = Path(request["task"])
    task = json.loads((folder / "task.json").read_text())
    model = task["model"]
    known = model["use"] == "logistic" or (model["use"] == "mlp" and model["params"]["activation"] == "relu")
    if not known or task["target"]["id"] != "margin":
        sys.exit("this program knows logistic regressions, perceptrons with ReLUs, and the target margin")

    weights = safetensors(folder / task["checkpoints"][0]["weights"])
    layers = [layer["name"] for layer in task["layers"]]
    load = lambda part, name: np.load(folder / task[part][name])
    classes = np.eye(task["classes"])

    def loss(logits):
        return softmax(logits) - classes[load("train", "labels")]

    def margin(logits):
        labels = classes[load("queries", "labels")]
        return labels - softmax(np.where(labels == 1, -np.inf, logits))

    train = factors(weights, layers, load("train", "inputs").reshape(task["train"]["count"], -1).astype(float), loss)
    queries = factors(weights, layers, load("queries", "inputs").reshape(task["queries"]["count"], -1).astype(float), margin)
    # A step on a training point goes against the gradient of its loss.
    scores = -sum((qa @ ta.T) * (qd @ td.T) for (qa, qd), (ta, td) in zip(queries, train))
    np.save(request["output"], scores.astype(np.float32))


if __name__ == "__main__":
    main(sys.argv[1])
