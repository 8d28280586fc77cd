"""cocotb-bus's scoreboard, made safe: its `result` ends a cocotb 2 test as passed whatever came after."""

from collections import deque
from collections.abc import Iterable
from typing import Any, NoReturn

import cocotb_bus.scoreboard
from cocotb_bus.monitors import Monitor

from tb.stream import owed


class _Expected(deque):
    """What cocotb-bus pops from the front of, which a list does slowly."""

    def pop(self, idx: int = 0) -> Any:
        assert idx == 0
        return self.popleft()


class Scoreboard(cocotb_bus.scoreboard.Scoreboard):
    """Compares each word of a monitor with the next expected one, at once; `finish` says whether it all came.

    Words are ints, bytes or dicts of ints: numpy arrays compare to arrays, which is no answer.
    """

    def __init__(self, dut: Any):
        super().__init__(dut, fail_immediately=True)
        self.compared = 0
        self._finished = False
        owed.append(lambda: "" if self._finished else "a scoreboard is not finished")

    def expect(self, monitor: Monitor, words: Iterable[Any]) -> None:
        """Hold what `monitor` receives to `words`, in order."""
        self.add_interface(monitor, _Expected(words))

    def compare(self, got: Any, exp: Any, log: Any, strict_type: bool = True) -> None:
        self.compared += 1
        super().compare(got, exp, log, strict_type)

    def finish(self, compared: int) -> None:
        """The last line of a test: `compared` words were compared, all equal, and none is still to come."""
        left = {str(monitor): len(words) for monitor, words in self.expected.items() if words}
        assert not self.errors, f"{self.errors} words differed"
        assert not left, f"words that never came: {left}"
        assert self.compared == compared > 0, f"{self.compared} words compared, not {compared}"
        self._finished = True

    @property
    def result(self) -> NoReturn:
        raise AssertionError("`result` would end the test as passed: use finish()")
