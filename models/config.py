"""The chip's parameters: one record, three named configurations.

`Config` holds what the RTL takes as parameters and the few numbers derived from them. Everything that lays out
memory or interprets a program takes a Config; nothing else fixes a width.
"""

from dataclasses import dataclass

BLOCK = 32  # elements of an MX block (OCP MX v1.0, section 5)


@dataclass(frozen=True)
class Config:
    """One size of the chip. The field names are those of the parameters of rtl/srn_chip.sv in snake case."""

    name: str
    port_bytes: int  # width of the memory port; also the outputs of a weight tile
    rows: int  # token rows that meet a beat of weights in a clock
    vmem_words: int  # vector memory, words of `lanes` binary32 elements
    amem_blocks: int  # activation memory, MX blocks of 33 bytes
    imem_words: int  # instruction memory, instructions of 32 bytes
    stream_depth: int  # weight stream buffer, beats
    passes: int = 2  # clocks for which a beat of weights may be held, for `rows` token rows each

    @property
    def lanes(self) -> int:
        """Binary32 lanes of the vector unit: a vector-memory word is two beats."""
        return self.port_bytes // 2

    @property
    def matmul_rows(self) -> int:
        """Token rows of a matmul, at most: what one read of the weights serves."""
        return self.passes * self.rows

    @property
    def vmem_elements(self) -> int:
        return self.vmem_words * self.lanes


CONFIGS = {
    "tiny": Config("tiny", 8, 2, 8192, 1024, 512, 64),
    "small": Config("small", 16, 8, 16384, 4096, 1024, 512),
    "base": Config("base", 32, 16, 16384, 16384, 1024, 512),
}
