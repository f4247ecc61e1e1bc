"""`python -m brandstudio` is the same as `brandstudio`."""

from brandstudio.cli import main

if __name__ == "__main__":
    main()
