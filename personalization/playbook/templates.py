"""Checking one template before anything is rendered with it.

A template is admitted node by node like an expression: output, if, a loop over picks, names,
filters of `jinja.FILTERS`, comparison and logic. No calls, no `*`, `**`, `%` (they can make
gigabytes), no import, no include, no macro.
"""

from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes

from personalization.playbook.habits import Slip
from personalization.playbook.jinja import environment
from personalization.playbook.mistakes import Notes
from personalization.playbook.slips import loose, slip
from personalization.playbook.source import Text
from personalization.playbook.spelling import syntax, words
from personalization.playbook.template_walk import Allowed, Walk
from personalization.playbook.texts import tidy

MOST_CHARACTERS = 20_000
LANGUAGE = environment(None, "UTC", html=False)


@dataclass(frozen=True, slots=True)
class Used:
    """What a template speaks of. `static_bytes` is its text outside of every condition, as it is
    shown."""

    names: frozenset[str] = frozenset()
    picks: bool = False
    static_bytes: int = 0


def check(text: Text, allowed: Allowed, notes: Notes, html: bool = False) -> Used:
    """Checks a template of a field that is HTML or not; what is wrong is noted."""
    try:
        if len(text.value) > MOST_CHARACTERS:
            raise TemplateSyntaxError("this template is too long", 1)
        tree = LANGUAGE.parse(text.value)
    except TemplateSyntaxError as error:
        seen = slip(text.value) or Slip(*syntax(LANGUAGE, error, text.value))
        reason = f"the template is wrong: {seen.message}"
        notes.add(text.inside(seen.at, reason, None, seen.remedy))
        return Used()
    except RecursionError:
        notes.add(text.mistake("this template is nested too deeply"))
        return Used()
    found = Walk(text, allowed, notes, words(LANGUAGE, text.value))
    found.node(tree)
    for seen in loose(text.value, {*allowed.names, "picks", "pick"}, html):
        notes.advise(text.inside(seen.at, seen.message, None, seen.remedy))
    bare = "".join(piece.data for output in tree.body if isinstance(output, nodes.Output)
                   for piece in output.nodes if isinstance(piece, nodes.TemplateData))  # fmt: skip
    static = len(tidy(bare, html).encode())
    return Used(frozenset(found.used - {"picks"}), "picks" in found.used, static)
