"""What is ours in a destination whose names are free, by its name alone. A playbook's PICK1 is the
property `ofone_pick1` there: the prefix keeps us off the vendor's own properties and the shop's. A
tag is a list whose name ends with our mark, since lists carry no other label."""

import re

from personalization.connector import MARK

PREFIX = "ofone_"
FIELD_NAME = r"[A-Z][A-Z0-9_]{0,93}"
"""One playbook name a property name, both ways; with the prefix at most 100 characters."""


def property_name(field: str) -> str:
    """The property that holds a playbook's field."""
    return PREFIX + field.lower()


def field_name(name: str) -> str:
    """The playbook's name of a property that we made; others keep their own."""
    field = name.removeprefix(PREFIX).upper()
    return field if property_name(field) == name and re.fullmatch(FIELD_NAME, field) else name


def list_name(tag: str) -> str:
    """The list that holds a tag."""
    return f"{tag.strip()} {MARK}"


def tag_name(name: str) -> str | None:
    """The tag that a list holds; None for a list that is not ours."""
    return name.removesuffix(MARK).strip() if name.endswith(f" {MARK}") else None


def marked(label: str) -> str:
    """A label that ends with our mark."""
    return f"{label.removesuffix(MARK).strip()} {MARK}"
