"""The benchmark: `python -m tests.bench`. Nothing here is a test, and no test is timed."""
