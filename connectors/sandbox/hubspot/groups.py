"""Groups of properties."""

from typing import Any

from connectors.sandbox.hubspot import effects_setup
from connectors.sandbox.hubspot.objects import table_of
from connectors.sandbox.hubspot.properties import NAME
from connectors.sandbox.hubspot.state import Group, Table
from connectors.sandbox.hubspot.wire import Answer, Problem, Request, invalid, known, missing


def _group_shown(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "label": group.label,
        "displayOrder": group.displayOrder,
        "archived": False,
    }


def _group_of(request: Request, table: Table) -> Group:
    group = table.groups.get(request.ids["group"])
    if group is None:
        raise missing(f"The property group named {request.ids['group']} does not exist")
    return group


def list_groups(request: Request) -> Answer:
    """GET all."""
    return Answer(200, {"results": [_group_shown(g) for g in table_of(request).groups.values()]})


def read_group(request: Request) -> Answer:
    """GET one."""
    return Answer(200, _group_shown(_group_of(request, table_of(request))))


def create_group(request: Request) -> Answer:
    """POST one."""
    table = table_of(request)
    kinds = {"name": "string", "label": "string", "displayOrder": "integer"}
    kept = known(request.body, kinds, ("name", "label"))
    if not NAME.fullmatch(kept["name"]):
        raise invalid(f"Group name {kept['name']} is not valid")
    if kept["name"] in table.groups:
        message = f"A property group named '{kept['name']}' already exists."
        raise Problem(409, "OBJECT_ALREADY_EXISTS", message)
    group = Group(**kept)
    effects_setup.add_group(request.doing, table, group)
    return Answer(201, _group_shown(group))


def change_group(request: Request) -> Answer:
    """PATCH one."""
    group = _group_of(request, table_of(request))
    values = known(request.body, {"label": "string", "displayOrder": "integer"})
    effects_setup.change(request.doing, group, "group_changed", values)
    return Answer(200, _group_shown(group))


def drop_group(request: Request) -> Answer:
    """DELETE one; a group that still has properties stays (unverified)."""
    table = table_of(request)
    group = _group_of(request, table)
    held = [c for c in table.properties.values() if c.groupName == group.name]
    if group.own or any(column.archived_at is None for column in held):
        raise invalid(f"The group {group.name} still has properties")
    effects_setup.drop_group(request.doing, table, group)
    return Answer(204)
