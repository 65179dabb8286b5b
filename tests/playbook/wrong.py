"""Wrong playbooks, one kind of mistake each: a valid one with one piece exchanged, the place where
the mistake must be shown (by the line and the word under the caret), and what it must say."""

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


WRONG = [
    # YAML
    Wrong("a tab", "  spend:", "\tspend:", "\tspend", "a tab cannot indent", "spaces"),
    Wrong("no YAML", "regulars]\nmessages", "regulars\nmessages", ":\n", "not YAML"),
    Wrong("a second colon", "regulars: orders_90d", "regulars: a: orders_90d", ": orders_90d",
          "not YAML", "quote"),
    Wrong("a key twice", "  born:", "  city:", "city: {attribute: born", "already given in line 10"),
    Wrong("an alias", "city: {attribute: city}", "city: *orders", "*orders", "aliases"),
    Wrong("a tag", "city: {attribute: city}", "city: !!python/name:os.system x", "!!python",
          "tags"),
    Wrong("an unknown section", "segments:", "segmnts:", "segmnts:", "unknown key segmnts",
          "segments"),
    Wrong("an unknown key", "window: 90d", "windw: 90d", "windw:", "unknown key windw", "window"),
    Wrong("a text where keys belong", "  spend: {sum: order.amount}", "  spend: order.amount",
          "order.amount", "keys and values"),
    # the head
    Wrong("a currency", "currency: EUR", "currency: euro", "euro", "not a currency", "EUR"),
    Wrong("a zone", "currency: EUR", "currency: EUR\nzone: Europe/Berln", "Europe/Berln",
          "unknown time zone", "Europe/Berlin"),
    Wrong("a rate", "currency: EUR", "currency: EUR\nrates: {USD: many}", "many", "a number"),
    Wrong("a property's type", "nps: integer", "nps: integr", "integr", "unknown type", "integer"),
    Wrong("a built-in property", "feedback.nps", "feedback.rating", "feedback.rating",
          "built in"),
    Wrong("one name, two types", "tasting.score: number", "tasting.nps: number", "number",
          "one name, one type"),
    # traits
    Wrong("an unknown event", "{count: order,", "{count: ordr,", "ordr", "unknown event ordr",
          "order"),
    Wrong("an unknown property", "sum: order.amount", "sum: order.amont", "amont",
          "unknown property amont", "amount"),
    Wrong("no kind", "{count: order, window: 90d}", "{window: 90d}", "{window", "has no kind",
          "count"),
    Wrong("two kinds", "{sum: order.amount}", "{sum: order.amount, min: order.amount}",
          "min:", "2 kinds"),
    Wrong("a sum of decimals", "sum: order.amount", "sum: tasting.score", "score",
          "score is a decimal number"),
    Wrong("a sum of text", "sum: order.amount", "sum: visit.city", "city", "city is text"),
    Wrong("net of something else", "sum: order.amount", "net: order.price", "order.price",
          "refunds of order.amount", "order.amount"),
    Wrong("a bad window", "window: 90d", "window: 90 dys", "90 dys", "not a window", "90 days"),
    Wrong("a window on an attribute", "{attribute: city}", "{attribute: city, window: 90d}",
          "window:", "means nothing"),
    Wrong("a score without half-life", "{sum: order.amount}", "{score: view}", "score:",
          "needs a half_life", "30d"),
    Wrong("no such place", "{attribute: city}", "{near: {place: [99, 13], km: 5}}",
          "{place: [99", "no such place"),
    Wrong("a where of the wrong type", "window: 90d", "where: city > 5", "5",
          "text cannot be compared"),
    Wrong("an unknown name in where", "window: 90d", "where: ratin > 5", "ratin",
          "unknown property ratin", "rating"),
    Wrong("a reserved name", "  born:", "  stage:", "stage:", "a word of its own"),
    Wrong("a bad name", "  born:", "  Born-at:", "Born-at:", "cannot name a trait",
          "small letters"),
    # segments
    Wrong("an unknown trait", "orders_90d >= 2", "ordrs_90d >= 2", "ordrs_90d",
          "unknown trait or segment ordrs_90d", "orders_90d"),
    Wrong("a wrong type", "last_rating <= 2", "last_rating <= 'two'", "'two'",
          "a whole number cannot be compared with text"),
    Wrong("a number as a rule", "unhappy: last_rating <= 2", "unhappy: last_rating", "last_rating",
          "not true or false", "> 0"),
    Wrong("money with text", "orders_90d >= 2", "spend > city", "spend",
          "money cannot be compared with text"),
    Wrong("too fine money", "orders_90d >= 2", "spend > 9.999", "9.999", "at most 2 digits"),
    Wrong("money plus a count", "orders_90d >= 2", "spend + orders_90d > 2", "spend", "money and"),
    Wrong("equal decimals", "orders_90d >= 2", "orders_90d / 3 = 0.5", "orders_90d",
          "hardly ever equal", "between"),
    Wrong("a bad date", "orders_90d >= 2", "born < '2001-02-30'", "'2001", "not a date",
          "2026-01-31"),
    Wrong("a circle", "orders_90d >= 2", "not unhappy", "regulars\n",
          "regulars -> unhappy -> locals -> regulars",
          also=("playbook.yaml", "last_rating <= 2", "locals")),
    Wrong("itself", "last_rating <= 2", "not unhappy", "unhappy\n", "unhappy -> unhappy"),
    Wrong("a query", "orders_90d >= 2", "orders_90d in (select 2)", "orders_90d", "a list"),
    Wrong("an unsafe function", "orders_90d >= 2", "read_text('x') = 'y'", "read_text",
          "the function read_text is not part", "coalesce"),
    Wrong("a setting", "orders_90d >= 2", "getenv('HOME') = 'y'", "getenv",
          "the function getenv is not part"),
    Wrong("chance", "orders_90d >= 2", "random() > 0.5", "random", "the function random"),
    Wrong("a sum in a rule", "orders_90d >= 2", "sum(orders_90d) > 2", "sum", "the function sum"),
    Wrong("a cast", "orders_90d >= 2", "orders_90d::int >= 2", "orders_90d", "cast is not part"),
    Wrong("a pattern", "city = 'Berlin'", "city ~ 'B.*'", "city", "is not part"),
    Wrong("a window function", "orders_90d >= 2", "rank() over (order by city) > 1", "rank",
          "is not part"),
    Wrong("a second statement", "orders_90d >= 2", "orders_90d >= 2; drop table x", ";",
          "one expression"),
    Wrong("a hidden comment", "orders_90d >= 2", "orders_90d >= 2 /* x */", "/*", "no comments"),
    Wrong("a qualified name", "orders_90d >= 2", "main.orders_90d >= 2", "main.",
          "not a name by itself"),
    # habits from elsewhere
    Wrong("a dollar sign", "orders_90d >= 2", "spend > $50", "$50", "without its currency",
          "write 50"),
    Wrong("a euro behind", "orders_90d >= 2", "spend > 1,250 EUR", "1,250", "without its currency",
          "write 1250"),
    Wrong("thousands apart", "orders_90d >= 2", "(spend > 1,000)", "1,000", "without commas",
          "write 1000"),
    Wrong("an arrow", "orders_90d >= 2", "orders_90d => 2", "=> 2", "no comparison", ">="),
    Wrong("less, turned round", "orders_90d >= 2", "orders_90d =< 2", "=< 2", "no comparison",
          "<="),
    Wrong("two ampersands", "orders_90d >= 2", "orders_90d > 1 && unhappy", "&&", "not part",
          "write and"),
    Wrong("two bars", "orders_90d >= 2", "orders_90d > 1 || unhappy", "||", "not part",
          "write or"),
    Wrong("curly quotes", "city = 'Berlin'", "city = \u2018Berlin\u2019", "\u2018", "straight",
          "'text'"),
    Wrong("text without quotes", "city = 'Berlin'", "city = Berlin", "Berlin", "unknown",
          "'Berlin'"),
    Wrong("double quotes", "city = 'Berlin'", 'city in ("Berlin", \'Bonn\')', '"Berlin"',
          "unknown", "'Berlin'"),
    Wrong("a number in quotes", "orders_90d >= 2", "orders_90d >= '2'", "'2'",
          "cannot be compared", "2 without quotes"),
    Wrong("a date without quotes", "orders_90d >= 2", "born < 2001-01-31", "2001",
          "cannot be compared", "'2026-01-31'"),
    Wrong("a percent sign", "orders_90d >= 2", "orders_90d / 9 > 10%", "%", "not part",
          "0.1 for 10%"),
    Wrong("a unit", "orders_90d >= 2", "spend > 50k", "50k", "not a number", "write 50"),
    Wrong("a dash in a name", "orders_90d >= 2", "orders-90d >= 2", "orders-90d", "no name",
          "orders_90d"),
    Wrong("a missing and", "orders_90d >= 2", "orders_90d >= 2 unhappy", "unhappy",
          "out of place", "and, or"),
    Wrong("words for a sign", "orders_90d >= 2", "orders_90d more than 2", "more than",
          "not part", "write >"),
    Wrong("contains", "city = 'Berlin'", "city contains 'lin'", "contains", "not part",
          "like '%text%'"),
    Wrong("between to", "orders_90d >= 2", "orders_90d between 2 to 4", "to 4", "not part",
          "between 2 and 4"),
    Wrong("is with a value", "orders_90d >= 2", "orders_90d is 2", "orders_90d", "null only",
          "write ="),
    Wrong("two comparisons in a row", "orders_90d >= 2", "1 < orders_90d < 5", "1 <",
          "in a row", "a < 5"),
    Wrong("an open bracket", "orders_90d >= 2", "orders_90d > 1 and (unhappy", "(unhappy",
          "never closed", ")"),
    Wrong("a bracket too many", "orders_90d >= 2", "orders_90d > 1)", ")", "closes nothing",
          "leave it out"),
    Wrong("an if", "orders_90d >= 2", "if orders_90d > 1", "if", "begins with", "leave out"),
    Wrong("braces in a rule", "regulars: orders_90d >= 2", "regulars: '{{ orders_90d }} > 2'",
          "{{ orders", "no braces", "name alone"),
    Wrong("a not that YAML reads", "unhappy: last_rating <= 2", "unhappy: !regulars", "!regulars",
          "not taken", "write not"),
    Wrong("a rule that YAML cuts", "orders_90d >= 2", "{{ orders_90d }} > 2", "2",
          "sign of YAML's", "quote"),
    Wrong("a template without quotes", '{value: "{{ city|upper }}", fallback',
          "{value: {{ city|upper }}, fallback", "{{ city", "stands in quotes", '"... {{ name }}'),
    Wrong("half an expression", "orders_90d >= 2", "orders_90d >= 2 and", "and", "missing after"),
    Wrong("an open quote", "city = 'Berlin'", "city = 'Berlin", "'Berlin", "never closed"),
    Wrong("null as a value", "last_rating <= 2", "last_rating = null", "null", "not a value",
          "is null"),
    Wrong("a name taken", "  unhappy:", "  city: orders_90d > 1\n  unhappy:", "city:",
          "a trait already"),
    Wrong("a stage that is no segment", "[unhappy, regulars]", "[unhappy, regular]", "regular",
          "unknown segment regular", "regulars"),
    # messages, slots, fields
    Wrong("a message for no segment", "{for: regulars, fields:", "{fields:", "thanks:",
          "for no segment", "for:"),
    Wrong("a message for an unknown segment", "for: regulars", "for: regulas", "regulas",
          "unknown segment", "regulars"),
    Wrong("a missing file", "thanks.j2", "thank.j2", "thank.j2", "no file", "thanks.j2"),
    Wrong("an unknown field", "{HEADLINE: thanks", "{HEADLIN: thanks", "HEADLIN",
          "unknown field HEADLIN", "HEADLINE"),
    Wrong("a field of another slot", "{HEADLINE: thanks.j2}", "{HEADLINE: thanks.j2, CITY: x}",
          "CITY", "not in message thanks's slot", "add CITY"),
    Wrong("an unknown message", "messages: [thanks]", "messages: [thank]", "thank",
          "unknown message", "thanks"),
    Wrong("an interruption of nothing", "messages:\n",
          "messages:\n  idle: {for: unhappy, interrupts: true}\n", "interrupts", "nothing to interrupt"),
    Wrong("a message used nowhere", "messages:\n", "messages:\n  idle: {for: unhappy}\n", "idle:",
          "in no slot", "trigger"),
    Wrong("an empty slot", "{messages: [thanks], picks: 2, fields: [HEADLINE, PICK1]}",
          "{fields: [CITY]}", "{fields", "neither messages nor picks"),
    Wrong("too many picks", "picks: 2", "picks: 99", "99", "from 0 to 12"),
    Wrong("one field in two slots", "fields: [HEADLINE, PICK1]}",
          "fields: [HEADLINE, PICK1]}\n  side: {picks: 1, fields: [PICK1]}", "PICK1]}",
          "already in slot hero"),
    Wrong("a field that nothing fills", "{HEADLINE: thanks.j2}", "{}", "HEADLINE: {fallback",
          "nothing fills", "value"),
    Wrong("a tag over 10 characters", "  CITY:", "  CITY_OF_YOU:", "CITY_OF_YOU",
          "cannot name a field", "1 to 10"),
    Wrong("a small tag", "  CITY:", "  City:", "City:", "cannot name a field", "A-Z"),
    Wrong("a tag of the destination's", "  CITY:", "  FNAME:", "FNAME", "the destination's own",
          "MY_FNAME"),
    Wrong("no fallback", ", fallback: there}", "}", "CITY: {value", "has no fallback", "fallback:"),
    Wrong("a fallback too long", "fallback: Hello, max: 60", "fallback: Hello, max: 4", "Hello",
          "has 5 bytes"),
    Wrong("too many fields", "  CITY:",
          "".join(f"  F{n}: {{value: x, fallback: x}}\n" for n in range(24)) + "  CITY:",
          "F23:", "more than 25 fields"),
    Wrong("both a value and a file", "fallback: there}", "file: thanks.j2, fallback: there}",
          "file:", "both a value and a file"),
    Wrong("text alone too long", "{value: \"{{ city|upper }}\",",
          "{max: 20, value: \"How are you doing over there in {{ city }}\",", "\"How",
          "this text alone has 31 bytes", "raise the field's max"),
    # templates
    Wrong("template syntax", "{{ city|upper }}", "{{ city|upper", "{{ city", "template is wrong"),
    Wrong("syntax in a file", "{% endif %}", "{% endfi %}", "endfi", "template is wrong",
          file="thanks.j2"),
    Wrong("half a closing sign", "{{ city|upper }}", "Hi {{ city }", "}", "not by }",
          "write {{ city }}"),
    Wrong("half a closing sign of an if", "{% if locals %}", "{% if locals }", "}", "not by }",
          "write {% if locals %}", file="thanks.j2"),
    Wrong("no closing sign", "{{ city }}", "{{ city", "{{ city", "never closed", "}}",
          file="thanks.j2"),
    Wrong("one brace", "{{ city|upper }}", "Hi { city }", "{ city }", "as it stands",
          "{{ city }}"),
    Wrong("a brace too many", "{{ city|upper }}", "{{ city }}}", "}\"", "closes nothing",
          "leave it out"),
    Wrong("an if without its end", "{% endif %}", "", "{% if", "never ended", "{% endif %}",
          file="thanks.j2"),
    Wrong("an end without its if", "{% if locals %}", "", "{% endif", "belongs to no",
          "{% if name %}", file="thanks.j2"),
    Wrong("a loop ended as an if", "{% endif %}", "{% endfor %}", "{% endfor", "not ended by",
          "{% endif %}", file="thanks.j2"),
    Wrong("another language's tag", "{% if locals %}", "{% if locals %}{% elseif unhappy %}",
          "elseif", "unknown tag", "elif", file="thanks.j2"),
    Wrong("a condition between the wrong signs", "{% if locals %}", "{{ if locals }}", "if",
          "between {%", "{% if locals %}", file="thanks.j2"),
    Wrong("one equals sign", "{% if locals %}", "{% if city = 'Bonn' %}", "= 'Bonn'",
          "compares nothing", "==", file="thanks.j2"),
    Wrong("a filter with a colon", "city|upper", "city|default:'you'", "|default",
          "in brackets", '|default("you")'),
    Wrong("an arrow in a template", "{% if locals %}", "{% if orders_90d => 2 %}", "=>",
          "no comparison", ">=", file="thanks.j2"),
    Wrong("two values at once", "{{ city|upper }}", "{{ city locals }}", "locals",
          "out of place", "one value"),
    Wrong("a list in a template", "{{ city|upper }}", "{{ city, 'you' }}", "city", "several",
          "its own"),
    Wrong("a whole product", "{{ picks[0].name }}", "{{ picks[0] }}", "picks[0]", "a product",
          "picks[0].name"),
    Wrong("a message's text too long", "Thank you{%", f"{'Thank you. ' * 6}{{%", "Thank you",
          "this text alone has 6", "raise the field's max", file="thanks.j2"),
    Wrong("an unknown name in a file", "{{ city }}", "{{ citty }}", "citty",
          "unknown name citty", "city", file="thanks.j2"),
    Wrong("an unknown filter", "city|upper", "city|uper", "uper", "unknown filter uper", "upper"),
    Wrong("an unknown test", "{% if locals %}", "{% if city is defind %}", "defind",
          "unknown test", "defined", file="thanks.j2"),
    Wrong("a pick too many", "picks[0].name", "picks[2].name", "2]", "there is no picks[2]",
          "picks[1]"),
    Wrong("a part of a pick", "picks[0].name", "picks[0].nam", "nam", "no nam", "name"),
    Wrong("picks without a slot", "{{ city|upper }}", "{{ picks[0].name }}", "picks",
          "no picks", "slot"),
    Wrong("money as it is", "{{ city|upper }}", "{{ spend }}", "spend", "does not read as text",
          "spend|money"),
    Wrong("money compared", "{{ city|upper }}", "{% if spend > 100 %}x{% endif %}", "spend >",
          "do not compute with", "segment"),
    Wrong("a price compared", "{{ picks[0].name }}", "{% if picks[0].price > 9 %}x{% endif %}",
          "price", "do not compute with", "segment"),
    Wrong("a part that map does not know", "picks[0].name", "picks|map(attribute='nam')|join",
          "map", "a part of a product", "name"),
    Wrong("a flag as text", "{{ city|upper }}", "{{ locals }}", "locals", "does not read",
          "{% if locals %}"),
    Wrong("not money", "city|upper", "city|money", "money", "city is not money"),
    Wrong("not a date", "city|upper", "city|date", "date", "neither a date nor a moment"),
    Wrong("a blow-up", "{{ city|upper }}", "{{ 'x' * 1000000000 }}", "*", "is not part"),
    Wrong("a power", "{{ city|upper }}", "{{ 9 ** 999999999 }}", "**", "is not part"),
    Wrong("a call", "{{ city|upper }}", "{{ range(9) }}", "range", "call is not part"),
    Wrong("an import", "Thank you", "{% import 'x' as y %}", "import", "import is not part",
          file="thanks.j2"),
    Wrong("an include", "Thank you", "{% include 'x' %}", "include", "include is not part",
          file="thanks.j2"),
    Wrong("a macro", "Thank you", "{% macro x() %}{% endmacro %}", "macro", "macro is not part",
          file="thanks.j2"),
    Wrong("a look inside", "{{ city|upper }}", "{{ city.__class__ }}", "__class__", "no"),
    Wrong("a loop in a loop", "{{ picks[0].name }}",
          "{% for a in picks %}{% for b in picks %}x{% endfor %}{% endfor %}", "for b",
          "another loop"),
    Wrong("a loop over text", "{{ picks[0].name }}", "{% for a in city %}x{% endfor %}", "for a",
          "a loop goes over picks"),
    # triggers, limits
    Wrong("a trigger without a start", "{after: cart, wait", "{wait", "{wait", "has no start",
          "after"),
    Wrong("a trigger with two starts", "{after: cart,", "{after: cart, enter: regulars,",
          "enter:", "2 starts"),
    Wrong("a trigger of an unknown event", "after: cart", "after: crt", "crt", "unknown event",
          "cart"),
    Wrong("a trigger that sends an unknown message", "send: thanks", "send: thank", "thank}",
          "unknown message", "thanks"),
    Wrong("a trigger that sends nothing", ", send: thanks}", "}", "{after", "sends nothing",
          "send:"),
    Wrong("a trigger at no moment", "{after: cart,", "{at: city,", "city", "neither a date"),
    Wrong("a bad wait", "wait: 1h", "wait: an hour", "an hour", "not a length of time", "30d"),
    Wrong("a bad cap", "3 per 7d", "3 a week", "3 a week", "not a cap", "3 per 7d"),
    Wrong("bad quiet hours", "21:00-08:00", "21:00-25:00", "\"21:00", "not quiet hours",
          "21:00-08:00"),
    Wrong("a bad share", "holdout: 10%", "holdout: 110%", "110%", "a share", "10%"),
    Wrong("only an unknown tag", "holdout: 10%", "only: regulas", "regulas", "unknown tag",
          "regulars"),
    # capabilities and tests
    Wrong("no time relevant to the person",
          "triggers:\n  cart_left: {after: cart, wait: 1h, unless: order, send: thanks}",
          "complete: true", "complete:", "nothing comes at a time", "trigger"),
    Wrong("a kind of data missing", "currency: EUR", "currency: EUR\ncomplete: true", "complete",
          "no behavioural data", "visit"),
    Wrong("mixed currencies", "  expect:",
          "    - {kind: order, ago: 1d, amount: 9, currency: USD}\n  expect:", "{kind: order, ago: 1d",
          "amounts in USD and in EUR cannot be added", "currency:", file="tests.yaml",
          also=("playbook.yaml", "currency: EUR\n", "")),
    Wrong("an unknown segment expected", "in: [regulars]", "in: [regulas]", "regulas",
          "unknown segment", "regulars", file="tests.yaml"),
    Wrong("a test without a moment", "  now: 2026-03-01T12:00:00Z\n", "", "one order:",
          "has no now", file="tests.yaml"),
    Wrong("an event without a time", "ago: 3d, ", "", "{kind", "either ago or at",
          file="tests.yaml"),
    Wrong("an unknown property in a test", "amount: 45.00", "amont: 45.00", "amont",
          "unknown property amont", "amount", file="tests.yaml"),
]  # fmt: skip
