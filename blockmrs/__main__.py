"""`python -m blockmrs` and the `blockmrs` program are the same."""

from blockmrs.cli import main

if __name__ == "__main__":
    main()
