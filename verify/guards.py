"""What a test may not be, read from its source: each of these has passed somewhere while the design was broken.

no comparison      a test, cocotb's or pytest's, that reaches no assertion of a result, by itself or by a helper
X with X           two signals compared with one another as they stand: equal where both are unknown
its own word       what came out of the design compared with what came out of it
tolerance          a comparison that is not exact, where TOLERANCES does not name it and say why
no design          a cocotb test that never touches `dut`; a bench without a file of rtl/; a module without a bench

python -m verify.guards       one sentence each; nothing and 0 where there is none
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tb.runner import ROOT, bench_names, load_bench, source_files

# function or file -> why its comparison has a tolerance, and what bounds it
TOLERANCES = {
    "tests/near.py::near": "the one place that compares arrays nearly: it refuses a tolerance that other data would meet",
    "tests/test_timeline.py::test_the_line_of_make_sim_leaves_nothing_out": "percents are printed with one digit",
    "tests/test_performance.py::test_layers_are_a_straight_line": "a model of time, held to a tenth of a percent",
    "tests/test_reference.py::test_mean_kl": "a logarithm computed in two ways",
    "tb/test_system.py::twice": "cycles of two runs with other stalls, within a fiftieth; their results are exact",
    "tests/test_wave.py::test_the_window_of_cycles": "a window opens and closes within a few clocks of what was asked",
    "tests/test_performance.py::test_kernels_on_the_rtl": "a model of time, within the 3 % that it promises",
    "tests/test_performance.py::test_tokens_on_the_rtl": "the same",
    "tests/test_performance.py::test_another_latency": "the same",
    "tests/test_performance.py::test_the_rows_that_the_command_shows": "the same",
}
INEXACT = {"allclose", "isclose", "approx", "assert_allclose", "assert_almost_equal", "assert_array_almost_equal"}
INEXACT |= {"assert_approx_equal", "assert_array_max_ulp"}

# benches of what stands in tb/ alone
WITHOUT_RTL = {
    "dram": "the timed memory, which every figure is measured with, is part of the bench",
    "dram_channels": "the same with more channels",
    "dram_contents": "what the same memory holds",
    "dram_rules": "the same memory over long runs",
}

# calls that compare, or fail where what they run does not pass
COMPARE = {"build_and_run", "raises", "fail", "assert_array_equal", "assert_equal", "near"}
PROTOCOL = "tb/stream.py"  # its assertions are of the handshake and of patience, not of results

PLAIN_CALLS = {
    "int",
    "bool",
    "len",
    "list",
    "tuple",
    "dict",
    "sorted",
    "str",
    "set",
    "sum",
    "zip",
    "enumerate",
    "array",
}
PLAIN_CALLS |= {"to_unsigned", "to_signed", "asarray", "tolist", "astype", "copy", "items", "values", "getattr", "repr"}
SOURCES = {"take", "pipeline", "cycles"}  # of tb/stream.py: what they return came out of the design


def complaints() -> list[str]:
    """Of everything that `make test` runs."""
    said = []
    for path in [*sorted((ROOT / "tb").glob("*.py")), *sorted((ROOT / "tests").glob("test_*.py"))]:
        said += of_file(path)
    return said + of_benches()


def of_file(path: Path) -> list[str]:
    name = str(path.relative_to(ROOT))
    said = []
    tree = parse(path)
    for test in tests(tree):
        if not compares(path, test):
            said.append(f"{name}::{test.name} compares nothing")
        if isinstance(test, ast.AsyncFunctionDef) and not _uses(test, test.args.args[0].arg):
            said.append(f"{name}::{test.name} never touches the design")
    for function in _functions(tree):
        where = f"{name}::{function.name}"
        if where not in TOLERANCES and (word := _inexact(function)):
            said.append(
                f"{where} compares with a tolerance, by {word}, and TOLERANCES of verify/guards.py does not say why"
            )
        if path.is_relative_to(ROOT / "tests" / "broken") or name.startswith("tb/test_"):
            said += [f"{where}, line {line}, {sentence}" for line, sentence in _circular(function)]
    return said


def of_benches() -> list[str]:
    reached, said = set(), []
    for name in bench_names():
        try:
            files = source_files(load_bench(name).toplevel)
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being imported
            said.append(f"tb/test_{name}.py cannot be loaded: {error!r}")
            continue
        shipped = {path for path in files if path.is_relative_to(ROOT / "rtl")}
        reached |= shipped
        if not shipped and name not in WITHOUT_RTL:
            said.append(f"tb/test_{name}.py compiles no file of rtl/")
    modules = sorted((ROOT / "rtl").rglob("*.sv"))
    return said + [f"no bench compiles {path.relative_to(ROOT)}" for path in modules if path not in reached]


# ---------------------------------------------------------------- reading


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def tests(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """cocotb's by their decorator, also inside an `if`; pytest's by their name."""
    found = []
    for function in _functions(tree):
        if isinstance(function, ast.AsyncFunctionDef):
            if any(ast.unparse(decorator).startswith("cocotb.test") for decorator in function.decorator_list):
                found.append(function)
        elif function.name.startswith("test_") and function in tree.body:
            found.append(function)
    return found


def _uses(function: ast.AST, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function))


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


# ---------------------------------------------------------------- does it compare


@cache
def _visible(path: Path) -> dict[str, list[tuple[Path, ast.AST]]]:
    """Functions and methods by name: of the file, and of those files of ours that it imports from."""
    files = [path]
    for node in ast.walk(parse(path)):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            file = ROOT / (name.replace(".", "/") + ".py")
            if name.split(".")[0] in ("tb", "tests") and file.exists():
                files.append(file)
    found: dict[str, list[tuple[Path, ast.AST]]] = {}
    for file in files:
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.setdefault(node.name, []).append((file, node))
            elif isinstance(node, ast.ClassDef):  # to make one is to call its __init__, no other method
                made = [
                    (file, part) for part in node.body if getattr(part, "name", "") in ("__init__", "__post_init__")
                ]
                found.setdefault(node.name, []).extend(made)
    return found


def compares(path: Path, test: ast.AST) -> bool:
    """Whether an assertion can be reached from the test by calls into our files."""
    seen, queue = set(), [(path, test)]
    while queue:
        file, node = queue.pop()
        if node in seen or str(file.relative_to(ROOT)) == PROTOCOL:
            continue
        seen.add(node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Assert) and not _trivial(inner.test):
                return True
            if isinstance(inner, ast.Raise) and inner.exc and "AssertionError" in ast.unparse(inner.exc):
                return True
            if isinstance(inner, ast.Call):
                if (called := _called(inner)) in COMPARE:
                    return True
                queue += _visible(file).get(called, [])
            elif isinstance(inner, ast.Attribute | ast.Name):  # handed over, not called: a callback, a fixture's value
                queue += _visible(file).get(inner.attr if isinstance(inner, ast.Attribute) else inner.id, [])
        arguments = getattr(node, "args", None)
        if arguments is not None and node is test:  # pytest's fixtures
            queue += [item for argument in arguments.args for item in _visible(file).get(argument.arg, [])]
    return False


def _trivial(test: ast.expr) -> bool:
    """True whatever the design does: a constant, or a thing compared with itself."""
    if isinstance(test, ast.Constant):
        return True
    same = isinstance(test, ast.Compare) and len(test.comparators) == 1
    return same and ast.dump(test.left) == ast.dump(test.comparators[0])


# ---------------------------------------------------------------- how it compares


def _inexact(function: ast.AST) -> str:
    for node in ast.walk(function):
        word = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if word in INEXACT:
            return word
        if isinstance(node, ast.Compare) and any(isinstance(operator, ast.Lt | ast.LtE) for operator in node.ops):
            for inner in ast.walk(node):
                distance = isinstance(inner, ast.Call) and _called(inner) in ("abs", "absolute", "fabs") and inner.args
                if distance and isinstance(inner.args[0], ast.BinOp) and isinstance(inner.args[0].op, ast.Sub):
                    return f"{_called(inner)}(a - b) < ..."
    return ""


def _circular(function: ast.AST) -> Iterable[tuple[int, str]]:
    """Comparisons whose both sides are the design's: as raw signals, or as numbers that no model has touched."""
    raw, seen = set(), set()
    for _ in range(2):  # a loop may use a name before the line that makes it
        for node in ast.walk(function):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = {leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)}
                driven = any(
                    isinstance(leaf, ast.Attribute) and leaf.attr == "value" for t in targets for leaf in ast.walk(t)
                )
                if not driven and all(isinstance(target, ast.Name) for target in targets):
                    raw |= names if _is_raw(node.value, raw) else set()
                    seen |= names if _is_seen(node.value, seen) else set()
    for node in ast.walk(function):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for operator, left, right in zip(node.ops, sides, sides[1:]):
                if isinstance(operator, ast.Eq | ast.NotEq):
                    if _is_raw(left, raw) and _is_raw(right, raw):
                        yield node.lineno, "compares two signals as they stand: unknown equals unknown"
                    elif _is_seen(left, seen) and _is_seen(right, seen):
                        yield node.lineno, "compares what came out of the design with what came out of it"


def _is_raw(node: ast.expr, names: set[str]) -> bool:
    """A handle's value, not made a number."""
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Subscript):
        return _is_raw(node.value, names)
    return isinstance(node, ast.Attribute) and node.attr == "value" and not _enumerated(node)


def _enumerated(node: ast.Attribute) -> bool:
    """An enum's value: its class is spelt with a capital, a handle is not."""
    root = node.value
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    return isinstance(root, ast.Name) and root.id[:1].isupper()


def _is_seen(node: ast.expr, names: set[str]) -> bool:
    """Made of the design's outputs alone, by nothing but copying, counting and converting."""
    if isinstance(node, ast.Await):
        return _is_seen(node.value, names)
    if isinstance(node, ast.Call):
        called = _called(node)
        if called in SOURCES:
            return True
        if called not in PLAIN_CALLS:
            return False
        parts = list(node.args)
        if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name):
            parts.append(node.func.value)
        elif isinstance(node.func, ast.Attribute) and node.func.value.id in names:
            return True
        return bool(parts) and any(_is_seen(part, names) for part in parts)
    if _is_raw(node, names):
        return True
    if isinstance(node, ast.Subscript):
        return _is_seen(node.value, names)
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        inner = {leaf.id for part in node.generators for leaf in ast.walk(part.target) if isinstance(leaf, ast.Name)}
        if any(_is_seen(part.iter, names) for part in node.generators):
            return _is_seen(node.elt, names | inner)
        return _is_seen(node.elt, names)
    if isinstance(node, ast.List | ast.Tuple):
        return bool(node.elts) and all(_is_seen(part, names) for part in node.elts)
    return False


def main() -> int:
    said = complaints()
    for sentence in said:
        print(sentence, file=sys.stderr)
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())
