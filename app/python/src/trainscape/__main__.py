"""``python -m trainscape`` runs the program."""

from __future__ import annotations

import os
import subprocess
import sys

from trainscape._binary import TrainscapeError, find_binary


def main() -> None:
    """Run the program with the arguments of this process."""
    try:
        command = [str(find_binary()), *sys.argv[1:]]
    except TrainscapeError as error:
        sys.exit(f"trainscape: {error}")
    if sys.platform == "win32":
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
