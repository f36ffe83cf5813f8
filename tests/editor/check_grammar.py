#!/usr/bin/env python3
"""The editor's grammar knows the ops of the op table, and colours each word of a program as what it is.

    check_grammar.py ROOT
"""
import json
import pathlib
import re
import sys

SAMPLE = '''// A comment
func @train(%x: f32[2,3], %fc.weight: f32[3] weight) -> (loss: f32[]) {
  %0 = constant {value = -0.5} : f32[3]  loc("fc", gradient)
  %1 = fused(%a0 = %0) {kind = row} : f32[3] {
    %b0 = window_max(%a0) {window = [2, 2]} : f32[3]
    return %b0
  }
  return %1
}
'''
EXPECTED = {
    "// A comment": "comment", "func": "keyword", "@train": "function", "%x": "value", "f32": "type",
    "%fc.weight": "value", "weight": "keyword", "constant": "op", "value": "attribute", "-0.5": "number",
    '"fc"': "string", "gradient": "keyword", "fused": "op", "%a0": "value", "kind": "attribute", "row": "keyword",
    "window_max": "op", "window": "attribute", "2": "number", "return": "keyword",
}


def tokens(grammar, line):
    """(text, rule) of a line: at each place the first rule that matches there, as editors do."""
    rules = []
    for pattern in grammar["patterns"]:
        name = pattern["include"][1:]
        rule = grammar["repository"][name]
        rules.append((name, re.compile(rule["match"] if "match" in rule else rule["begin"] + ".*?" + rule["end"])))
    at = 0
    while at < len(line):
        found = [(match.start(), order, name, match) for order, (name, rule) in enumerate(rules)
                 if (match := rule.search(line, at)) and match.end() > match.start()]
        if not found:
            return
        _, _, name, match = min(found)
        yield match[0], name
        at = match.end()


def main():
    root = pathlib.Path(sys.argv[1])
    folder = root / "tools/editor"
    grammar = json.loads((folder / "minnow-ir.tmLanguage.json").read_text())
    package = json.loads((folder / "package.json").read_text())
    faults = [f"there is no {part['path']}" for part in package["contributes"]["grammars"]
              if not (folder / part["path"]).exists()]
    table = re.findall(r'^MINNOW_OP\(\w+, "(\w+)"', (root / "ir/ops.def").read_text(), re.MULTILINE)
    known = re.search(r"\(([a-z_0-9|]+)\)\\b$", grammar["repository"]["op"]["match"])[1].split("|")
    faults += [f"the grammar lacks the op {op}" for op in table if op not in known]
    faults += [f"the grammar has an op {op}, which there is not" for op in known if op not in table]
    coloured = {}
    for line in SAMPLE.splitlines():
        for text, rule in tokens(grammar, line):
            coloured.setdefault(text, rule)
    faults += [f"{text} is coloured as {coloured.get(text)}, not {rule}" for text, rule in EXPECTED.items()
               if coloured.get(text) != rule]
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
