"""simdistrict: value-chain regime shifts as stock-and-flow models.

Forwards to the names of `simdistrict.api`, which is imported when one of them is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simdistrict.base import version as _version

if TYPE_CHECKING:
    from simdistrict.api import *  # noqa: F403

    __version__: str


def __getattr__(name: str) -> object:
    if name == "__version__":
        return _version.version()
    import simdistrict.api as api

    return getattr(api, name)


def __dir__() -> list[str]:
    import simdistrict.api as api

    return sorted([*globals(), "__version__", *dir(api)])
