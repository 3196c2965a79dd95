"""What `make bench` measures: tfm beside other tools, in one run on one machine. See docs/benchmarks.md."""
