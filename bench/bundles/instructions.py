#!/usr/bin/env python3
"""What bundles take on a machine: bytes of code and of memory, and instructions that a call executes.

    instructions.py MINNOW MACHINE MODEL.textproto...

MACHINE is one of cortex-m4f, armv7, aarch64, riscv64, x86-64 and x86-64-v3. QEMU runs the bundle, an instruction at a time,
and its trace is counted: once with one call and once with two, whose difference is a call. Instructions are no cycles; a
multiply-add or a load takes more than one on a small machine. Needs QEMU's user mode and the machine's C compiler. Prints a
table in Markdown.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

# What it is to LLVM, its compiler of C, and what runs it here.
MACHINES = {
    "cortex-m4f": (["--target", "thumbv7em-none-eabihf", "--cpu", "cortex-m4"], ["arm-linux-gnueabihf-gcc", "-mthumb"], ["qemu-arm"]),
    "armv7": (["--target", "armv7-linux-gnueabihf"], ["arm-linux-gnueabihf-gcc"], ["qemu-arm"]),
    "aarch64": (["--target", "aarch64-linux-gnu"], ["aarch64-linux-gnu-gcc"], ["qemu-aarch64"]),
    "riscv64": (["--target", "riscv64-linux-gnu"], ["riscv64-linux-gnu-gcc"], ["qemu-riscv64"]),
    "x86-64": (["--target", "x86_64-linux-gnu", "--cpu", "x86-64"], ["gcc"], ["qemu-x86_64"]),
    "x86-64-v3": (["--target", "x86_64-linux-gnu", "--cpu", "x86-64-v3"], ["gcc"], ["qemu-x86_64", "-cpu", "max"]),
}
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


def executed(runner, program, calls):
    trace = [*runner, "-singlestep", "-d", "exec,nochain", "-D", "/dev/stdout", str(program), *["call"] * calls]
    with subprocess.Popen(trace, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        return sum(line.startswith(b"Trace") for line in process.stdout)


def measure(minnow, machine, model, function, optimize):
    flags, compiler, runner = MACHINES[machine]
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        told = run(minnow, "compile", model, "--emit=bundle", "--function", function, "--batch-size", 1, "--optimize", optimize,
                   *flags, "--name", "net", "-o", folder)
        code, memory = (int(re.search(rf"{word} +(\d+)", told)[1]) for word in ("code", "memory"))
        # What it executes is a part of what a larger ARM does, which a linker believes once the object says nothing.
        if machine == "cortex-m4f":
            run("arm-linux-gnueabihf-objcopy", "-R", ".ARM.attributes", folder / "net.o")
        (folder / "p.c").write_text(PROGRAM % CALLS[function])
        run(*compiler, "-static", "-O1", f"-I{folder}", "-o", folder / "p", folder / "p.c", folder / "net.o")
        return code, memory, executed(runner, folder / "p", 2) - executed(runner, folder / "p", 1)


def main(minnow, machine, *models):
    print("| network | function | optimize | code, bytes | memory, bytes | instructions |\n" + "|---" * 6 + "|")
    for model in models:
        for function in CALLS:
            for optimize in ("speed", "size"):
                row = measure(pathlib.Path(minnow).resolve(), machine, model, function, optimize)
                print(f"| {pathlib.Path(model).stem} | `{function}` | {optimize} | " + " | ".join(f"{n:,}" for n in row) + " |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[2] not in MACHINES:
        sys.exit(__doc__)
    main(*sys.argv[1:])
