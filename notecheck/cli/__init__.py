"""The command line: the only layer that prints, exits or reads the environment."""

from notecheck.cli.app import main

__all__ = ["main"]
