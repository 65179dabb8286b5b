"""The log as the traits read it: contacts by number, ages instead of moments, one currency."""

from collections.abc import Mapping, Sequence

from personalization.engine import Engine, literal
from personalization.playbook.model import Playbook
from personalization.traits.local import add_local_time, people
from personalization.traits.money import check_currencies, converted, currency_column
from personalization.traits.needs import Needs, needs
from personalization.traits.properties import COLUMN, LOCAL, from_json, type_of

NOT_KNOWN: Mapping[str, Sequence[str]] = {}


def prepare(
    engine: Engine, playbook: Playbook, currencies: Mapping[str, Sequence[str]] = NOT_KNOWN
) -> None:
    """Makes from contacts, events and products (as `Store.load` gives them) the tables

    ev(i, key, kind, age, occurred_at, ...): one row an event that has happened by the contact's
        `now` and whose kind anything looks at; age = now - occurred_at in microseconds; key
        only for kinds where a trait or trigger reads it, else NULL; properties that are needed, money in the account's currency, day_N where a window of N
        calendar days is needed: whether the event lies in it
    lines(i, kind, age, key, product, quantity, price, category, ...): one row a line of such an
        event, as far as a trait reads it; category completed from the catalogue. Where products
        are picked also event, a number of the event, and p, the product's number in `goods`
    goods(p, id, own): where products are picked or categories read, the catalogue: p numbers
        what is in stock in the order of ids, NULL for the rest; own is the category
    future(i, occurred_at): events dated after now

    `currencies` are those of everyone, by kind of event, as the facts know them. Raises Stop where
    they and those at hand cannot be put into one.
    """
    wanted = needs(playbook)
    people(engine, playbook, wanted)
    make_events(engine, playbook, wanted)
    if wanted.local:
        add_local_time(engine)
    check_currencies(engine, playbook, wanted.money, currencies)
    make_lines(engine, playbook, wanted)


def key_of(wanted: Needs) -> str:
    """The key, where it is read: the longest text of a row is worth leaving out."""
    if not wanted.keyed:
        return "CAST(NULL AS VARCHAR) AS key"
    return f"CASE WHEN e.kind IN {in_list(wanted.keyed)} THEN e.key END AS key"


def kind_of(wanted: Needs) -> str:
    """The kind as an enumeration: it compares like text, several times faster."""
    return f"CAST(e.kind AS ENUM {in_list(wanted.kinds)})" if wanted.kinds else "e.kind"


def in_list(texts: tuple[str, ...]) -> str:
    """SQL for one of some texts; never true of none."""
    return f"({', '.join(literal(text) for text in texts) or 'NULL'})"


def make_events(engine: Engine, playbook: Playbook, wanted: Needs) -> None:
    """Table `ev` (`clockless`, where local time is to come), and table `future`: one scan of the
    log, joined to contacts once."""
    made = "clockless" if wanted.local else "ev"
    chosen = ["c.i AS i", key_of(wanted), f"{kind_of(wanted)} AS kind", "c.now - e.occurred_at AS age",
              "e.occurred_at AS occurred_at"]  # fmt: skip
    if wanted.money:
        chosen.append(f"{currency_column(playbook)} AS money")
    chosen += [
        f'{event_value(name, playbook)} AS "{wanted.columns[name]}"'
        for name in wanted.events
        if name not in LOCAL
    ]
    chosen += [f'e.occurred_at >= c.day_{days} AS "day_{days}"' for days in wanted.days]
    if wanted.local:
        chosen += ['e."offset" AS own_offset', "c.zone AS zone"]
    if wanted.listed:
        chosen.append("e.lines AS lines")
    engine.run(
        f"""CREATE OR REPLACE TEMP TABLE {made} AS
        SELECT {", ".join(chosen)}
        FROM events AS e JOIN people AS c ON c.id = e.contact WHERE {looked_at(wanted)}"""
    )
    ahead = f"{made} WHERE age < 0"
    engine.run(f"CREATE OR REPLACE TEMP TABLE future AS SELECT i, occurred_at FROM {ahead}")
    engine.run(f"DELETE FROM {ahead}")


def looked_at(wanted: Needs) -> str:
    """SQL for an event `e` of a kind that matters. As a CASE, because a plain list is pushed
    into the scan of the log, where it costs more than the whole rest of the scan."""
    return f"CASE WHEN e.kind IN {in_list(wanted.kinds)} THEN TRUE ELSE FALSE END"


def event_value(name: str, playbook: Playbook) -> str:
    """SQL for one property of the log's row `e`."""
    type = type_of(playbook, name)
    value = f'e."{name}"' if name in COLUMN else from_json("e.props", name, type)
    return converted(value, "e.currency", playbook) if type == "money" else value


def make_lines(engine: Engine, playbook: Playbook, wanted: Needs) -> None:
    """Tables `goods` and `lines`, from the lines that `ev` carries."""
    price = converted("l.amount", "money", playbook)
    value = {"product": "l.product", "quantity": "l.quantity", "price": price,
             "category": "COALESCE(l.category, p.own)"}  # fmt: skip
    if not wanted.listed:
        engine.run("CREATE OR REPLACE TEMP TABLE lines AS SELECT i FROM ev WHERE FALSE")
        return
    carried = [wanted.columns[name] for name in wanted.carried]
    carried += [f"day_{days}" for days in wanted.days]
    chosen = ["i", "kind", "age", *(["key"] if wanted.line_keys else [])]
    chosen += [f'"{name}"' for name in carried]
    chosen += [f'{value[name]} AS "{name}"' for name in wanted.lines]
    join = ""
    if wanted.picks or "category" in wanted.lines:
        make_goods(engine)
        join = "LEFT JOIN goods AS p ON p.id = l.product"
    if wanted.picks:
        chosen += ["event", "p.p AS p"]
    engine.run(
        f"""CREATE OR REPLACE TEMP TABLE lines AS
        SELECT {", ".join(chosen)} FROM (SELECT *, rowid AS event, UNNEST(lines) AS l FROM ev
            WHERE kind IN {in_list(wanted.listed)}) AS e {join}"""
    )


def make_goods(engine: Engine) -> None:
    """Table `goods`."""
    engine.run(
        """CREATE OR REPLACE TEMP TABLE goods AS SELECT id, category AS own,
        CASE WHEN in_stock THEN
            CAST(ROW_NUMBER() OVER (PARTITION BY in_stock ORDER BY id) - 1 AS INTEGER) END AS p
        FROM products"""
    )
