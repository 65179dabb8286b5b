"""What an account holds beside its audiences as JSON, and back."""

from dataclasses import asdict
from typing import Any

from connectors.sandbox.mailchimp.holdings import (
    Campaign,
    Holdings,
    Journey,
    Mail,
    Recipient,
    Step,
    Store,
    Survey,
)

type Json = dict[str, Any]


def kept(holdings: Holdings) -> Json:
    """All of it."""
    return asdict(holdings)


def restored(saved: Json) -> Holdings:
    """The same again."""
    return Holdings(
        journeys={int(id): _journey(row) for id, row in saved["journeys"].items()},
        campaigns={id: _campaign(row) for id, row in saved["campaigns"].items()},
        stores={id: Store(**row) for id, row in saved["stores"].items()},
        surveys={id: Survey(**row) for id, row in saved["surveys"].items()},
        mail=Mail(**saved["mail"]),
        plan=saved["plan"],
    )


def _journey(row: Json) -> Journey:
    steps = {int(number): Step(**step) for number, step in row["steps"].items()}
    return Journey(row["id"], row["list_id"], steps)


def _campaign(row: Json) -> Campaign:
    recipients = {id: Recipient(**one) for id, one in row["recipients"].items()}
    return Campaign(**{**row, "recipients": recipients})
