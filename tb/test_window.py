"""srn_window against a list of live instructions: conflicts, slots, who may start, and whose units the others wait for, for random ranges that meet often and completions in every mixture, also beside an allocation."""

from dataclasses import dataclass, field

import cocotb
from cocotb.triggers import FallingEdge, Timer

from tb.records import layout
from tb.stream import rng, start
from tb.words import pack_fields

NUM_SLOTS = 16
CYCLES, DRAIN = 6000, 200  # in the last of them nothing is offered
DEFINED_WHEN = {"awaited_o": None}  # of an empty slot it may be anything: compared for the others
UNITS = ("matrix", "vector", "dma")

# place of ranges_t -> its space; flags that read or write it
PLACES = {"dst": "vmem", "a": "vmem", "s": "vmem", "b": "vmem", "amem": "amem", "dram": "dram"}
TOP = {"vmem": (1 << 20) - 1, "amem": (1 << 20) - 1, "dram": (1 << 32) - 1}


@dataclass
class Live:
    """An instruction in flight: accesses (place, first, last, writes), and the older ones that it waits for."""

    accesses: list
    unit: int  # its place in UNITS
    waits: set = field(default_factory=set)
    stream_waits: set = field(default_factory=set)


def conflicts(older: list, newer: list, stream: bool = False) -> bool:
    """Two accesses of one space meet and one of them writes, and they are not two matmuls' results; for the stream only DRAM that the newer one reads."""
    in_order = is_matmul(older) and is_matmul(newer)
    return any(
        PLACES[place] == PLACES[other] and first <= end and begin <= last and (writes or also)
        for place, first, last, writes in older
        for other, begin, end, also in newer
        if (not stream or (other == "dram" and not also)) and not (in_order and place == other == "dst")
    )


def is_matmul(accesses: list) -> bool:
    """It alone reads AMEM and DRAM."""
    return {"amem", "dram"} <= {place for place, _, _, writes in accesses if not writes}


def random_ranges(random, dense: bool) -> tuple[int, list]:
    """A ranges_t word with rubbish in the places that are not used, and its accesses."""
    values, accesses = {}, []
    for place, space in PLACES.items():
        top = TOP[space]
        base = random.choice([0, top - 40]) if dense else 0
        width = 40 if dense else top
        first = base + random.randrange(width)
        last = min(first + random.choice([0, 0, 1, 7, width // 8]), top)
        kind = random.choice(["", "", "read", "write"])
        kind = {"dst": "write" if kind else "", "a": "read" if kind else "", "s": "read" if kind else ""}.get(
            place, kind
        )
        if not kind:
            first, last = random.randint(0, top), random.randint(0, top)
        else:
            accesses.append((place, first, last, kind == "write"))
        values |= {f"{place}_first": first, f"{place}_last": last}
        values |= {f"{place}_read": int(kind == "read"), f"{place}_write": int(kind == "write")}
    return pack_fields(values, layout("ranges_t")), accesses


@cocotb.test()
@cocotb.parametrize(dense=[True, False], hurry=[0.15, 0.24])
async def like_a_list(dut, dense, hurry):
    random = rng("window")
    await start(dut)
    live: dict[int, Live] = {}
    allocated = full = beside = waited = compared = named = 0
    falling, settled = FallingEdge(dut.clk_i), Timer(1, unit="ns")
    await falling
    for cycle in range(CYCLES + DRAIN):
        # at most one completion a unit, of slots that wait for nothing
        ready = [slot for slot, entry in live.items() if not entry.waits]
        random.shuffle(ready)
        done = set()
        for unit in UNITS:
            valid = bool(ready) and random.random() < hurry
            slot = ready.pop() if valid else random.randrange(NUM_SLOTS)
            getattr(dut, f"{unit}_done_valid_i").value = int(valid)
            getattr(dut, f"{unit}_done_slot_i").value = slot
            done |= {slot} if valid else set()
        word, accesses = random_ranges(random, dense)
        offer = random.random() < 0.8 and cycle < CYCLES
        alloc = offer and len(live) < NUM_SLOTS and random.random() < 0.9
        dut.query_valid_i.value, dut.alloc_i.value, dut.ranges_i.value = int(offer), int(alloc), word
        unit, heads = random.randrange(len(UNITS)), random.sample(range(NUM_SLOTS), len(UNITS))
        dut.unit_i.value = 1 << unit
        dut.heads_i.value = sum(slot << 4 * i for i, slot in enumerate(heads))
        await settled

        free = min(set(range(NUM_SLOTS)) - live.keys(), default=None)
        unfinished = {slot: entry for slot, entry in live.items() if slot not in done}
        against = {slot for slot, entry in unfinished.items() if conflicts(entry.accesses, accesses)}
        stream = {slot for slot, entry in unfinished.items() if conflicts(entry.accesses, accesses, stream=True)}
        for entry in live.values():
            entry.waits -= done
            entry.stream_waits -= done
        expected = {
            "full": len(live) == NUM_SLOTS,
            "empty": not unfinished,
            "conflict": offer and bool(against),
            "clear": sum(1 << slot for slot, entry in live.items() if not entry.waits),
            "stream_clear": sum(1 << slot for slot, entry in live.items() if not entry.stream_waits),
        }
        expected |= {"slot": free} if free is not None else {}
        expected["conflicts"] = sum(1 << slot for slot in against) if offer else 0
        got = {name: int(getattr(dut, f"{name}_o").value) for name in expected}
        assert got == expected
        for i, slot in enumerate(heads):
            if slot in live:  # of an empty slot it may be anything
                awaited = {live[other].unit for other in live[slot].waits}
                seen = dut.awaited_o.value[3 * i + 2 : 3 * i]
                assert seen.to_unsigned() == sum(1 << other for other in awaited), f"slot {slot}"
                named += bool(awaited)
        compared += 1

        live = unfinished
        if alloc:
            live[free] = Live(accesses, unit, against, stream)
            allocated += 1
            waited += bool(against)
            beside += bool(done)
        full += len(live) == NUM_SLOTS
        await falling
    assert not live
    cocotb.log.info("%d compared, %d allocated, %d of them waited, full %d times", compared, allocated, waited, full)
    assert min(allocated, waited, beside, named) > CYCLES // 20 and full
