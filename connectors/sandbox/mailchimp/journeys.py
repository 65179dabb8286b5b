"""Customer journeys: the one call there is, which starts a step for one contact.

What the real API answers to a contact who is in the journey already, to one who is not subscribed,
and to a journey that is not active is not published: the statuses and titles here are guesses. That
it is a refusal is what its help pages say: a contact enters once unless the journey lets them
enter again.
"""

from connectors.sandbox.mailchimp.holdings import Step
from connectors.sandbox.mailchimp.state import Account, Audience, Member
from connectors.sandbox.mailchimp.wire import Answer, Request, body_of, invalid, missing, refused


def trigger(account: Account, request: Request) -> Answer:
    """POST actions/trigger: 204."""
    audience, step = _step_of(account, request)
    body = body_of(request, {"email_address": "string"}, ("email_address",))
    member = audience.find(body["email_address"]) if "@" in body["email_address"] else None
    if member is None or member.status == "archived":
        raise invalid(("email_address", "This contact is not in the journey's audience."))
    if step.state != "active":
        raise refused("The journey is not active.", "Journey Not Active")
    if member.status != "subscribed":
        raise refused("Only subscribed contacts can enter a journey.", "Contact Not Subscribed")
    if member.contact_id in step.entered and not step.again:
        raise refused("This contact has entered the journey already.", "Contact Already In Journey")
    _enter(request, audience, member, step)
    return Answer(204)


def _enter(request: Request, audience: Audience, member: Member, step: Step) -> None:
    before = step.entered.get(member.contact_id)

    def undo() -> None:
        step.entered.pop(member.contact_id)
        if before is not None:
            step.entered[member.contact_id] = before

    step.entered[member.contact_id] = request.recorder.record(
        "journey_entered",
        undo,
        list=audience.id,
        member=member.id,
        standing=member.status,
        name=f"{request.ids['journey']}/{request.ids['step']}",
        after={},
    )


def _step_of(account: Account, request: Request) -> tuple[Audience, Step]:
    journey_id, step_id = request.ids["journey"], request.ids["step"]
    if not (journey_id.isdigit() and step_id.isdigit()):
        raise missing()
    journey = account.holdings.journeys.get(int(journey_id))
    step = journey.steps.get(int(step_id)) if journey else None
    if journey is None or step is None:
        raise missing()
    return account.audiences[journey.list_id], step
