"""`ofone --stack NAME`: the deployed shop from a person's own machine, beside its functions."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from connectors.sandbox import ledger
from functions.stack.shop import at_work
from functions.stack.shop import shop as deployed
from personalization.plan.run import make_plan
from personalization.plan.session import session

PORTAL = {"connector": "hubspot", "account": "main"}


def parked(outside) -> str:
    """A plan that nobody watches and that is beyond the limits; returns its name."""
    assert outside.cloud.call("apply", PORTAL)["done"] is True
    with at_work() as shop:
        now = shop.clock()
        with session(shop.store, shop.engines, shop.playbook, now) as run:
            report = make_plan(run, shop.destination(), now, attended=False)
    assert report.parked
    return report.id


def order(n: int) -> dict[str, object]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"id": 7000 + n, "email": f"p{n}@example.com", "currency": "EUR", "created_at": now,
            "updated_at": now, "total_price": "12.50", "line_items": []}  # fmt: skip


def made(outside) -> int:
    return len(ledger.effects(outside.cloud.sandbox.entries, ["property_created"]))


def test_a_person_pulls_plans_applies_and_takes_back_what_the_functions_go_on_with(outside) -> None:
    plan = outside.json("plan")
    assert (plan["contacts"], plan["create"]) == (3, ["HEADLINE", "bought"])
    assert made(outside) == 0
    assert outside.json("apply")["left"] == 0
    assert made(outside) == 1
    assert outside.cloud.shopify(order(1)) == 200
    outside.cloud.drain("INBOX", "take_in")
    assert outside.cloud.drain("APPLY_HUBSPOT", "apply") == 1
    assert outside.cloud.sends() == 1
    said = outside("explain", "p1@example.com")
    assert "Thank you" in said.out
    assert "buyers" in said.out
    assert "7001" in json.dumps(outside.json("export", "p1@example.com"))
    assert outside.json("replay")["differs"] == 0
    assert outside.json("preview", "--contact", "p1@example.com")["contacts"]
    assert outside.json("status")["plans"]
    back = outside.json("undo", plan["id"])
    assert back["undoes"] == plan["id"]
    assert outside.json("forget", "p2@example.com")["removed"]
    assert outside("explain", "p2@example.com", code=4)


def test_an_approved_plan_is_carried_out_by_its_function_whatever_runs_meanwhile(outside) -> None:
    plan = parked(outside)
    outside("pause")
    assert "--off" in outside("approve", plan, code=4).err
    outside("pause", "--off")
    assert outside.json("approve", plan) == {"plan": plan, "state": "handed on"}
    outside("pause")  # meets it on its way
    outside.cloud.drain("APPLY_HUBSPOT", "apply")
    assert outside.json("status")["plans"][0]["state"] == "parked"
    outside("pause", "--off")
    outside("approve", plan)
    outside.cloud.call("tick", {})
    assert made(outside) == 0
    assert outside.cloud.drain("APPLY_HUBSPOT", "apply") >= 1
    assert made(outside) == 1
    assert outside.json("status")["plans"][0] | {"changed_at": 0, "rows": {}} == {
        "plan": plan, "state": "applied", "changed_at": 0, "rows": {}}  # fmt: skip
    assert "not parked" in outside("approve", plan, code=4).err


def test_where_a_function_is_at_work_a_person_waits(outside) -> None:
    with deployed().store.alone("hubspot/main", "the stack's apply"):
        said = outside("plan", "--no-pull", code=3)
    assert "the stack's apply is at work on hubspot/main" in said.err


def test_files_that_are_not_the_deployed_ones_are_named(outside) -> None:
    outside.cloud.call("tick", {})
    assert "WARNING" not in outside("status").err
    outside.edit("Thank you", "Many thanks")
    outside.edit("look_up = 0", "look_up = 5", "ofone.toml")
    said = outside("status").err
    assert "the playbook here is not the deployed one" in said
    assert "not the deployed one in destination.hubspot.main" in said
    found = {one["about"]: one for one in outside.json("doctor", code=None)["findings"]}
    assert found["deployed"]["level"] == "short"
    assert found["nightly run"]["said"] == "there was none yet"


def test_secrets_are_the_stacks_own(outside, monkeypatch) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", "of another shop")
    outside("pull")
    assert "good" in outside("doctor", code=None).out
    outside.edit("env:HUBSPOT_TOKEN", "env:HOME", "ofone.toml")
    said = outside("pull", code=4).err
    assert "HubSpotSecret" in said
    assert "HOME is not in it" in said


@pytest.fixture
def ways(outside):
    """What may be in the way: how it comes about, the exit code and what is said."""

    def state(name: str, **more):
        return lambda: outside.said.update(Stacks=[{**stack, "StackStatus": name, **more}])

    (stack,) = outside.said["Stacks"]
    gone = {"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}
    return [
        (lambda: outside.refused.add("GetSecretValue"), 4, "may not secretsmanager:GetSecretValue"),
        (state("CREATE_IN_PROGRESS", Outputs=[]), 3, "still being deployed"),
        (state("REVIEW_IN_PROGRESS", Outputs=[]), 4, "was never deployed"),
        (state("ROLLBACK_COMPLETE", Outputs=[]), 4, "could not be deployed"),
        (state("DELETE_IN_PROGRESS"), 4, "is being deleted"),
        (state("UPDATE_COMPLETE", Outputs=[]), 4, "no output Table"),
        (lambda: (outside.said.clear(), outside.said.update(gone)), 4,
         "there is no stack corner-shop in us-east-1"),
        (lambda: outside.refused.add("DescribeStacks"), 4, "may not cloudformation:DescribeStacks"),
    ]  # fmt: skip


def test_what_is_in_the_way_is_said_with_its_remedy(outside, ways) -> None:
    for happens, code, said in ways:
        happens()
        assert said in outside("pull", code=code).err


def test_a_message_that_the_queue_has_set_aside_is_listed_and_goes_back(outside) -> None:
    queues, sqs = outside.cloud.queues, outside.cloud.sqs
    sqs.send_message(QueueUrl=queues["INBOX"], MessageBody="{poison")
    outside.cloud.drain("INBOX", "take_in")
    (letter,) = outside.json("letters")["letters"]
    assert letter["again"]
    assert "JSON" in letter["reason"]
    assert "poison" not in outside("letters").out
    assert outside.json("letters", "--replay")["replayed"] == 1
    assert outside.json("letters")["letters"] == []
    assert outside.cloud.drain("INBOX", "take_in") == 1, "it was not moved back"


def test_files_are_those_of_the_stacks_bucket(outside) -> None:
    source = '[source.files.main]\nfolder = "not there"\ncurrency = "EUR"\n[serve]'
    outside.edit("[serve]", source, "ofone.toml")
    assert "nothing under files/main/" in outside("pull", code=4).err
    body = "id,email,zone,updated_at,consent.email.marketing\n1,p1@example.com,,2026-01-01,in\n"
    boto3.client("s3").put_object(Bucket="bucket", Key="files/main/contacts.csv", Body=body)
    pulled = {one["place"]: one["pulled"] for one in outside.json("pull")["pulled"]}
    assert pulled["files/main"]["events"] == 2, pulled


def test_what_belongs_to_this_machine_is_no_command_for_a_stack(outside) -> None:
    assert "leave --stack out" in outside("serve", code=2).err
    assert "leave --now out" in outside("status", "--now", "2026-01-01", code=2).err
