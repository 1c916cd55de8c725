"""Python client of Attribution Bench: read an exported task, answer a request, write scores, convert the ground truths of others."""

from .errors import BenchError
from .request import Request, read_request
from .scores import save_scores
from .task import Checkpoint, Diffusion, Points, Task, Truth, load

__all__ = ["BenchError", "Checkpoint", "Diffusion", "Points", "Request", "Task", "Truth", "load", "read_request", "save_scores"]
__version__ = "0.1.0"
