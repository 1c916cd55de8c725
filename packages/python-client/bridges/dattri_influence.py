"""Influence functions with the exact Hessian, by dattri (IFAttributorExplicit).

Beside: `- { use: influence, params: { damping: 0.01, checkpoints: 1 } }`.
"""

from bridge import Bridge, parse, parser
from dattri.algorithm.influence_function import IFAttributorExplicit
from dattri.task import AttributionTask

from attribution_bench.objectives import cross_entropy

options = parser(__doc__)
options.add_argument("--damping", type=float, default=0.01, help="added to the Hessian of the mean training loss")
options.add_argument("--checkpoints", type=int, default=1, help="independently trained models whose scores are averaged")
arguments = parse(options)
bridge = Bridge(arguments)
model = bridge.model()
task = AttributionTask(
    loss_func=bridge.functional(model, cross_entropy),
    target_func=bridge.functional(model, bridge.target),
    model=model,
    checkpoints=bridge.states(arguments.checkpoints),
)
attributor = IFAttributorExplicit(task=task, regularization=arguments.damping)
# dattri adds up the inverse Hessians of batches, so that the training set has to be one batch.
train = bridge.loader("train", bridge.task.train.count)
attributor.cache(train)
scores = attributor.attribute(train, bridge.loader("queries", bridge.task.queries.count))
# ∇target · (H + damping)⁻¹ · ∇loss: a positive one raises the target when the loss of the point is raised.
bridge.save(scores.T, "lowers", "Influence (dattri)", "influence")
