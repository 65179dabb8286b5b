"""Pages of a pull put together for one transaction."""

from collections.abc import Iterable, Iterator, Sequence

from personalization.connector import Page
from personalization.errors import ProductError
from personalization.store.protocol import Store


def gathered(pages: Iterable[Page], store: Store) -> Iterator[Page]:
    """The pages, put together to as many things as the store likes to take at once (its
    `records_at_once`; one page where it says nothing). A store of a million contacts, in which
    each stands by its hash, writes nearly as much for a thousand of them as for twenty thousand.

    A page that tells tags alone, or leaves them out, builds on what is kept, and so stands alone.
    What came before an error is passed on first."""
    most = int(getattr(store, "records_at_once", 1))
    held: list[Page] = []
    try:
        for page in pages:
            alone = page.tagged or any(one.tags is None for one in page.records)
            if held and alone:
                yield together(held)
                held = []
            held.append(page)
            if alone or sum(map(size, held)) >= most:
                yield together(held)
                held = []
    except ProductError:
        if held:
            yield together(held)
        raise
    if held:
        yield together(held)


def size(page: Page) -> int:
    """How much a page holds; an empty one counts too, because it moves the cursor."""
    return page.taken + len(page.set_aside) or 1


def together(pages: Sequence[Page]) -> Page:
    """Pages as one, as far as the last of them."""
    if len(pages) == 1:
        return pages[0]
    return pages[-1].model_copy(update={
        "records": tuple(one for page in pages for one in page.records),
        "events": tuple(one for page in pages for one in page.events),
        "arrivals": tuple(one for page in pages for one in page.arrivals),
        "products": tuple(one for page in pages for one in page.products),
        "set_aside": tuple(one for page in pages for one in page.set_aside),
        "unmatched": sum(page.unmatched for page in pages),
    })  # fmt: skip
