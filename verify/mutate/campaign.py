"""Plant each mutant in a copy of the tree and run benches until one is red; keep each outcome as soon as it is known.

The first run of every mutant comes before the second of any, small designs before large: most need no second one.
"""

import contextlib
import heapq
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tb.runner import BUILD, ROOT
from verify import workers
from verify.mutate import plan
from verify.mutate.kinds import Mutant

FOLDER = BUILD / "mutate"
FIRST_LIMIT_S = 900.0  # of processor time, for the design without a bug
KILLS = ("red", "hang")


class CampaignError(Exception):
    """A campaign that means nothing; one sentence."""


@dataclass
class Trial:
    """A mutant on its way through the benches."""

    mutant: Mutant
    text: str  # of its file with the mutant in it
    waiting: list[plan.Run]
    verdict: str = "survived"  # killed, hang, unbuildable; survived as long as nothing else is known
    by: str = ""
    seconds: float = 0.0
    seen: list[str] = field(default_factory=list)  # runs that stayed green


class Campaign:
    def __init__(self, workers: int, say: Callable[[str], None]):
        self.workers, self.say = workers, say
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.children: set[subprocess.Popen] = set()
        self.baselines: dict[plan.Run, threading.Lock] = {}
        self.error: CampaignError | None = None
        (FOLDER / "outcomes").mkdir(parents=True, exist_ok=True)

    # ---------------------------------------------------------------- one run

    def outcome(self, tree: "Tree", run: plan.Run, changed: dict[str, str], limit: float) -> dict | None:
        """Kept from before, or of a simulation now; None where it was interrupted."""
        kept = self.kept(run, changed)
        if kept or self.stopping.is_set():
            return kept
        found = tree.run(self, run, changed, limit)
        if found is not None and (changed or found["verdict"] == "green"):  # a design that fails is tried again
            self.keep(run, changed, found)
        return found

    @staticmethod
    def kept(run: plan.Run, changed: dict[str, str]) -> dict | None:
        for test in ["", *plan.tests(run)] if changed else [""]:
            file = FOLDER / "outcomes" / f"{plan.key(run, changed, test)}.json"
            if file.exists():
                return json.loads(file.read_text())
        return None

    @staticmethod
    def keep(run: plan.Run, changed: dict[str, str], found: dict) -> None:
        """A kill under the name of the test that failed: it stands as long as that test does."""
        test = found["by"].split("/")[0].split(":")[0] if found["verdict"] == "red" else ""
        test = test if test in plan.tests(run) else ""
        file = FOLDER / "outcomes" / f"{plan.key(run, changed, test)}.json"
        partial = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        partial.write_text(json.dumps(found))
        partial.rename(file)

    def limit(self, tree: "Tree", run: plan.Run) -> float | None:
        """Processor time for a mutant. Raises CampaignError where the run is red without one."""
        with self.lock:
            baseline = self.baselines.setdefault(run, threading.Lock())
        with baseline:
            found = self.outcome(tree, run, {}, FIRST_LIMIT_S)
        if found is None:
            return None
        if found["verdict"] != "green":
            raise CampaignError(f"{run} is {found['verdict']} without any mutant: {found['by']}")
        return 1.5 * found["cpu"] + 5

    # ---------------------------------------------------------------- all of them

    def go(self, trials: Sequence[Trial]) -> None:
        """Until each is killed or has been through all its runs; after Ctrl-C with what is known by then."""
        for run in {run for trial in trials for run in trial.waiting}:
            for test in ["", *plan.tests(run)]:
                plan.key(run, {}, test)  # reads all benches now, as the workers' trees copy them now
        queue = [(priority(trial), number) for number, trial in enumerate(trials) if trial.waiting]
        heapq.heapify(queue)
        busy = 0

        def work(number: int) -> None:
            nonlocal busy
            tree = Tree(FOLDER / f"tree-{number}")
            while not self.stopping.is_set():
                with self.lock:
                    if not queue and not busy:
                        return
                    job = heapq.heappop(queue) if queue else None
                    busy += job is not None
                if job is None:
                    time.sleep(0.2)
                    continue
                try:
                    self.step(tree, trials[job[1]])
                except CampaignError as error:
                    self.error = error
                    self.stop()
                finally:
                    with self.lock:
                        busy -= 1
                        trial = trials[job[1]]
                        if trial.verdict == "survived" and trial.waiting:
                            heapq.heappush(queue, (priority(trial), job[1]))

        with contextlib.suppress(KeyboardInterrupt):
            workers.go([partial(work, number) for number in range(self.workers)], self.stop)
        if self.error:
            raise self.error

    def step(self, tree: "Tree", trial: Trial) -> None:
        run = trial.waiting[0]
        limit = self.limit(tree, run)
        found = limit and self.outcome(tree, run, {trial.mutant.file: trial.text}, limit)
        if not found:
            return
        trial.seconds += found["seconds"]
        trial.waiting.pop(0)
        if found["verdict"] == "unbuildable":
            trial.verdict, trial.by, trial.waiting = "unbuildable", f"{run}: {found['by']}", []
        elif found["verdict"] in KILLS:
            trial.verdict = "killed" if found["verdict"] == "red" else "hang"
            trial.by, trial.waiting = f"{run}: {found['by']}", []
        else:
            trial.seen.append(str(run))
        if trial.verdict != "survived" or not trial.waiting:
            self.say(f"{trial.verdict:11} {trial.mutant.id}  {trial.by or 'all green'}")

    def stop(self) -> None:
        self.stopping.set()
        with self.lock:
            for child in self.children:
                _kill(child)


def priority(trial: Trial) -> tuple[bool, int]:
    """Lowest first. An order, not a time: Verilator compiles for longer than Icarus."""
    run = trial.waiting[0]
    return bool(trial.seen), plan.size(run.bench) + (40_000 if run.simulator == "verilator" else 0)


def _kill(child: subprocess.Popen) -> None:
    """All of its session: `timeout` puts a simulation into a process group of its own."""
    for entry in [Path(str(child.pid)), *Path("/proc").glob("[0-9]*")]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(entry.name)) == child.pid:
                os.kill(int(entry.name), signal.SIGKILL)


# ---------------------------------------------------------------- a worker's tree


class Tree:
    """A copy of what benches read, in which files of rtl/ may be other ones."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "build").mkdir(parents=True)
        for name in ("rtl", "tb", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("models", "host", "verify", "checkpoints"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
        (BUILD / "runtime").mkdir(parents=True, exist_ok=True)
        (folder / "build" / "runtime").symlink_to(BUILD / "runtime")  # of Verilator, the same for all

    @contextlib.contextmanager
    def planted(self, changed: dict[str, str]) -> Iterator[None]:
        """With these texts in its files, until the end; what was built of them goes as well."""
        for file, text in changed.items():
            (self.folder / file).write_text(text)
        try:
            yield
        finally:
            for file in changed:
                shutil.copyfile(ROOT / file, self.folder / file)
            shutil.rmtree(self.folder / "build" / "sim", ignore_errors=True)

    def run(self, campaign: Campaign, run: plan.Run, changed: dict[str, str], limit: float) -> dict | None:
        command = [sys.executable, "-m", "verify.mutate.bench", *run.arguments(), str(limit)]
        with self.planted(changed):
            child = subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            with campaign.lock:
                campaign.children.add(child)
            try:
                said, complaint = child.communicate()
            finally:
                with campaign.lock:
                    campaign.children.discard(child)
        if campaign.stopping.is_set():
            return None
        try:
            return json.loads(said.splitlines()[-1])
        except (IndexError, json.JSONDecodeError):
            raise CampaignError(f"{run} ended without an outcome: {complaint.strip()[-300:]}") from None
