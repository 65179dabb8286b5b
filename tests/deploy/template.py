"""The template as plain data: CloudFormation's short forms become their long ones."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]


def loaded() -> dict[str, Any]:
    """template.yaml."""
    return plain(YAML(typ="rt").load((ROOT / "template.yaml").read_text(encoding="utf-8")))


def plain(node: Any) -> Any:
    """A node without YAML's own types; `!Ref x` is {"Ref": x}, `!Sub x` is {"Sub": x}."""
    tag = getattr(getattr(node, "tag", None), "value", None)
    if tag and tag.startswith("!"):
        inner = getattr(node, "value", None) if not isinstance(node, dict | list) else node
        return {tag[1:]: untagged(inner)}
    return untagged(node)


def untagged(node: Any) -> Any:
    """A node's content."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(one) for one in node]
    return node


TEMPLATE = loaded()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def of(kind: str) -> dict[str, Any]:
    """The properties of every resource of a kind, by name."""
    return {name: one.get("Properties", {}) for name, one in RESOURCES.items()
            if one["Type"] == kind}  # fmt: skip


def statements(role: str) -> list[dict[str, Any]]:
    """What a role may do, its managed policies among it."""
    found = []
    properties = RESOURCES[role]["Properties"]
    for policy in properties.get("Policies", []):
        found += policy["PolicyDocument"]["Statement"]
    for policy in properties.get("ManagedPolicyArns", []):
        found += RESOURCES[policy["Ref"]]["Properties"]["PolicyDocument"]["Statement"]
    return found


def listed(value: Any) -> list[Any]:
    """One or many, as many."""
    return value if isinstance(value, list) else [value]


FUNCTIONS = of("AWS::Serverless::Function")
MAKEFILE = (ROOT / "infra" / "bundle" / "Makefile").read_text(encoding="utf-8")
LAYERS = dict(
    re.findall(r"^build-(\w+):\n\t\$\(MAKE_FROM\) packages (\w+)$", MAKEFILE, re.MULTILINE)
)
"""Which list of packages each layer is made from."""


def layers(function: str) -> list[str]:
    """A function's layers, in their order."""
    return [one["Ref"] for one in FUNCTIONS[function]["Layers"]]


def bundle(function: str) -> str:
    """The list of packages that a function has: that of its last layer, and those below."""
    return LAYERS[layers(function)[-1]]


def handler(function: str) -> str:
    """The name of the module that a function begins in."""
    return str(FUNCTIONS[function]["Handler"]).split(".")[1]
