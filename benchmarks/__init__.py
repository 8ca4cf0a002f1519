"""What is measured against what, in one run; results in docs/benchmarks.md."""
