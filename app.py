"""Start the studio's web server: `python app.py` is the same as `brandstudio serve`."""

import sys

from brandstudio.cli import main

if __name__ == "__main__":
    main(["serve", *sys.argv[1:]])
