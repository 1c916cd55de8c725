"""Trains the twin of an exported task as PyTorch's users do, for ``bench perf --beside torch`` to measure."""
