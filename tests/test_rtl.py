"""Every bench in tb/, on every simulator it allows, with each of its parameter sets."""

import pytest

from tb.runner import BenchError, bench_names, build_and_run, load_bench
from tb.simulators import find_icarus


def cases():
    for name in bench_names():
        try:
            bench = load_bench(name)
        except Exception as error:  # noqa: BLE001 - one broken bench is one red test, not the end of the collection
            yield pytest.param(name, None, error, id=name)
            continue
        for simulator in bench.simulators:
            if simulator == "icarus" and find_icarus() is None:
                continue  # conftest.py says so at the end, and CI refuses to start
            for parameters in bench.parameters[simulator]:
                text = ",".join(f"{key}={value}" for key, value in parameters.items())
                yield pytest.param(name, simulator, parameters, id="-".join(filter(None, [name, simulator, text])))


@pytest.mark.seeded
@pytest.mark.parametrize("name, simulator, parameters", list(cases()))
def test_bench(name, simulator, parameters, record_property):
    if simulator is None:
        raise BenchError(f"tb/test_{name}.py cannot be loaded: {parameters!r}")
    cases = ()
    try:
        cases = build_and_run(name, simulator, parameters).cases
    except BenchError as error:
        cases = error.cases
        raise
    finally:
        record_property("cocotb", [[case.name, case.passed, case.seconds] for case in cases])
