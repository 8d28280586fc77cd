"""pytest plugin, `-p verify.recorder`: JUnit of every session, and the part "tests" of one that ran the whole suite.

What it hears is the controller's side of pytest-xdist as well, so it says what each worker did, also one that died.
"""

import os
import time
from collections.abc import Callable

import pytest

from verify import outcomes
from verify.outcomes import Outcome


class Recorder:
    """Puts the phases of each test together and hands over one Outcome, and those of the cocotb tests inside."""

    def __init__(self, tell: Callable[[list[Outcome]], None]):
        self._tell = tell
        self._phases: dict[str, list[pytest.TestReport]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        phases = self._phases.setdefault(report.nodeid, [])
        phases.append(report)
        if report.when not in ("setup", "call"):  # teardown, or xdist's word for a worker that died
            self._tell(outcome_of(self._phases.pop(report.nodeid)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._tell([Outcome(report.nodeid, None, "failed", 0.0, report.longreprtext)])
        elif report.skipped and isinstance(report.longrepr, tuple):
            self._tell([Outcome(report.nodeid, None, "skipped", 0.0, report.longrepr[2].removeprefix("Skipped: "))])


def outcome_of(phases: list[pytest.TestReport]) -> list[Outcome]:
    worst = next((phase for phase in phases if phase.failed), None)
    worst = worst or next((phase for phase in phases if phase.skipped), phases[-1])
    state = worst.outcome
    text = worst.longrepr[2].removeprefix("Skipped: ") if isinstance(worst.longrepr, tuple) else worst.longreprtext
    properties = dict(phases[-1].user_properties)
    test, seed = properties.get("job") or (worst.nodeid, None)
    again = outcomes.again(test, seed, text) if state == "failed" else ""
    outcome = Outcome(test, seed, state, sum(phase.duration for phase in phases), text, again)
    return outcomes.with_cases(outcome, properties.get("cocotb", []))


class Session(Recorder):
    """The records of one plain session, such as `make test`."""

    def __init__(self) -> None:
        self.began = time.time()
        self.outcomes: list[Outcome] = []
        super().__init__(self.outcomes.extend)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        outcomes.write_junit(self.outcomes)
        if whole(session.config):
            complete = session.exitstatus == pytest.ExitCode.OK
            seeds = [int(os.environ.get("SEED") or 1)]
            outcomes.write_part(self.outcomes, "make test", self.began, complete, seeds)


def whole(config: pytest.Config) -> bool:
    """Whether the session was asked for all tests: by its paths alone, and to run them."""
    options = config.option
    narrowed = (
        options.keyword or options.markexpr or options.deselect or options.collectonly or getattr(options, "lf", False)
    )
    return config.args_source == pytest.Config.ArgsSource.TESTPATHS and not narrowed


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Session(), "verify-recorder")
