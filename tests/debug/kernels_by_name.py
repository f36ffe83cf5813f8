#!/usr/bin/env python3
"""gdb stops in a kernel by its name, and perf's map has it.   kernels_by_name.py gdb|perf MINNOW

Ends with status 77, "skipped", where the tool is not there or may not trace.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = """func @f(%x: f32[64,64], %w: f32[64,64]) -> (y: f32[64,64]) {
  %0 = dot(%x, %w) : f32[64,64]  loc("fc")
  return %0
}
"""
KERNEL = "f.fc.forward.dot"
SKIPPED = 77


def run(command, **environment):
    return subprocess.run(command, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "MINNOW_CACHE": "", **environment})


def check_gdb(minnow, program):
    gdb = shutil.which("gdb")
    if not gdb:
        return SKIPPED
    done = run([gdb, "-nx", "-batch", "-ex", "set breakpoint pending on", "-ex", "set debuginfod enabled off", "-ex",
                "set print demangle off", "-ex", f"break '{KERNEL}'", "-ex", "run", "-ex", "backtrace 1", "--args", minnow, "run", program, "--threads", "1"],
               MINNOW_DEBUGGER="1")
    if "ptrace" in done.stderr or "Could not trace" in done.stderr:
        return SKIPPED
    if f"in {KERNEL} ()" in done.stdout:
        return 0
    print(done.stdout, done.stderr)
    return 1


def check_perf(minnow, program):
    with subprocess.Popen([minnow, "run", program], stdout=subprocess.DEVNULL,
                          env={**os.environ, "MINNOW_CACHE": "", "MINNOW_PERF": "1"}) as child:
        child.wait(timeout=60)
        symbols = pathlib.Path(f"/tmp/perf-{child.pid}.map")
    text = symbols.read_text() if symbols.exists() else ""
    symbols.unlink(missing_ok=True)
    if KERNEL in text:
        return 0
    print(f"no {KERNEL} in {symbols}:\n{text}")
    return 1


def main():
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "f.ir"
        program.write_text(PROGRAM)
        check = {"gdb": check_gdb, "perf": check_perf}[sys.argv[1]]
        sys.exit(check(sys.argv[2], str(program)))


if __name__ == "__main__":
    main()
