"""Mutants of applying and of the store: what is durable, and what is done once."""

from tests.mutants.mutant import Mutant

APPLY = "tests/apply/test_apply.py::"
DURABLE = "tests/apply/test_durable_first.py::"
AGAIN = "tests/plan/test_plan_again.py::"
TICKS = "tests/plan/test_ticks.py::"
UNDO = "tests/plan/test_undo.py::"

APPLYING = (
    Mutant(
        "calls before the intent is durable", "killed in between, a send is forgotten and repeated",
        "personalization/apply/write.py",
        """    with work.store.record(work.now) as recorder:
        recorder.outbox_state([one.row.id for one in permits], "sent", attempted=True)
""",
        """    real, asked = work.destination, list(work.destination.write(permits))
    with work.store.record(work.now) as recorder:
        recorder.outbox_state([one.row.id for one in permits], "sent", attempted=True)
    work = __import__("dataclasses").replace(work, destination=type("Asked", (), {
        "write": lambda self, some: asked,
        "__getattr__": lambda self, name: getattr(real, name)})())
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
        '''"AND state = 'planned' AND kind = 'send' AND plan NOT IN "
        "(SELECT id FROM plan WHERE state IN ('ready', 'parked', 'applying'))",''',
        '''"AND state = 'planned' AND kind = 'send'",''',
        TICKS + "test_a_tick_beyond_the_limits_is_parked_and_waits_for_approval",
    ),
    Mutant(
        "a late send is not judged again", "who has bought since is asked to come back to the cart",
        "personalization/apply/run.py",
        "work.ask_again()", "work.ask_again",
        "tests/apply/test_late.py::test_an_order_since_the_plan_makes_a_send_moot",
    ),
    Mutant(
        "sends wait for no field", "a message goes out whose fields are not there yet",
        "personalization/plan/tick.py",
        "held = (destination,) if holds_sends(lacks) else ()", "held = ()",
        TICKS + "test_before_its_first_plan_a_tick_writes_nothing_says_so_and_loses_nothing",
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
        "((alias_hash(tx.install_key, one), tx.recorded_at) for one in {*aliases, *orders}),", "(),",
        "tests/store/test_erasure.py::test_the_past_comes_back_by_no_import[embedded]",
    ),
    Mutant(
        "a status seen is a fresh opt-in", "an erased person comes back without having said so",
        "personalization/store/tombs.py",
        'props.get("observed") is not True', "True",
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
        '        base.replace_file(connection, session, events, group, " UNION ALL ".join(parts))\n'
        "        if (",
        """        connection.execute("DELETE FROM tail WHERE contact >= ? AND contact < ?", bounds)
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        base.replace_file(connection, session, events, group, " UNION ALL ".join(parts))
        if (""",
        "tests/store/test_compaction.py::test_killed_anywhere_nothing_is_lost",
    ),
)  # fmt: skip
