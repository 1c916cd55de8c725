"""TRAK by its authors' library, traker (TRAKer).

Beside: `- { use: trak, params: { projection: gaussian, projDim: 512, checkpoints: 1, ridge: ..., ridgeUnit: absolute, rescale: mean-abs-inverse } }`.
"""

import tempfile

import torch
from bridge import Bridge, parse, parser
from trak import TRAKer
from trak.projectors import BasicProjector, ProjectionType

options = parser(__doc__)
options.add_argument("--proj-dim", type=int, default=512)
options.add_argument("--proj-type", choices=["normal", "rademacher"], default="normal")
options.add_argument("--checkpoints", type=int, default=1, help="independently trained models, each with a projection of its own")
options.add_argument("--lambda-reg", type=float, default=0.0, help="added to the kernel")
options.add_argument("--seed", type=int, default=0, help="of the projection")
arguments = parse(options)
bridge = Bridge(arguments)
model = bridge.model()
parameters = bridge.task.parameters
projector = BasicProjector(
    grad_dim=parameters,
    proj_dim=arguments.proj_dim,
    seed=arguments.seed,
    proj_type=ProjectionType(arguments.proj_type),
    device="cpu",
    # traker 0.3.2 cannot draw a matrix of one block.
    block_size=min(100, max(1, arguments.proj_dim // 2)),
    dtype=torch.float32,
)
with tempfile.TemporaryDirectory() as folder:
    # Its gradients are of the margin; half precision would round memorised points to nothing.
    traker = TRAKer(
        model=model,
        task="image_classification",
        train_set_size=bridge.task.train.count,
        save_dir=folder,
        device="cpu",
        projector=projector,
        proj_dim=arguments.proj_dim,
        use_half_precision=False,
        lambda_reg=arguments.lambda_reg,
        logging_level=30,
    )
    states = bridge.states(arguments.checkpoints)
    for model_id, state in enumerate(states):
        traker.load_checkpoint(state, model_id=model_id)
        for batch in bridge.loader("train", 64):
            traker.featurize(batch=batch, num_samples=len(batch[1]))
    traker.finalize_features()
    for model_id, state in enumerate(states):
        traker.start_scoring_checkpoint(exp_name="queries", checkpoint=state, model_id=model_id, num_targets=bridge.task.queries.count)
        for batch in bridge.loader("queries", 64):
            traker.score(batch=batch, num_samples=len(batch[1]))
    scores = torch.as_tensor(traker.finalize_scores(exp_name="queries").copy())
bridge.save(scores.T, "raises", "TRAK (traker)", "gradient")
