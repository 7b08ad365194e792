"""The version of the installed package."""

from __future__ import annotations


def package_version() -> str:
    """The version; ``0`` when the package runs without having been installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("notecheck")
    except PackageNotFoundError:
        return "0"
