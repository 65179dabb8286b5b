"""The demo, and the sandbox that it leaves behind."""


def demo() -> None:
    """Run the demo."""


def sandbox() -> None:
    """Run the sandbox."""
