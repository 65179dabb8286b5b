"""Named mutants: small wrongs in the product's source, each killed by a test.

A mutant that survives means that the promise it breaks is held by nobody. `before` occurs in its
file exactly once; one that no longer applies fails, so that this list moves with the code.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One wrong: `file` with `before` replaced by `after`; `why` says what it would do to people.
    `killed_by` is the test that passes without and fails with it."""

    name: str
    why: str
    file: str
    before: str
    after: str
    killed_by: str


APPLY = "tests/apply/test_apply.py::"
DURABLE = "tests/apply/test_durable_first.py::"
AGAIN = "tests/plan/test_plan_again.py::"
TICKS = "tests/plan/test_ticks.py::"
UNDO = "tests/plan/test_undo.py::"
DECISIONS = "tests/decide/test_decisions.py::"
TRIGGERS = "tests/decide/test_triggers.py::"
EDGES = "tests/traits/test_edges.py::"
WRITE = "tests/connectors/test_mailchimp_write.py::"
RENDER = "tests/playbook/test_render.py::"

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

APPLYING = (
    Mutant(
        "calls before the intent is durable", "killed in between, a send is forgotten and repeated",
        "personalization/apply/write.py",
        """    with work.store.record(work.now) as recorder:
        recorder.outbox_state([one.row.id for one in permits], "sent", attempted=True)
""",
        """    asked = list(work.destination.write(permits))
    with work.store.record(work.now) as recorder:
        recorder.outbox_state([one.row.id for one in permits], "sent", attempted=True)
    work = Work(work.store, type("Asked", (), {"write": lambda self, some: asked})(),
                work.plan, work.now)
""",
        DURABLE + "test_another_process_sees_every_row_as_sent_before_its_call",
    ),
    Mutant(
        "drops the outbox record of a send", "after a kill nobody knows that it may have gone",
        "personalization/apply/write.py",
        'outbox_state([one.row.id for one in permits], "sent", attempted=True)',
        "outbox_state(\n            [one.row.id for one in permits if one.row.kind != 'send'],"
        " 'sent', attempted=True)",
        DURABLE + "test_another_process_sees_every_row_as_sent_before_its_call",
    ),
    Mutant(
        "skips the read-back", "what was accepted and not written counts as written",
        "personalization/apply/readback.py",
        "seen = {row.id for row in rows if shown(row, about.get(row.contact, NOBODY))}",
        "seen = {row.id for row in rows}",
        APPLY + "test_an_ok_that_wrote_nothing_is_seen_by_the_read_back_and_written_again",
    ),
    Mutant(
        "confirms from the answer", "a destination's OK is taken for the truth",
        "personalization/apply/write.py",
        'if outcome.result == "refused":',
        """if outcome.result == "accepted":
            recorder.outbox_state([outcome.row], "confirmed")
        elif outcome.result == "refused":""",
        APPLY + "test_an_ok_that_wrote_nothing_is_seen_by_the_read_back_and_written_again",
    ),
    Mutant(
        "drift is ignored", "what a person has just typed in is overwritten",
        "personalization/apply/judge.py",
        "if keep_edits and drifted(row, known):", "if drifted(row, known) and not row:",
        APPLY + "test_a_value_that_a_person_changed_since_the_plan_is_left_alone_and_listed",
    ),
    Mutant(
        "a send is not looked up after a crash", "it stays unknown for ever",
        "personalization/apply/readback.py",
        """    read_back(work)
    look_up_unfinished_sends(work)
""",
        "    read_back(work)\n",
        DURABLE + "test_killed_between_call_and_answer_nothing_is_lost_and_nothing_happens_twice"
        "[send]",
    ),
    Mutant(
        "never gives up", "an account's calls are spent on a row that will never be shown",
        "personalization/apply/write.py",
        "given_up = attempts >= MOST_ATTEMPTS", "given_up = attempts >= 10 * MOST_ATTEMPTS",
        APPLY + "test_what_is_never_shown_is_given_up_listed_and_planned_again_later",
    ),
    Mutant(
        "pause stops nothing", "the one switch that a person has in need does not work",
        "personalization/apply/run.py",
        'if work.store.setting("paused") == "yes":', 'if work.store.setting("paused") == "no":',
        TICKS + "test_paused_writing_stops_every_way_and_goes_on_where_it_was",
    ),
    Mutant(
        "a superseded plan is applied", "what is written is not what was shown last",
        "personalization/apply/run.py",
        '"superseded": "a newer plan was made since: apply that one",', "",
        AGAIN + "test_a_plan_that_a_newer_one_replaced_is_refused_with_the_remedy",
    ),
    Mutant(
        "undo overwrites what people changed since", "a marketer's own correction is lost",
        "personalization/plan/undo.py",
        'if person.values.get(name, "") == text]', "if text is not None]",
        UNDO + "test_what_a_person_changed_since_is_not_undone",
    ),
    Mutant(
        "a careful first week is the whole audience", "everyone is written to on the first day",
        "functions/actions/applying.py",
        "if len(taken) >= first or", "if len(taken) > 1_000_000 or",
        APPLY + "test_a_careful_first_week_writes_to_its_part_only_and_the_rest_later",
    ),
    Mutant(
        "a tick takes another plan's sends", "parked sends go out without approval or content",
        "personalization/store/outbox.py",
        '''"AND plan NOT IN (SELECT id FROM plan WHERE state IN ('ready', 'parked', 'applying'))",''',
        '"",',
        TICKS + "test_a_tick_beyond_the_limits_is_parked_and_waits_for_approval",
    ),
    Mutant(
        "parked plans are applied", "a mistake in a playbook reaches everyone unattended",
        "functions/actions/ticking.py",
        "not ticked.report.parked and", "",
        TICKS + "test_a_tick_beyond_the_limits_is_parked_and_waits_for_approval",
    ),
    Mutant(
        "our own writes come back as news", "every write makes events, for ever",
        "personalization/pull.py",
        "if last and last.said == said:", "if record.alias is None:",
        AGAIN + "test_our_own_writes_coming_back_make_no_event_no_plan_and_no_send",
    ),
)  # fmt: skip

STORE = (
    Mutant(
        "drops the tombstone", "an erased person comes back with the next import",
        "personalization/store/erasing.py",
        "((alias_hash(tx.install_key, one), tx.recorded_at) for one in aliases),", "(),",
        "tests/store/test_erasure.py::test_the_past_comes_back_by_no_import[embedded]",
    ),
    Mutant(
        "a status seen is a fresh opt-in", "an erased person comes back without having said so",
        "personalization/store/tombs.py",
        'event.props.get("observed") is not True', "True",
        "tests/store/test_seen_again.py",
    ),
    Mutant(
        "of one key the first content stands", "what is known depends on the order of arrival",
        "personalization/store/log.py",
        "elif row[:2] < held[:2]:", "elif held:",
        "tests/store/test_replaced.py",
    ),
    Mutant(
        "recorded_at follows the caller's clock", "the log as of a moment is no longer exact",
        "personalization/store/tables.py",
        "SET last = max(last + 1, ?)", "SET last = ?",
        "tests/store/test_two_processes.py::test_recorded_at_only_grows[embedded]",
    ),
    Mutant(
        "what was replaced is not kept", "a receipt of the past shows what nobody knew then",
        "personalization/store/log.py",
        "row.hash, contact, int(in_base)) for contact, row, recorded_at, in_base in verdict.old),",
        "row.hash, contact, int(in_base)) for contact, row, recorded_at, in_base in ()),",
        "tests/store/test_replaced.py",
    ),
    Mutant(
        "compaction drops the tail before the file is named", "killed there, events are lost",
        "personalization/store/compact.py",
        "        base.replace_file(connection, session, events, group, select)\n        if (",
        """        connection.execute("DELETE FROM tail WHERE contact >= ? AND contact < ?", bounds)
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        base.replace_file(connection, session, events, group, select)
        if (""",
        "tests/store/test_compaction.py::test_killed_anywhere_nothing_is_lost",
    ),
)  # fmt: skip

DECIDING = (
    Mutant(
        "reads the clock", "a decision can never be recomputed",
        "personalization/decide/slots.py",
        "decided_at=np.where(new, now,",
        'decided_at=np.where(new, __import__("time").time_ns() // 1_000,',
        DECISIONS + "test_the_moment_of_a_decision_is_the_one_given_"
        "and_every_alternative_has_its_chance",
    ),
    Mutant(
        "un-sticks a decision", "what a person sees changes with every run",
        "personalization/decide/slots.py",
        "new = treated & ~keep", "new = treated",
        DECISIONS + "test_a_decision_stands_though_a_better_message_would_hold_now",
    ),
    Mutant(
        "forgets expiry", "a person sees the same thing for ever",
        "personalization/decide/slots.py",
        'fresh = exists & (np.asarray(old["standing_until"]) > now)', "fresh = exists",
        DECISIONS + "test_a_decision_expires_to_the_microsecond_and_the_next_is_another",
    ),
    Mutant(
        "a decision outlives its segment", "a message goes on to those it is not for",
        "personalization/decide/slots.py",
        "return np.asarray(fresh & held, dtype=bool)", "return np.asarray(fresh, dtype=bool)",
        DECISIONS + "test_a_decision_ends_when_its_segment_is_left",
    ),
    Mutant(
        "the holdout sees personal content", "what personalising is worth is measured wrong",
        "personalization/decide/show.py",
        "messages, treated.tolist(), decisions)", "messages, [True] * len(treated), decisions)",
        DECISIONS + "test_the_holdout_has_segments_and_sees_fallbacks_and_keeps_its_arm",
    ),
    Mutant(
        "the arm is drawn again", "contacts change arms when the share does",
        "personalization/decide/decide.py",
        "arm or draw_arm(", "draw_arm(",
        DECISIONS + "test_the_holdout_has_segments_and_sees_fallbacks_and_keeps_its_arm",
    ),
    Mutant(
        "picks what is out of stock", "people are shown what they cannot buy",
        "personalization/traits/prepare.py",
        "CASE WHEN in_stock THEN", "CASE WHEN in_stock OR TRUE THEN",
        "tests/decide/test_picks.py::test_nothing_in_stock_or_nobody_asked_is_nothing_chosen",
    ),
    Mutant(
        "keeps picks that have sold out", "a standing decision shows what cannot be bought",
        "personalization/decide/slots.py",
        "all(name in in_stock for name in names) and", "",
        DECISIONS + "test_a_pick_that_is_sold_out_is_decided_anew_and_never_shown",
    ),
    Mutant(
        "ties go by the order of rows", "two runs over the same data choose differently",
        "personalization/decide/picks.py",
        "order = np.lexsort((products, -scores), axis=1)",
        'order = np.argsort(-scores, axis=1, kind="stable")',
        "tests/decide/test_ties.py",
    ),
    Mutant(
        "an order counts a product once a line", "who splits a receipt gets other picks",
        "personalization/decide/picks.py",
        "weight = np.where(again, 0, ", "weight = np.where(again & False, 0, ",
        "tests/decide/test_picks.py::test_an_order_counts_a_product_once_however_many_lines_it_has",
    ),
)  # fmt: skip

TRAITS = (
    Mutant(
        "a window holds one moment too many", "an order counts a moment longer than it says",
        "personalization/traits/compile.py",
        'return f"age < {trait.window.micros}"', 'return f"age <= {trait.window.micros}"',
        EDGES + "test_a_window_holds_the_moment_now_and_not_the_one_a_whole_window_ago",
    ),
    Mutant(
        "sums floats", "totals depend on the order of rows and lose cents",
        "personalization/traits/compile.py",
        "total = f\"CAST({filtered(f'SUM({value})', fits)} AS BIGINT)\"",
        "total = f\"CAST({filtered(f'SUM(CAST({value} AS DOUBLE))', fits)} AS BIGINT)\"",
        EDGES + "test_money_adds_up_beyond_what_a_double_can_hold",
    ),
    Mutant(
        "an average over rows that say nothing", "a rating left out counts as a zero",
        "personalization/traits/compile.py",
        "counted = filtered(f\"COUNT({value})\", fits)", 'counted = filtered("COUNT(*)", fits)',
        EDGES + "test_an_average_is_over_the_known_values_only",
    ),
    Mutant(
        "a calendar day is 24 hours", "an hour of orders moves to the wrong day twice a year",
        "personalization/zones.py",
        "return _day_start(zone, today(zone, at) - timedelta(days=days - 1))",
        "return _day_start(zone, today(zone, at)) - (days - 1) * DAY",
        EDGES + "test_calendar_days_are_the_contacts_own_through_a_clock_change",
    ),
    Mutant(
        "a refund without its order counts", "money is taken off that was never there",
        "personalization/traits/parts.py",
        """AS e ON e.i = r.i AND e."order" = r.o GROUP BY""", "AS e ON e.i = r.i GROUP BY",
        EDGES + "test_a_refund_of_an_order_never_seen_takes_nothing_off",
    ),
    Mutant(
        "the future has happened", "what is dated ahead counts today",
        "personalization/traits/prepare.py",
        "AND e.occurred_at <= c.now", "",
        EDGES + "test_a_window_holds_the_moment_now_and_not_the_one_a_whole_window_ago",
    ),
)  # fmt: skip

TRIGGER = (
    Mutant(
        "unless is ignored", "who has just bought is asked to come back to the cart",
        "personalization/decide/causes.py",
        "return set(rows)", "return set(rows[:0])",
        TRIGGERS + "test_an_order_after_the_cart_makes_it_moot_and_one_before_does_not",
    ),
    Mutant(
        "a cap allows one more", "people get more than they were promised",
        "personalization/decide/triggers.py",
        "if len(inside) >= cap.count:", "if len(inside) > cap.count:",
        TRIGGERS + "test_a_cap_allows_so_many_in_its_window_and_the_rest_come_when_it_is_over",
    ),
    Mutant(
        "quiet hours in UTC", "people are woken at night",
        "personalization/decide/triggers.py",
        "quiet_until(limits.quiet, person.now, person.zone)",
        'quiet_until(limits.quiet, person.now, "UTC")',
        TRIGGERS + "test_quiet_hours_are_the_contacts_own",
    ),
    Mutant(
        "a first run sends to everyone", "a whole audience is greeted on the first day",
        "personalization/decide/members.py",
        'f"WHERE m.known AND {change} ORDER BY m.i"', 'f"WHERE {change} ORDER BY m.i"',
        TRIGGERS + "test_a_first_run_over_a_shops_past_sends_to_nobody_who_entered_long_ago",
    ),
    Mutant(
        "a cause sends again", "the same cart is reminded of with every run",
        "personalization/decide/triggers.py",
        "if key in person.keys or not person.treated or moot:",
        "if not person.treated or moot:",
        TRIGGERS + "test_a_wait_ends_at_its_moment_and_a_cause_sends_once",
    ),
    Mutant(
        "nobody has to opt in", "marketing is sent to people who never asked for it",
        "personalization/decide/triggers.py",
        "if not holds or unwilling(told(person), trigger.channel, trigger.basis):",
        "if not holds:",
        TRIGGERS + "test_only_who_opted_in_and_opted_out_nowhere_is_sent_to",
    ),
)  # fmt: skip

RENDERING = (
    Mutant(
        "NULL prints None", "a person is called None",
        "personalization/playbook/compiled.py",
        "        if None in values:", "        if not values:",
        RENDER + "test_a_missing_or_odd_value_makes_that_field_alone_fall_back",
    ),
    Mutant(
        "what is too long is shown all the same", "the destination refuses or cuts it",
        "personalization/playbook/texts.py",
        "len(text.encode()) > self.most_bytes:", "len(text) > 100 * self.most_bytes:",
        RENDER + "test_a_missing_or_odd_value_makes_that_field_alone_fall_back",
    ),
    Mutant(
        "html is not escaped", "whatever a form was filled with runs in a newsletter",
        "personalization/playbook/jinja.py",
        "autoescape=html,", "autoescape=False,",
        RENDER + "test_a_contact_with_everything_sees_everything",
    ),
)  # fmt: skip

MUTANTS = (
    *CONSENT, *MAILCHIMP, *APPLYING, *STORE, *DECIDING, *TRAITS, *TRIGGER, *RENDERING,
)  # fmt: skip
