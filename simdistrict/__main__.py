"""`python -m simdistrict` is the `simdistrict` program."""

from simdistrict.cli.main import main

if __name__ == "__main__":
    main()
