"""Where a cycle goes: every cycle of a run under one cause, from the chip's counters (docs/performance.md says what each means)."""

# Causes of the weight stream, in the order of a table. Each is an event, less the events that say more of it.
MATRIX = {
    "beat": ("stream_beat",),
    "pass": ("matrix_pass",),
    "memory late": ("stream_empty", "stream_first", "stream_unasked"),
    "memory latency": ("stream_first",),
    "not asked": ("stream_unasked",),
    "operands": ("matrix_operand",),
    "drain": ("matrix_drain",),
    "wait vector": ("matrix_wait_vector",),
    "wait dma": ("matrix_wait_dma",),
    "wait matrix": ("matrix_wait", "matrix_wait_vector", "matrix_wait_dma"),
    "last words": ("matrix_last",),
    "sync": ("idle_drain",),
    "full": ("idle_full",),
    "front": ("idle_front",),
    "start": ("idle_outside",),
}
VECTOR = {
    "busy": ("vector_busy",),
    "port": ("vector_port",),
    "wait matrix": ("vector_wait_matrix",),
    "wait dma": ("vector_wait_dma",),
    "wait vector": ("vector_wait", "vector_wait_matrix", "vector_wait_dma"),
    "no command": ("cycles", "vector_busy", "vector_port", "vector_wait"),
}
PORT = {
    "beat": ("read_beat",),
    "memory": ("read_wait",),
    "buffer full": ("read_full",),
    "not asked": ("cycles", "read_beat", "read_wait", "read_full"),
}
UNITS = {"matrix": MATRIX, "vector": VECTOR, "port": PORT}


class Unexplained(AssertionError):
    """Causes that do not add up to the cycles of a run: a defect of the chip's counters."""


def causes(counters: dict[str, int], unit: str = "matrix") -> dict[str, int]:
    """Cycles by cause, of a run or between two readings of the counters. Raises Unexplained unless they add up."""
    found = {}
    for cause, (event, *parts) in UNITS[unit].items():
        found[cause] = counters[event] - sum(counters[part] for part in parts)
        if found[cause] < 0:
            raise Unexplained(f"{unit}: the parts of {event}, {', '.join(parts)}, exceed it by {-found[cause]} cycles")
    if (total := sum(found.values())) != counters["cycles"]:
        raise Unexplained(f"{unit}: the causes add up to {total} of {counters['cycles']} cycles: {found}")
    return found


def difference(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    """The counters of what lies between two readings."""
    return {name: value - before[name] for name, value in after.items()}
