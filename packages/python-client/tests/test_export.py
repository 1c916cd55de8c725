"""What the bench of this checkout exports now, with its ground truth."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import attribution_bench as ab

BENCH = Path(__file__).parents[2] / "bench"
GRID = """schema: bench/grid@1
name: small
seed: 3
tasks:
  - id: tiny
    data: { use: digits, train: 40, queries: 6 }
    model: { use: logistic, epochs: 2, batch: 16 }
truth: { subsets: 8, fraction: 0.5, retrainSeeds: 2 }
methods:
  - use: trak
    grid: { projDim: [4, 8], checkpoints: [1] }
metrics: [lds]
select: { by: lds, tuneFraction: 0.5 }
"""


def test_the_tune_split_of_a_truth_is_read(tmp_path: Path) -> None:
    if shutil.which("node") is None or not (BENCH / "dist").exists():
        pytest.skip("the bench is not built here: there is no node, or no dist")
    (tmp_path / "grid.yaml").write_text(GRID)
    command = ["node", str(BENCH / "bin" / "bench.js"), "export", "--config", "grid.yaml", "--results", "results"]
    options = ["--task", "tiny", "--to", "tiny", "--with-truth", "--checkpoints", "1", "--trajectory", "0", "--progress", "none"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    task = ab.load(tmp_path / "tiny")
    truth = task.truth
    assert truth is not None
    assert truth.members.dtype == bool and truth.members.shape == (4, 40)
    assert (truth.members.sum(axis=1) == 20).all() and len({row.tobytes() for row in truth.members}) == 4
    assert truth.queries.shape == (3,) and len(set(truth.queries)) == 3
    assert truth.queries.min() >= 0 and truth.queries.max() < task.queries.count
    # Subsets, retrainings of each, queries: every one another model.
    assert truth.outputs.shape == (4, 2, 3) and np.isfinite(truth.outputs).all()
    assert len(np.unique(truth.outputs)) == truth.outputs.size
    assert task.trajectory == [] and len(task.checkpoints) == 1
