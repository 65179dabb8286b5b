"""Answers to an audience's surveys: a feedback event each, and what people say of themselves as
attributes named by the question."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from connectors.shared.mailchimp_api import Api, Operation, every
from connectors.shared.mailchimp_jobs import carry_out
from connectors.shared.mailchimp_walks import ask, changed_pages, exact
from connectors.shared.pulling import Piece, State, States
from connectors.shared.webhook import Json, count_at, first_moment, id_at, rows_at, text_at
from connectors.shared.webhook_events import Place, alias_of, attributes, fact, links, mail_alias
from personalization.connector import Started
from personalization.errors import Retry
from personalization.models import Event

WALK = "surveys"
A_PAGE = 100
"""Responses a page: one that is new makes the answers of all others in its page be read again."""
CHOICES = frozenset({"pickOne", "pickMany"})


def walk(api: Api, deadline: float, states: States) -> Iterator[Piece]:
    """New responses with their answers; a survey without new ones costs no call of its own."""
    state: State = dict(states.get(WALK, {}))
    wanted = ["surveys.id", "surveys.list_id", "surveys.title", "surveys.total_responses",
              "total_items"]  # fmt: skip
    found = every(api, "surveys", api.client.reporting.get_survey_reports_all, fields=wanted)
    for survey in found:
        id, total = str(survey["id"]), int(survey.get("total_responses") or 0)
        mine = {"total": 0, "prints": [], **state.get(id, {})}
        if survey.get("list_id") != api.audience or mine["total"] == total:
            continue
        for turn in changed_pages(partial(ask_responses, api, id), mine["prints"]):
            mine = {**mine, "prints": turn.prints}
            state = {**state, id: mine}
            rows = answers(api, id, [str(row["response_id"]) for row in turn.rows], deadline)
            own = {"survey": id, "title": survey.get("title")}
            yield Piece(WALK, [{**row, **own} for row in rows], state, turn.total)
        state = {**state, id: {**mine, "total": total}}
        yield Piece(WALK, [], state)


def ask_responses(api: Api, survey: str, offset: int) -> tuple[list[dict[str, Any]], int]:
    """One page of a survey's responses, without their answers. Neither the description nor the
    client has the usual `count` and `offset` here, so they go past the client's check; an API
    that ignored them would repeat a page, which is an error and no loss."""

    def call(survey: str, **query: Any) -> Any:
        return api.client.api_client.call_api(
            f"/reporting/surveys/{survey}/responses", "GET", None, list(query.items()),
            {"Accept": "application/json"},
        )  # fmt: skip

    wanted = "responses.response_id,responses.submitted_at,total_items"
    return ask(api, "responses", call, survey, offset=offset, count=A_PAGE, fields=wanted)


def answers(api: Api, survey: str, ids: list[str], deadline: float) -> list[dict[str, Any]]:
    """Responses with their answers. Raises Retry where one cannot be read now."""
    operations = [
        Operation(id=id, method="GET", path=f"/reporting/surveys/{survey}/responses/{id}")
        for id in ids
    ]
    found: list[dict[str, Any]] = []
    for told in carry_out(api, operations, once=False, deadline=deadline):
        if isinstance(told, Started):
            continue
        if told[1].status == 200:
            found.append(exact(dict(told[1].body)))
        elif told[1].status != 404:
            raise Retry(f"{api.wire.place}: a survey's answers cannot be read now")
    return found


def events(place: Place, row: Json) -> list[Event]:
    """A response. One by somebody unknown says nothing."""
    contact, mail = text_at(row, "contact", "contact_id"), text_at(row, "contact", "email")
    who = alias_of(place, contact) if contact else mail_alias(mail)
    if who is None:
        return []
    given = first_moment(row, "submitted_at")
    results = rows_at(row, "results")
    rating = next((count_at(one, "answer") for one in of(results, "range")), None)
    text = " ".join(said for one in of(results, "text") if (said := text_at(one, "answer")))
    props = {"form": "survey", "survey": text_at(row, "title"), "rating": rating,
             "text": text or None}  # fmt: skip
    own = ("survey", id_at(row, "survey"), id_at(row, "response_id"))
    stated = {
        question: text_at(one, "answer")
        for one in results
        if text_at(one, "question_type") in CHOICES and (question := text_at(one, "query"))
    }
    return [
        fact(place, "feedback", own, who, given, props),
        *links(who, [mail_alias(mail)], given),
        *attributes(who, stated, given),
    ]


def of(results: list[Json], kind: str) -> Iterator[Json]:
    """The answers to questions of one kind."""
    return (one for one in results if text_at(one, "question_type") == kind)
