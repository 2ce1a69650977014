"""Locks of each configuration that uv's guide for PyTorch gives, over a mirror with builds for CPUs, CUDA, ROCm and XPU."""
