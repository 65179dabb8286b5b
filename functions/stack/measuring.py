"""What functions say: a JSON line a call, and numbers that alarms and the dashboard read.

Numbers are lines too, in CloudWatch's embedded metric format, so that a function needs no right to
write metrics. Nothing personal is in either."""

import os
import sys

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from functions.door.telling import Say, as_json

NAMESPACE = os.environ.get("METRICS", "SegmentOfOne")
"""A stack's own, so that two in an account alarm each for itself."""

say: Say = as_json(sys.stdout)


def measure(name: str, value: float, **about: str) -> None:
    """One number; `about` are its dimensions."""
    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE) as one:
        for dimension, word in about.items():
            one.add_dimension(name=dimension, value=word)
