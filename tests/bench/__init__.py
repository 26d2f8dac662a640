"""Speed as ratios between two things measured side by side, alternating, in one run.

`python -m tests.bench --quick` (default: a tenth of the sizes), `--full`, `--json`. Nothing here is
part of the test suite: machines are noisy, so a person reads the table and the bars beside it.
"""
