"""srn_arbiter against a search in turn: random requests, grants that are taken at once, late or never."""

import cocotb

from tb.stream import cycles, numpy_rng, parameter, start

PARAMETERS = [{"NumRequests": 4}, {"NumRequests": 5}, {"NumRequests": 1}]


@cocotb.test()
@cocotb.parametrize(asking=[0.1, 0.5, 1.0], taking=[0.3, 1.0])
async def grants_go_round(dut, asking, taking):
    number = parameter("NumRequests")
    random = numpy_rng()
    asked = random.random((1000, number)) < asking
    inputs = {
        "request_i": [sum(1 << idx for idx in range(number) if row[idx]) for row in asked],
        "taken_i": random.random(1000) < taking,
    }
    await start(dut)
    seen = await cycles(dut, inputs, ["grant_o"])
    grants = model(asked, inputs["taken_i"], number)
    assert seen["grant_o"] == grants
    if asking == taking == 1.0:
        assert grants[: 2 * number] == [1 << (idx % number) for idx in range(2 * number)]


def model(asked, taken, number):
    grants, last = [], number - 1
    for requests, used in zip(asked, taken):
        turn = [(last + 1 + step) % number for step in range(number)]
        chosen = next((idx for idx in turn if requests[idx]), None)
        grants.append(0 if chosen is None else 1 << chosen)
        if used and chosen is not None:
            last = chosen
    return grants
