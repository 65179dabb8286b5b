"""Mutants of deciding: decisions, traits, triggers and what is rendered."""

from tests.mutants.mutant import Mutant

DECISIONS = "tests/decide/test_decisions.py::"
TRIGGERS = "tests/decide/test_triggers.py::"
EDGES = "tests/traits/test_edges.py::"
RENDER = "tests/playbook/test_render.py::"

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
        'engine.run(f"DELETE FROM {ahead}")', "",
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
        "FROM memberships m JOIN contacts c ON c.id = m.contact ",
        "FROM contacts c LEFT JOIN memberships m ON c.id = m.contact ",
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
