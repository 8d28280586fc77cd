"""Does the design with a mutant in it still elaborate? Slang says so in a tenth of a second; what it refuses is discarded."""

from collections import Counter
from collections.abc import Mapping

from pyslang.ast import Compilation
from pyslang.syntax import SyntaxTree


class Elaborator:
    def __init__(self, texts: Mapping[str, str]):
        """`texts`: every file of the design."""
        self.trees = {file: SyntaxTree.fromText(text, name=file) for file, text in texts.items()}
        self.before = self._errors(self.trees)

    def accepts(self, file: str, text: str) -> bool:
        """No error that the design itself does not have."""
        return not self._errors(self.trees | {file: SyntaxTree.fromText(text, name=file)}) - self.before

    @staticmethod
    def _errors(trees: Mapping[str, SyntaxTree]) -> Counter[str]:
        compilation = Compilation()
        for tree in trees.values():
            compilation.addSyntaxTree(tree)
        return Counter(str(found.code) for found in compilation.getAllDiagnostics() if found.isError())
