"""Python client of Attribution Bench: read an exported task, write scores, convert the ground truths of others."""

from .errors import BenchError
from .scores import save_scores
from .task import Checkpoint, Diffusion, Points, Task, Truth, load

__all__ = ["BenchError", "Checkpoint", "Diffusion", "Points", "Task", "Truth", "load", "save_scores"]
__version__ = "0.1.0"
