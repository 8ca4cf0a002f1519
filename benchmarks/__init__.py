"""What is measured against what, in one run; the results are in docs/benchmarks.md."""
