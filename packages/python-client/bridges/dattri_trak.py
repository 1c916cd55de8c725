"""TRAK by dattri (TRAKAttributor).

Beside: `- { use: trak, params: { projection: gaussian, projDim: 512, checkpoints: 1, ridge: ..., ridgeUnit: absolute } }`.
"""

import torch
from bridge import Bridge, parse, parser
from dattri.algorithm.trak import TRAKAttributor
from dattri.task import AttributionTask

from attribution_bench.objectives import margin

options = parser(__doc__)
options.add_argument("--proj-dim", type=int, default=512)
options.add_argument("--proj-type", choices=["normal", "rademacher"], default="normal")
options.add_argument("--checkpoints", type=int, default=1, help="independently trained models, each with a projection of its own")
options.add_argument("--regularization", type=float, default=0.0, help="added to the kernel of dattri's features, which are those of TRAK / sqrt(proj-dim)")
options.add_argument("--seed", type=int, default=0, help="of the projection")
arguments = parse(options)
bridge = Bridge(arguments)
model = bridge.model()
output = bridge.functional(model, margin)
task = AttributionTask(loss_func=output, target_func=output, model=model, checkpoints=bridge.states(arguments.checkpoints))


def correct_probability(parameters, data):
    return torch.sigmoid(output(parameters, data))


attributor = TRAKAttributor(
    task=task,
    correct_probability_func=correct_probability,
    projector_kwargs={"proj_dim": arguments.proj_dim, "proj_type": arguments.proj_type, "proj_seed": arguments.seed, "device": "cpu"},
    regularization=arguments.regularization,
)
attributor.cache(bridge.loader("train", 64))
with torch.no_grad():
    scores = attributor.attribute(bridge.loader("queries", 64))
bridge.save(scores.T, "raises", "TRAK (dattri)", "gradient")
