"""Minnow and the peers as processes that run steps when asked, so that they can take turns."""
import json
import os
import pathlib
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(__file__).resolve().parent
PEERS = ("torch", "torch.compile", "jax")
OF_SEVERAL_INPUTS = ("transformer-decoder",)  # which no peer has
ZOO = sorted(path.stem for path in (ROOT / "models/zoo").glob("*.textproto") if path.stem not in OF_SEVERAL_INPUTS)
# What the peers do, whatever the file says of training.
PLAIN_SGD = ("--set", "training.sgd={}", "--set", "training.weight_decay=0", "--set", "training.clip={}")


class Case(NamedTuple):
    model: str
    function: str  # "train_step" or "infer"
    batch: int
    threads: int


class Failure(Exception):
    """What to tell the user."""


def model_path(model):
    return ROOT / "models" / ("zoo" if model in ZOO else "") / f"{model}.textproto"


def peers_of(model, peers):
    """Those that build this model: the zoo is PyTorch's alone."""
    return [name for name in peers if name != "jax" or model not in ZOO]


def pinned(threads, command):
    """On the first so many processors that this process may use."""
    processors = sorted(os.sched_getaffinity(0))
    if threads > len(processors):
        raise Failure(f"{threads} threads, but there are {len(processors)} processors to pin them to")
    return ["taskset", "-c", ",".join(map(str, processors[:threads])), *map(str, command)]


def peer_environment(threads):
    """Both frameworks otherwise take as many threads as they find processors."""
    xla = "" if threads > 1 else "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "XLA_FLAGS": xla, "JAX_PLATFORMS": "cpu",
            "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1"}


class Process:
    """A line goes in, a line comes out."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, bufsize=1, env=environment)

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
    """worker.py, a process per number of threads."""

    def __init__(self, name):
        self.name = name
        self.process = None
        self.threads = 0

    def start(self, threads):
        if self.threads == threads:
            return
        self.close()
        command = pinned(threads, [sys.executable, FOLDER / "worker.py", self.name, threads])
        self.process = Process(self.name, command, peer_environment(threads))
        self.threads = threads

    def prepare(self, case):
        """{"variant": which way was the fastest}"""
        self.start(case.threads)
        return json.loads(self.process.ask(f"prepare {case.model} {case.function} {case.batch}"))

    def outcomes(self, case, folder):
        """The names of the variants; the result and weights after a step of each are in folder/NUMBER.npz."""
        self.start(case.threads)
        return json.loads(self.process.ask(f"outcome {case.model} {case.function} {case.batch} {folder}"))["variants"]

    def time(self, steps):
        return float(self.process.ask(steps))

    def close(self):
        if self.process:
            self.process.close()
        self.process = None
        self.threads = 0
