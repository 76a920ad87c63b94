"""`python -m docs.make`: write the source of the site into `build/docs`."""

from __future__ import annotations

import shutil
import sys

from docs.make import commands, equations, errors, functions, python, scripts
from docs.make.pages import ROOT, LinkError, Site, on_site, sources

FOLDER = ROOT / "build" / "docs"


def main() -> int:
    """Write all pages; an argument `--no-scripts` leaves out tutorials and gallery."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    site = Site(FOLDER)
    for module in (commands, errors, functions, python):
        name = {"commands": "command_line"}.get(stem := module.__name__.rpartition(".")[2], stem)
        site.write(f"reference/{name}.md", module.page())
    for path in equations.models():
        folder = on_site(path.relative_to(ROOT)).parent
        site.write(f"{folder}/equations.md", equations.page(path))
    shutil.copytree(ROOT / "docs" / "assets", FOLDER / "assets")
    try:
        for source in sources():
            site.page(source)
    except LinkError as error:
        print(error, file=sys.stderr)
        return 1
    if "--no-scripts" not in sys.argv[1:]:
        scripts.write_all(site)
    return 0


if __name__ == "__main__":
    sys.exit(main())
