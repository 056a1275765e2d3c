"""What the benchmarks share: starting the programs, loading them, and printing what was measured."""
