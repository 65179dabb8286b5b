"""What an account holds beside its audiences: journeys, campaigns, stores, surveys and e-mails."""

from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]


@dataclass(slots=True)
class Step:
    """A step of a journey that starts by the API. `state` is active, paused or draft; `again`
    says whether a contact may come twice; `entered` is when each contact (by contact id) came."""

    state: str = "active"
    again: bool = False
    entered: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Journey:
    """A customer journey over one audience."""

    id: int
    list_id: str
    steps: dict[int, Step] = field(default_factory=dict)


@dataclass(slots=True)
class Recipient:
    """Whom a campaign was sent to. `status` is sent, hard or soft; `activity` what they did."""

    email: str
    status: str = "sent"
    activity: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Campaign:
    """A campaign that was sent, with its recipients by member id."""

    id: str
    list_id: str
    title: str
    sent_at: int
    recipients: dict[str, Recipient] = field(default_factory=dict)


@dataclass(slots=True)
class Store:
    """An e-commerce store: rows as the shop gave them, by id, in the order of their coming."""

    id: str
    list_id: str
    currency_code: str
    created_at: int
    customers: dict[str, Json] = field(default_factory=dict)
    orders: dict[str, Json] = field(default_factory=dict)
    carts: dict[str, Json] = field(default_factory=dict)
    products: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Survey:
    """A survey and what was answered, by response id."""

    id: str
    list_id: str
    title: str
    created_at: int
    responses: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Mail:
    """The transactional side: templates by slug, why an address is rejected, what was sent.
    `keys` are the accepted ones; where there are none, any will do. `queued` is why nothing goes
    out at once; `late` is how many of the newest messages the search does not show yet."""

    templates: dict[str, Json] = field(default_factory=dict)
    rejects: dict[str, str] = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    queued: str | None = None
    late: int = 0
    searched: list[int] = field(default_factory=list)


@dataclass
class Holdings:
    """All of it. `plan` is monthly, pay_as_you_go or forever_free."""

    journeys: dict[int, Journey] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    surveys: dict[str, Survey] = field(default_factory=dict)
    mail: Mail = field(default_factory=Mail)
    plan: str = "monthly"
