"""`python -m blockmrs` is the same as the `blockmrs` program."""

from blockmrs.cli import main

if __name__ == "__main__":
    main()
