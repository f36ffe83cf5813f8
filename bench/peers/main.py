#!/usr/bin/env python3
"""Times Minnow's training steps and inferences beside PyTorch's, JAX's and Keras', in turns. See docs/performance.md."""
import argparse
import fnmatch
import json
import pathlib
import subprocess
import sys
import time

import contenders
import document
import grid
import machine
import report
import rounds
import starts
from contenders import Case, Failure, HAND_WRITTEN, PEERS, PLAIN_SGD, ROOT, SEQUENCES, ZOO, peers_of

KNOWN = (*HAND_WRITTEN, *SEQUENCES, *ZOO, *grid.NAMES)
SHIPPED = (*HAND_WRITTEN, *SEQUENCES)
GROUPS = {"zoo": ZOO, "sequences": SEQUENCES, "recurrent": grid.NAMES, "shipped": SHIPPED, "all": KNOWN}
PARTS = ("parity", "profiles", "starts", "steps")
START_MODELS = ("lenet-relu", "mlp-256")
START_BATCH = 64
START_REPEATS = 3
PROFILE_BATCH = 256


def parse_arguments():
    def numbers(text):
        return [int(word) for word in text.split(",")]

    def words(text):
        return [word for word in text.split(",") if word]

    def add(*names, **options):
        parser.add_argument(*names, **options)
    path = pathlib.Path
    parser = argparse.ArgumentParser(prog="scripts/bench-peers", description=__doc__)
    add("--models", type=words, default=list(HAND_WRITTEN),
        help=f"comma-separated, of {','.join((*HAND_WRITTEN, *SEQUENCES))}, those of models/zoo, recurrent networks such "
             "as lstm-128x64 (units, length), and model files; * stands for anything; zoo, sequences, shipped, recurrent, all: "
             "all of these; default: the first four")
    add("--batch-sizes", "--batches", type=numbers, default=[1, 32, 256], help="default 1,32,256")
    add("--threads", type=numbers, default=[1, 2], help="default 1,2")
    add("--rounds", type=int, choices=range(2, 1001), metavar="R", default=11, help="samples of each; default 11")
    add("--peers", type=words, default=list(PEERS), help="of torch,torch.compile,jax,keras; all by default")
    add("--parts", type=words, default=list(PARTS), help="of " + ",".join(PARTS) + "; all by default")
    add("--json", type=path, metavar="F",
        help="write results to F after each; what F has already is not measured again")
    add("--markdown", type=path, metavar="F", help="bring the measured sections of F up to date, and its picture")
    add("--minutes", type=float, default=float("inf"), help="stop after so long; with --json, run again")
    add("--limit", type=int, metavar="S", help="leave out a peer's way that fails or is not ready in S seconds; "
        "default 60 for recurrent networks of many sizes, none for others")
    add("--minnow", type=path, default=ROOT / "build/tools/minnow", help="the program to measure")
    add("--minnow-flags", type=str.split, default=[], help="more flags for minnow bench and profile")
    add("--data-dir", default=None, help="where fashion-mnist is; $MINNOW_DATA by default")
    arguments = parser.parse_args()
    arguments.models = [name for word in arguments.models for name in named(word)]
    if arguments.limit is None:
        arguments.limit = 60 if any(map(grid.parts, arguments.models)) else 0
    files = [name for name in arguments.models if name.endswith(".textproto")]
    for given, known in ((arguments.models, (*KNOWN, *files)), (arguments.peers, PEERS), (arguments.parts, PARTS)):
        for name in given:
            if name not in known:
                parser.error(f"there is no {name}; choose from {','.join(known)}")
    return arguments


def named(word):
    """The models that a word of --models names."""
    return GROUPS.get(word) or (fnmatch.filter(KNOWN, word) if "*" in word else []) or [word]


def read_results(path):
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise Failure(f"{path} is not what --json writes: {error}") from error


class Results:
    """What has been measured, kept in a file if there is one."""

    def __init__(self, path, arguments):
        self.path = path
        self.data = {"machine": machine.describe(), "versions": machine.versions(arguments.peers),
                     "rounds": arguments.rounds, "parity": [], "steps": [], "starts": [], "profiles": []}
        if path and path.exists():
            self.data |= read_results(path)

    def has(self, part, **wanted):
        return any(all(row[key] == value for key, value in wanted.items()) for row in self.data[part])

    def add(self, part, rows):
        self.data[part].extend(rows)
        if self.path:
            whole = self.path.with_suffix(".new")  # a run may end at any moment
            whole.write_text(json.dumps(self.data, indent=1) + "\n")
            whole.replace(self.path)


def parity_jobs(arguments, results):
    import parity  # needs NumPy
    for model in arguments.models:
        for name in peers_of(model, arguments.peers):
            for function in ("train_step", "infer"):
                if results.has("parity", peer=name, model=model, function=function):
                    continue

                def job(name=name, model=model, function=function):
                    peer = contenders.Peer(name, arguments.limit)
                    try:
                        results.add("parity", parity.check(arguments.minnow, peer, model, function))
                    finally:
                        peer.close()
                yield f"parity of {name}, {model} {function}", job


def step_jobs(arguments, results, entrants):
    for threads in arguments.threads:
        for model in arguments.models:
            for batch in arguments.batch_sizes:
                for function in ("train_step", "infer"):
                    case = Case(model, function, batch, threads)
                    if results.has("steps", **case._asdict()):
                        continue

                    def job(case=case):
                        known = ["minnow", *peers_of(case.model, arguments.peers)]
                        chosen = [entrant for entrant in entrants if entrant.name in known]
                        results.add("steps", [rounds.measure(case, chosen, arguments.rounds)])
                    yield f"{model} {function}, batch {batch}, threads {threads}", job


def start_jobs(arguments, results):
    data = arguments.data_dir or starts.default_data()
    for model in [model for model in START_MODELS if model in arguments.models]:
        for name in ("minnow", *peers_of(model, arguments.peers)):
            if results.has("starts", model=model, contender=name):
                continue

            def job(name=name, model=model):
                case = Case(model, "train_step", START_BATCH, max(arguments.threads))
                results.add("starts", [starts.measure(name, arguments.minnow, case, data, START_REPEATS)])
            yield f"start of {name}, {model}", job


def profile_jobs(arguments, results):
    for model in arguments.models:
        if results.has("profiles", model=model):
            continue

        def job(model=model):
            command = [arguments.minnow, "profile", contenders.model_path(model), "--batch-size", PROFILE_BATCH,
                       "--threads", 1, "--json", *PLAIN_SGD, *arguments.minnow_flags]
            done = subprocess.run(contenders.pinned(1, command), capture_output=True, text=True)
            if done.returncode != 0:
                raise Failure(done.stderr.strip())
            results.add("profiles", [json.loads(done.stdout)])
        yield f"profile of {model}", job


def all_jobs(arguments, results, entrants):
    """(what, a function that measures it and adds the result), of what has not been measured yet."""
    if "parity" in arguments.parts and arguments.peers:
        yield from parity_jobs(arguments, results)
    if "profiles" in arguments.parts:
        yield from profile_jobs(arguments, results)
    if "starts" in arguments.parts:
        yield from start_jobs(arguments, results)
    if "steps" in arguments.parts:
        yield from step_jobs(arguments, results, entrants)


def run_jobs(jobs, minutes):
    """How many were left when the time was over."""
    end = time.monotonic() + 60 * minutes
    left = 0
    for name, job in jobs:
        if time.monotonic() > end:
            left += 1
            continue
        print(name, file=sys.stderr, flush=True)
        job()
    return left


def show(results):
    if results["parity"]:
        print(report.parity_table(results["parity"]))
    for name, body in report.sections(results).items():
        print(f"{name}\n\n{body}")


def main():
    arguments = parse_arguments()
    results = Results(arguments.json, arguments)
    entrants = [contenders.Minnow(arguments.minnow, arguments.minnow_flags),
                *(contenders.Peer(name, arguments.limit) for name in arguments.peers)]
    try:
        left = run_jobs(all_jobs(arguments, results, entrants), arguments.minutes)
    finally:
        for entrant in entrants:
            entrant.close()
    show(results.data)
    if arguments.markdown:
        document.update(arguments.markdown, results.data)
    if left:
        print(f"{left} measurements are left: run again with the same --json", file=sys.stderr)
    different = [row for row in results.data["parity"] if not row["same"]]
    return 3 if different else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, OSError) as failure:
        sys.exit(f"error: {failure}")
