"""A right playbook, and what makes a wrong one of it: one piece exchanged, the place where the
mistake must be shown (by the line and the word under the caret), and what it must say."""

from typing import NamedTuple

BASE = """\
currency: EUR
events: [tasting]
properties:
  feedback.nps: integer
  tasting.score: number
traits:
  orders_90d: {count: order, window: 90d}
  spend: {sum: order.amount}
  last_rating: {last: feedback.rating}
  city: {attribute: city}
  born: {attribute: born, type: date}
segments:
  regulars: orders_90d >= 2
  unhappy: last_rating <= 2
  locals: city = 'Berlin' and regulars
stages: [unhappy, regulars]
messages:
  thanks: {for: regulars, fields: {HEADLINE: thanks.j2}}
slots:
  hero: {messages: [thanks], picks: 2, fields: [HEADLINE, PICK1]}
fields:
  HEADLINE: {fallback: Hello, max: 60}
  PICK1: {value: "{{ picks[0].name }}", fallback: our best}
  CITY: {value: "{{ city|upper }}", fallback: there}
triggers:
  cart_left: {after: cart, wait: 1h, unless: order, send: thanks}
limits: {sends: 3 per 7d, quiet: "21:00-08:00", holdout: 10%}
"""
THANKS = "Thank you{% if locals %}, {{ city }}{% endif %}!\n"
TESTS = """\
one order:
  now: 2026-03-01T12:00:00Z
  events:
    - {kind: order, ago: 3d, amount: 45.00, currency: EUR}
  expect:
    segments: {in: [regulars], out: [unhappy]}
"""


class Wrong(NamedTuple):
    """`old` becomes `new` in a file; `line` is the text of the line that the mistake shows (its
    beginning), `under` what the caret stands under, `says` is in the message, `hint` in the
    suggestion or the remedy."""

    kind: str
    old: str
    new: str
    under: str
    says: str
    hint: str = ""
    file: str = "playbook.yaml"
    also: tuple[str, str, str] | None = None  # file, old, new: a second piece exchanged

    def files(self) -> dict[str, str]:
        """The wrong playbook."""
        made = {"playbook.yaml": BASE, "thanks.j2": THANKS, "tests.yaml": TESTS}
        for file, old, new in (
            (self.file, self.old, self.new),
            *([self.also] if self.also else []),
        ):
            assert old in made[file], f"{self.kind}: {old!r} is not in {file}"
            made[file] = made[file].replace(old, new, 1)
        return made
