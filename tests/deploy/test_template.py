"""What the template promises and an emulator does not hold it to."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "infra" / "bundle"))
from template import RESOURCES, ROOT, TEMPLATE, listed, of, statements

import connectors
from functions.cloud import table

FUNCTIONS = of("AWS::Serverless::Function")
QUEUES = of("AWS::SQS::Queue")
ROLES = of("AWS::IAM::Role")
TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")


def sources(function: str) -> dict:
    """A function's queues, by event."""
    return {name: one["Properties"] for name, one in FUNCTIONS[function].get("Events", {}).items()
            if one["Type"] == "SQS"}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_handler_that_is_named_exists(name: str) -> None:
    module, _, handler = FUNCTIONS[name]["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), handler))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_own_role_log_and_end(name: str) -> None:
    given = FUNCTIONS[name]
    assert given["Role"] == {"GetAtt": f"{name.removesuffix('Function')}Role.Arn"}
    log = given["LoggingConfig"]["LogGroup"]["Ref"]
    assert log == f"{name.removesuffix('Function')}Log"
    assert "RetentionInDays" in RESOURCES[log]["Properties"]
    assert 1 <= given["Timeout"] <= 900
    assert RESOURCES[name]["Metadata"]["BuildMethod"] == "makefile"
    assert name.endswith("Function")  # what infra/bundle/Makefile knows it by


@pytest.mark.parametrize("name", of("AWS::Serverless::LayerVersion"))
def test_layers_are_for_the_functions_machine_and_go_with_the_stack(name: str) -> None:
    given = RESOURCES[name]["Properties"]
    assert given["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    assert given["CompatibleRuntimes"] == [TEMPLATE["Globals"]["Function"]["Runtime"]]
    assert given["RetentionPolicy"] == "Delete"


def test_functions_that_are_called_over_http_answer_before_the_gateway_gives_up() -> None:
    for name in ("WebhookFunction", "DecisionFunction", "ActionFunction"):
        assert FUNCTIONS[name]["Timeout"] <= 29


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if sources(name)])
def test_a_queue_outlasts_its_function_and_keeps_to_the_limits_of_its_source(name: str) -> None:
    for source in sources(name).values():
        queue = QUEUES[source["Queue"]["GetAtt"].removesuffix(".Arn")]
        assert queue["VisibilityTimeout"] >= 6 * FUNCTIONS[name]["Timeout"]
        assert queue["VisibilityTimeout"] <= 43_200
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
        dead = QUEUES[queue["RedrivePolicy"]["deadLetterTargetArn"]["GetAtt"].removesuffix(".Arn")]
        assert dead["MessageRetentionPeriod"] == 1_209_600
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["ScalingConfig"]["MaximumConcurrency"] >= 2
        window = source.get("MaximumBatchingWindowInSeconds", 0)
        assert source["BatchSize"] <= (10_000 if window >= 1 else 10)


def test_webhooks_come_in_batches_of_a_hundred_and_more_within_a_second() -> None:
    (inbox,) = sources("TakeInFunction").values()
    assert inbox["BatchSize"] >= 100
    assert inbox["MaximumBatchingWindowInSeconds"] == 1
    queue = QUEUES["InboxQueue"]
    most = int(FUNCTIONS["TakeInFunction"]["Environment"]["Variables"]["MOST_TIMES"])
    assert most < queue["RedrivePolicy"]["maxReceiveCount"]  # else no reason is ever told


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_do_anything_it_likes(role: str) -> None:
    for one in statements(role):
        assert not any("*" in action for action in listed(one["Action"])), one
        if "*" in listed(one["Resource"]):
            assert one["Sid"] == "Traces", one


def test_each_star_says_why_beside_it() -> None:
    bare = [line for line in TEXT.splitlines()
            if re.search(r'Resource: "\*"', line) and "#" not in line]  # fmt: skip
    assert bare == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_reads_the_secret_that_it_is_told_of_and_no_other(name: str) -> None:
    told = FUNCTIONS[name].get("Environment", {}).get("Variables", {}).get("SECRET")
    role = FUNCTIONS[name]["Role"]["GetAtt"].removesuffix(".Arn")
    readable = [resource for one in statements(role) for resource in listed(one["Resource"])
                if any("secretsmanager" in action for action in listed(one["Action"]))]  # fmt: skip
    assert readable == ([told] if told else [])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_lays_messages_only_into_queues_that_it_is_told_of(name: str) -> None:
    told = FUNCTIONS[name].get("Environment", {}).get("Variables", {})
    queues = {one["Ref"] for one in told.values() if isinstance(one, dict) and
              one.get("Ref") in QUEUES}  # fmt: skip
    role = FUNCTIONS[name]["Role"]["GetAtt"].removesuffix(".Arn")
    sends = {resource["GetAtt"].removesuffix(".Arn") for one in statements(role)
             if "sqs:SendMessage" in listed(one["Action"]) for resource in listed(one["Resource"])}  # fmt: skip
    assert sends == queues


def test_what_holds_data_outlives_the_stack() -> None:
    for name in ("Table", "Bucket", "Key"):
        assert RESOURCES[name]["DeletionPolicy"] == "Retain"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_table_and_the_bucket_are_as_the_store_wants_them() -> None:
    wanted = table.definition("any", "key")
    given = RESOURCES["Table"]["Properties"]
    for name in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode",
                 "PointInTimeRecoverySpecification", "DeletionProtectionEnabled"):  # fmt: skip
        assert given[name] == wanted[name], name
    bucket = RESOURCES["Bucket"]["Properties"]
    for name in ("VersioningConfiguration", "PublicAccessBlockConfiguration"):
        assert bucket[name] == table.BUCKET[name], name
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert table.BUCKET["LifecycleConfiguration"]["Rules"][0] in rules


def test_everything_is_encrypted_with_the_stacks_key() -> None:
    key = {"GetAtt": "Key.Arn"}
    assert all(one["KmsMasterKeyId"] == key for one in QUEUES.values())
    secrets = of("AWS::SecretsManager::Secret")
    assert all(one["KmsKeyId"] == key for one in secrets.values())
    assert all(one["KmsKeyId"] == key for one in of("AWS::Logs::LogGroup").values())


def test_no_log_of_the_gateway_names_who_was_asked_for() -> None:
    written = RESOURCES["Stage"]["Properties"]["AccessLogSettings"]["Format"]
    assert not re.search(r"context\.(path|domain|identity|protocol|error)", written)


def test_the_nightly_run_calls_only_functions_that_it_may_call() -> None:
    text = (ROOT / "infra" / "nightly.asl.json").read_text(encoding="utf-8")
    named = set(re.findall(r"\$\{(\w+)\}", text))
    assert named == set(RESOURCES["Nightly"]["Properties"]["DefinitionSubstitutions"])
    allowed = next(one for one in statements("NightlyRole") if one["Sid"] == "Steps")
    assert {one["GetAtt"].removesuffix(".Arn") for one in allowed["Resource"]} == named
    assert led(json.loads(text))


def led(machine: dict) -> bool:
    """Whether every state leads to one that there is."""
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            led(state["ItemProcessor"])
        nexts = [state.get("Next"), state.get("Default")]
        nexts += [one["Next"] for one in state.get("Choices", [])]
        assert {one for one in nexts if one} <= machine["States"].keys()
    return machine["StartAt"] in machine["States"]


WRONG = {
    "a queue that is shorter than its function":
        ("InboxQueue.Properties.VisibilityTimeout", 100),
    "no reason for the last dead letters": ("InboxQueue.Properties.RedrivePolicy.maxReceiveCount", 5),
    "batches without their window":
        ("TakeInFunction.Properties.Events.Inbox.Properties.MaximumBatchingWindowInSeconds", 0),
    "a whole batch that fails":
        ("TakeInFunction.Properties.Events.Inbox.Properties.FunctionResponseTypes", []),
    "any action": ("WebhookRole.Properties.Policies.0.PolicyDocument.Statement.3.Action", "sqs:*"),
    "any queue": ("WebhookRole.Properties.Policies.0.PolicyDocument.Statement.3.Resource", "*"),
    "a secret of others":
        ("TakeInRole.Properties.Policies.0.PolicyDocument.Statement.3",
         {"Sid": "Secret", "Action": "secretsmanager:GetSecretValue",
          "Resource": {"Ref": "MailchimpSecret"}}),
    "data that goes with the stack": ("Table.DeletionPolicy", "Delete"),
    "a role of others": ("TickFunction.Properties.Role.GetAtt", "WebhookRole.Arn"),
    "a queue in the clear": ("HubSpotQueue.Properties.KmsMasterKeyId", "alias/aws/sqs"),
}  # fmt: skip


def checked() -> None:
    """All that is checked of queues, roles and data."""
    for role in ROLES:
        test_no_role_may_do_anything_it_likes(role)
    for name in FUNCTIONS:
        test_every_function_has_its_own_role_log_and_end(name)
        test_a_queue_outlasts_its_function_and_keeps_to_the_limits_of_its_source(name)
        test_a_function_reads_the_secret_that_it_is_told_of_and_no_other(name)
        test_a_function_lays_messages_only_into_queues_that_it_is_told_of(name)
    test_webhooks_come_in_batches_of_a_hundred_and_more_within_a_second()
    test_what_holds_data_outlives_the_stack()
    test_everything_is_encrypted_with_the_stacks_key()


@pytest.mark.parametrize("what", WRONG)
def test_the_checks_bite(what: str) -> None:
    path, value = WRONG[what]
    *above, last = path.split(".")
    place = RESOURCES
    for step in above:
        place = place[int(step) if isinstance(place, list) else step]
    key = int(last) if isinstance(place, list) else last
    before, place[key] = place[key], value
    try:
        with pytest.raises((AssertionError, KeyError)):
            checked()
    finally:
        place[key] = before
    checked()


def test_every_output_and_parameter_says_what_it_is() -> None:
    assert all("Description" in one for one in TEMPLATE["Parameters"].values())


def test_every_destination_that_settings_can_name_is_applied_to_or_refused_at_the_build() -> None:
    sys.path.insert(0, str(ROOT / "infra" / "bundle"))
    from bundle import APPLIED

    # What a connector's module must have to be one, and is no test's or sandbox's own.
    kinds = {one for one in connectors.available() if hasattr(connectors.find(one), "destination")}
    assert kinds == set(APPLIED)
    for function in ("TakeInFunction", "TickFunction", "NightFunction"):
        told = FUNCTIONS[function]["Environment"]["Variables"]
        assert {name for name in told if name.startswith("APPLY_")} == {
            f"APPLY_{one.upper()}" for one in APPLIED}  # fmt: skip
    night = (ROOT / "infra" / "nightly.asl.json").read_text(encoding="utf-8")
    assert set(re.findall(r'"StringEquals": "(\w+)"', night)) >= set(APPLIED)
