"""What mutants do to people outside: consent, and what is written to a destination."""

from tests.mutants.mutant import Mutant

APPLY = "tests/apply/test_apply.py::"
WRITE = "tests/connectors/test_mailchimp_write.py::"

CONSENT = (
    Mutant(
        "a permit by hand", "anyone in the code could write to anyone",
        "personalization/consent.py",
        "if proof is not _PROOF:", "if proof is None:",
        "tests/consent/test_one_way.py::test_nobody_can_make_a_permit_by_hand",
    ),
    Mutant(
        "writes around the consent function", "whoever has left is written to all the same",
        "personalization/apply/write.py",
        "verdict = judge(row, person, work.keep_edits)",
        'verdict = Permit(row, person.standing.outside_id or "", person.standing.email, '
        '__import__("personalization.consent", fromlist=["_PROOF"])._PROOF)',
        APPLY + "test_who_left_since_the_plan_is_not_written_to_nor_sent_anything[unsubscribe]",
    ),
    Mutant(
        "the unsubscribed may be written to", "a person who has left is still worked on",
        "personalization/consent.py",
        'WRITABLE = frozenset({"subscribed",', 'WRITABLE = frozenset({"unsubscribed", "subscribed",',
        APPLY + "test_who_left_since_the_plan_is_not_written_to_nor_sent_anything[unsubscribe]",
    ),
    Mutant(
        "an opt-out elsewhere is ignored", "who said no in one system hears from us by another",
        "personalization/consent.py",
        'if "out" in said:', 'if said == {"out"}:',
        APPLY + "test_an_opt_out_elsewhere_stops_a_send_and_no_field",
    ),
    Mutant(
        "the consent of a send is not read", "sends go to people whose opt-out we know of",
        "personalization/apply/write.py",
        'with_consent=any(row.kind == "send" for row in rows)', "with_consent=False",
        APPLY + "test_an_opt_out_elsewhere_stops_a_send_and_no_field",
    ),
)  # fmt: skip

MAILCHIMP = (
    Mutant(
        "adds status to a member's PATCH", "people would be subscribed again by a field write",
        "connectors/shared/mailchimp_writes.py",
        'body={"merge_fields": merge_fields(permit)},',
        'body={"merge_fields": merge_fields(permit), "status": "subscribed"},',
        WRITE + "test_nothing_we_send_can_create_or_subscribe_anyone",
    ),
    Mutant(
        "PUT instead of PATCH", "a member who is not there would be created",
        "connectors/shared/mailchimp_writes.py",
        'method="PATCH", path=api.path("members", permit.outside_id)',
        'method="PUT", path=api.path("members", permit.outside_id)',
        WRITE + "test_nothing_we_send_can_create_or_subscribe_anyone",
    ),
    Mutant(
        "a bodyless error is an answer", "a 429 counts as written, and nothing is",
        "connectors/shared/http.py",
        "if answer.ok and not answer.is_redirect:",
        "if (answer.ok or not answer.content) and not answer.is_redirect:",
        WRITE + "test_an_answer_without_a_body_is_tried_again_and_not_taken_for_done[2-429]",
    ),
    Mutant(
        "a finished job is a success", "the errors of single operations are never seen",
        "connectors/shared/mailchimp_jobs.py",
        "Result(status=status, reason=reason, body=held)",
        "Result(status=200, reason=reason, body=held)",
        WRITE + "test_each_operation_of_a_job_has_its_own_outcome",
    ),
    Mutant(
        "one page is all", "whoever stands behind the thousandth member is never met",
        "connectors/shared/mailchimp_members.py",
        "if offset + len(members) >= total:", "if offset + len(members) >= min(total, 1000):",
        "tests/connectors/test_mailchimp_pull.py::"
        "test_a_full_pull_brings_everyone_once_in_few_calls",
    ),
    Mutant(
        "a lost reply to a send is not looked up", "a person gets the same e-mail twice",
        "connectors/shared/mailchimp_writes.py",
        "happened = look_up(api, unsure, deadline)",
        "happened = dict.fromkeys([permit.row.id for permit in unsure], False)",
        WRITE + "test_a_send_happens_once_whatever_happens_to_its_call[lost_after-3]",
    ),
    Mutant(
        "the second of the cursor is not read again", "a change within it is never seen",
        "connectors/shared/mailchimp_members.py",
        "seconds(furthest - (1 + overlap) * SECOND)", "seconds(furthest + SECOND)",
        "tests/connectors/test_mailchimp_pull.py::"
        "test_a_change_in_the_second_of_the_cursor_is_not_lost",
    ),
)  # fmt: skip
