"""Which token slot is written next: the order in which sequences that decode together make tokens.

Plain numbers, so that both back ends of the driver, one of them in another process, read the slots as they fill.
"""

from dataclasses import dataclass, field


@dataclass
class Slots:
    """Slots of a batch: one beat a token, `apart` of them a sequence. Each live sequence makes one token a step."""

    first: int  # beat
    apart: int
    limits: list[int]  # most tokens of each sequence
    end_tokens: list[int]
    made: list[list[int]] = field(init=False, repr=False)  # ids of each sequence so far

    def __post_init__(self):
        self.made = [[] for _ in self.limits]

    def parameters(self) -> dict:
        """To make it anew."""
        names = ("first", "apart", "limits", "end_tokens")
        return {name: getattr(self, name) for name in names}

    def live(self) -> list[int]:
        """Sequences that have not ended."""
        return [
            sequence
            for sequence, (made, limit) in enumerate(zip(self.made, self.limits, strict=True))
            if len(made) < limit and not (made and made[-1] in self.end_tokens)
        ]

    def next_step(self) -> list[int]:
        """Beats that the next step fills."""
        return [self.first + sequence * self.apart + len(self.made[sequence]) for sequence in self.live()]

    def take_step(self, read) -> list[tuple[int, int]]:
        """(sequence, token) of the next step; read(beat) gives the token in a slot."""
        step = []
        for sequence, beat in zip(self.live(), self.next_step(), strict=True):
            token = read(beat)
            self.made[sequence].append(token)
            step.append((sequence, token))
        return step
