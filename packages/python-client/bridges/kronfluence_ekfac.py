"""Influence functions with EK-FAC by kronfluence."""

import tempfile

import torch
from bridge import Bridge, parse, parser
from kronfluence.analyzer import Analyzer, prepare_model
from kronfluence.arguments import FactorArguments, ScoreArguments
from kronfluence.task import Task

from attribution_bench.objectives import cross_entropy

options = parser(__doc__)
options.add_argument("--strategy", choices=["identity", "diagonal", "kfac", "ekfac"], default="ekfac")
options.add_argument("--damping", type=float, default=0.01, help="0: a tenth of the mean eigenvalue")
options.add_argument("--seed", type=int, default=0, help="of the labels that the Fisher matrix is estimated with")
arguments = parse(options)
bridge = Bridge(arguments)
torch.manual_seed(arguments.seed)


class Classification(Task):
    def compute_train_loss(self, batch, model, sample=False):
        inputs, labels = batch
        logits = model(inputs)
        if sample:
            labels = torch.multinomial(torch.softmax(logits.detach(), dim=-1), 1).flatten()
        return cross_entropy(logits, labels).sum()

    def compute_measurement(self, batch, model):
        inputs, labels = batch
        return bridge.target(model(inputs), labels).sum()


with tempfile.TemporaryDirectory() as folder:
    classification = Classification()
    model = prepare_model(bridge.model(), classification)
    analyzer = Analyzer(analysis_name="bridge", model=model, task=classification, cpu=True, output_dir=folder, disable_tqdm=True)
    types = {
        name: bridge.dtype
        for name in ("activation_covariance_dtype", "gradient_covariance_dtype", "per_sample_gradient_dtype", "lambda_dtype")
    }
    analyzer.fit_all_factors("factors", bridge.dataset("train"), 64, factor_args=FactorArguments(strategy=arguments.strategy, **types))
    damping = None if arguments.damping == 0 else arguments.damping
    score_types = {name: bridge.dtype for name in ("per_sample_gradient_dtype", "precondition_dtype", "score_dtype")}
    analyzer.compute_pairwise_scores(
        scores_name="scores",
        factors_name="factors",
        query_dataset=bridge.dataset("queries"),
        train_dataset=bridge.dataset("train"),
        per_device_query_batch_size=64,
        per_device_train_batch_size=64,
        score_args=ScoreArguments(damping_factor=damping, **score_types),
    )
    scores = analyzer.load_pairwise_scores("scores")["all_modules"]
bridge.save(scores, "lowers", f"{arguments.strategy.upper()} (kronfluence)", "influence")
