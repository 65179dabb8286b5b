"""Rows that are written to Klaviyo, for tests."""


def fields(may, people, text="hello {}"):
    return [may(n, "fields", {"HERO": text.format(n)}, one) for n, one in enumerate(people, 10)]


def sends(may, people, **more):
    new = {"event": "cart_left", "message": "winback", "trigger": "cart_left"}
    moment = 1_772_355_600_000_000
    return [may(n, "send", new, one, key=f"k{n}", moment=moment, **more)
            for n, one in enumerate(people, 100)]  # fmt: skip
