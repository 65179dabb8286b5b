"""Reading ahead: the next page is made while this one is stored. What a source spends waiting for
the network or taking files apart no longer adds to what the store spends writing."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event, Semaphore, Thread


class End:
    """What the reader says last: that it is done, or the error that ended it."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Shared:
    """What the two threads have in common: items on their way, leave to make one more, and
    whether anybody still wants any."""

    def __init__(self) -> None:
        self.made: SimpleQueue[object] = SimpleQueue()
        self.leave = Semaphore(1)
        self.over = Event()


def ahead[T](items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order, one of them already made when it is asked for. An error
    of `items` is raised after the items before it. Whoever stops early waits for the item that
    is being made, and no other is. A generator is run and closed in the reader's thread."""
    shared = Shared()
    reader = Thread(target=read, args=(items, shared), daemon=True)
    reader.start()
    try:
        while not isinstance(one := shared.made.get(), End):
            shared.leave.release()
            yield one  # type: ignore[misc]  # the queue holds what `items` gave
        if one.error is not None:
            raise one.error
    finally:
        shared.over.set()
        shared.leave.release()
        reader.join()


def read[T](items: Iterator[T], shared: Shared) -> None:
    """Hands items over, each once there is leave for it, until there are no more or nobody wants
    them."""
    error: BaseException | None = None
    try:
        while shared.leave.acquire() and not shared.over.is_set():
            one = next(items, shared)
            if one is shared:
                break
            shared.made.put(one)
        if close := getattr(items, "close", None):
            close()
    except BaseException as raised:  # noqa: BLE001 - it belongs to the thread that asks
        error = raised
    shared.made.put(End(error))
