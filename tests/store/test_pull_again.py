"""What a destination says of people is taken in once, and nothing of it is lost."""

from collections.abc import Iterator

from personalization.connector import Page
from personalization.models import Record
from personalization.pull import pull_destination

T = 1_700_000_000_000_000
ALIAS = "crm/main:7"


class Says:
    """A destination that says what it is given, page by page."""

    name, account = "crm", "main"

    def __init__(self, *pages: list[Record]) -> None:
        self.pages = pages

    def pull(self, cursor: str | None) -> Iterator[Page]:
        for number, records in enumerate(self.pages):
            yield Page(records=tuple(records), cursor=str(number))


def record(city: str | None, email: str = "ann@example.com", status: str = "subscribed") -> Record:
    return Record(alias=ALIAS, outside_id="7", email=email, status=status, values={},
                  attributes={"city": city}, changed_at=T)  # fmt: skip


def city(store) -> object:
    contact = store.export(store.contact_of(ALIAS))["contact"]
    return contact["attributes"].get("city")


def test_of_changes_within_one_second_the_last_one_stands_and_none_is_lost(store):
    for said in ("Lyon", "Bonn", "Lyon", "Aix"):
        pull_destination(store, Says([record(said)]), T)
        assert city(store) == said
    assert pull_destination(store, Says([record("Aix")]), T).events == 0
    contact = store.contact_of(ALIAS)
    kept = [event.props["set"]["city"] for event, _ in store.events_of(contact)
            if event.kind == "attributes"]  # fmt: skip
    assert kept == ["Lyon", "Bonn", "Lyon", "Aix"]


def test_so_it_is_within_one_pull_and_within_one_page(store):
    pull_destination(store, Says([record("Lyon"), record("Bonn")], [record("Aix")]), T)
    assert city(store) == "Aix"


def test_a_changed_address_within_the_second_joins_the_person_too(store):
    pull_destination(store, Says([record("Lyon")]), T)
    pull_destination(store, Says([record("Lyon", "new@example.com")]), T)
    assert store.contact_of("email:new@example.com") == store.contact_of("email:ann@example.com")
    links = [event for event, _ in store.events_of(store.contact_of(ALIAS)) if event.kind == "link"]
    assert len(links) == 2


def test_a_record_that_cannot_be_taken_is_set_aside_once_and_counted(store):
    for _ in range(2):
        pulled = pull_destination(store, Says([record("Lyon", "no address")]), T)
        assert pulled.skipped == 1
    ((body, reason, _),) = store.dead_letters()
    assert reason.startswith("crm/main: record 7: ")
    assert "no address" not in reason
    assert "no address" in body
