"""The message of a difference, held to the letter: each kind of value, planted in what the RTL is said to have written."""

from pathlib import Path

import numpy as np
import pytest

from models import isa
from models.config import Config
from models.simulator import Simulator, Writes
from tb.lockstep import BEFORE, RECORD_BITS, Lockstep, Mismatch

CONFIG = Config("bench", port_bytes=8, rows=2, vmem_words=128, amem_blocks=64, imem_words=512, stream_depth=64)
LINES = """
    load vmem=0 dram=512 cols=32 rows=2 vmem_stride=8 dram_stride=16
    vector out=mxint8 a=0 dst=3 cols=32 rows=2 outer=1 a_row=8 dst_row=1
    vector out=mxfp4 a=0 dst=8 cols=32 rows=1 outer=1
    scalar rd=r2 value=-7
    matmul format=mxint8 vmem=64 vmem_stride=4 amem=3 amem_stride=1 dram=600 outputs=10 depth=32 rows=2
    vector out=scatter x=imm imm=0x40000000 a=0 dst=r2+207 dst_row=1 cols=4 rows=2 outer=1 a_row=8
    vector out=none reduce=argmax a=0 b=300 cols=32 rows=2 outer=1 a_row=8
    store vmem=0 dram=700 cols=3 rows=2 vmem_stride=8 dram_stride=2
    store_tile amem=3 dram=1000 first=6 count=3 ksteps=1 amem_stride=1
    read rd=r3 vmem=300
    branch condition=eq value=1 target=0
    signal ra=r2
    end ra=r3
"""
PROGRAM = [isa.assemble(line) for line in LINES.strip().splitlines()]


def simulator() -> Simulator:
    words = np.random.default_rng(3).normal(size=4096).astype(np.float32)
    memory = words.view(np.uint8).copy()
    code = b"".join(map(isa.encode, PROGRAM))
    memory[: len(code)] = np.frombuffer(code, np.uint8)
    return Simulator(CONFIG, memory)


def detail(writes, path: Path, change: dict) -> Path:
    """What the monitor would list of these writes (tb/retire.sv), with some changed: {(space, place): (xor, strobe)}."""
    lines: list[str] = []
    writes = writes or Writes()
    lanes, port = CONFIG.lanes, CONFIG.port_bytes
    for space, unit, bits in (("vmem", lanes, 32), ("dram", port, 8)):
        for address, value in zip(*(getattr(writes, space) or ((), ())), strict=True):
            flip, strobe = change.get((space, int(address)), (0, 1))
            word, place = divmod(int(address), unit)
            data = (int(value) ^ flip) << place * bits
            lines.append(f"{space} {word} {data:0{unit * bits // 4}x} {strobe << place:0{unit}b}")
    for address, elements, scale in zip(*(writes.amem or ((), (), ())), strict=True):
        data = int.from_bytes(elements.tobytes() + bytes([scale]), "little")
        flip, _ = change.get(("amem", int(address)), (0, 1))
        lines.append(f"amem {address} {data ^ flip:066x} 1")
    path.write_text("\n".join([*lines, "done 4711"]) + "\n")
    return path


def message(tmp_path: Path, at: int, change: dict | int, pc: int | None = None, sources: list[str] = ()) -> str:
    """Lockstep's message when instruction `at` is seen otherwise: a scalar with `change` flipped, or at `pc`, or a command's writes changed."""
    model = simulator()
    model.start(0, len(PROGRAM))
    records = [model.step(hashed=True) for _ in range(at + 1)]
    seen = [(done.pc, done.value) for done in records]
    last = records[-1]
    flip = change if isinstance(change, int) else 1
    seen[-1] = (last.pc if pc is None else pc, last.value ^ (flip if pc is None else 0))
    lockstep = Lockstep(simulator(), sources)
    lockstep.begin(0, 0, len(PROGRAM), [])
    with pytest.raises(Mismatch) as caught:
        lockstep.check(sum((p << 32 | v) << i * RECORD_BITS for i, (p, v) in enumerate(seen)), len(seen))
    assert caught.value.index == at
    path = tmp_path / "detail.txt"
    return str(caught.value.explained(detail(last.writes, path, change if isinstance(change, dict) else {})))


HEAD = "instruction {at}, pc {at}, cycle 4711: the RTL differs from the simulator\n  {code}\n  "
CASES = {
    "a load's element": (0, {("vmem", 33): (1 << 31, 1)}, """
        vmem[row 1, col 1], VMEM element 0x21: expected 0x3f896a82 (1.0735629), seen 0xbf896a82 (-1.0735629)
        1 of 64 elements differ"""),
    "an INT8 element": (1, {("amem", 4): (1 << 8 * 5, 1)}, """
        dst[outer 0, row 1, block 0] element 5, AMEM block 0x4: expected 0x1d (29/64 x 2^1 = 0.90625), seen 0x1c (28/64 x 2^1 = 0.875)
        1 of 66 bytes differ"""),
    "a scale": (1, {("amem", 3): (1 << 256, 1)}, """
        dst[outer 0, row 0, block 0] scale, AMEM block 0x3: expected 0x80 (2^1), seen 0x81 (2^2)
        1 of 66 bytes differ"""),
    "an FP4 element": (2, {("amem", 8): (0x10 << 8 * 2, 1)}, """
        dst[outer 0, row 0, block 0] element 2, AMEM block 0x8: expected 0x10 (E2M1 1 x 2^-1 = 0.5), seen 0x00 (E2M1 0 x 2^-1 = 0)
        1 of 33 bytes differ"""),
    "a scalar": (3, 1, """
        r2: expected 0xfffffff9 (-7), seen 0xfffffff8 (-8)"""),
    "a matmul's output": (4, {("vmem", 81): (1, 1)}, """
        vmem[row 1, output 1], VMEM element 0x51: expected 0xbb5bb800 (-0.003352642), seen 0xbb5bb801 (-0.0033526423)
        1 of 20 elements differ"""),
    "an output that is not written": (4, {("vmem", 64): (0, 0)}, """
        vmem[row 0, output 0], VMEM element 0x40: expected 0x528b1400 (2.98668e+11), seen no write
        1 of 20 elements differ"""),
    "a scattered element": (5, {("vmem", 204): (1, 1)}, """
        dst[outer 0, row 0, col 1], VMEM element 0xcc: expected 0x3fa93bec (1.3221412), seen 0x3fa93bed (1.3221413)
        1 of 8 elements differ"""),
    "an argmax": (6, {("vmem", 301): (3, 1)}, """
        r[outer 0, row 1], VMEM element 0x12d: expected 0x0000000f (15), seen 0x0000000c (12)
        1 of 2 elements differ"""),
    "a stored byte": (7, {("dram", 5617): (0x80, 1)}, """
        dram[row 1, col 0], DRAM byte 0x15f0: expected 0xbfad37e1 (-1.3532678), seen 0xbfadb7e1 (-1.357174)
        1 of 24 bytes differ"""),
    "a stored byte that is missing": (7, {("dram", 5600): (0, 0)}, """
        dram[row 0, col 0], DRAM byte 0x15e0: expected 0xbf8b3345 (-1.0875021), seen 0xbf8b33__
        1 of 24 bytes differ"""),
    "a tile's scale": (8, {("dram", 8006): (1, 1)}, """
        dram[output 6, k-step 0] scale, DRAM byte 0x1f46: expected 0x80 (2^1), seen 0x81 (2^2)
        1 of 99 bytes differ"""),
    "a tile's element": (8, {("dram", 8235): (1, 1)}, """
        dram[output 7, k-step 0] element 3, DRAM byte 0x202b: expected 0x2b (43/64 x 2^1 = 1.34375), seen 0x2a (42/64 x 2^1 = 1.3125)
        1 of 99 bytes differ"""),
    "what is read": (9, 1 << 31, """
        r3: expected 0x0000000d (13, as binary32 1.8e-44), seen 0x8000000d (-2147483635, as binary32 -1.8e-44)"""),
    "where a branch goes": (10, 8, """
        next pc: expected 11, seen 3"""),
    "a signal": (11, 1, """
        progress: expected 0xfffffff9 (-7), seen 0xfffffff8 (-8)"""),
    "a result": (12, 1, """
        result: expected 0x0000000d (13), seen 0x0000000c (12)"""),
}  # fmt: skip


@pytest.mark.parametrize("at, change, lines", CASES.values(), ids=CASES.keys())
def test_each_kind_of_difference_has_its_message(tmp_path, at, change, lines):
    head = HEAD.format(at=at, code=isa.disassemble(PROGRAM[at]))
    told = head + "\n  ".join(line.strip() for line in lines.strip().splitlines())
    before = [f"    {pc}: {isa.disassemble(PROGRAM[pc])}" for pc in range(max(0, at - BEFORE), at)]
    assert message(tmp_path, at, change) == "\n".join([told, *(["  retired before it:", *before] if before else [])])


def test_another_instruction_is_told(tmp_path):
    assert "scalar rd=r2 value=-7\n  pc: expected 3, seen 5\n" in message(tmp_path, 3, 0, pc=5)


def test_the_source_is_told_with_the_round_of_its_loop(tmp_path):
    told = message(tmp_path, 4, {("vmem", 81): (1, 1)}, sources=["reply/layer/attention"] * len(PROGRAM))
    assert told.splitlines()[2] == "  in reply/layer/attention#0"


def test_without_the_list_of_writes_the_hash_is_told(tmp_path):
    model = simulator()
    lockstep = Lockstep(model)
    lockstep.begin(0, 0, len(PROGRAM), [])
    with pytest.raises(Mismatch, match="hash of what it writes: expected 0x[0-9a-f]{8}, seen 0x00000001"):
        lockstep.check(1, 1)
