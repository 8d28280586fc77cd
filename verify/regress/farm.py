"""Jobs on a farm: workers of dask.distributed, which share no disc with us. What they do is in hand.py.

We deal the jobs ourselves, a worker's threads at a time, so that it is known which worker has which: those of a worker
that dies are dealt again, and a worker that comes late is given some. A worker gets the sources once, by their hash.
"""

import contextlib
import errno
import gzip
import hashlib
import io
import logging
import os
import platform
import queue
import re
import shutil
import socket
import subprocess
import tarfile
import time
import uuid
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

import cloudpickle
import dask
from distributed import CancelledError, Client, Future, KilledWorker, TimeoutError

from tb.runner import BUILD, ROOT
from verify.outcomes import Outcome
from verify.regress import hand, tools
from verify.regress.jobs import Job, RegressError, Tell
from verify.regress.local import dead

CONNECT_S = 5  # for the scheduler to answer
WORKER_S = 300  # for a worker to come, at the start or when the last has gone: a queue may be long
DEATHS = 3  # workers that may die of one job
PASSED_ON = ("COVERAGE", "CI")  # variables that change what a test does


class FarmError(RegressError):
    """A farm that cannot be used, or no longer; one sentence. What had been told is told."""


@contextlib.contextmanager
def connect(address: str) -> Iterator[Client]:
    """Raises FarmError where nobody answers."""
    found = re.fullmatch(r"(tcp|tls)://(?P<host>[^/]+):(?P<port>\d{1,5})/?", address)
    if not found:
        raise FarmError(f"DASK={address} is no address of a scheduler, such as tcp://scheduler:8786")
    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what it says is said here, in a sentence
    warnings.filterwarnings("ignore", message="Mismatched versions")  # tools.py compares more
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB", "distributed.comm.timeouts.connect": 10})
    try:
        socket.create_connection((found["host"].strip("[]"), int(found["port"])), CONNECT_S).close()
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, OverflowError, TimeoutError):
        raise FarmError(
            f"no scheduler of dask answers at {address}: start one with `dask scheduler`, which prints its address"
        ) from None
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=2)


def sources(root: Path = ROOT) -> tuple[str, bytes]:
    """The working tree less what .gitignore names: its hash, and a tarball that depends on nothing else."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name in _names(root):
            if not os.path.lexists(root / name):
                continue  # removed, and not committed yet
            about = tar.gettarinfo(root / name, name)
            if about.issym() and os.path.isabs(about.linkname):
                continue  # it would lead nowhere there
            about.mtime = about.uid = about.gid = 0
            about.uname = about.gname = ""
            if about.isreg():
                with (root / name).open("rb") as file:
                    tar.addfile(about, file)
            else:
                tar.addfile(about)
    return hashlib.sha256(raw.getvalue()).hexdigest()[:16], gzip.compress(raw.getvalue(), 6, mtime=0)


def run(
    jobs: Sequence[Job],
    tell: Tell,
    client: Client,
    limit_s: int,
    say: Callable[[str], None] = print,
    worker_s: float = WORKER_S,
) -> None:
    """Every job is told once. Raises FarmError where scheduler or workers are gone; on it and on KeyboardInterrupt the
    rest is not told, and no longer runs."""
    farm = _Farm(jobs, tell, client, limit_s, say, worker_s)
    try:
        farm.run()
    finally:
        farm.end()


def _names(root: Path) -> list[str]:
    """Without git, as on a worker: all files but those with an ignored name in their path."""
    if (root / ".git").exists() and shutil.which("git"):
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, check=False, capture_output=True, text=True)
        if listed.returncode:
            raise FarmError(f"git cannot list the files to send: {listed.stderr.strip()}")
        return sorted(set(listed.stdout.split("\0")) - {""})
    ignored = {line.strip("/") for line in (root / ".gitignore").read_text().splitlines()}
    paths = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    return sorted(
        str(path) for path in paths if not any(fnmatch(part, name) for part in path.parts for name in ignored)
    )


@dataclass
class _Worker:
    address: str
    free: int  # threads without a job
    state: str = "asked"  # then ready or refused


@dataclass(frozen=True)
class _Question:
    worker: _Worker
    what: str  # python, greet or a job's id
    future: Future


def _put(files: Mapping[str, bytes], folder: Path) -> None:
    """In place of what an earlier run of that name left there, as a run here would."""
    for name in files:
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise OSError(errno.EPERM, "it leads elsewhere", name)
    for run in {Path(name).parts[0] for name in files}:
        shutil.rmtree(folder / run, ignore_errors=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


class _ByValue:
    """A function of hand.py, which the worker cannot import."""

    def __init__(self, function: Callable):
        cloudpickle.register_pickle_by_value(hand)
        self._function = cloudpickle.dumps(function)
        self.__name__ = function.__name__

    def __reduce__(self):
        return cloudpickle.loads, (self._function,)

    def __call__(self, *_: object) -> None:
        raise AssertionError("called here, and not on a worker")


class _Farm:
    def __init__(
        self,
        jobs: Sequence[Job],
        tell: Tell,
        client: Client,
        limit_s: int,
        say: Callable[[str], None],
        worker_s: float,
    ):
        self._client, self._tell, self._limit_s, self._say, self._worker_s = client, tell, limit_s, say, worker_s
        self._address = client.scheduler.address
        self._key, self._sources = sources()
        self._tools = tools.versions()
        self._environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self._left = {job.id: job for job in jobs}
        self._waiting = deque(self._left)
        self._deaths: Counter[str] = Counter()
        self._workers: dict[str, _Worker] = {}
        self._asked: dict[str, _Question] = {}
        self._answers: queue.Queue[tuple[str, object, BaseException | None]] = queue.Queue()
        self._fetchers = ThreadPoolExecutor(8, "farm")  # an answer may be large, and its worker die
        self._had_worker = time.monotonic()

    def run(self) -> None:
        looked = 0.0
        while self._left:
            if time.monotonic() - looked > 1:
                self._look()
                looked = time.monotonic()
            with contextlib.suppress(queue.Empty):
                self._hear(*self._answers.get(timeout=1))

    def end(self) -> None:
        """Workers give up what they still run for us."""
        with contextlib.suppress(Exception):
            self._client.cancel([question.future for question in self._asked.values()], force=True)
        self._fetchers.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------ workers

    def _look(self) -> None:
        """Greet who has come, and deal again what those had who are gone."""
        try:
            threads = self._client.nthreads()
        except Exception:  # noqa: BLE001 - dask raises many
            raise self._gone() from None
        for address in sorted(threads.keys() - self._workers.keys()):
            self._workers[address] = _Worker(address, threads[address])
            self._ask(self._workers[address], "python", platform.python_version)
        for address in self._workers.keys() - threads.keys():
            self._lose(self._workers.pop(address))
        states = {worker.state for worker in self._workers.values()}
        if states == {"refused"}:
            raise FarmError(f"no worker at {self._address} has this machine's tools: each was refused")
        if states:
            self._had_worker = time.monotonic()
        elif time.monotonic() - self._had_worker > self._worker_s:
            raise FarmError(
                f"no worker at {self._address} for {self._worker_s:.0f} s: start some with `dask worker {self._address}`"
            )

    def _gone(self) -> FarmError:
        return FarmError(f"the scheduler at {self._address} is gone, with {len(self._left)} runs to go")

    def _lose(self, worker: _Worker) -> None:
        had = [question for question in self._asked.values() if question.worker is worker]
        jobs = [question for question in had if question.what in self._left]
        self._say(f"the worker {worker.address} is gone; {len(jobs)} of its runs begin again elsewhere")
        for question in had:
            del self._asked[question.future.key]
        with contextlib.suppress(Exception):
            self._client.cancel([question.future for question in had], force=True)
        for question in jobs:
            self._again(question.what)
        self._deal()

    def _again(self, name: str) -> None:
        self._deaths[name] += 1
        if self._deaths[name] == DEATHS:
            self._told(
                name,
                dead(self._left[name], f"{DEATHS} workers died or gave up, one after the other, while they ran it"),
            )
        else:
            self._waiting.appendleft(name)

    def _refuse(self, worker: _Worker, reason: str) -> None:
        worker.state = "refused"
        self._say(f"the worker {worker.address} is refused: {reason}")

    # ------------------------------------------------------------ questions and answers

    def _ask(self, worker: _Worker, what: str, function: Callable, *arguments: object) -> None:
        try:
            future = self._client.submit(
                function,
                *arguments,
                key=f"serrano-{uuid.uuid4().hex}",
                workers=[worker.address],
                allow_other_workers=False,
                pure=False,
            )
        except Exception:  # noqa: BLE001 - as above
            raise self._gone() from None
        self._asked[future.key] = _Question(worker, what, future)
        future.add_done_callback(lambda done: self._fetchers.submit(self._fetch, done))

    def _fetch(self, future: Future) -> None:
        try:
            self._answers.put((future.key, future.result(), None))
        except BaseException as error:  # noqa: BLE001 - told to the thread that asked
            self._answers.put((future.key, None, error))

    def _hear(self, key: str, answer: object, error: BaseException | None) -> None:
        question = self._asked.pop(key, None)
        if question is None:
            return  # its worker was lost, and the job is another question by now
        worker, what = question.worker, question.what
        if what in self._left:
            worker.free += 1
        if isinstance(error, (CancelledError, KilledWorker)):  # dask's word for a death that is yet to be seen
            self._look()  # the scheduler's own, perhaps
            if what in self._left:
                self._again(what)
        elif error:
            self._refuse(worker, f"it cannot do what it is asked, {type(error).__name__}: {error}")
            if what in self._left:
                self._again(what)
        elif what == "python" and (there := str(answer).rpartition(".")[0]) != tools.python():
            self._refuse(worker, tools.difference({"Python": there}, {"Python": tools.python()}))
        elif what == "python":
            self._ask(worker, "greet", _ByValue(hand.greet), self._key, None)
        elif what == "greet" and answer is None:
            self._ask(worker, "greet", _ByValue(hand.greet), self._key, self._sources)
        elif what == "greet":
            if found := tools.difference(answer, self._tools):
                self._refuse(worker, found)
            else:
                worker.state = "ready"
        else:
            self._told(what, self._outcomes(worker, self._left[what], answer))
        self._deal()

    def _deal(self) -> None:
        for worker in self._workers.values():
            while worker.state == "ready" and worker.free and self._waiting:
                name = self._waiting.popleft()
                worker.free -= 1
                job = asdict(self._left[name])
                self._ask(worker, name, _ByValue(hand.run), self._key, job, self._environment, self._limit_s)

    def _told(self, name: str, outcomes: list[Outcome]) -> None:
        if job := self._left.pop(name, None):
            self._tell(job, outcomes)

    def _outcomes(self, worker: _Worker, job: Job, answer: dict) -> list[Outcome]:
        """As the worker tells them, in this tree's paths; its files are where they would be after a run here."""
        notes = [f"too large to come back: {name}" for name in answer["left"]]
        try:
            _put(answer["files"], BUILD / "run")
        except OSError as error:
            notes.append(f"its files could not be written to {error.filename}: {error.strerror}")
        if answer["outcomes"] is None:
            status = answer["status"]
            end = f"by signal {-status}" if status < 0 else f"with status {status}"
            how = f"its process on {worker.address} ended {end} and told nothing; its last lines:"
            return dead(job, "\n".join([how, *answer["last"], *notes]))
        found = [Outcome(**outcome) for outcome in answer["outcomes"]]
        return [
            replace(
                outcome,
                text="\n".join([outcome.text.replace(answer["tree"], ""), f"ran on: {worker.address}", *notes]),
            )
            if outcome.state == "failed"
            else outcome
            for outcome in found
        ]
