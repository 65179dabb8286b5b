"""Segments and stage as SQL over traits, layer by layer: nested ones after those they use."""

from collections.abc import Mapping

from personalization.engine import Engine, literal
from personalization.playbook.model import Playbook, Segment
from personalization.traits.properties import quoted


def depths(segments: Mapping[str, Segment]) -> dict[str, int]:
    """How deep each segment nests: 0 where it uses traits only. Expects those that a segment
    uses to come before it, as in a checked playbook."""
    found: dict[str, int] = {}
    for name, segment in segments.items():
        found[name] = max((found[used] + 1 for used in segment.uses if used in found), default=0)
    return found


def segments(engine: Engine, playbook: Playbook) -> None:
    """Makes segments(i, one BOOLEAN a segment, stage) from `traits`. `stage` is the first of
    the playbook's stages that holds, or NULL. A rule that would be NULL is false."""
    depth = depths(playbook.segments)
    layers = ["SELECT * FROM traits"]
    for level in range(max(depth.values(), default=-1) + 1):
        rules = ", ".join(
            f"COALESCE({segment.sql}, FALSE) AS {quoted(name)}"
            for name, segment in playbook.segments.items()
            if depth[name] == level
        )
        layers.append(f"SELECT *, {rules} FROM layer{level}")
    tables = ", ".join(f"layer{index} AS ({layer})" for index, layer in enumerate(layers))
    chosen = ", ".join(["i", *(quoted(name) for name in playbook.segments), stage(playbook)])
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE segments AS WITH {tables} "
        f"SELECT {chosen} FROM layer{len(layers) - 1}"
    )


def stage(playbook: Playbook) -> str:
    """SQL for the stage."""
    cases = " ".join(f"WHEN {quoted(name)} THEN {literal(name)}" for name in playbook.stages)
    return f"CASE {cases} END AS stage" if cases else "CAST(NULL AS VARCHAR) AS stage"
