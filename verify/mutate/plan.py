"""Which benches may see a bug in a file, the smallest design first: each with its parameter sets, Icarus before Verilator."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tb import simulators
from tb.runner import ROOT, bench_names, content_hash, load_bench, source_files

TIMELINE = "tests/test_timeline.py"  # what the trace ports show, which no bench compares
SMALL = 30_000  # bytes of a design of which Verilator makes a simulation in seconds
# single tests of the system bench, which as a whole takes long
LOOKS = (r"random_programs/stall=0$", "counters_name", "twice", r"refusals/stall=0$", r"bus_errors/stall=0$")


@dataclass(frozen=True)
class Run:
    bench: str
    simulator: str
    parameters: str  # JSON
    tests: str = ""  # a regular expression; all without one

    def arguments(self) -> list[str]:
        return [self.bench, self.simulator, self.parameters, self.tests]

    def __str__(self) -> str:
        values = "-".join(f"{key}{value}" for key, value in json.loads(self.parameters).items())
        tests = re.match(r"\w*", self.tests).group() if self.bench != TIMELINE else ""
        return "-".join(filter(None, [self.bench, self.simulator, values, tests]))


@cache
def sources(bench: str) -> dict[str, str]:
    """Of its top level; path to text."""
    toplevel = "system" if bench == TIMELINE else load_bench(bench).toplevel
    return {str(path.relative_to(ROOT)): path.read_text() for path in source_files(toplevel)}


def size(bench: str) -> int:
    return sum(len(text) for file, text in sources(bench).items() if file.startswith("rtl/"))


def uses(bench: str, names: frozenset[str]) -> bool:
    modules = (text for file, text in sources(bench).items() if not file.endswith("_pkg.sv"))
    return not names or any(names & set(re.findall(r"\w+", text)) for text in modules)


@cache
def runs(file: str, names: frozenset[str] = frozenset()) -> tuple[Run, ...]:
    """Every simulation of the suite that compiles `file`, its own bench's first; of a package, those that use one of `names`."""
    present = [name for name in ("icarus", "verilator") if getattr(simulators, f"find_{name}")()]
    found = []
    benches = [bench for bench in bench_names() if file in sources(bench)]
    for bench in sorted(benches, key=lambda b: (f"srn_{b}" != Path(file).stem, not uses(b, names), size(b), b)):
        plan = load_bench(bench)
        for simulator in present:
            if simulator in plan.simulators:
                sets = [json.dumps(parameters) for parameters in plan.parameters[simulator]]
                # the first set is the smallest; what it does not see, the one most unlike it does
                found += [Run(bench, simulator, parameters) for parameters in sets[:1] + sets[:0:-1]]
    if found and "system" in benches:  # before what takes longer
        simulator = found[0].simulator
        sets = load_bench("system").parameters[simulator]
        looks = [Run("system", simulator, json.dumps(sets[0]), test) for test in LOOKS]
        looks.insert(1, Run(TIMELINE, simulator, "{}", simulator))
        near = (found[0].bench, found[0].simulator)
        dear = (i for i, run in enumerate(found) if (run.bench, run.simulator) != near and size(run.bench) > SMALL)
        place = 0 if found[0].bench == "system" else next(dear, len(found))
        found[place:place] = looks
    return tuple(found)


@cache
def base(run: Run, changed: tuple[tuple[str, str], ...]) -> str:
    """Hash of what the outcome of every test depends on: the sources with `changed` in them, helpers, models."""
    texts = sources(run.bench) | dict(changed)
    return content_hash(*(f"{file}\0{text}" for file, text in texts.items()), *run.arguments(), _helpers())


def key(run: Run, changed: Mapping[str, str], test: str = "") -> str:
    """The name of an outcome: of the whole bench, or of one test, which stays while the others change and more come."""
    return content_hash(base(run, tuple(changed.items())), _bench(run.bench, test))


def tests(run: Run) -> list[str]:
    return [] if run.bench == TIMELINE else sorted({name.split("/")[0] for name in load_bench(run.bench).tests})


@cache
def _bench(name: str, test: str) -> str:
    if name == TIMELINE:
        files = [ROOT / name, *sorted((ROOT / "host").rglob("*.py")), *sorted((ROOT / "tb" / "runs").glob("*.py"))]
        return content_hash(*(path.read_text() for path in files))
    text = (ROOT / "tb" / f"test_{name}.py").read_text()
    if not test:
        return text
    module = ast.parse(text)
    module.body = [
        node
        for node in module.body
        if not (isinstance(node, ast.AsyncFunctionDef) and node.decorator_list) or node.name == test
    ]
    return ast.unparse(module)


@cache
def _helpers() -> str:
    files = [path for path in sorted((ROOT / "tb").glob("*.py")) if not path.stem.startswith("test_")]
    return content_hash(*(path.read_text() for path in [*files, *sorted((ROOT / "models").glob("*.py"))]))
