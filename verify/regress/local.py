"""Jobs on this machine: one pytest session with pytest-xdist's workers, whose own report goes to a file."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import pytest

from tb.runner import ROOT
from verify.outcomes import Outcome, again, with_cases
from verify.recorder import Recorder
from verify.regress.jobs import FOLDER, Job, Tell

LOG = FOLDER / "pytest.log"
BUILD_S = 300  # what a test may take beyond its simulation's limit before pytest-timeout steps in


def run(jobs: Sequence[Job], tell: Tell, workers: int, limit_s: int, build_s: int = BUILD_S) -> None:
    """Every job is told once: what no worker came to tell, for whatever reason, has failed. On KeyboardInterrupt
    the rest is not told."""
    left = {job.id: job for job in jobs}

    def told(outcomes: list[Outcome]) -> None:
        job = left.pop(Job(outcomes[0].test, outcomes[0].seed).id, None)
        job = job or left.pop(outcomes[0].test, None)  # a worker that died names the case as pytest has it
        if job:
            first = outcomes[0]
            tell(job, outcomes if first.test == job.test else dead(job, first.text))

    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / "jobs.json"
    file.write_text(json.dumps([asdict(job) for job in jobs]))
    files = dict.fromkeys(job.test.split("::")[0] for job in jobs)
    arguments = ["-n", str(workers), "--maxschedchunk", "1", "-p", "verify.regress.seeding", "-q"]
    arguments += ["-p", "no:cacheprovider", f"--timeout={limit_s + build_s}", f"--rootdir={ROOT}", *files]
    recorder = Recorder(told)
    with (
        LOG.open("w") as log,
        _environment(SRN_JOBS=str(file), SRN_LIMIT_S=str(limit_s)),
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        status = pytest.main(arguments, plugins=[recorder])
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    last = LOG.read_text(errors="replace").splitlines()[-20:]
    for job in list(left.values()):
        lost = "\n".join(["no worker told what became of it; the session's last lines:", *last])
        tell(job, dead(job, lost))


def dead(job: Job, text: str) -> list[Outcome]:
    """The outcome of a job that nobody lived to tell."""
    return with_cases(Outcome(job.test, job.seed, "failed", 0.0, text, again(job.test, job.seed, text)), [])


@contextlib.contextmanager
def _environment(**more: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
