"""``python -m notecheck``, and what the ``notecheck`` script starts."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; the exit code."""
    try:
        from notecheck.cli import main as run

        return run()
    except KeyboardInterrupt:
        # Interrupted before the command line could take care of it.
        return 130


if __name__ == "__main__":
    sys.exit(main())
