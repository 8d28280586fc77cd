"""What decode and sequencer are compared with: the simulator's checks and scalar semantics, without its arithmetic.

VMEM holds `element_value` of its address, and nothing writes it.
"""

from models import isa, simulator, touches
from models.config import Config
from models.touches import Touched


def element_value(address: int) -> int:
    """What `read` finds at a VMEM element."""
    return (address * 0x9E3779B1 + 0x1234567) & 0xFFFFFFFF


class _Vmem:
    """Stands for the simulator's VMEM; only `read` looks into it."""

    def __getitem__(self, address: int) -> int:
        return element_value(address)


class Checker(touches.Checker):
    def __init__(self, config: Config):
        super().__init__(config, _Vmem())


def expected_ranges(i: isa.Instruction, touched: Touched) -> dict[str, int]:
    """The fields of ranges_t that are defined: a place that is not touched has its flags only."""
    name, ranges = i.name, touched.ranges
    writes_amem, writes_dram = name == "vector", name in ("store", "store_tile")
    fields = {
        "dst_write": "dst" in ranges,
        "a_read": "a" in ranges,
        "s_read": "s" in ranges,
        "b_read": "b" in ranges,
        "b_write": "r" in ranges,
        "amem_read": "amem" in ranges and not writes_amem,
        "amem_write": "amem" in ranges and writes_amem,
        "dram_read": "dram" in ranges and not writes_dram,
        "dram_write": "dram" in ranges and writes_dram,
    }
    for place, (first, last) in ranges.items():
        place = "b" if place == "r" else place
        fields |= {f"{place}_first": first, f"{place}_last": last}
    return {key: int(value) for key, value in fields.items()}


def expected_commands(i: isa.Instruction, config: Config, operand, slot: int) -> dict[str, dict[str, int]]:
    """The commands of an accepted instruction, unit -> fields; `operand(key)` resolves one."""
    name = i.name
    if name in ("load", "store"):
        kind = ["load", "store"].index(name)
        local = {"local_addr": operand("vmem"), "local_stride": i.vmem_stride}
        counts = {"cols": operand("cols"), "rows": operand("rows")}
        return {
            "dma": {"slot": slot, "kind": kind, "dram": operand("dram"), "dram_stride": i.dram_stride} | local | counts
        }
    if name == "store_tile":
        local = {"local_addr": operand("amem"), "local_stride": i.amem_stride}
        counts = {"rows": operand("count"), "first": operand("first"), "ksteps": i.ksteps}
        return {
            "dma": {"slot": slot, "kind": 2, "dram": operand("dram"), "dram_stride": i.dram_stride} | local | counts
        }
    if name == "matmul":
        ksteps, num_tiles = -(-operand("depth") // 32), -(-operand("outputs") // config.port_bytes)
        shared = {"slot": slot, "int8": i.format, "ksteps": ksteps}
        stream = {"dram": operand("dram"), "tile_stride": i.dram_stride, "tiles": num_tiles}
        rows = {"amem": operand("amem"), "amem_stride": i.amem_stride, "rows": operand("rows")}
        results = {"outputs": operand("outputs"), "vmem": operand("vmem"), "vmem_stride": i.vmem_stride}
        return {"stream": shared | stream, "matrix": shared | rows | results}
    if name == "vector":
        uses_b = i.label("x") == "b" or i.label("y") == "b" or i.z
        uses_s = i.label("x") == "s" or i.label("y") == "s"
        fields = {key: i.fields[key] for key in simulator._VECTOR_FIELDS}
        fields |= {key: operand(key) for key in ("cols", "rows", "outer")}
        if i.out:
            fields["dst"] = operand("dst")
        if not i.a_imm:
            fields["a"] = operand("a")
        if uses_b or i.reduce:
            fields["b"] = operand("b")
        if uses_s or i.mask:
            fields["s"] = min(operand("s"), (1 << 20) - 1)
        return {"vector": {"slot": slot} | fields}
    return {}
