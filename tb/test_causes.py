"""srn_causes against the causes as docs/performance.md words them: random levels, each cycle of the matrix unit under one cause, chains of waiting units followed."""

import cocotb
from cocotb.triggers import Timer

from tb.stream import rng

UNITS = ("matrix", "vector", "dma")
ROUNDS = 20_000


def behind(waits: dict, unit: str, steps: int = 2) -> str:
    """The unit that is really waited for by who waits for `unit`: that one, or what its own command waits for."""
    if unit == "matrix" or not waits[unit] or steps == 0:
        return unit
    others = ("matrix", "dma") if unit == "vector" else ("matrix", "vector") if steps == 1 else ("matrix",)
    return next((behind(waits, other, steps - 1) for other in others if other in waits[unit]), unit)


@cocotb.test()
async def one_cause(dut):
    random, seen = rng("causes"), set()
    for _ in range(ROUNDS):
        # what the matrix unit does: one of these
        matrix = random.choice(["beat", "empty", "wait", "idle", "idle"])
        waits = {unit: {u for u in UNITS if random.random() < 0.4} for unit in UNITS}
        blocked = {"vector": random.random() < 0.5, "dma": random.random() < 0.5, "matrix": matrix == "wait"}
        if matrix == "wait" and not waits["matrix"]:
            waits["matrix"] = {random.choice(UNITS)}
        level = {name: random.random() < 0.4 for name in ("busy", "asked", "first", "full", "beat", "reading")}
        event = {name: random.random() < 0.3 for name in ("outside", "drain", "window", "queue")}
        for unit in UNITS:
            getattr(dut, f"{unit}_wait_i").value = int(blocked[unit])
            getattr(dut, f"{unit}_on_i").value = sum(1 << i for i, u in enumerate(UNITS) if u in waits[unit])
        dut.matrix_empty_i.value, dut.matrix_idle_i.value = int(matrix == "empty"), int(matrix == "idle")
        dut.matrix_busy_i.value = int(level["busy"])
        for name in ("asked", "first", "full"):
            getattr(dut, f"stream_{name}_i").value = int(level[name])
        for name, value in event.items():
            getattr(dut, f"event_{name}_i").value = int(value)
        dut.read_beat_i.value, dut.reading_i.value = int(level["beat"]), int(level["reading"])
        await Timer(1, unit="ns")

        held = {unit: waits[unit] if blocked[unit] else set() for unit in UNITS}
        expected = set()
        if matrix == "empty" and not level["asked"]:
            expected.add("stream_unasked")
        elif matrix == "empty" and level["first"]:
            expected.add("stream_first")
        if matrix == "wait":
            first = next(unit for unit in UNITS if unit in waits["matrix"])
            cause = behind(held, first, 2 if first == "vector" else 1)
            expected |= {f"matrix_wait_{cause}"} - {"matrix_wait_matrix"}
        if blocked["vector"]:
            expected |= {f"vector_wait_{behind(held, 'vector')}"} - {"vector_wait_vector"}
        if matrix == "idle":
            stalled = "full" if event["window"] or event["queue"] else "front"
            reason = "outside" if event["outside"] else "drain" if event["drain"] else stalled
            expected.add("matrix_last" if level["busy"] else f"idle_{reason}")
        if not level["beat"] and (level["reading"] or level["full"]):
            expected.add("read_wait" if level["reading"] else "read_full")
        found = {handle._name[:-2] for handle in dut if handle._name.endswith("_o") and int(handle.value)}
        assert found == expected, f"{matrix}, waits {held}, {level}, {event}"
        seen |= found
    assert len(seen) == 13
