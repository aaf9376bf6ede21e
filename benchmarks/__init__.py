"""What specc costs, beside its peers in the same run: `python -m benchmarks`. Nothing here is part of the product."""
