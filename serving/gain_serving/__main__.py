"""`python -m gain_serving`."""

from gain_serving.cli import main

if __name__ == "__main__":
    main()
