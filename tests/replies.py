"""A reply on both back ends of the driver, for tests."""

from host import driver
from host.generate import made_tokens


def reply_on_both(prepared, simulator: str, tokens: int) -> driver.Outcome:
    """Hold the RTL's run to the simulator's, token by token as they come; gives the RTL's outcome."""
    expected, made = [], []
    model = driver.run(prepared.job, on_token=lambda token, _: expected.append(token))
    rtl = driver.run(prepared.job, "rtl", simulator=simulator, on_token=lambda token, _: made.append(token))
    assert rtl.halt is None
    assert rtl.result == model.result == len(expected) <= tokens
    assert made == expected == made_tokens(prepared, rtl.memory, model.result)
    assert (rtl.memory == model.memory).all()
    assert rtl.compared == rtl.counters["instructions"] > 0
    return rtl
