"""A contact's state from its log: attributes, consent, time zone and language.

Pure, and the same for a contact as it stands and as it stood: give it the events known by then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from personalization.models import ATTRIBUTES, CONSENT, LINK, Micros

STATE_KINDS = frozenset({ATTRIBUTES, CONSENT, LINK})
"""The kinds of event that a contact's state or identity is read from."""


class Said(NamedTuple):
    """An event that says something of a contact's state."""

    occurred_at: Micros
    key: str
    hash: int
    kind: str
    props: Mapping[str, Any]


@dataclass(frozen=True)
class Folded:
    """A contact's state. `consent` is {"by channel purpose": "in" | "out"}."""

    attributes: dict[str, Any] = field(default_factory=dict)
    consent: dict[str, str] = field(default_factory=dict)
    zone: str | None = None
    zone_from: str | None = None
    language: str | None = None


def fold(log: Iterable[Said]) -> Folded:
    """Every value is the one said with the greatest (occurred_at, key, hash), whatever the order
    of `log`; of an opt-in and an opt-out at one moment the opt-out stands. An attribute set to null is taken away; a destination's null (`by`) takes away only
    what it said itself, because its empty field says nothing of what others know. A zone that
    somebody stated stands before one that a destination guessed (`zone_from: destination`)."""
    attributes: dict[str, dict[str, Any]] = {}
    consent: dict[str, str] = {}
    latest: dict[str, str | None] = {}
    for said in sorted(log, key=turn):
        if said.kind == ATTRIBUTES:
            given = said.props.get("set")
            for name, value in given.items() if isinstance(given, dict) else ():
                say(attributes.setdefault(name, {}), text(said.props.get("by")), value)
            latest |= spoken(said.props)
        elif said.kind == CONSENT and said.props.get("state") in ("in", "out"):
            consent[consent_name(said.props)] = said.props["state"]
    stated, guessed = latest.get("explicit"), latest.get("destination")
    return Folded(
        attributes={name: list(held.values())[-1] for name, held in attributes.items() if held},
        consent=consent,
        zone=stated or guessed,
        zone_from="explicit" if stated else "destination" if guessed else None,
        language=latest.get("language"),
    )


def turn(said: Said) -> tuple[Micros, bool, str, int]:
    """When a word comes: at one moment an opt-out comes last, so that the strictest stands."""
    out = said.kind == CONSENT and said.props.get("state") == "out"
    return said.occurred_at, out, said.key, said.hash


def say(held: dict[str, Any], by: str | None, value: object) -> None:
    """Takes a word on one attribute into what each has said of it, the last word last."""
    if value is None and by is None:
        held.clear()
    held.pop(by or "", None)
    if value is not None:
        held[by or ""] = value


def spoken(props: Mapping[str, Any]) -> dict[str, str | None]:
    """The zone, under where it comes from, and the language that an event says."""
    said: dict[str, str | None] = {}
    if "zone" in props:
        source = "destination" if props.get("zone_from") == "destination" else "explicit"
        said[source] = text(props["zone"])
    if "language" in props:
        said["language"] = text(props["language"])
    return said


def consent_name(props: Mapping[str, Any]) -> str:
    """Three words. A space within one would hide an opt-out from the consent rule, so none is
    left; what an event does not say is marketing by e-mail, the strictest case."""
    words = (props.get("by") or "unknown", props.get("channel") or "email",
             props.get("purpose") or "marketing")  # fmt: skip
    return " ".join("_".join(str(word).split()) for word in words)


def text(value: object) -> str | None:
    """A text, or None for anything else or for an empty one."""
    return value if isinstance(value, str) and value else None
