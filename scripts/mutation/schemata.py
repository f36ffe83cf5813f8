"""All mutants in one copy of the sources: every place asks which mutant runs."""
import re
import shutil
import subprocess
from dataclasses import dataclass, field

from . import rules
from .tokens import Source

HEADER = "scripts/mutation/mutant.h"
# How the copy is built: fast rather than fast code.
BUILD_RULES = """
foreach(room simplify gradient group passes target machine element schedule kernels codegen)
  target_compile_options(minnow_${room} PRIVATE -O0)
endforeach()
target_precompile_headers(minnow_kernels PRIVATE codegen/kernels/emit_loop.h)
"""
# What decides what is computed: the passes, the kernels, and their execution. Files that only print are left out.
MUTATED = re.compile(r"^(passes|codegen)/[\w/]+\.cc$|^runtime/(compiled_executable|thread_pool|session|train/trainer|executable)\.cc$"
                     r"|^codegen/\w+/(tiling|register_tile|kernel_work|storage)\.h$")
PRINTING = re.compile(r"/(debugger|perf_map|kernel_comments|kernel_texts|remarks|fusion_log|duplicate_kernels)\.cc$")


@dataclass
class Mutant:
    file: str
    line: int
    function: str
    rule: str
    original: str
    mutated: str
    code: str  # the line it stands in
    number: int = -1
    site: rules.Site = field(default=None, repr=False)

    @property
    def key(self):
        return f"{self.file} | {self.function} | {self.rule} | {self.original} -> {self.mutated or 'nothing'}"

    def __str__(self):
        return f"{self.file}:{self.line}: {self.rule} in {self.function}: {self.original} -> {self.mutated or 'nothing'}"


class MutatedFile:
    def __init__(self, name, text):
        self.name = name
        self.source = Source(text)
        self.mutants = []
        for site in rules.Finder(self.source).find():
            start = self.source.tokens[site.first].start
            self.mutants.append(Mutant(name, self.source.line(start), site.function, site.rule,
                                       self.source.piece(site.first, site.last), site.mutated,
                                       self.source.line_text(start), site=site))

    def last_line(self, mutant):
        return self.source.line(self.source.tokens[mutant.site.last].start)

    def text(self):
        """The file with those mutants that have a number."""
        chosen = sorted((m for m in self.mutants if m.number >= 0),
                        key=lambda m: (m.site.first, -m.site.last, not m.site.is_statement, m.number))
        root = Node(0, len(self.source.tokens) - 1, [])
        stack = [root]
        for mutant in chosen:
            first, last = mutant.site.first, mutant.site.last
            while not (stack[-1].first <= first and last <= stack[-1].last):
                stack.pop()
                if not stack:
                    break
            if not stack:  # half inside another's place
                stack = [root]
            node = Node(first, last, [mutant])
            top = stack[-1]
            if top.children and top.children[-1].last >= first:
                mutant.number = -1
                continue
            if (top.first, top.last) == (first, last) and top.mutants and not mutant.site.is_statement \
                    and not top.mutants[0].site.is_statement:
                top.mutants.append(mutant)
                continue
            top.children.append(node)
            stack.append(node)
        return f'#include "{HEADER}"\n#line 1\n' + self._render(root)

    def _render(self, node):
        text, tokens = self.source.text, self.source.tokens
        begin = 0 if not node.mutants else tokens[node.first].start
        end = len(text) if not node.mutants else tokens[node.last].end
        parts, at = [], begin
        for child in node.children:
            parts += [text[at:tokens[child.first].start], self._render(child)]
            at = tokens[child.last].end
        inner = "".join(parts) + text[at:end]
        if not node.mutants:
            return inner
        if node.mutants[0].site.is_statement:
            return "{ if (!::minnow::mutant(%d)) %s }" % (node.mutants[0].number, inner)
        for mutant in node.mutants:
            if mutant.rule == "condition":
                inner = f"(::minnow::mutant({mutant.number}) != !!({inner}))"
                continue
            inner = f"(::minnow::mutant({mutant.number}) ? ({mutant.mutated}) : ({inner}))"
        return inner


@dataclass
class Node:
    first: int
    last: int
    mutants: list
    children: list = field(default_factory=list)


class Tree:
    """A copy of the working tree, below `build`, that holds the mutants."""

    def __init__(self, root, build, jobs):
        self.root, self.folder, self.jobs = root, build / "tree", jobs
        self.files = {}

    def find(self):
        """All mutants; the names of the files that the copy is to have."""
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=self.root, capture_output=True,
                               text=True, check=True).stdout.split("\n")
        number = 0
        dropped = self._dropped()
        names = sorted(name for name in names if name and (self.root / name).is_file())
        for name in names:
            if not MUTATED.search(name) or PRINTING.search(name):
                continue
            file = self.files[name] = MutatedFile(name, (self.root / name).read_text())
            for mutant in file.mutants:
                if mutant.key not in dropped:
                    mutant.number = number
                number += 1
        return names

    def write(self):
        for name in self.find():
            source, target = self.root / name, self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = self.files[name].text().encode() if name in self.files else self._copied(name, source.read_bytes())
            self._write(target, content)
            shutil.copymode(source, target)

    def _copied(self, name, content):
        if name == "CMakeLists.txt":
            return content + BUILD_RULES.encode()
        if name == "tests/CMakeLists.txt":  # so that a compiler cache knows the tests
            return content.replace(b'MINNOW_SOURCE_DIR="${CMAKE_SOURCE_DIR}"', f'MINNOW_SOURCE_DIR="{self.root}"'.encode())
        return content

    @staticmethod
    def _write(target, content):
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)

    def mutants(self):
        return [m for file in self.files.values() for m in file.mutants if m.number >= 0]

    def build(self, targets, rounds=6):
        """Builds; mutants that do not compile are dropped, and it is tried again."""
        dropped = 0
        subprocess.run(["cmake", "--preset", "release"], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        libraries = ["minnow_passes", "minnow_codegen", "minnow_runtime", "minnow_train"]
        for goal in [libraries] * rounds + [targets]:
            done = subprocess.run(["ninja", "-C", "build", f"-j{self.jobs}", "-k", "0", *goal], cwd=self.folder,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode == 0:
                if goal is targets:
                    return dropped
                continue
            found = self._drop(done.stdout)
            if not found:
                raise SystemExit("the mutated sources do not build:\n" + done.stdout[-8000:])
            dropped += found
        raise SystemExit("the mutated sources still do not build")

    # Those that an earlier build has found not to compile, by key.
    def _dropped(self):
        path = self.folder.parent / "dropped.txt"
        return set(path.read_text().split("\n")) if path.exists() else set()

    def _drop(self, output):
        places = {(m[1], int(m[2])) for m in re.finditer(r"([\w./]+?):(\d+):\d+: (?:fatal )?error:", output)}
        places |= {(m[1], int(m[2])) for m in re.finditer(r"([\w./]+?):(\d+):\d+:   (?:required|in) ", output)}
        count = 0
        for name, file in self.files.items():
            lines = {line for path, line in places if path.endswith(name)}
            if not lines:
                continue
            alive = [m for m in file.mutants if m.number >= 0]
            on_lines = [m for m in alive if m.line in lines or file.last_line(m) in lines and m.site.is_statement is False]
            for mutant in on_lines or [m for m in alive if any(m.line <= l <= file.last_line(m) for l in lines)]:
                mutant.number = -1
                count += 1
                with open(self.folder.parent / "dropped.txt", "a") as log:
                    log.write(mutant.key + "\n")
            self._write(self.folder / name, file.text().encode())
        return count
