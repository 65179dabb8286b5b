"""What the stack costs a month, from a table of unit prices and a table of assumptions:
`python infra/cost.py`. Change either to what your account and your shop are like.

Prices are US dollars in us-east-1, without free tiers and without taxes. What is marked "read" was
read on 2026-11-22 at the page named; the others are as they were long known, and are to be checked
at AWS's price pages before anyone relies on them. What the destinations and the way out of AWS cost
is not in it.
"""

from typing import NamedTuple


class Price(NamedTuple):
    """Dollars for one unit, and where that comes from."""

    dollars: float
    source: str


PRICES = {
    "Lambda, request": Price(0.20e-6, "read: How AWS Pricing Works, Lambda"),
    "Lambda, GB-second": Price(16.67e-6, "read: How AWS Pricing Works, Lambda"),
    "DynamoDB, write unit": Price(0.625e-6, "read: airbyte.com, DynamoDB pricing, 2025-07"),
    "DynamoDB, read unit": Price(0.125e-6, "read: airbyte.com, DynamoDB pricing, 2025-07"),
    "DynamoDB, GB-month": Price(0.25, "Amazon DynamoDB pricing"),
    "DynamoDB recovery, GB-month": Price(0.20, "Amazon DynamoDB pricing"),
    "HTTP API, call": Price(1.00e-6, "Amazon API Gateway pricing"),
    "SQS, request": Price(0.40e-6, "Amazon SQS pricing"),
    "S3, GB-month": Price(0.023, "Amazon S3 pricing"),
    "S3, write": Price(5e-6, "Amazon S3 pricing"),
    "KMS, request": Price(3e-6, "AWS KMS pricing"),
    "KMS, key": Price(1.00, "AWS KMS pricing"),
    "Secrets Manager, secret": Price(0.40, "AWS Secrets Manager pricing"),
    "CloudWatch, alarm": Price(0.10, "Amazon CloudWatch pricing"),
    "CloudWatch, metric": Price(0.30, "Amazon CloudWatch pricing"),
    "CloudWatch, GB of logs": Price(0.50, "Amazon CloudWatch pricing"),
    "Step Functions, transition": Price(25e-6, "AWS Step Functions pricing"),
    "X-Ray, trace": Price(5e-6, "AWS X-Ray pricing"),
}  # fmt: skip

ASSUMED = {
    "events a contact and month": 6.0,
    "kept items a contact": 40.0,
    "KB an item": 0.5,
    "events of which one changes something at a destination": 4.0,
    "write units an event": 24.0,
    "read units an event": 12.0,
    "write units a change": 92.0,
    "read units a change": 57.0,
    "write units a batch of events": 161.0,
    "read units a batch of events": 396.0,
    "write units a minute": 8.0,
    "read units a minute": 75.0,
    "read units a contact and night": 8.0,
    "seconds of deciding a contact and night": 0.002,
    "seconds of deciding an event": 0.05,
    "decisions asked for, a contact and month": 1.0,
    "nights": 30.0,
    "minutes": 43_200.0,
}
"""None is measured in an account yet. Units of changes, batches and minutes are counted from the
calls that the functions make in an emulator (`tests/deploy/units.py`: an order that changes fields
and is one send, alone and among eight); the others from the store's layout (transactions cost
double); seconds are of this product's own bench, with the store's calls added."""

SECRETS, ALARMS, METRICS = 8, 14, 9
SECONDS = 30 * 86_400
SIZES = (10_000, 100_000, 1_000_000)


def used(contacts: int) -> dict[str, float]:
    """How many units of each price a month takes."""
    a = ASSUMED
    events = contacts * a["events a contact and month"]
    asked = contacts * a["decisions asked for, a contact and month"]
    nights, minutes = a["nights"], a["minutes"]
    stored = contacts * a["kept items a contact"] * a["KB an item"] / 2**20
    decided = events * a["seconds of deciding an event"]
    night = contacts * nights * a["seconds of deciding a contact and night"]
    changes = events / a["events of which one changes something at a destination"]
    batches = events / (1 + events / SECONDS)  # what comes within a second is one
    calls = 2 * events + asked + 2 * minutes
    return {
        "Lambda, request": calls,
        "Lambda, GB-second": events * 0.08 * 0.5 + decided * 2 + asked * 0.15 * 2 + night * 3
        + minutes * (0.6 * 2 + 0.2 * 2),
        "DynamoDB, write unit": events * a["write units an event"]
        + changes * a["write units a change"] + batches * a["write units a batch of events"]
        + minutes * a["write units a minute"],
        "DynamoDB, read unit": events * a["read units an event"]
        + changes * a["read units a change"] + batches * a["read units a batch of events"]
        + asked * 12 + minutes * a["read units a minute"]
        + contacts * nights * a["read units a contact and night"],
        "DynamoDB, GB-month": stored,
        "DynamoDB recovery, GB-month": stored,
        "HTTP API, call": events + asked,
        "SQS, request": events * 1.5 + 4 * minutes * 15,
        "S3, GB-month": events * 12 * 0.2 / 2**20,
        "S3, write": nights * 256 + events * 0.01,
        "KMS, request": events * 0.2 + minutes,
        "KMS, key": 1,
        "Secrets Manager, secret": SECRETS,
        "CloudWatch, alarm": ALARMS,
        "CloudWatch, metric": METRICS,
        "CloudWatch, GB of logs": calls * 600 / 2**30,
        "Step Functions, transition": nights * 40,
        "X-Ray, trace": calls * 0.05,
    }  # fmt: skip


def costs(contacts: int) -> dict[str, float]:
    """Dollars a month, by price."""
    return {name: number * PRICES[name].dollars for name, number in used(contacts).items()}


def main() -> None:
    """Prints the estimate, then what it rests on."""
    columns = [costs(size) for size in SIZES]
    print(f"{'dollars a month':32}" + "".join(f"{size:>12,}" for size in SIZES))
    for name in PRICES:
        print(f"{name:32}" + "".join(f"{one[name]:12.2f}" for one in columns))
    print(f"{'together':32}" + "".join(f"{sum(one.values()):12.2f}" for one in columns))
    print("\nassumed:")
    for name, number in ASSUMED.items():
        print(f"  {name}: {number:g}")
    print("\nprices:")
    for name, price in PRICES.items():
        print(f"  {name}: {price.dollars:g} ({price.source})")


if __name__ == "__main__":
    main()
