#!/usr/bin/env python3
"""What bundles take on a Cortex-M4F: bytes of code and of memory, and instructions that a call executes.

    instructions.py MINNOW MODEL.textproto...

qemu-arm runs the bundle, an instruction at a time, and its trace is counted: once with one call and once with two, whose
difference is a call. Instructions are no cycles; a multiply-add or a load takes more than one there. Needs qemu-arm and
arm-linux-gnueabihf-gcc. Prints a table in Markdown.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

MACHINE = ("--target", "thumbv7em-none-eabihf", "--cpu", "cortex-m4")
CALLS = {"infer": "net_infer(memory, (void *)x, (void *)y)", "train_step": "net_train_step(memory, (void *)x, (void *)y, 0.01f, 0)"}
PROGRAM = """
#include "net.h"
static unsigned char room[NET_MEMORY_SIZE + NET_ALIGNMENT], x[1 << 16], y[1 << 16];
int main(int count, char **arguments) {
  void *memory = room + (NET_ALIGNMENT - (uintptr_t)room %% NET_ALIGNMENT) %% NET_ALIGNMENT;
  (void)arguments;
  if (net_init(memory) != 0) return 1;
  while (--count > 0) if (%s != 0) return 1;
  return 0;
}
"""


def run(*arguments):
    return subprocess.run([str(a) for a in arguments], check=True, capture_output=True, text=True).stdout


def executed(program, calls):
    trace = ["qemu-arm", "-singlestep", "-d", "exec,nochain", "-D", "/dev/stdout", str(program), *["call"] * calls]
    with subprocess.Popen(trace, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        return sum(line.startswith(b"Trace") for line in process.stdout)


def measure(minnow, model, function, optimize):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        told = run(minnow, "compile", model, "--emit=bundle", "--function", function, "--batch-size", 1, "--optimize", optimize,
                   *MACHINE, "--name", "net", "-o", folder)
        code, memory = (int(re.search(rf"{word} +(\d+)", told)[1]) for word in ("code", "memory"))
        # What it executes is a part of what a larger ARM does, which a linker believes once the object says nothing.
        run("arm-linux-gnueabihf-objcopy", "-R", ".ARM.attributes", folder / "net.o")
        (folder / "p.c").write_text(PROGRAM % CALLS[function])
        run("arm-linux-gnueabihf-gcc", "-static", "-mthumb", "-O1", f"-I{folder}", "-o", folder / "p", folder / "p.c", folder / "net.o")
        return code, memory, executed(folder / "p", 2) - executed(folder / "p", 1)


def main(minnow, *models):
    print("| network | function | optimize | code, bytes | memory, bytes | instructions |\n" + "|---" * 6 + "|")
    for model in models:
        for function in CALLS:
            for optimize in ("speed", "size"):
                row = measure(pathlib.Path(minnow).resolve(), model, function, optimize)
                print(f"| {pathlib.Path(model).stem} | `{function}` | {optimize} | " + " | ".join(f"{n:,}" for n in row) + " |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
