"""LoGra by dattri (LoGraAttributor): projected inputs and deltas of dense layers, an empirical Fisher matrix for each layer.

Its scores are of the cross-entropy of the query's label, which dattri 0.3.0 has built in, whatever the task's target.
Beside: `- { use: trak, params: { projection: logra, projDim: 512 } }`, which has one kernel for all layers, and margins.
"""

import torch
from bridge import Bridge, parse, parser
from dattri.algorithm.logra import LoGraAttributor
from dattri.task import AttributionTask

from attribution_bench.objectives import cross_entropy

options = parser(__doc__)
options.add_argument("--proj-dim", type=int, default=256, help="of each layer; a square number")
options.add_argument("--damping", type=float, help="default: dattri's own")
options.add_argument("--seed", type=int, default=0)
arguments = parse(options)
bridge = Bridge(arguments)
torch.manual_seed(arguments.seed)


class AnyBatch(torch.nn.Module):
    """A network that also takes one input without a batch axis: dattri looks at the layers that way."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x if x.dim() > len(bridge.task.input_shape) else x.unsqueeze(0))


def loss(module, batch, device):
    inputs, labels = (part.to(device) for part in batch)
    return cross_entropy(module(inputs), labels).sum()


model = AnyBatch(bridge.model())
task = AttributionTask(loss_func=loss, model=model, checkpoints=[model.state_dict()])
attributor = LoGraAttributor(task=task, proj_dim=arguments.proj_dim, damping=arguments.damping)
train = bridge.loader("train", 64)
attributor.cache(train)
# It takes the mean over a batch of queries, so that all queries have to be one batch.
scores = attributor.attribute(train, bridge.loader("queries", bridge.task.queries.count))
bridge.save(scores.T, "raises", "LoGra (dattri)", "gradient")
