"""python -m connectors.sandbox: serves until it is stopped."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from connectors.sandbox import saved
from connectors.sandbox.failures import HUBSPOT_KINDS, KINDS, parse
from connectors.sandbox.server import listening
from connectors.sandbox.world import world


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="connectors.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="chooses failures and job lengths")
    parser.add_argument("--ledger", type=Path, help="append the ledger to this file")
    parser.add_argument("--state", type=Path, help="begin from this file and save to it at the end")
    parser.add_argument(
        "--fail",
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND=RATE",
        help=f"rates of failure: {', '.join(KINDS)}",
    )
    parser.add_argument(
        "--hubspot-fail",
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND=RATE",
        help=f"the same for HubSpot: {', '.join(HUBSPOT_KINDS)}",
    )
    parser.add_argument(
        "--hubspot-window", type=int, default=100, help="HubSpot calls in ten seconds"
    )
    parser.add_argument(
        "--hubspot-time",
        choices=("clock", "real", "off"),
        default="real",
        help="what HubSpot's rate limits go by: the sandbox's clock, this machine's, or nothing",
    )
    parser.add_argument("--delay", type=float, default=0.05, help="seconds of a slow answer")
    parser.add_argument(
        "--polls", type=int, nargs=2, default=(1, 3), metavar=("LOW", "HIGH"), help="steps of a job"
    )
    parser.add_argument("--accept-key", action="append", default=[], help="only these API keys")
    return parser.parse_args(given)


def _stop(_signum: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def main() -> None:
    """Prints one line with the address, then serves."""
    options = arguments()
    rates = dict(pair.split("=", 1) for pair in options.fail)
    sandbox = world(
        options.ledger,
        keys=frozenset(options.accept_key),
        failures=parse(
            {
                "seed": options.seed,
                "rates": rates,
                "delay": options.delay,
                "polls": options.polls,
            }
        ),
    )
    hubspot = dict(pair.split("=", 1) for pair in options.hubspot_fail)
    settings = {"seed": options.seed, "rates": hubspot, "delay": options.delay}
    sandbox.portal.failures = parse(settings, HUBSPOT_KINDS)
    limits = sandbox.portal.settings.limits
    limits.window, limits.time = options.hubspot_window, options.hubspot_time
    if options.state and options.state.exists():
        saved.load(sandbox, options.state)
    server = listening(sandbox, options.port)
    signal.signal(signal.SIGTERM, _stop)
    sys.stdout.write(f"listening on http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    try:
        server.serve_forever(0.05)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.server_close()
        if options.state:
            with sandbox.lock:
                saved.save(sandbox, options.state)
        sandbox.ledger.close()


if __name__ == "__main__":
    main()
