"""The `simdistrict` program, also as `python -m simdistrict`."""

from simdistrict.base.leave import leave_at_once

leave_at_once()


def main() -> None:
    """Entry point of the program."""
    from simdistrict.cli.program import program

    program()


if __name__ == "__main__":
    main()
