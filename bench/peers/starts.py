"""From nothing to the first training step: whole processes, without caches of machine code and with them."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from contenders import FOLDER, ROOT, Failure, model_path, peer_environment, pinned


def default_data():
    """Where Minnow seeks named data sets."""
    return os.environ.get("MINNOW_DATA", str(ROOT / "data"))


def run(command, environment):
    """What it prints, the seconds it takes, and the most memory that it holds, bytes."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            err.seek(0)
            raise Failure(f"{command[3:6]} failed: {err.read().strip()[-2000:]}")
        out.seek(0)
        return out.read(), seconds, usage.ru_maxrss * 1024


def minnow_once(program, case, data, cache):
    environment = {**os.environ, "MINNOW_CACHE": str(cache / "minnow"), "MINNOW_DATA": data}
    command = [program, "train", model_path(case.model), "--steps", 1, "--batch-size", case.batch, "--threads",
               case.threads]
    _, seconds, memory = run(pinned(case.threads, command), environment)
    return seconds, memory


def minnow_build(program, case, cache):
    """Seconds from the model to a train step that is ready to run."""
    environment = {**os.environ, "MINNOW_CACHE": str(cache / "build")}
    command = [program, "bench", model_path(case.model), "--on-request", "--batch-size", case.batch, "--threads",
               case.threads]
    out, _, _ = run(pinned(case.threads, command), environment)
    return json.loads(out)["build_seconds"]


def peer_once(name, case, data, cache):
    environment = {**peer_environment(case.threads), "TORCHINDUCTOR_CACHE_DIR": str(cache / "inductor"),
                   "JAX_COMPILATION_CACHE_DIR": str(cache / "jax")}
    command = [sys.executable, FOLDER / "first_step.py", name, case.model, case.batch, case.threads, data]
    out, seconds, memory = run(pinned(case.threads, command), environment)
    return json.loads(out)["first_step_seconds"], seconds, memory


def once(name, program, case, data, cache):
    """(compile, whole process, memory)"""
    if name == "minnow":
        return minnow_build(program, case, cache), *minnow_once(program, case, data, cache)
    return peer_once(name, case, data, cache)


def measure(name, program, case, data, repeats):
    """A JSON object: medians without caches of machine code, and with them. Files stay in the system's cache."""
    found = {"contender": name, **case._asdict()}
    cold, cached = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            for runs in (cold, cached):
                runs.append(once(name, program, case, data, pathlib.Path(folder)))
    for state, runs in (("cold", cold), ("cached", cached)):
        compile_seconds, whole_seconds, memory = map(statistics.median, zip(*runs))
        found[state] = {"compile_seconds": compile_seconds, "whole_seconds": whole_seconds, "bytes": memory}
    return found
