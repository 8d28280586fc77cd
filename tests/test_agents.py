"""The stream agents and the scoreboard must refuse a module that breaks one rule of docs/stream.md, once."""

import pytest

from tb import runner, simulators
from tb.runner import BenchError, build_and_run
from tb.words import pack, pack_fields, unpack, unpack_fields

AVAILABLE = [name for name in runner.SIMULATORS if name != "icarus" or simulators.find_icarus()]
TESTS = ["in_one_line", "with_a_scoreboard"]


def run(simulator, rule, testcase=None):
    return build_and_run(
        "rude",
        simulator,
        environment={"RULE": str(rule)},
        testcase=testcase,
        package="tests.broken",
        folders=["tests/broken"],
        label=f"rude-{simulator}-{rule}-{testcase}",
    )


@pytest.mark.parametrize("simulator", AVAILABLE)
def test_a_polite_module_passes(simulator):
    assert run(simulator, 0).tests == 2


@pytest.mark.parametrize("simulator", AVAILABLE)
@pytest.mark.parametrize("testcase", TESTS)
@pytest.mark.parametrize(
    "rule, sentence",
    [
        (1, "an offered word was withdrawn"),
        (2, "an offered word changed"),
        (3, "nothing in|differed|never came"),
        (4, "assert|expecting|differed"),
        (5, "assert|differed"),
        (6, "nothing in|not ready"),
    ],
)
def test_a_rude_module_is_red(simulator, testcase, rule, sentence):
    with pytest.raises(BenchError, match=sentence):
        run(simulator, rule, testcase)


@pytest.mark.parametrize("simulator", AVAILABLE)
@pytest.mark.parametrize(
    "owes, sentence",
    [
        ("nothing", None),
        ("words", "the test ended too early: in has 1[67] words to offer"),
        ("a take", "the test ended too early: 20 of 21 words of out were taken"),
        ("scoreboard", "the test ended too early: a scoreboard is not finished"),
        ("an offer", "after the end of the test, in clock 0: in_valid_i, out_valid_o"),
        ("stalls", "the stream in had no gaps"),
    ],
)
def test_a_bench_that_owes_something_is_red(simulator, owes, sentence):
    def bench():
        build_and_run(
            "owing",
            simulator,
            environment={"OWES": owes},
            package="tests.broken",
            folders=["tests/broken"],
            label=f"owing-{simulator}-{owes}".replace(" ", "-"),
        )

    if sentence is None or (owes == "stalls" and simulator == "verilator"):  # they are counted where X is looked for
        bench()
    else:
        with pytest.raises(BenchError, match=sentence):
            bench()


def test_words_are_packed_as_the_hardware_packs_them():
    assert pack([1, -1, 2], 8) == 0x02FF01
    assert unpack(0x02FF01, 8, 3) == [1, 255, 2]
    assert unpack(0x02FF01, 8, 3, signed=True) == [1, -1, 2]
    layout = {"valid": 1, "row": 3, "data": 4}
    assert pack_fields({"data": 0xA, "valid": 1, "row": 5}, layout) == 0b1_101_1010
    assert unpack_fields(0b1_101_1010, layout) == {"valid": 1, "row": 5, "data": 0xA}
