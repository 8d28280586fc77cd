"""`make wave`: open the newest waves, or those of a file, in Surfer or GTKWave; without them or a display say how it is done."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tb import runner, wave_file


def commands(file: Path) -> dict[str, list[str]]:
    """What opens it, by viewer, all of its time in sight; to run in its folder."""
    return {
        "surfer": ["surfer", "--command-file", file.with_suffix(".sucl").name],
        "gtkwave": ["gtkwave", "--rcvar", "do_initial_zoom_fit yes", file.with_suffix(".gtkw").name],
    }


def newest() -> Path | None:
    files = [path for path in (runner.BUILD / "run").glob("**/waves.*") if path.suffix in (".fst", ".vcd")]
    return max(files, key=lambda path: path.stat().st_mtime, default=None)


def main(arguments: list[str] | None = None) -> int:
    file = Path(arguments[0]).absolute() if arguments else newest()
    if file is None:
        print("there are no waves yet: make tb-NAME WAVES=1, or make sim WAVES=1", file=sys.stderr)
        return 1
    if not file.is_file():
        print(f"there is no file {file}", file=sys.stderr)
        return 1
    try:
        wave_file.load(file)
    except wave_file.WaveFileError as error:
        print(error, file=sys.stderr)
        return 1
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin"
    for viewer, command in commands(file).items():
        if display and shutil.which(viewer):
            return subprocess.run(command, cwd=file.parent, check=False).returncode
    print(file)
    print(
        "no display" if not display else "neither Surfer nor GTKWave is here", "to open it; elsewhere, with its folder:"
    )
    for command in commands(file).values():
        print(f"  cd {file.parent} && {shlex.join(command)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
