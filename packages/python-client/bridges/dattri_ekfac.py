"""Influence functions with the EK-FAC approximation of the Fisher matrix, by dattri (IFAttributorEKFAC). Dense layers only."""

import torch
from bridge import Bridge, parse, parser
from dattri.algorithm.influence_function import IFAttributorEKFAC
from dattri.task import AttributionTask

from attribution_bench.objectives import cross_entropy

options = parser(__doc__)
options.add_argument("--damping", type=float, default=0.01)
options.add_argument("--seed", type=int, default=0, help="of the labels that the Fisher matrix is estimated with")
arguments = parse(options)
bridge = Bridge(arguments)
torch.manual_seed(arguments.seed)
model = bridge.model()


def loss(parameters, data):
    inputs, labels = data
    batched = inputs if labels.dim() == 1 else inputs.unsqueeze(0)
    logits = torch.func.functional_call(model, parameters, (batched,))
    return cross_entropy(logits, labels.reshape(-1)).mean()


task = AttributionTask(loss_func=loss, target_func=bridge.functional(model, bridge.target), model=model, checkpoints=bridge.states(1))
attributor = IFAttributorEKFAC(task=task, damping=arguments.damping)
train = bridge.loader("train", 64)
attributor.cache(train)
scores = attributor.attribute(train, bridge.loader("queries", bridge.task.queries.count))
bridge.save(scores.T, "lowers", "EK-FAC (dattri)", "influence")
