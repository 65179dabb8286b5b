"""Named mutants: small wrongs in the product's source, each killed by a test.

A mutant that survives means that the promise it breaks is held by nobody. `before` occurs in its
file exactly once; one that no longer applies fails, so that these lists move with the code.
"""

from tests.mutants.deciding import DECIDING, RENDERING, TRAITS, TRIGGER
from tests.mutants.keeping import APPLYING, STORE
from tests.mutants.outward import CONSENT, MAILCHIMP

MUTANTS = (
    *CONSENT, *MAILCHIMP, *APPLYING, *STORE, *DECIDING, *TRAITS, *TRIGGER, *RENDERING,
)  # fmt: skip
