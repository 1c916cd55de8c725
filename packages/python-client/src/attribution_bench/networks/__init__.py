"""Twins of the bench's networks in PyTorch: the same function of the same weights."""
