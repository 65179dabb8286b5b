"""Wrong connectors, each before a real one: what they do passes at a first look."""

from types import SimpleNamespace

from personalization.connector import Outcome


class Spoilt:
    """A connector before which a wrong one stands: it answers in the real one's place where it has
    a method of that name."""

    def __init__(self, real):
        self.real = real
        self.told = {}

    def __getattr__(self, name):
        return getattr(self.real, name)


class OneValueForAll(Spoilt):
    def write(self, given):
        yield from self.real.write([
            SimpleNamespace(row=one.row.model_copy(update={"new": given[0].row.new}),
                            outside_id=one.outside_id, email=one.email)
            for one in given])  # fmt: skip


class OutcomesOfTheNextRow(Spoilt):
    def write(self, given):
        rows = [one.row.id for one in given]
        for one in self.real.write(given):
            if isinstance(one, Outcome):
                after = rows[(rows.index(one.row) + 1) % len(rows)]
                one = one.model_copy(update={"row": after})  # noqa: PLW2901 - as it is told
            yield one


class NothingIsCleared(Spoilt):
    def write(self, given):
        empty = [one for one in given if "" in one.row.new.values()]
        yield from self.real.write([one for one in given if one not in empty])
        yield from (Outcome(row=one.row.id, result="accepted") for one in empty)


class EchoesWhatItWrote(Spoilt):
    def write(self, given):
        self.told |= {one.outside_id: one.row.new for one in given if one.row.kind == "fields"}
        yield from self.real.write(given)

    def pull(self, cursor):
        for page in self.real.pull(cursor):
            yield page.model_copy(update={"records": tuple(
                one.model_copy(update={"values": {**one.values, **self.told.get(one.outside_id, {})}})
                for one in page.records)})  # fmt: skip


class CursorsGoBack(Spoilt):
    def pull(self, cursor):
        first = None
        for page in self.real.pull(cursor):
            first = first or page.cursor
            yield page.model_copy(update={"cursor": first if cursor else ""})


class KeysAreNew(Spoilt):
    def pull(self, cursor):
        for page in self.real.pull(cursor):
            mark = id(page)
            yield page.model_copy(update={"events": tuple(
                one.model_copy(update={"key": f"{one.key}|{mark}"}) for one in page.events)})  # fmt: skip


class OneAccountOnly(Spoilt):
    def pull(self, cursor):
        main = f"{self.real.name}/main:"
        for page in self.real.pull(cursor):
            yield page.model_copy(update={"records": tuple(
                one.model_copy(update={"alias": main + one.outside_id}) for one in page.records)})  # fmt: skip


class EverybodyAgreed(Spoilt):
    """As one whose writes subscribe whomever they touch."""

    touched = set[str]()

    def write(self, given):
        self.touched |= {one.outside_id for one in given if one.row.kind == "fields"}
        yield from self.real.write(given)

    def pull(self, cursor):
        for page in self.real.pull(cursor):
            yield page.model_copy(update={"records": tuple(
                one.model_copy(update={"status": "subscribed"}) if one.outside_id in self.touched
                else one for one in page.records)})  # fmt: skip


class FieldsFromMemory(Spoilt):
    def write(self, given):
        self.told |= {one.row.id: 1 for one in given}
        yield from self.real.write(given)

    def fields(self):
        return self.real.fields() if self.told else []
