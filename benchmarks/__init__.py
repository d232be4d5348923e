"""What the program costs, against what it is measured by: `python -m benchmarks.<name> [--json] [--full]`."""
