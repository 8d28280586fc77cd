"""pytest plugin of a regression, in controller and workers alike: exactly the jobs of a file, in their order.

A test marked `seeded` gets a case for each seed, which it finds in the variable SEED. The file is named by SRN_JOBS.
"""

import json
import os
from functools import cache
from pathlib import Path

import pytest

from verify.regress.jobs import TAG, Job


@cache
def jobs() -> dict[str, Job]:
    """The jobs by their node ids."""
    found = [Job(**job) for job in json.loads(Path(os.environ["SRN_JOBS"]).read_text())]
    return {job.id: job for job in found}


@pytest.fixture(autouse=True)
def run_seed(request, monkeypatch, record_property):
    """The seed of this case, None where the test follows none."""
    seed = getattr(request, "param", None)
    if seed is not None:
        monkeypatch.setenv("SEED", str(seed))
    job = jobs()[request.node.nodeid]
    record_property("job", [job.test, job.seed])
    return seed


@pytest.hookimpl(trylast=True)  # so that the seed ends the id
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if any(mark.name == "seeded" for mark in metafunc.definition.iter_markers()):
        seeds = dict.fromkeys(job.seed for job in jobs().values() if job.seed is not None)
        metafunc.parametrize("run_seed", list(seeds), indirect=True, ids=lambda seed: f"{TAG}{seed}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    found = {item.nodeid: item for item in items}
    items[:] = [found[name] for name in jobs() if name in found]  # one that is lost here is missed in local.py
