"""Making, choosing and releasing plans."""

from functions.actions.beside import others
from functions.actions.judging import judge_again
from functions.actions.pulling import place
from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.connector import Destination
from personalization.errors import Stop
from personalization.plan.previews import PREVIEW
from personalization.plan.report import PlanReport, approved, finished
from personalization.plan.run import make_plan
from personalization.plan.session import session
from personalization.plan.undo import make_undo
from personalization.playbook.load import from_files
from personalization.playbook.model import Playbook
from personalization.store.leases import CONTACTS

WAITING = ("ready", "applying", "parked")


def plan(shop: Shop, destination: Destination, tell: Tell = silent) -> PlanReport:
    """Decides for everyone as of now and keeps what would change in one destination. Raises Busy
    where somebody else is at work on the destination or decides."""

    def progress(done: int, total: int) -> None:
        tell("deciding", done, total)

    now, who = shop.clock(), "`ofone plan`"
    tell("facts of the day", 0, None)
    with (
        shop.store.alone(place(destination), who),
        shop.store.alone(CONTACTS, who),
        session(shop.store, shop.engines, shop.playbook, now) as run,
    ):
        beside = others(shop, destination)
        return make_plan(run, destination, now, progress=progress, others=beside)


def undo(shop: Shop, name: str) -> PlanReport:
    """A plan that takes another back. Raises Busy as `plan` does."""
    destination = destination_of(shop, report(shop, name))
    with shop.store.alone(place(destination), f"`ofone undo {name}`"):
        return make_undo(shop.store, destination, name, shop.clock())


def approve(shop: Shop, name: str) -> PlanReport:
    """A parked plan becomes ready; where others apply than a person, it is handed on to them, who
    make it ready. Raises Stop for any other plan, and for handing one on while writing is paused."""
    found = shop.store.plan(name)
    if found is None or found[0] != "parked":
        raise Stop(f"{name} is not parked: `ofone status` lists the plans")
    if shop.away:
        shown = report(shop, name)
        if shop.store.setting("paused") == "yes":
            raise Stop("writing is paused: `ofone pause --off` first, then approve it")
        destination, book = destination_of(shop, shown), planned_with(shop, shown)
        judge_again(shop, destination, shown, book.limits)
        shop.away.hand_on(destination, name, book)
        return shown
    with shop.store.record(shop.clock()) as recorder:
        recorder.plan(name, "ready", found[1])
    return PlanReport.model_validate_json(found[1])


def planned_with(shop: Shop, shown: PlanReport) -> Playbook:
    """The playbook that a plan was made with, whatever was edited since."""
    files = shop.store.playbook(shown.playbook)
    return from_files(files, "planned", strict=False) if files else shop.playbook


def report(shop: Shop, name: str) -> PlanReport:
    """A plan as it was shown. Raises Stop where there is none."""
    found = shop.store.plan(name)
    if found is None or found[0] == "building":
        raise Stop(f"there is no plan {name}: `ofone status` lists the plans")
    shown = finished(found[1])
    if shown is None:
        raise Stop(f"{name} was never finished, so it shows and changed nothing: "
                   "`ofone plan` makes a new one")  # fmt: skip
    return shown


def newest(shop: Shop, to: str | None = None) -> str:
    """The newest plan that can be applied, of one destination if that is named. Raises Stop where
    there is none, and says whether one is parked."""
    states = [(name, state) for name, state, _ in reversed(shop.store.plans())]
    if to is not None:
        wanted = place(shop.destination(to))
        states = [(name, state) for name, state in states
                  if state in WAITING and goes_to(report(shop, name)) == wanted]  # fmt: skip
    for name, state in states:
        if state in ("ready", "applying"):
            return name
    parked = next((name for name, state in states if state == "parked"), None)
    if parked:
        raise Stop(f"{parked} is parked: look at it, then `ofone approve {parked}`")
    where = f" in {to}" if to else ""
    raise Stop(f"no plan waits to be applied{where}: `ofone plan` makes one")


def unapplied(shop: Shop) -> tuple[str, ...]:
    """The plans that wait to be applied, or were begun and not ended, oldest first; but for ticks
    that nobody had to approve, whom the next tick takes over, and previews."""

    def waits(name: str, state: str) -> bool:
        if name.startswith("tick-"):
            return approved(state, (shop.store.plan(name) or ("", "{}"))[1])
        return not name.startswith(PREVIEW)

    return tuple(name for name, state, _ in shop.store.plans()
                 if state in ("ready", "applying") and waits(name, state))  # fmt: skip


def destination_of(shop: Shop, one: PlanReport) -> Destination:
    """The destination that a plan is for."""
    return shop.destination(goes_to(one))


def goes_to(one: PlanReport) -> str:
    """The name of the destination that a plan is for, whether it still is one or not."""
    return f"{one.destination}/{one.account}"
