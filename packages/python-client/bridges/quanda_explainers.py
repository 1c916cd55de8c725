"""Explainers of quanda that wrap other libraries or are its own: similarity of activations, TracInCP, representer points."""

import os
import tempfile

import torch
from bridge import Bridge, parse, parser
from quanda.explainers.wrappers import CaptumSimilarity, CaptumTracInCP, RepresenterPoints

options = parser(__doc__)
options.add_argument("--explainer", choices=["similarity", "tracin", "representer-points"], default="similarity")
options.add_argument("--layer", help="whose output is used; default: the first layer, for representer points the last activations of an mlp")
arguments = parse(options)
bridge = Bridge(arguments)
train, model = bridge.dataset("train"), bridge.model()
inputs, labels = bridge.dataset("queries").tensors
layers = [layer["name"].replace(".", "_") for layer in bridge.task.layers]


def similarity(folder):
    layer = arguments.layer or layers[0]
    return CaptumSimilarity(model=model, model_id="bridge", train_dataset=train, cache_dir=folder, layers=layer, batch_size=len(train))


def tracin(folder):
    paths = []
    for index in range(len(bridge.task.trajectory)):
        paths.append(os.path.join(folder, f"{index}.pt"))
        torch.save(bridge.model(index, trajectory=True).state_dict(), paths[-1])

    def load(module, path):
        module.load_state_dict(torch.load(path, weights_only=True))
        return bridge.task.trajectory[int(os.path.basename(path)[:-3])].learning_rate

    # Its scores are of the loss of the query's label, whatever the task's target.
    loss = torch.nn.CrossEntropyLoss(reduction="none")
    return CaptumTracInCP(model=model, train_dataset=train, checkpoints=paths, checkpoints_load_func=load, loss_fn=loss, batch_size=64)


def representer_points(folder):
    state = os.path.join(folder, "model.pt")
    torch.save(model.state_dict(), state)
    return RepresenterPoints(
        model=model, train_dataset=train, checkpoints=state, model_id="bridge", cache_dir=folder, classifier_layer=layers[-1],
        features_layer=arguments.layer or "dropout", batch_size=64, show_progress=False,
    )


makers = {"similarity": similarity, "tracin": tracin, "representer-points": representer_points}
with tempfile.TemporaryDirectory() as folder:
    scores = makers[arguments.explainer](folder).explain(inputs, labels)
title = f"{arguments.explainer} (quanda)"
bridge.save(scores, "raises", title, "similarity" if arguments.explainer == "similarity" else "gradient")
