"""The corpus: fetch the named sources, filter, split, train the tokenizer, encode.

Everything is a function of the pinned sources and of the rules in this file: no random choice is made here.
Run it by itself to print what the corpus holds: python corpus.py --work DIR
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

WHEELS = ["numpy==2.4.6", "sympy==1.14.0", "networkx==3.6.1"]  # BSD-3-Clause, all three
BOS, EOS = 0, 1  # <s> opens a file and every window; </s> closes a file
HELD_OUT_SHARE = 0.015  # of files, by hash of the content
SPLIT_INDENT_SHARE = 0.03  # of training files, see `encode`

# One token at most is: a word with one leading space or sign (`.append`, `(self`), a digit, a run of signs, line
# ends with the indentation that follows them, or a run of spaces. BPE merges only inside these.
WORDS = r"[^\n\w]?[^\W\d]+|\d| ?[^\s\w]+|(?:\n[ \t]*)+|[ \t]+(?!\S)|\s+"
# The same, but an indentation is a token apart from its line end.
WORDS_SPLIT_INDENT = WORDS.replace(r"(?:\n[ \t]*)+", r"\n+|[ \t]{2,}")


def fetch(work: Path) -> None:
    """Download and unpack the wheels into work/src, once."""
    for pin in WHEELS:
        name = pin.split("==")[0]
        if (work / "src" / name).exists():
            continue
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "-d", str(work / "wheels"), pin], check=True)
        (wheel,) = (work / "wheels").glob(f"{name}-*.whl")
        zipfile.ZipFile(wheel).extractall(work / "src" / name)


def source_roots(work: Path) -> dict[str, Path]:
    """Name of a source -> its folder. `cpython` is the standard library of the Python that runs this (3.11.7)."""
    roots = {pin.split("==")[0]: work / "src" / pin.split("==")[0] for pin in WHEELS}
    return {"cpython": Path(sysconfig.get_paths()["stdlib"])} | roots


def is_written_by_hand(path: str, text: str) -> bool:
    """False for generated tables, code page maps, test fixtures, minified text. Applied before the split, to all."""
    lines = text.split("\n")
    digits = sum(c.isdigit() for c in text)
    return (
        200 <= len(text)
        and "\r" not in text
        and digits < 0.2 * len(text)
        and max(map(len, lines)) <= 1000
        and "decoding_table" not in text
        and not re.search(r"pydoc_data/|_vendor|site-packages|/data/|config-3\.|_sysconfigdata|bench_solvers", path)
    )


def read_files(work: Path) -> list[dict]:
    """Every kept file once: {source, path, text, hash}, in path order. `cpython-test` is Lib/test."""
    files, seen = [], set()
    for source, root in source_roots(work).items():
        for file in sorted(root.rglob("*.py")):
            path = file.relative_to(root).as_posix()
            try:
                text = file.read_bytes().decode()
            except UnicodeDecodeError:
                continue
            digest = hashlib.sha256(text.encode()).hexdigest()
            if digest in seen or not is_written_by_hand(path, text):
                continue
            seen.add(digest)
            is_test = source == "cpython" and path.startswith("test/")
            files.append({"source": source + "-test" * is_test, "path": path, "text": text, "hash": digest})
    return files


def shingles(text: str) -> set[int]:
    """Hashes of every four consecutive non-blank lines, for finding near copies."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return {hash(tuple(lines[i : i + 4])) for i in range(len(lines) - 3)}


def split(files: list[dict]) -> tuple[list[dict], list[dict]]:
    """(train, held out, the latter in hash order). A held-out file half of which is elsewhere too goes to neither."""
    limit = int(HELD_OUT_SHARE * 2**32)
    chosen = [f for f in files if int(f["hash"][:8], 16) < limit and f["source"] != "cpython-test"]
    hashes = {f["hash"] for f in chosen}
    train = [f for f in files if f["hash"] not in hashes]
    known = set().union(*(shingles(f["text"]) for f in train))
    held_out = []
    for f in sorted(chosen, key=lambda f: f["hash"]):
        own = shingles(f["text"])
        if len(own & known) > 0.5 * len(own):
            print(f"near copy, left out of both: {f['source']} {f['path']}")
        else:
            held_out.append(f)
    return train, held_out


def build_tokenizer(train: list[dict], vocab_size: int) -> Tokenizer:
    """Byte-level BPE over the training files; all 256 bytes are in it, so that nothing is unencodable."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer(WORDS)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", BOS)])
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((f["text"] for f in train if f["source"] != "cpython-test"), trainer)
    return tokenizer


def pre_tokenizer(pattern: str) -> pre_tokenizers.PreTokenizer:
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level])


def encode(tokenizer: Tokenizer, files: list[dict]) -> np.ndarray:
    """(tokens,) uint16: files in hash order, each <s> text </s>.

    A few files are encoded with the line end apart from the indentation, so that the model knows what to do with a
    prompt that ends in a bare line end.
    """
    apart = Tokenizer.from_str(tokenizer.to_str())
    apart.pre_tokenizer = pre_tokenizer(WORDS_SPLIT_INDENT)
    pieces = []
    for f in sorted(files, key=lambda f: f["hash"]):
        is_split = int(f["hash"][-8:], 16) < SPLIT_INDENT_SHARE * 2**32
        ids = (apart if is_split else tokenizer).encode(f["text"], add_special_tokens=False).ids
        pieces.append(np.array([BOS, *ids, EOS], dtype=np.uint16))
    return np.concatenate(pieces)


def prepare(work: Path, vocab_size: int) -> None:
    """Leave in work: tokenizer.json, train.npy (all), core.npy (without cpython-test), held_out.json, corpus.json."""
    if (work / "corpus.json").exists():
        return
    fetch(work)
    train, held_out = split(read_files(work))
    core = [f for f in train if f["source"] != "cpython-test"]
    tokenizer = build_tokenizer(train, vocab_size)
    tokenizer.save(str(work / "tokenizer.json"), pretty=False)
    np.save(work / "train.npy", encode(tokenizer, train))
    np.save(work / "core.npy", encode(tokenizer, core))
    (work / "held_out.json").write_text(json.dumps(held_out))
    summary = {"held_out_files": [f"{f['source']}: {f['path']}" for f in held_out]}
    for part, files in [("train", train), ("held_out", held_out)]:
        for source in sorted({f["source"] for f in files}):
            sizes = [len(f["text"].encode()) for f in files if f["source"] == source]
            summary[f"{part} {source}"] = {"files": len(sizes), "bytes": sum(sizes)}
    (work / "corpus.json").write_text(json.dumps(summary, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--vocab-size", type=int, default=2048)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    prepare(options.work, options.vocab_size)
    print((options.work / "corpus.json").read_text())
