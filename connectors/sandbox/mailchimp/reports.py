"""Campaigns that were sent, whom they went to, and what these did; survey responses. Read only."""

from typing import Any

from connectors.sandbox.clock import iso, micros
from connectors.sandbox.mailchimp.holdings import Campaign, Recipient, Survey
from connectors.sandbox.mailchimp.state import Account, hashed
from connectors.sandbox.mailchimp.wire import Answer, Problem, Request, missing, page

type Json = dict[str, Any]

MOST_ACTIVITY = 500
"""Larger pages of email-activity end in a 504 (VingtCinq/python-mailchimp issues 207 and 208)."""


def list_campaigns(account: Account, request: Request) -> Answer:
    """GET; those sent after a moment, of a list."""
    rows = sorted(account.holdings.campaigns.values(), key=lambda one: one.sent_at)
    if list_id := request.query.get("list_id"):
        rows = [row for row in rows if row.list_id == list_id]
    if request.query.get("status", "sent") != "sent":
        rows = []
    since = request.moment("since_send_time")
    rows = [row for row in rows if since is None or row.sent_at // 10**6 > since // 10**6]
    if request.query.get("sort_dir", "ASC").upper() == "DESC":
        rows = rows[::-1]

    def show(row: Campaign) -> Json:
        return {"id": row.id, "type": "regular", "status": "sent", "send_time": iso(row.sent_at),
                "emails_sent": len(row.recipients), "recipients": {"list_id": row.list_id},
                "settings": {"title": row.title}, "_links": []}  # fmt: skip

    return page(request, "campaigns", rows, show)


def _campaign_of(account: Account, request: Request) -> Campaign:
    campaign = account.holdings.campaigns.get(request.ids["campaign"])
    if campaign is None:
        raise missing()
    return campaign


def sent_to(account: Account, request: Request) -> Answer:
    """GET the recipients. Who was deleted from the audience since is not shown (unverified)."""
    campaign = _campaign_of(account, request)
    audience = account.audiences[campaign.list_id]
    rows = [pair for pair in campaign.recipients.items() if pair[0] not in audience.forgotten]

    def show(row: tuple[str, Recipient]) -> Json:
        return {"email_id": row[0], "email_address": row[1].email, "merge_fields": {},
                "vip": False, "status": row[1].status, "list_id": campaign.list_id,
                "open_count": sum(act["action"] == "open" for act in row[1].activity),
                "list_is_active": True, "campaign_id": campaign.id, "_links": []}  # fmt: skip

    return page(request, "sent_to", rows, show, campaign_id=campaign.id)


def email_activity(account: Account, request: Request) -> Answer:
    """GET all recipients with what they did, or, with `since`, who did something after it
    (unverified: whether others are shown then)."""
    campaign, since = _campaign_of(account, request), request.moment("since")
    if request.number("count", 10) > MOST_ACTIVITY:
        raise Problem(504, "Gateway Timeout", "The request took too long.")
    rows = [
        (
            id,
            one,
            [act for act in one.activity if since is None or micros(act["timestamp"]) > since],
        )
        for id, one in campaign.recipients.items()
    ]
    if since is not None:
        rows = [row for row in rows if row[2]]

    def show(row: tuple[str, Recipient, list[Json]]) -> Json:
        return {"campaign_id": campaign.id, "list_id": campaign.list_id, "list_is_active": True,
                "email_id": row[0], "email_address": row[1].email, "activity": row[2],
                "_links": []}  # fmt: skip

    return page(request, "emails", rows, show, campaign_id=campaign.id)


def list_surveys(account: Account, request: Request) -> Answer:
    """GET all surveys that have reports."""

    def show(row: Survey) -> Json:
        return {"id": row.id, "web_id": 1, "list_id": row.list_id, "list_name": "Shop",
                "title": row.title, "url": "", "status": "published",
                "published_at": iso(row.created_at), "created_at": iso(row.created_at),
                "updated_at": iso(row.created_at), "total_responses": len(row.responses)}  # fmt: skip

    return page(request, "surveys", list(account.holdings.surveys.values()), show)


def list_responses(account: Account, request: Request) -> Answer:
    """GET the responses to a survey, without their answers."""
    survey = _survey_of(account, request)
    rows = list(survey.responses.values())

    def show(row: Json) -> Json:
        shown = _response(account, survey, row)
        shown.pop("results")
        return shown

    return page(request, "responses", rows, show)


def get_response(account: Account, request: Request) -> Answer:
    """GET one with its answers."""
    survey = _survey_of(account, request)
    row = survey.responses.get(request.ids["response"])
    if row is None:
        raise missing()
    return Answer(200, _response(account, survey, row))


def _survey_of(account: Account, request: Request) -> Survey:
    survey = account.holdings.surveys.get(request.ids["survey"])
    if survey is None:
        raise missing()
    return survey


def _response(account: Account, survey: Survey, row: Json) -> Json:
    email = row.get("email")
    member = account.audiences[survey.list_id].find(email) if email else None
    contact: Json = {}
    if email:
        contact = {"email_id": hashed(email), "email": email, "status": "Non-Subscribed"}
    if member:
        contact |= {"contact_id": member.contact_id, "status": member.status.title()}
    return {"response_id": row["id"], "submitted_at": row["at"], "contact": contact,
            "is_new_contact": False, "results": row["results"]}  # fmt: skip
