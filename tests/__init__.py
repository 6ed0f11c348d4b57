"""The tests, and the real servers that they and the benchmarks start."""
