"""What holds for every test: property tests try the same cases on every run and every machine.

`OFONE_EXAMPLES=2000 make test` looks further; failures print the case to paste.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,  # two busy cores make any time limit a coin toss
    database=None,
    max_examples=int(os.environ.get("OFONE_EXAMPLES", "50")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci")
