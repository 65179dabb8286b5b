"""What a portal lacks: token, scopes, plan, room for properties, names that are taken, clock. Reads
only. Scopes are told by HubSpot itself (the token information that it has for private apps), and a
plan without a feature shows as a scope that cannot be given.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from connectors.shared.hubspot_api import CONTACTS, Api, Refused
from connectors.shared.hubspot_consent import definitions
from connectors.shared.hubspot_lists import our_lists
from connectors.shared.hubspot_records import MARKETING
from connectors.shared.hubspot_sends import ENTERPRISE
from connectors.shared.hubspot_settings import Settings
from connectors.shared.hubspot_setup import fields
from connectors.shared.ours import PREFIX
from personalization.connector import Finding
from personalization.errors import ProductError
from personalization.models import SECOND

WHAT_IT_MAY = "/oauth/v2/private-apps/get/access-token-info"
SKEW = 60
"""Seconds that two clocks may differ; signatures of webhooks allow 300."""
FEW = 10
NEEDED = (
    "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read",
    "crm.schemas.contacts.write", "crm.lists.read", "crm.lists.write",
)  # fmt: skip
EVENTS = ("behavioral_events.event_definitions.read_write", "behavioral_events.send.read_write")
CHOICES = "communication_preferences.statuses.batch.read"
TYPES = ("communication_preferences.read", "communication_preferences.read_write")
MAILS = ("marketing-email", "transactional-email")
ADD = "add the scope to the private app, and take its new token if it gives one"
VALID = "give this account a valid private app token (HubSpot: Settings, Private apps)"


Scopes = Sequence[str] | None
Findings = Iterator[Finding]


def examine(api: Api, settings: Settings) -> Findings:
    """Everything about a destination."""
    checks: tuple[tuple[str, Callable[[Scopes], Findings]], ...] = (
        ("scopes", lambda scopes: scopes_of_destination(settings, scopes)),
        ("clock", lambda _: clock(api, settings)),
        ("properties", lambda _: room(api, settings)),
        ("names", lambda _: names(api)),
        ("consent", lambda scopes: agreed(api, settings, scopes)),
        ("journeys", lambda _: journeys()),
    )
    yield from looked(api, settings, checks)


def examine_source(api: Api, settings: Settings) -> Findings:
    """Everything about a source."""
    yield from looked(
        api, settings, (("scopes", lambda scopes: scopes_of_source(settings, scopes)),)
    )


def looked(
    api: Api, settings: Settings, checks: Sequence[tuple[str, Callable[[Scopes], Findings]]]
) -> Findings:
    """The token first: without one nothing else can be asked. A check that cannot be made is a
    finding too."""
    try:
        scopes = held(api, settings)
    except ProductError as no:
        yield Finding(about="token", level="wrong", said=str(no), remedy=VALID)
        return
    if scopes is None:
        yield Finding(about="token", level="short", said="HubSpot does not tell its scopes",
                      remedy="use the token of a private app")  # fmt: skip
    else:
        yield Finding(about="token", level="good", said="is taken")
    for about, check in checks:
        try:
            yield from check(scopes)
        except Refused as no:
            yield Finding(about=about, level="wrong", said=f"it refused a question: {no.said}",
                          remedy="does what this account's settings name exist there?")  # fmt: skip
        except ProductError as no:
            yield Finding(about=about, level="wrong", said=str(no), remedy=ADD)


def held(api: Api, settings: Settings) -> Scopes:
    """The token's scopes; None for a token of another kind. Raises Stop where it is refused."""
    try:
        answer = api.raw("POST", WHAT_IT_MAY, {"tokenKey": settings.token})
    except Refused:
        api.raw("GET", "/account-info/v3/details")
        return None
    return [str(one) for one in answer.get("scopes") or ()]


def lacking(about: str, wanted: Sequence[str], scopes: Scopes, level: str, costs: str, remedy: str
            ) -> Iterator[Finding]:  # fmt: skip
    """One finding where scopes are missing, none where they are there or not told."""
    missing = [one for one in wanted if scopes is not None and one not in scopes]
    if missing:
        said = f"lacks {', '.join(missing)}: {costs}"
        yield Finding.model_validate(
            {"about": about, "level": level, "said": said, "remedy": remedy}
        )


def scopes_of_destination(settings: Settings, scopes: Scopes) -> Findings:
    """What contacts, lists, sends and choices need."""
    found = list(lacking("scopes", NEEDED, scopes, "wrong", "nothing can be read or written", ADD))
    if not found and scopes is not None:
        found.append(
            Finding(about="scopes", level="good", said="contacts and lists can be written")
        )
    found += lacking("custom events", EVENTS, scopes, "short", "triggers cannot send `by: event`",
                     f"{ADD}. {ENTERPRISE}")  # fmt: skip
    asked = [one for one in settings.consent if one != MARKETING or settings.opted_in is None]
    if asked:
        found += lacking("consent", [CHOICES], scopes, "wrong", "who agreed cannot be read",
                         f"{ADD}, or keep a list of those who agreed and name it: opted_in = ID")  # fmt: skip
    if settings.emails and scopes is not None and not set(MAILS) & set(scopes):
        found += lacking("single e-mails", MAILS[:1], scopes, "wrong",
                         "triggers cannot send `by: email`", ADD)  # fmt: skip
    yield from found


def scopes_of_source(settings: Settings, scopes: Scopes) -> Findings:
    """What each stream needs, with the setting that leaves it out."""
    lines = ["crm.objects.line_items.read"]
    wanted: dict[str, tuple[bool, list[str], str]] = {
        "products": (settings.products, ["crm.objects.products.read"], "products = false"),
        "orders": (settings.purchases == "orders", ["crm.objects.orders.read", *lines],
                   'purchases = "deals" or "none"'),
        "deals": (settings.purchases == "deals", ["crm.objects.deals.read", *lines],
                  'purchases = "none"'),
        "carts": (settings.carts, ["crm.objects.carts.read", *lines], "carts = false"),
        "feedback": (settings.feedback, ["crm.objects.feedback_submissions.read"],
                     "feedback = false"),
        "mail": (settings.mail, ["content"], "mail = false"),
    }  # fmt: skip
    found: list[Finding] = []
    for about, (on, names, out) in wanted.items():
        if on and not ("e-commerce" in (scopes or ()) and about in ("products", "orders", "carts")):
            found += lacking(about, names, scopes, "wrong", f"{about} cannot be read",
                             f"{ADD}, or leave them out: {out}")  # fmt: skip
    yield from found or [Finding(about="scopes", level="good", said="all streams can be read")]


def clock(api: Api, settings: Settings) -> Findings:
    """Whether this machine's time is the server's."""
    if api.told is None:
        return
    apart = round(settings.clock() - api.told / SECOND)
    if abs(apart) > SKEW:
        ahead = "ahead of" if apart > 0 else "behind"
        yield Finding(about="clock", level="short",
                      said=f"this machine is {abs(apart)} s {ahead} HubSpot's time",
                      remedy="set the clock by a time server")  # fmt: skip
    else:
        yield Finding(about="clock", level="good", said="agrees with HubSpot's")


def room(api: Api, settings: Settings) -> Findings:
    """How many properties can still be made. Portals that do not tell go by the settings."""
    try:
        rows = api.raw("GET", "/crm/v3/limits/custom-properties").get("byObjectType") or ()
    except Refused:
        rows = ()
    limits: Mapping[str, object] = next(
        (row for row in rows if str(row.get("objectTypeId")) == CONTACTS), {}
    )
    most = int(str(limits.get("limit", settings.properties)))
    free = most - (int(str(limits["usage"])) if "usage" in limits else len(fields(api)))
    level = "good" if free >= FEW else "short" if free > 0 else "wrong"
    remedy = None if free >= FEW else "remove contact properties that nobody uses"
    yield Finding.model_validate({"about": "properties", "level": level, "remedy": remedy,
                                  "said": f"{max(0, free):,} of {most:,} are free"})  # fmt: skip


def names(api: Api) -> Findings:
    """Properties that stand where ours would, and lists of ours that are there twice."""
    taken = [one.id for one in fields(api) if one.id.startswith(PREFIX) and not one.ours]
    if taken:
        yield Finding(about="names", level="short",
                      said=f"these properties are not ours: {', '.join(sorted(taken))}",
                      remedy="rename the playbook's fields of these names, or remove them")  # fmt: skip
    tags = [one.name for one in our_lists(api)]
    twice = sorted({name for name in tags if tags.count(name) > 1})
    if twice:
        yield Finding(about="names", level="short", said=f"two lists each: {', '.join(twice)}",
                      remedy="delete the list that is not in use")  # fmt: skip
    if not taken and not twice:
        yield Finding(about="names", level="good", said="none of ours is taken")


def agreed(api: Api, settings: Settings, scopes: Scopes) -> Findings:
    """Whether it can be known who agreed to marketing."""
    there = "the ids stand in HubSpot's settings, under Subscription types"
    if scopes is None or set(TYPES) & set(scopes):
        types = definitions(api)
        there = f"there are {', '.join(f'{id} ({name})' for id, name in sorted(types.items()))}"
        unknown = sorted(set(settings.consent.values()) - set(types))
        if unknown:
            said = f"there is no subscription type {', '.join(map(str, unknown))}"
            yield Finding(about="consent", level="wrong", said=said, remedy=there)
    if settings.opted_in is not None:
        try:
            api.raw("GET", f"/crm/v3/lists/{settings.opted_in}")
        except Refused:
            said = f"there is no list {settings.opted_in}"
            yield Finding(about="consent", level="wrong", said=said,
                          remedy="name the list of those who agreed to marketing: opted_in = ID")  # fmt: skip
    elif MARKETING not in settings.consent:
        yield Finding(about="consent", level="short",
                      said="no subscription type is named: nobody counts as opted in to marketing",
                      remedy=f"write consent = {{marketing = ID}}; {there}")  # fmt: skip


def journeys() -> Findings:
    """What HubSpot has no call for."""
    yield Finding(about="journeys", level="short",
                  said="HubSpot's API starts no journey: sends `by: journey` are refused",
                  remedy="send `by: event`, and build a workflow on the event")  # fmt: skip
