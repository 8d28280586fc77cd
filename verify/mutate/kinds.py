"""Every bug that can be planted in a file: a text to replace at an exact range of the syntax tree.

Planted only where the design computes: continuous assignments, always_ff, always_comb, functions, port connections,
the values of enums and of constants with a width. Never in a comment, an assertion, an `initial` check, a message,
a range, a parameter, a generate header, or in what only an assertion or `unused` reads.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pyslang.parsing import Token
from pyslang.syntax import SyntaxKind, SyntaxNode, SyntaxTree

KINDS = {
    "operator": "an operator is another one: + -, & |, && ||, == !=, << >>; or a unary ! ~ - is missing",
    "off_by_one": "< is <=, > is >= and back; a number without width is one more; a loop stops one short",
    "constant": "the lowest bit of a sized number is flipped; '0 is '1 and back",
    "condition": "the condition of an if or of ?: is negated",
    "stuck_0": "the lowest bit of what is assigned is always 0",
    "stuck_1": "the lowest bit of what is assigned is always 1",
    "swap": "the two sides of - < <= > >= << >>, or the first two parts of a concatenation, change places",
    "sign": "$signed is $unsigned",
    "reset": "one register is not reset",
    "statement": "an assignment is missing",
    "case": "two neighbouring arms of a case do each other's work",
    "enum": "a name of an enum is the next one of the same enum",
    "connection": "two neighbouring ports of one direction are connected to each other's signals",
}

OPERATORS = {
    "AddExpression": "-",
    "SubtractExpression": "+",
    "MultiplyExpression": "+",
    "BinaryAndExpression": "|",
    "BinaryOrExpression": "&",
    "BinaryXorExpression": "|",
    "LogicalAndExpression": "||",
    "LogicalOrExpression": "&&",
    "EqualityExpression": "!=",
    "InequalityExpression": "==",
    "LogicalShiftLeftExpression": ">>",
    "LogicalShiftRightExpression": "<<",
    "ArithmeticShiftLeftExpression": ">>>",
    "ArithmeticShiftRightExpression": ">>",
}
BOUNDARIES = {
    "LessThanExpression": "<=",
    "LessThanEqualExpression": "<",
    "GreaterThanExpression": ">=",
    "GreaterThanEqualExpression": ">",
}
SWAPPED = {*BOUNDARIES, "SubtractExpression", *(name for name in OPERATORS if "Shift" in name)}
DROPPED = {"UnaryLogicalNotExpression", "UnaryBitwiseNotExpression", "UnaryMinusExpression"}
REDUCTIONS = {"UnaryBitwiseOrExpression": "&", "UnaryBitwiseAndExpression": "|", "UnaryBitwiseXorExpression": "|"}
DESIGNS = {"ModuleDeclaration", "PackageDeclaration"}
ASSIGNMENTS = {"AssignmentExpression", "NonblockingAssignmentExpression"}
SILENT = {  # nothing is planted inside
    *("AlwaysBlock", "InitialBlock", "FinalBlock", "ImmediateAssertStatement"),
    *("AnsiPortList", "FunctionPrototype", "ParameterPortList", "ParameterValueAssignment"),
    *("VariableDimension", "SimpleRangeSelect", "PackageImportDeclaration", "StructType", "GenvarDeclaration"),
}


@dataclass(frozen=True)
class Mutant:
    file: str
    line: int
    column: int
    kind: str
    start: int  # bytes
    end: int
    old: str
    new: str

    @property
    def id(self) -> str:
        return f"{self.file}:{self.line}:{self.column}:{self.kind}"

    @property
    def change(self) -> str:
        """As a person reads it, on one line."""
        return " ".join(f"{self.old} -> {self.new or '(nothing)'}".split())

    def apply(self, text: str) -> str:
        data = text.encode()
        return (data[: self.start] + self.new.encode() + data[self.end :]).decode()


def mutants(file: str, text: str, enums: dict[str, str]) -> list[Mutant]:
    """All of a file, in the order of its text; `enums` gives the name that takes the place of each enum name."""
    found = sorted(_Mutator(file, text, enums).all(), key=lambda mutant: (mutant.start, mutant.kind))
    ids = [mutant.id for mutant in found]
    assert len(set(ids)) == len(ids), f"two mutants of {file} have one id"
    return found


def enum_names(texts: list[str]) -> dict[str, str]:
    """Each name of each enum with the next one of its enum, the first after the last."""
    following = {}
    for text in texts:
        for node in _inside(SyntaxTree.fromText(text).root):
            if _kind(node) == "EnumType":
                names = [_tokens(child)[0].valueText for child in node if _kind(child) == "Declarator"]
                names += [_tokens(n)[0].valueText for c in node if _kind(c) == "SeparatedList" for n in c]
                following |= dict(zip(names, names[1:] + names[:1], strict=True)) if len(names) > 1 else {}
    return following


# ---------------------------------------------------------------- the tree


def _kind(node: SyntaxNode | Token) -> str:
    return "" if isinstance(node, Token) else node.kind.name


def _children(node: SyntaxNode) -> list[SyntaxNode]:
    return [child for child in node if not isinstance(child, Token)]


def _tokens(node: SyntaxNode) -> list[Token]:
    return [child for child in node if isinstance(child, Token)]


def _inside(node: SyntaxNode) -> Iterator[SyntaxNode]:
    yield node
    for child in _children(node):
        yield from _inside(child)


def _names(node: SyntaxNode) -> set[str]:
    return {
        _tokens(inner)[0].valueText
        for inner in _inside(node)
        if inner.kind in (SyntaxKind.IdentifierName, SyntaxKind.IdentifierSelectName)
    }


def _target(node: SyntaxNode) -> set[str]:
    """The names that an assignment's left side writes."""
    if _kind(node) == "ConcatenationExpression":
        return set().union(*(_target(part) for part in _children(node)))
    return _names(node) if _kind(node) == "ScopedName" else {_tokens(node)[0].valueText}


def _is_reset(node: SyntaxNode) -> bool:
    """An `if` whose condition mentions that reset is low."""
    predicate = _children(node)[0]
    return any(
        _kind(inner) == "UnaryLogicalNotExpression" and _names(inner) & {"rst_ni", "core_rst_n"}
        for inner in _inside(predicate)
    )


class _Mutator:
    def __init__(self, file: str, text: str, enums: dict[str, str]):
        self.file, self.data, self.enums = file, text.encode(), enums
        self.lines = [0, *(match.end() for match in re.finditer(rb"\n", self.data))]
        self.root = SyntaxTree.fromText(text).root

    def all(self) -> Iterator[Mutant]:
        # a text of one module is that module
        for node in [self.root] if _kind(self.root) in DESIGNS else _children(self.root):
            if _kind(node) in DESIGNS:
                self.live = _live(node)
                yield from self.walk(node, reset=False)

    # ---------------------------------------------------------------- text

    def text(self, node: SyntaxNode) -> str:
        return self.data[node.sourceRange.start.offset : node.sourceRange.end.offset].decode()

    def make(
        self, kind: str, node: SyntaxNode, new: str, at: int | None = None, until: SyntaxNode | None = None
    ) -> Mutant:
        """`node` (up to the end of `until`) becomes `new`; it is called by the place `at`, else by its start."""
        start, end = node.sourceRange.start.offset, (until or node).sourceRange.end.offset
        at = start if at is None else at
        line = bisect_right(self.lines, at)
        old = self.data[start:end].decode()
        return Mutant(self.file, line, at - self.lines[line - 1] + 1, kind, start, end, old, new)

    # ---------------------------------------------------------------- the walk

    def walk(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        kind = _kind(node)
        if kind in SILENT or self.dead(node):
            return
        visit = getattr(self, kind, None)
        if visit:
            yield from visit(node, reset)
            return
        yield from self.expression(node)
        for child in _children(node):
            yield from self.walk(child, reset)

    def dead(self, node: SyntaxNode) -> bool:
        """All that it assigns is read by assertions and `unused` only."""
        if _kind(node) in ("FunctionDeclaration", "EnumType") or not any(
            _kind(inner) in ASSIGNMENTS for inner in _inside(node)
        ):
            return False
        written = set().union(*(_target(_children(n)[0]) for n in _inside(node) if _kind(n) in ASSIGNMENTS))
        contains = any(_kind(inner) in ("HierarchicalInstance", "FunctionDeclaration") for inner in _inside(node))
        return not written & self.live and not contains

    def expression(self, node: SyntaxNode) -> Iterator[Mutant]:
        kind = _kind(node)
        parts = _children(node)
        if kind in OPERATORS or kind in BOUNDARIES:
            token = _tokens(node)[0]
            left, right = self.text(parts[0]), self.text(parts[-1])
            at, sign = token.location.offset, token.valueText
            if kind in OPERATORS:
                yield self.make("operator", node, f"({left} {OPERATORS[kind]} {right})", at)
            else:
                yield self.make("off_by_one", node, f"({left} {BOUNDARIES[kind]} {right})", at)
            if kind in SWAPPED and left != right:
                yield self.make("swap", node, f"(({right}) {sign} ({left}))", at)
        elif kind in DROPPED:
            yield self.make("operator", node, self.text(parts[0]))
        elif kind in REDUCTIONS:
            yield self.make("operator", node, f"({REDUCTIONS[kind]}{self.text(parts[0])})")
        elif kind == "IdentifierName" and (name := _tokens(node)[0].valueText) in self.enums:
            yield self.make("enum", node, self.enums[name])

    # ---------------------------------------------------------------- numbers

    def UnbasedUnsizedLiteralExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        other = {"'0": "'1", "'1": "'0"}.get(self.text(node))
        if other:
            yield self.make("constant", node, other)

    def IntegerVectorExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        found = re.fullmatch(r"\d*'s?[bodh]([0-9a-f_]+)", self.text(node), re.IGNORECASE)
        if found:
            digits = found[1]
            last = int(digits[-1], 16) ^ 1  # in every base it is the last digit that changes
            yield self.make("constant", node, f"{self.text(node)[:-1]}{last:x}")

    def IntegerLiteralExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        yield self.make("off_by_one", node, str(int(self.text(node).replace("_", "")) + 1))

    # ---------------------------------------------------------------- expressions with parts of other kinds

    def ConditionalExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        predicate = _children(node)[0]
        yield self.make("condition", predicate, f"!({self.text(predicate)})")
        for child in _children(node):
            yield from self.walk(child, reset)

    def ConcatenationExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        parts = _children(node)
        if len(parts) == 1 and _kind(parts[0]) == "SeparatedList":
            parts = _children(parts[0])
        if len(parts) > 1 and self.text(parts[0]) != self.text(parts[1]):
            yield self.make("swap", parts[0], f"{self.text(parts[1])}, {self.text(parts[0])}", until=parts[1])
        for part in parts:
            yield from self.walk(part, reset)

    def MultipleConcatenationExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        yield from self.walk(_children(node)[-1], reset)  # not how often

    def CastExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        yield from self.walk(_children(node)[-1], reset)  # not to what

    def AscendingRangeSelect(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        yield from self.walk(_children(node)[0], reset)  # not how wide

    DescendingRangeSelect = AscendingRangeSelect

    def InvocationExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        name, *arguments = _children(node)
        if _kind(name) == "SystemName":
            if self.text(name) == "$signed":
                yield self.make("sign", name, "$unsigned")
            elif self.text(name) == "$clog2":
                return
        for argument in arguments:
            yield from self.walk(argument, reset)

    # ---------------------------------------------------------------- statements

    def ConditionalStatement(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        predicate, *branches = _children(node)
        yield self.make("condition", predicate, f"!({self.text(predicate)})")
        yield from (m for m in self.walk(predicate, reset) if m.old != self.text(predicate) or m.old[0] != "!")
        for number, branch in enumerate(branches):
            yield from self.walk(branch, number == 0 and _is_reset(node))

    def ExpressionStatement(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        yield self.make("reset" if reset else "statement", node, ";")
        for child in _children(node):
            yield from self.walk(child, reset)

    def AssignmentExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        left, right = _children(node)[0], _children(node)[-1]
        value = self.text(right)
        # a name of an enum has a kind of its own; a bit operator would make what is signed unsigned
        if "$signed" not in value and value not in self.enums and _kind(right) != "UnbasedUnsizedLiteralExpression":
            if value != "1'b0":
                yield self.make("stuck_0", right, f"(({value}) & ~1'b1)")
            if value != "1'b1":
                yield self.make("stuck_1", right, f"(({value}) | 1'b1)")
        for index in _children(left) if _kind(left) == "IdentifierSelectName" else []:
            yield from self.walk(index, reset)
        yield from self.walk(right, reset)

    NonblockingAssignmentExpression = AssignmentExpression

    def ForLoopStatement(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        for child in _children(node):
            if _kind(child) == "LessThanExpression":
                limit = _children(child)[-1]
                yield self.make("off_by_one", limit, f"({self.text(limit)}) - 1")
        yield from self.walk(_children(node)[-1], reset)

    def CaseStatement(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        items = [child for child in _children(node) if _kind(child).endswith("CaseItem")]
        for item, following in pairwise(items):
            one, two = _children(item)[-1], _children(following)[-1]
            between = self.data[one.sourceRange.end.offset : two.sourceRange.start.offset].decode()
            if self.text(one) != self.text(two):
                yield self.make("case", one, self.text(two) + between + self.text(one), until=two)
        for child in _children(node):
            yield from self.walk(child, reset)

    # ---------------------------------------------------------------- structure

    def LoopGenerate(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        yield from self.walk(_children(node)[-1], reset)

    def IfGenerate(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        for child in _children(node)[1:]:
            yield from self.walk(child, reset)

    def CaseGenerate(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        for item in _children(node)[1:]:
            yield from self.walk(_children(item)[-1], reset)

    def DataDeclaration(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        return iter(())

    def EventControlWithExpression(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        return iter(())

    def ParameterDeclaration(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        """Only constants with a width: an int sizes things."""
        if any(_kind(child) == "LogicType" for child in _children(node)):
            for child in _children(node):
                if _kind(child) == "Declarator":
                    yield from self.walk(child, reset)

    def HierarchicalInstance(self, node: SyntaxNode, reset: bool) -> Iterator[Mutant]:
        ports = [child for child in _children(node) if _kind(child) == "NamedPortConnection"]
        for port, following in pairwise(ports):
            (a, b), (x, y) = self.port(port), self.port(following)
            if (
                a.rsplit("_", 1)[-1] == x.rsplit("_", 1)[-1] in ("i", "o")
                and y
                and b
                and b != y
                and "clk_i" not in (a, x)
            ):
                yield self.make("connection", port, f".{a}({y}), .{x}({b})", until=following)
        for port in ports:
            for child in _children(port):
                yield from self.walk(child, reset)

    def port(self, node: SyntaxNode) -> tuple[str, str]:
        name = next(token for token in _tokens(node) if token.kind.name == "Identifier").valueText
        if len(_tokens(node)) == 2:  # .name
            return name, name
        return name, self.text(_children(node)[0]) if _children(node) else ""


# ---------------------------------------------------------------- what matters


def _live(module: SyntaxNode) -> set[str]:
    """The names that reach an output, an instance, or a function: the rest is there for assertions and lint."""
    live: set[str] = set()
    assignments: list[tuple[set[str], set[str]]] = []

    def gather(node: SyntaxNode, conditions: set[str]) -> None:
        kind = _kind(node)
        if kind in ("AlwaysBlock", "InitialBlock", "ParameterPortList"):
            return
        if kind == "ImplicitAnsiPort":
            live.add(_tokens(_children(node)[-1])[0].valueText)
        elif kind in ("HierarchicalInstance", "FunctionDeclaration", "DataDeclaration"):
            live.update(_names(node))
            for port in _inside(node):
                if _kind(port) == "NamedPortConnection" and len(_tokens(port)) == 2:
                    live.add(_tokens(port)[1].valueText)
        elif kind in ASSIGNMENTS:
            left, right = _children(node)[0], _children(node)[-1]
            written = _target(left)
            assignments.append((written, conditions | (_names(left) - written) | _names(right)))
        else:
            if kind in ("ConditionalStatement", "CaseStatement"):
                conditions = conditions | _names(_children(node)[0])
            for child in _children(node):
                gather(child, conditions)

    gather(module, set())
    while True:
        found = set().union(*(reads for written, reads in assignments if written & live))
        if found <= live:
            return live
        live |= found
