"""The golden model in a process of its own hears every difference: a wrong record, a lost one, another end, other memory."""

import json

import numpy as np
import pytest

from models import isa
from models.config import CONFIGS
from models.simulator import Simulator
from tb.lockstep import BATCH, RECORD_BITS, Mismatch, RemoteLockstep

CONFIG = CONFIGS["tiny"]
LOOPS = 3 * BATCH // 2  # of two instructions: three batches, and then the end


@pytest.fixture
def remote(tmp_path):
    program = [
        isa.make("scalar", function="add", rd=1, ra=1, value=1),
        isa.make("branch", ra=1, condition="lt", value=LOOPS, target=0),
        isa.make("end", ra=1),
    ]
    code = b"".join(map(isa.encode, program))
    image = np.zeros(CONFIG.imem_words * isa.BYTES, np.uint8)
    image[: len(code)] = np.frombuffer(code, np.uint8)
    image.tofile(tmp_path / "image.bin")
    (tmp_path / "job.json").write_text(json.dumps({"sources": ["reply/layer"] * len(program)}))
    lockstep = RemoteLockstep(CONFIG.name, tmp_path / "image.bin", tmp_path / "job.json")
    lockstep.begin(0, 0, len(program), [])
    yield lockstep
    lockstep.close()


def records() -> list[tuple[int, int]]:
    """(program counter, value) of all that the program retires; a branch's value is where it goes."""
    loops = [record for i in range(1, LOOPS + 1) for record in ((0, i), (1, 0))]
    return [*loops[:-1], (1, 2), (2, LOOPS)]


def packed(batch: list[tuple[int, int]]) -> int:
    return sum((pc << 32 | value) << i * RECORD_BITS for i, (pc, value) in enumerate(batch))


def replay(remote, retired: list[tuple[int, int]]) -> None:
    whole = len(retired) // BATCH
    for number in range(whole):
        remote.take_batch(number + 1, packed(retired[number * BATCH : (number + 1) * BATCH]))
    remote.take_rest(len(retired), packed(retired[whole * BATCH :]))


def test_what_is_equal_passes_and_is_counted(remote, tmp_path):
    replay(remote, records())
    assert remote.end(LOOPS, None) == len(records()) == 2 * LOOPS + 1
    remote.same_memory(tmp_path / "image.bin")


@pytest.mark.parametrize("place", [5, 2 * BATCH + 7, 2 * LOOPS])
def test_a_wrong_value_is_named(remote, place):
    wrong = records()
    wrong[place] = (wrong[place][0], wrong[place][1] ^ 1)
    with pytest.raises(Mismatch, match=f"^instruction {place}, pc {wrong[place][0]}: the RTL differs") as caught:
        replay(remote, wrong)
    assert caught.value.index == place
    assert caught.value.message.splitlines()[2] == "  in reply/layer"


def test_a_lost_record_is_told(remote):
    with pytest.raises(AssertionError):
        replay(remote, records()[:-1])
        remote.end(LOOPS, None)


def test_another_result_or_a_halt_is_told(remote):
    replay(remote, records())
    with pytest.raises(AssertionError, match="^the simulator ended with 0x60, the RTL ended with 0x61$"):
        remote.end(LOOPS + 1, None)


def test_a_halt_where_none_should_be_is_told(remote):
    replay(remote, records())
    with pytest.raises(
        AssertionError, match="^the simulator ended with 0x60, the RTL halted, length at pc 2, address 0x5$"
    ):
        remote.end(None, (4, 2, 5))


@pytest.mark.parametrize("name", ["instructions", "stream_beat", "read_beat", "write_beat"])
def test_another_count_is_told(remote, name):
    replay(remote, records())
    counts = {"instructions": 2 * LOOPS + 1, "stream_beat": 0, "read_beat": 12, "write_beat": 0}
    assert remote.end(LOOPS, None, None, counts) == 2 * LOOPS + 1
    with pytest.raises(AssertionError, match=f"^counters differ at the end: {name}: {counts[name]} expected, 77 seen$"):
        remote.end(LOOPS, None, None, counts | {name: 77})


def test_other_memory_is_told(remote, tmp_path):
    replay(remote, records())
    image = np.fromfile(tmp_path / "image.bin", np.uint8)
    image[-1] ^= 1
    image.tofile(tmp_path / "other.bin")
    with pytest.raises(AssertionError, match=f"1 bytes of memory differ at the end, the first at {image.size - 1:#x}"):
        remote.same_memory(tmp_path / "other.bin")


def test_other_memory_names_the_instruction_that_wrote_it_last(tmp_path):
    """Two stores to a byte, the later of which is shown; a byte that nobody wrote has no instruction."""
    lines = ["store vmem=0 dram=2000 cols=8 rows=1", "store vmem=0 dram=2000 cols=4 rows=1", "end"]
    program = [isa.assemble(line) for line in lines]
    code = b"".join(map(isa.encode, program))
    image = np.zeros(2048 * CONFIG.port_bytes, np.uint8)
    image[: len(code)] = np.frombuffer(code, np.uint8)
    image.tofile(tmp_path / "image.bin")
    (tmp_path / "job.json").write_text(json.dumps({"sources": ["reply/keep"] * len(program)}))
    remote = RemoteLockstep(CONFIG.name, tmp_path / "image.bin", tmp_path / "job.json")
    try:
        model = Simulator(CONFIG, image.copy())
        model.start(0, len(program))
        retired = [(done.pc, done.value) for done in (model.step(hashed=True) for _ in program)]
        first = 2000 * CONFIG.port_bytes
        for place, index in ((first + 3, 1), (first + 17, 0), (image.size - 1, None)):
            remote.begin(0, 0, len(program), [])
            remote.take_rest(len(retired), packed(retired))
            seen = model.dram.copy()
            seen[place] ^= 1
            seen.tofile(tmp_path / "other.bin")
            with pytest.raises(
                AssertionError, match=f"^1 bytes of memory differ at the end, the first at {place:#x}"
            ) as caught:
                remote.same_memory(tmp_path / "other.bin")
            assert getattr(caught.value, "index", None) == index
            if index is not None:
                said = f"  written last by instruction {index}, pc {index}: {isa.disassemble(program[index])}"
                assert str(caught.value).splitlines()[1:] == [said, "  in reply/keep"]
    finally:
        remote.close()


def test_a_process_that_dies_is_told(remote):
    remote._process.kill()
    remote._process.wait()
    with pytest.raises(AssertionError, match="golden model's process ended"):
        replay(remote, records())
