"""Minnow and the peers as processes that run steps when asked, so that they can take turns."""
import functools
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
from typing import NamedTuple

import grid

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(__file__).resolve().parent
PEERS = ("torch", "torch.compile", "jax", "keras")
HAND_WRITTEN = ("lenet", "lenet-relu", "mlp-256", "softmax-regression")  # in networks.py, for PyTorch and JAX
SEQUENCES = ("rnn-scratch", "gru", "lstm", "char-lstm", "seq2seq", "gpt-char")
ZOO = sorted(path.stem for path in (ROOT / "models/zoo").glob("*.textproto"))
# PyTorch builds all.
BUILT = {"jax": (*HAND_WRITTEN, *grid.NAMES, *ZOO, "rnn-scratch", "gru", "lstm", "char-lstm"), "keras": grid.NAMES}
# What the peers do, whatever the file says of training.
PLAIN_SGD = ("--set", "training.sgd={}", "--set", "training.weight_decay=0", "--set", "training.clip={}")


class Case(NamedTuple):
    model: str
    function: str  # "train_step" or "infer"
    batch: int
    threads: int


class Failure(Exception):
    """What to tell the user."""


@functools.cache
def folder_of_grid():
    return tempfile.TemporaryDirectory(prefix="bench-peers-")


def model_path(model):
    """Of a name, or of a file's path, which is one already."""
    if model.endswith(".textproto"):
        return pathlib.Path(model)
    if not grid.parts(model):
        return ROOT / "models" / ("zoo" if model in ZOO else "") / f"{model}.textproto"
    path = pathlib.Path(folder_of_grid().name, f"{model}.textproto")
    path.write_text(grid.text(model))
    return path


def model_text(model):
    return grid.text(model) if grid.parts(model) else model_path(model).read_text()


def peers_of(model, peers):
    """Those that build this model."""
    return [name for name in peers if model in BUILT.get(name, (model,))]


def pinned(threads, command):
    """On the first so many processors that this process may use."""
    processors = sorted(os.sched_getaffinity(0))
    if threads > len(processors):
        raise Failure(f"{threads} threads, but there are {len(processors)} processors to pin them to")
    return ["taskset", "-c", ",".join(map(str, processors[:threads])), *map(str, command)]


def peer_environment(threads):
    """The frameworks otherwise take as many threads as they find processors."""
    xla = "" if threads > 1 else "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "XLA_FLAGS": xla, "JAX_PLATFORMS": "cpu",
            "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1", "TORCHINDUCTOR_COMPILE_THREADS": "1",
            "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


class Process:
    """A line goes in, a line comes out."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, bufsize=1, env=environment, start_new_session=True)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.name} ended: {self.process.stderr.read().strip()[-2000:]}")
        return line

    def ask(self, line):
        try:
            print(line, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # its last words follow
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process.wait()

    def kill(self):
        """With all that it started, such as a compiler."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.close()


class Minnow:
    """`minnow bench --on-request`, a process per case."""

    def __init__(self, program, flags=()):
        self.name = "minnow"
        self.program = program
        self.flags = flags
        self.process = None

    def prepare(self, case):
        """{"build_seconds", "flops_per_step", "peak_flops_per_second"}"""
        self.close()
        command = [self.program, "bench", model_path(case.model), "--on-request", "--function", case.function,
                   "--batch-size", case.batch, "--threads", case.threads, *PLAIN_SGD, *self.flags]
        self.process = Process(self.name, pinned(case.threads, command))
        return json.loads(self.process.read())

    def time(self, steps):
        return float(self.process.ask(steps))

    def close(self):
        if self.process:
            self.process.close()
        self.process = None


class Peer:
    """worker.py, a process per number of threads. A way to make a step is given `limit` seconds to be ready."""

    def __init__(self, name, limit=None):
        self.name = name
        self.limit = limit
        self.process = None
        self.threads = 0

    def start(self, threads):
        if self.threads == threads:
            return
        self.close()
        command = pinned(threads, [sys.executable, FOLDER / "worker.py", self.name, threads, self.limit or 0])
        self.process = Process(self.name, command, peer_environment(threads))
        self.threads = threads

    def answer(self, *words):
        """What the worker makes of a line. One that has left a way unfinished is ended, for a compiler may still run."""
        answer = json.loads(self.process.ask(shlex.join(map(str, words))))
        if any(answer["skipped"].values()) and not answer.get("variant"):
            self.process.kill()
            self.process, self.threads = None, 0
        return answer

    def prepare(self, case):
        """{"variant": which way was the fastest, null if there is none, "skipped": {way: why}}"""
        self.start(case.threads)
        return self.answer("prepare", case.model, case.function, case.batch)

    def outcomes(self, case, folder):
        """{"variants": the names of the ways, "skipped"}; the result and weights after a step of each are in
        folder/NUMBER.npz."""
        self.start(case.threads)
        return self.answer("outcome", case.model, case.function, case.batch, folder)

    def time(self, steps):
        return float(self.process.ask(steps))

    def close(self):
        if self.process:
            self.process.close()
        self.process = None
        self.threads = 0
