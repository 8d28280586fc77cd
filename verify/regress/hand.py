"""What a worker of a farm does for us (farm.py): keeps our sources, runs one job in them, sends back what came of it.

These functions travel by value, and a worker need not have this repository: they use what dask brings, nothing else of
ours. Whatever is ours runs in a process of its own, in a copy of the sources, so that a worker may serve several.

The worker's cache, `serrano` in the folder of its --local-directory, may be removed at any time that no job runs:

    KEY.tar.gz   sources, named by their hash
    KEY.0 .1     copies of them, each of one job at a time
    sim, runtime build folders, which hashes of their own name: all copies share them; the lock beside one in sim is as old as its last use
"""

import contextlib
import fcntl
import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

TREES = 4  # sources kept: those last used
DAYS = 14  # for which a build is kept that nobody uses
MOST = 256 << 20  # bytes of files that come back from one job


def greet(key: str, data: bytes | None) -> dict[str, str] | None:
    """The versions of the worker's tools, by the sources' own word; None where it has no such sources and gets none."""
    cache = _cache()
    tarball = cache / f"{key}.tar.gz"
    if data is not None and not tarball.exists():
        partial = cache / f"{key}.{uuid.uuid4().hex}.partial"
        partial.write_bytes(data)
        partial.rename(tarball)
        _forget(cache)
    if not tarball.exists():
        return None
    with _tree(cache, key) as (folder, _):
        command = [sys.executable, "-m", "verify.regress.tools"]
        run = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=120)
    if run.returncode:
        raise RuntimeError((run.stderr.splitlines() or ["verify.regress.tools says nothing"])[-1])
    return json.loads(run.stdout)


def run(key: str, job: dict, environment: dict[str, str], limit_s: int) -> dict:
    """The job's outcomes, None where its process was killed; then its last lines and how it ended. Files of build/run:
    records always, logs and waves of a failure. Ends the job early when the farm no longer wants it."""
    with _tree(_cache(), key) as (folder, lock):
        own, runs = folder / "build" / "farm", folder / "build" / "run"
        for old in (own, runs):
            shutil.rmtree(old, ignore_errors=True)
        own.mkdir()
        said = own / "said.txt"
        with said.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "verify.regress.one", json.dumps(job), str(limit_s), str(os.getpid())],
                cwd=folder,
                env={**os.environ, **environment, "SRN_REGRESS": str(own)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock],  # the copy stays taken while the job lives, should the worker die
            )
        try:
            while process.poll() is None and _wanted():
                time.sleep(0.1)
        finally:
            end_session(process.pid)
            process.wait()
        told = own / "told.json"
        outcomes = json.loads(told.read_text()) if told.exists() else None
        failed = outcomes is None or any(outcome["state"] == "failed" for outcome in outcomes)
        log = own / "pytest.log"
        text = said.read_text(errors="replace") + (log.read_text(errors="replace") if log.exists() else "")
        files, left = _files(runs, failed)
        return {
            "outcomes": outcomes,
            "status": process.returncode,
            "last": text.splitlines()[-20:],
            "files": files,
            "left": left,
            "tree": f"{folder}/",
        }


def end_session(leader: int) -> None:
    """Kill all processes of a session, the leader last: also one in a group of its own, as `timeout` makes it."""
    for pid in sorted(psutil.pids(), key=lambda pid: pid == leader):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)


def _worker() -> Any:
    from distributed import get_worker  # a second that one.py, which wants end_session alone, can spare

    return get_worker()


def _cache() -> Path:
    folder = Path(_worker().local_directory).parent / "serrano"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _tree(cache: Path, key: str) -> Iterator[tuple[Path, int]]:
    """A copy of the sources to oneself, and the descriptor of its lock."""
    for number in itertools.count():
        folder = cache / f"{key}.{number}"
        with (cache / f"{folder.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            tarball = cache / f"{key}.tar.gz"
            tarball.touch()  # last used
            if not (folder / "build").exists():
                shutil.rmtree(folder, ignore_errors=True)
                with tarfile.open(fileobj=io.BytesIO(tarball.read_bytes())) as sources:
                    sources.extraction_filter = getattr(tarfile, "data_filter", None)
                    sources.extractall(folder)
                half = folder / "build.partial"
                half.mkdir()
                for shared in ("sim", "runtime"):
                    (cache / shared).mkdir(exist_ok=True)
                    (half / shared).symlink_to(cache / shared)
                half.rename(folder / "build")
            yield folder, lock.fileno()
            return


def _forget(cache: Path) -> None:
    """All but the sources last used, of which a copy in which a job runs stays; builds that were not used for long."""
    tarballs = sorted(cache.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)
    for tarball in tarballs[:-TREES]:
        key = tarball.name.removesuffix(".tar.gz")
        tarball.unlink(missing_ok=True)
        for name in cache.glob(f"{key}.*.lock"):
            with name.open("w") as lock, contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(name.with_suffix(""), ignore_errors=True)
    for lock in cache.glob("sim/*.lock"):
        if lock.stat().st_mtime < time.time() - DAYS * 86400:
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)


def _wanted() -> bool:
    """Whether the scheduler still waits for this task."""
    worker = _worker()
    task = worker.state.tasks.get(worker.get_current_task())
    return task is not None and task.state != "cancelled"


def _files(folder: Path, failed: bool) -> tuple[dict[str, bytes], list[str]]:
    """By their names under build/run; then what is too large."""
    files, left, size = {}, [], 0
    for path in sorted(folder.rglob("*"), key=lambda path: path.name.startswith("waves")):
        kept = failed or not (path.name.startswith("waves") or path.suffix == ".log")
        if not kept or not path.is_file() or path.is_symlink() or path.suffix == ".lock":
            continue
        size += path.stat().st_size
        if size > MOST:
            left.append(f"build/run/{path.relative_to(folder)}, {path.stat().st_size >> 20} MiB")
            size -= path.stat().st_size
        else:
            files[str(path.relative_to(folder))] = path.read_bytes()
    return files, left
