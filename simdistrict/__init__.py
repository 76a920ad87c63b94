"""simdistrict: value-chain regime shifts as stock-and-flow models.

Forwards to the names of `simdistrict.api`, which is imported when one of them is first used.
"""

from __future__ import annotations

import sys as _sys
from typing import TYPE_CHECKING

if _sys.argv[:1] == ["-m"] and "simdistrict" in _sys.orig_argv:
    # `python -m simdistrict` reads this file first
    from simdistrict.base.leave import leave_at_once as _leave_at_once

    _leave_at_once()

from simdistrict.base import version as _version

if TYPE_CHECKING:
    from simdistrict.api import *  # noqa: F403

    __version__: str


if not TYPE_CHECKING:  # which would believe every name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            return _version.version()
        import simdistrict.api as api

        return getattr(api, name)


def __dir__() -> list[str]:
    # what a user types after `sd.`: the public names only
    import simdistrict.api as api

    return sorted(["__version__", *dir(api)])
