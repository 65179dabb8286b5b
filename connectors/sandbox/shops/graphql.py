"""As much of GraphQL as Shopify's lists need: fields with arguments and selections, variables, and
fragments on a type. What it costs is counted as Shopify documents it."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\.\.\.|[A-Za-z_]\w*|\$\w+|-?\d+|[{}()\[\]:!=]|[,\s]+')
Node = dict[str, Any]


class Unknown(ValueError):
    """A query that the schema does not allow; the message is Shopify's."""


@dataclass
class Field:
    """A field that is asked for."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: list["Field"] = field(default_factory=list)


def parse(text: str, variables: dict[str, Any]) -> list[Field]:
    """The fields that a query asks for. Raises Unknown."""
    tokens = [one for one in TOKEN.findall(text) if one.strip(", \n\t")]
    if "".join(TOKEN.findall(text)) != text:
        raise Unknown("syntax error")
    start = tokens.index("{")
    fields, rest = selection(tokens, start + 1, variables)
    if rest != len(tokens):
        raise Unknown("syntax error")
    return fields


def selection(tokens: list[str], at: int, variables: dict[str, Any]) -> tuple[list[Field], int]:
    """Fields up to the brace that closes them, and the place after it."""
    found: list[Field] = []
    while tokens[at] != "}":
        if tokens[at] == "...":
            inner, at = selection(tokens, at + 4, variables)
            found += inner
            continue
        one = Field(tokens[at])
        at += 1
        if tokens[at] == "(":
            at += 1
            while tokens[at] != ")":
                one.arguments[tokens[at]] = value(tokens[at + 2], variables)
                at += 3
            at += 1
        if tokens[at] == "{":
            one.fields, at = selection(tokens, at + 1, variables)
        found.append(one)
    return found, at + 1


def value(token: str, variables: dict[str, Any]) -> Any:
    """An argument."""
    if token.startswith("$"):
        return variables.get(token[1:])
    if token.startswith('"'):
        return json.loads(token)
    if token in ("true", "false", "null"):
        return {"true": True, "false": False}.get(token)
    return int(token) if token.lstrip("-").isdigit() else token


def cost(fields: list[Field]) -> int:
    """What a query may cost: nothing for scalars, 1 for an object, and for a connection 2 and its
    nodes as many times as it asks for (shopify.dev, "GraphQL Admin API rate limits")."""
    total = 0
    for one in fields:
        if not one.fields or one.name == "pageInfo":
            continue
        inner = cost(one.fields)
        first = one.arguments.get("first")
        total += 2 + int(first) * inner if first is not None else 1 + inner
    return total


def shown(value: Any, fields: list[Field]) -> Any:
    """What is asked for of a value. A list within a row is shown in pages by `first`. Raises
    Unknown."""
    if value is None or not fields:
        return value
    if isinstance(value, list):
        return [shown(one, fields) for one in value]
    made: Node = {}
    for one in fields:
        if one.name not in value:
            raise Unknown(f"Field '{one.name}' doesn't exist on type '{value['__typename']}'")
        inner = value[one.name]
        if isinstance(inner, Nested):
            inner = inner.page(one.arguments)
        made[one.name] = shown(inner, one.fields)
    return made


@dataclass
class Nested:
    """A connection within a row."""

    nodes: list[Node]

    def page(self, arguments: dict[str, Any]) -> Node:
        """One page; the cursor is a number."""
        start = int(arguments.get("after") or 0)
        end = start + int(arguments["first"])
        more = end < len(self.nodes)
        return {"__typename": "Connection", "nodes": self.nodes[start:end],
                "pageInfo": {"__typename": "PageInfo", "hasNextPage": more,
                             "endCursor": str(end)}}  # fmt: skip
