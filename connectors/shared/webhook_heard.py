"""What a call asks for besides telling events."""

from personalization.connector import Received


class Heard(Received):
    """`erase` and `asked` are aliases of people: whom the sender asks to erase, and who ask what
    is kept of them. `left`: the whole outside shop is to be erased. `pull`: the destination of
    the same name and account holds something new that the call does not tell in full."""

    erase: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    left: bool = False
    pull: bool = False


def heard(received: Received) -> Heard:
    """The same, whatever kind a hook gives."""
    return received if isinstance(received, Heard) else Heard(**dict(received))
