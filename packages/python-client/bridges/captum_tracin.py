"""TracInCP by captum.

Beside: `- { use: tracin, params: { checkpoints: 5 } }`, with a task exported with as many trajectory snapshots.
"""

from bridge import Bridge, parse, parser
from captum.influence import TracInCP

from attribution_bench.objectives import cross_entropy

options = parser(__doc__)
arguments = parse(options)
bridge = Bridge(arguments)
snapshots = bridge.task.trajectory


def load_checkpoint(model, index):
    model.load_state_dict(bridge.model(int(index), trajectory=True).state_dict())
    return snapshots[int(index)].learning_rate


class Summed:
    """A loss that captum may differentiate by whole batches."""

    reduction = "sum"

    def __init__(self, output):
        self.output = output

    def __call__(self, logits, labels):
        return self.output(logits, labels).sum()


tracin = TracInCP(
    model=bridge.model(0, trajectory=True),
    train_dataset=bridge.loader("train", 64),
    checkpoints=[str(index) for index in range(len(snapshots))],
    checkpoints_load_func=load_checkpoint,
    loss_fn=Summed(cross_entropy),
    test_loss_fn=Summed(bridge.target),
    sample_wise_grads_per_batch=True,
)
queries = next(iter(bridge.loader("queries", bridge.task.queries.count)))
scores = tracin.influence(queries)
bridge.save(scores, "lowers", "TracInCP (captum)", "gradient")
