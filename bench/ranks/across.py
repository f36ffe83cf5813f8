#!/usr/bin/env python3
"""Steps of two ranks across a slow network, beside what paper_model.py makes of the same step, rate and latency.

    across.py MINNOW [--mbit 1000] [--delay-us 1000] [--models NAME...] [--rounds N]

Needs root and Open MPI. The ranks run in namespaces of this machine, each on a core of its own, and slow_link.c is the network
between them. Prints milliseconds: of a step in one process, of a step of the ranks, and on paper; medians of the rounds.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import paper_model

HERE = pathlib.Path(__file__).resolve().parent
MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
SPACES = ["minnow-rank-1", "minnow-rank-2"]
AGENT = """#!/bin/sh
space=minnow-rank-${1##*.}; shift
exec ip netns exec $space unshare -u sh -c "hostname $space; $*"
"""
PINNED = """#!/bin/sh
exec taskset -c $OMPI_COMM_WORLD_RANK "$@"
"""


def script(folder, name, text):
    path = pathlib.Path(folder) / name
    path.write_text(text)
    path.chmod(0o755)
    return path


class Network:
    """Namespaces and the link between them, while `with` lasts."""

    def __init__(self, folder, mbit, delay_us):
        self.folder, self.words = folder, [str(mbit), str(delay_us)]

    def __enter__(self):
        program = pathlib.Path(self.folder) / "slow_link"
        subprocess.run(["cc", "-O2", "-o", program, HERE / "slow_link.c"], check=True)
        for space in SPACES:
            subprocess.run(["ip", "netns", "add", space], check=True)
        # Its own work is to wait for nobody.
        self.link = subprocess.Popen(["chrt", "-f", "5", program, *self.words, *SPACES], stdout=subprocess.PIPE, text=True)
        assert self.link.stdout.readline() == "ready\n"
        self.agent, self.pinned = script(self.folder, "agent", AGENT), script(self.folder, "pinned", PINNED)
        return self

    def __exit__(self, *error):
        self.link.terminate()
        self.link.wait()
        for space in SPACES:
            subprocess.run(["ip", "netns", "delete", space], check=True)

    def launcher(self):
        mpirun = (f"hostname {SPACES[0]}; exec mpirun -n 2 --host 10.77.0.1:1,10.77.0.2:1 --mca plm_rsh_agent {self.agent} "
                  "--mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include link --mca oob_tcp_if_include link --bind-to none "
                  f'{self.pinned} "$@"')
        return ["ip", "netns", "exec", SPACES[0], "unshare", "-u", "sh", "-c", mpirun, "sh"]


def step_seconds(launcher, program, name):
    """The median of a fused step."""
    command = [*launcher, program, "bench", paper_model.ROOT / paper_model.MODELS[name], "--batch-size", paper_model.BATCH[name],
               "--no-interpreter", "--threads", 1, "--repeats", 10, "--json"]
    output = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, env=os.environ | MPI).stdout
    return next(row["median_seconds"] for row in json.loads(output)["results"] if row["fused"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("minnow")
    parser.add_argument("--mbit", type=float, default=1000)
    parser.add_argument("--delay-us", type=float, default=1000)
    parser.add_argument("--models", nargs="+", default=list(paper_model.MODELS))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    minnow = pathlib.Path(arguments.minnow).resolve()
    network = (arguments.mbit * 1e6 / 8, arguments.delay_us * 1e-6)
    with tempfile.TemporaryDirectory() as folder, Network(folder, arguments.mbit, arguments.delay_us) as link:
        for name in arguments.models:
            alone, two = [], []
            for _ in range(arguments.rounds):
                alone.append(step_seconds(["taskset", "-c", "1"], minnow, name))
                two.append(step_seconds(link.launcher(), minnow, name))
            measured = statistics.median(two)
            counted = {n: paper_model.profile(minnow, paper_model.MODELS[name], paper_model.BATCH[name], n, 1)["division"]
                       for n in (2, 4)}
            row = {"batch": paper_model.BATCH[name], "seconds": statistics.median(alone), "ranks": counted}
            paper = paper_model.Step(row).seconds(2, network)
            print(f"{name:10} {row['seconds'] * 1e3:9.3g} {measured * 1e3:9.3g} {paper * 1e3:9.3g}  {100 * (paper / measured - 1):+.0f} %",
                  flush=True)


if __name__ == "__main__":
    main()
