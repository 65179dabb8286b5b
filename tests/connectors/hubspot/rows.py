"""Rows that are written to HubSpot, for tests, and what came of them."""


def fields(may, people, **new):
    return [may(n + 1, "fields", new or {"HERO": f"for {n}"}, one) for n, one in enumerate(people)]


def gone(one):
    return one.model_copy(update={"outside_id": "999999999", "email": "gone@example.com"})


def results(outcomes):
    return [outcomes[row].result for row in sorted(outcomes)]
