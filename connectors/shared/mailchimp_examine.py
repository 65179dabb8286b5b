"""What an account lacks, for `ofone doctor`. Reads only, in nine calls at most.

The API tells the kind of payment and not the plan, and of a webhook neither its secret nor whether
its last call arrived: Mailchimp asks for its address once, when it is made.
"""

from collections.abc import Collection, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from connectors.shared import mailchimp_setup as setup
from connectors.shared.http import Rejected
from connectors.shared.mailchimp_api import Api
from connectors.shared.mailchimp_commerce import stores
from connectors.shared.mailchimp_mail_api import MailApi
from connectors.shared.mailchimp_settings import Settings
from connectors.shared.redaction import clean
from personalization.connector import Finding
from personalization.errors import ProductError, Retry, TokenRefused

SKEW, MOST_SKEW = 60, 300
"""Seconds between the clocks: beyond the first it is told, beyond the second signed webhooks,
which count for 300 s, are refused."""
FEW_FIELDS = 5
WANTED = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail")


Findings = Iterator[Finding]
Level = Literal["good", "short", "wrong"]


def examine(api: Api, mail: MailApi | None, settings: Settings) -> Findings:
    """One finding a matter. Without a key nothing else can be asked; a matter that cannot be asked
    about is a finding too."""
    try:
        yield from clock(api, settings)
        audience = audience_of(api)
    except TokenRefused:
        yield Finding(about="key", level="wrong", said="Mailchimp refused the key",
                      remedy="make a new API key (Account, Extras, API keys) and set it")  # fmt: skip
        return
    except Retry as late:
        yield Finding(about="reach", level="wrong", said=f"Mailchimp cannot be asked now: {late}",
                      remedy="look at status.mailchimp.com and the network, then ask again")  # fmt: skip
        return
    if audience is None:
        yield Finding(
            about="audience", level="wrong", said="the key works, and there is no such audience",
            remedy="set list to the audience's id (Audience, Settings, Audience name and defaults)",
        )  # fmt: skip
        return
    yield Finding(about="audience", level="good", said=f"{audience['members']:,} subscribers")
    checks: dict[str, Findings] = {
        "plan tier": plan(api),
        "merge fields": fields(api, settings.fields),
        "marketing permissions": permissions(api, audience["asks"], settings.permissions),
        "webhooks": webhooks(api),
        "e-mails": mails(mail, settings.emails),
    }
    for about, found in checks.items():
        try:
            yield from found
        except (ProductError, Rejected) as no:
            yield Finding(about=about, level="wrong", said=f"cannot be asked: {clean(str(no))}",
                          remedy="give the key's user the right to see it, or ask again later")  # fmt: skip


def examine_source(api: Api, parts: Collection[str]) -> Findings:
    """What a source lacks."""
    try:
        held = len(stores(api))
    except (ProductError, Rejected) as no:
        yield Finding(about="stores", level="wrong", said=f"cannot be asked: {clean(str(no))}",
                      remedy="give a valid key, or ask again later")  # fmt: skip
        return
    asked = sorted({"orders", "carts", "products"} & set(parts))
    if asked and not held:
        yield Finding(
            about="stores", level="short",
            said=f"no store is connected to this audience, so there are no {', '.join(asked)}",
            remedy="connect the shop in Mailchimp, or bring its purchases by a source of its own",
        )  # fmt: skip
    else:
        yield Finding(about="stores", level="good", said=f"{held} stores are connected")


def clock(api: Api, settings: Settings) -> Findings:
    """Whether the key is valid, and how far this machine's clock is from Mailchimp's."""
    answer = api.request("GET", f"{api.client.api_client.host}/ping")
    yield Finding(about="key", level="good", said="the key is valid")
    try:
        said = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return
    off = round(settings.clock() - said.timestamp())
    level: Level = "good"
    if abs(off) > SKEW:
        level = "short" if abs(off) <= MOST_SKEW else "wrong"
    yield Finding(
        about="clock", level=level, said=f"this clock is {off} s ahead of Mailchimp's",
        remedy=None if level == "good" else "let this machine's clock be set by a time server",
    )  # fmt: skip


def plan(api: Api) -> Findings:
    """What the account says about its plan."""
    kind = str(api.call(api.client.root.get_root, fields=["pricing_plan_type"]).get(
        "pricing_plan_type"))  # fmt: skip
    if kind == "forever_free":
        yield Finding(
            about="plan tier", level="short",
            said="the account is on the free plan, whose automations are limited",
            remedy="journeys and events that start them need a paid plan: send by e-mail, or change it",
        )  # fmt: skip
    else:
        yield Finding(about="plan tier", level="good", said=f"the account pays: {kind}")


def audience_of(api: Api) -> dict[str, Any] | None:
    """How many contacts the audience has and whether it asks for marketing permissions."""
    wanted = ["stats.member_count", "marketing_permissions"]
    try:
        said = api.call(api.lists.get_list, api.audience, fields=wanted)
    except Rejected:
        return None
    return {"members": (said.get("stats") or {}).get("member_count", 0),
            "asks": said.get("marketing_permissions") is True}  # fmt: skip


def fields(api: Api, most: int) -> Findings:
    """How many merge fields are left. Whether names clash shows beside a playbook."""
    held = setup.fields(api)
    ours = [one.name for one in held if one.ours]
    free = most - len(held)
    yield Finding(
        about="merge fields", level="good" if free >= FEW_FIELDS else "short",
        said=f"{len(held)} of {most} merge fields are in use, {len(ours)} of them ours",
        remedy=None if free >= FEW_FIELDS else
        "remove fields that nobody uses, or set fields to what your plan allows (80 on Premium)",
    )  # fmt: skip


def permissions(api: Api, asks: bool, named: Mapping[str, str]) -> Findings:
    """Whether the audience's marketing permissions mean anything to us, and those that are named
    are there."""
    if not asks and not named:
        return
    page = api.call(api.lists.get_list_members_info, api.audience, count=1,
                    fields=["members.marketing_permissions"])  # fmt: skip
    held = [str(one.get("marketing_permission_id"))
            for row in page.get("members", ())
            for one in row.get("marketing_permissions") or ()]  # fmt: skip
    absent = sorted(set(named) - set(held))
    if absent:
        yield Finding(about="marketing permissions", level="wrong",
                      said=f"the audience has none of the id {', '.join(absent)}",
                      remedy=f"correct permissions; there are {', '.join(held) or 'none'}")  # fmt: skip
        return
    unknown = [id for id in held if id not in named]
    yield Finding(
        about="marketing permissions", level="short" if unknown else "good",
        said=f"the audience asks for {len(held)} permissions, of which the settings name "
        f"{len(held) - len(unknown)}",
        remedy=f"say in permissions what these are consent to: {', '.join(unknown)}"
        if unknown else None,
    )  # fmt: skip


def webhooks(api: Api) -> Findings:
    """Whether changes reach us at once, as far as the API tells."""
    rows = api.call(api.lists.get_list_webhooks, api.audience).get("webhooks") or []
    if not rows:
        yield Finding(
            about="webhooks", level="short", said="the audience calls nobody: changes come by pull",
            remedy="make a webhook to the address in docs/webhooks.md, for opt-outs within seconds",
        )  # fmt: skip
    for row in rows:
        yield webhook(row)


def webhook(row: Mapping[str, Any]) -> Finding:
    """One webhook of the audience. Its address, which may end in a secret, is not repeated."""
    events, sources = row.get("events") or {}, row.get("sources") or {}
    lacks = [name for name in WANTED if events.get(name) is not True]
    unsigned = row.get("signing_enabled") is False
    why = [
        *([f"it lacks {', '.join(lacks)}"] if lacks else []),
        *(["it also tells what the API writes, our own writes among it"]
          if sources.get("api") is True else []),
        *(["its calls are not signed"] if unsigned else []),
    ]  # fmt: skip
    return Finding(
        about=f"webhook {row.get('id')}", level="short" if why else "good",
        said="; ".join(why) or "it tells what is needed; whether its calls arrive, the API does not say",
        remedy="change it, or make it anew, as docs/webhooks.md says" if why else None,
    )  # fmt: skip


def mails(mail: MailApi | None, emails: Mapping[str, str]) -> Findings:
    """Whether e-mails can go out: the key, and each trigger's template."""
    if mail is None and not emails:
        return
    if mail is None:
        yield Finding(about="e-mails", level="wrong", said="emails are named and no key is",
                      remedy="set transactional_key")  # fmt: skip
        return
    try:
        mail.call("users/ping2", {})
    except TokenRefused:
        yield Finding(about="e-mails", level="wrong", said="the transactional key was refused",
                      remedy="make a key in Mailchimp Transactional and set transactional_key")  # fmt: skip
        return
    yield Finding(about="e-mails", level="good", said="the transactional key is valid")
    for trigger, slug in sorted(emails.items()):
        yield template(mail, trigger, slug)


def template(mail: MailApi, trigger: str, slug: str) -> Finding:
    """Whether a trigger's template is there and published."""
    about = f"e-mail {trigger}"
    try:
        said = mail.call("templates/info", {"name": slug})
    except Rejected:
        return Finding(about=about, level="wrong", said=f"there is no template {slug}",
                       remedy="write its slug, which stands in its address, and not its title")  # fmt: skip
    if not (isinstance(said, dict) and said.get("published_at")):
        return Finding(about=about, level="wrong", said=f"the template {slug} is not published",
                       remedy="publish it")  # fmt: skip
    return Finding(about=about, level="good", said=f"the template {slug} is published")
