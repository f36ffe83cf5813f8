#!/usr/bin/env python3
"""What the documents refer to exists: files, sections, ops and commands.   check_references.py ROOT MINNOW"""
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)\s]+)\)")
SOURCE = re.compile(r"`((?:ir|frontend|passes|codegen|runtime|proof|tools|models|tests|scripts|examples)/[\w./*-]+)`")


def anchors(text):
    """The names that GitHub gives to the headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def bad_links(document, text):
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        if path.startswith("http"):
            continue
        file = document.parent / path if path else document
        if not file.exists():
            yield f"{document}: there is no {target}"
        elif anchor and anchor not in anchors(file.read_text()):
            yield f"{document}: {file.name} has no section #{anchor}"


def bad_sources(root, document, text):
    for pattern in SOURCE.findall(text):
        if not any(root.glob(pattern)):
            yield f"{document}: there is no {pattern}"


def missing_ops(root):
    reference = (root / "docs/ir.md").read_text()
    for mnemonic in re.findall(r'^MINNOW_OP\(\w+, "(\w+)"', (root / "ir/ops.def").read_text(), re.MULTILINE):
        if not re.search(rf"^\| .*`{mnemonic}[`(]", reference, re.MULTILINE):
            yield f"docs/ir.md: no row for {mnemonic}"


def missing_commands(minnow, documents):
    usage = subprocess.run([minnow, "--help"], check=True, capture_output=True, text=True).stdout
    shown = "\n".join(document.read_text() for document in documents)
    for command in re.findall(r"^  ([a-z]+) ", usage.split("Subcommands:")[1], re.MULTILINE):
        if not re.search(rf"minnow {command}\b", shown):
            yield f"no document shows minnow {command}"


def main():
    root, minnow = pathlib.Path(sys.argv[1]), sys.argv[2]
    documents = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    faults = [*missing_ops(root), *missing_commands(minnow, documents)]
    for document in documents:
        text = document.read_text()
        faults += [*bad_links(document, text), *bad_sources(root, document, text)]
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
