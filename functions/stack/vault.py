"""The stack's secrets as a person reads them who works on it from outside: each from the secret that
the function of its table reads, and from nowhere else."""

from collections.abc import Callable
from functools import cache

from functions.settings import LookUp
from functions.stack.clients import client
from functions.stack.describing import Stack
from functions.stack.secrets import values
from personalization.errors import Stop

OF_TABLE = {"webhook": "WebhookSecret", "source": "SourcesSecret", "action": "ActionSecret",
            "serve": "DecisionSecret"}  # fmt: skip
"""The output with the secret of a table of the settings; a destination's is named after its
connector."""


def vault(stack: Stack) -> Callable[[str, str], LookUp]:
    """(table, connector) -> where its secrets are looked up. Nothing is read before it is asked
    for, and each secret once."""

    @cache
    def kept(output: str) -> dict[str, str]:
        return values(
            client("secretsmanager").get_secret_value(SecretId=stack.outputs[output])[
                "SecretString"
            ]
        )

    def secrets(table: str, connector: str) -> LookUp:
        output = OF_TABLE.get(table) or stack.part(connector, "Secret")

        def look_up(variable: str, place: str) -> str:
            if output is None or output not in stack.outputs:
                raise Stop(f"{place}: stack {stack.name} has no secret for {connector or table}")
            found = kept(output).get(variable)
            if found is None:
                raise Stop(f"{place} is to come from the stack's secret {output}, and {variable} "
                           "is not in it. Put it there: docs/deploy.md shows how")  # fmt: skip
            return found

        return look_up

    return secrets
