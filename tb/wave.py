"""Open the newest waves in Surfer or GTKWave, or say where they are."""

import shutil
import subprocess
import sys

from tb.runner import BUILD, ROOT


def main() -> int:
    files = sorted((BUILD / "run").glob("**/waves.*"), key=lambda path: path.stat().st_mtime)
    if not files:
        print("No waves yet: make tb-NAME WAVES=1, or make sim WAVES=1", file=sys.stderr)
        return 1
    viewer = shutil.which("surfer") or shutil.which("gtkwave")
    if viewer is None:
        print(f"{files[-1].relative_to(ROOT)} (neither Surfer nor GTKWave is here to open it)")
        return 0
    return subprocess.run([viewer, str(files[-1])], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
