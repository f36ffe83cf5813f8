#!/usr/bin/env python3
"""Runs what a Markdown document shows, in its order, from a scratch folder.

    run_document.py --minnow PROGRAM --models FOLDER DOCUMENT.md

The first word of a fence says what becomes of the block:

    ```sh                 run by bash; must end with status 0, or with N in ```sh exit=N
    ```output             what the last sh block prints, both streams together; ```output exact, to the digit;
                          ```output near, to a twentieth of each number
    ```LANGUAGE FILE      written to FILE, for the blocks that follow to use
    ```LANGUAGE           only shown: figures, machine-dependent text, and ```console, commands that build or install

An output block is all that is printed, but for what it leaves out by a line `...`. Unless it is exact or near, numbers
are compared by their place only, since they depend on the machine. Spacing is never compared.
"""
import argparse
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

NUMBER = re.compile(r"-?(?:\d+(?:[.,]\d+)*(?:e[+-]?\d+)?[kMx]?|inf|nan)\b")


def blocks(text):
    """(line number, info string, body) of every fenced block."""
    fence = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for match in fence.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1].split(), match[2]


def shape(line, exact=False):
    """A line without its spacing and, unless exact, its numbers."""
    return " ".join((line if exact else NUMBER.sub("#", line)).split())


def values(line):
    return [float(number.rstrip("kMx").replace(",", "")) for number in NUMBER.findall(line)]


def is_near(one, other):
    return math.isclose(one, other, rel_tol=0.05) or (math.isnan(one) and math.isnan(other))


def is_same(expected, printed, accuracy):
    """Whether a line was to be printed so; `accuracy` is "exact", "near" or None."""
    if shape(expected, accuracy == "exact") != shape(printed, accuracy == "exact"):
        return False
    return accuracy != "near" or all(
        is_near(one, other) for one, other in zip(values(expected), values(printed)))


def first_difference(expected, printed, accuracy=None):
    """The first line of an output block that was not printed in its turn, or None."""
    lines = list(filter(str.strip, printed.splitlines()))
    ends = {0}  # how many lines may have been printed so far
    for line in filter(str.strip, expected.splitlines()):
        if line.strip() == "...":
            ends = set(range(min(ends), len(lines) + 1))
        else:
            ends = {end + 1 for end in ends if end < len(lines) and is_same(line, lines[end], accuracy)}
        if not ends:
            return line
    return None if len(lines) in ends else "the end"


def expected_status(info):
    return next((int(word[5:]) for word in info[1:] if word.startswith("exit=")), 0)


def run(body, folder, environment):
    script = "set -euo pipefail\n" + body
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout


def check(document, folder, environment):
    """Runs the document; answers how many blocks ran, or raises SystemExit with what went wrong."""
    printed, ran = "", 0
    for line, info, body in blocks(document.read_text()):
        language = info[0] if info else ""
        where = f"{document}:{line}: "
        if language == "sh":
            status, printed = run(body, folder, environment)
            ran += 1
            if status != expected_status(info):
                sys.exit(f"{where}status {status}, expected {expected_status(info)}\n{body}\n{printed}")
        elif language == "output":
            accuracy = next((word for word in info[1:] if word in ("exact", "near")), None)
            difference = first_difference(body, printed, accuracy)
            if difference is not None:
                sys.exit(f"{where}not printed in its turn: {difference}\nprinted was:\n{printed}")
        elif len(info) > 1:
            (pathlib.Path(folder) / info[1]).write_text(body)
    return ran


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minnow", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=pathlib.Path, required=True)
    parser.add_argument("document", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="minnow-docs-") as folder:
        (pathlib.Path(folder) / "models").symlink_to(arguments.models.resolve())
        path = f"{arguments.minnow.resolve().parent}{os.pathsep}{os.environ['PATH']}"
        ran = check(arguments.document, folder, {**os.environ, "PATH": path, "NO_COLOR": "1"})
    print(f"{arguments.document.name}: {ran} blocks ran")


if __name__ == "__main__":
    main()
