#!/usr/bin/env python3
"""Seconds of a training step on 1 to 1024 ranks, on paper: from bytes and exchanges of each rank, which are counted, and the
time of a step on one core, which is measured or, where the file says so, that of its FLOPs.

    paper_model.py                      prints the tables of docs/clusters.md and writes docs/images/clusters.svg
    paper_model.py --measure MINNOW     first measures and counts, into measured.json
    paper_model.py --count MINNOW       first counts, on a machine with other work to do; the file's seconds stay

A rank computes its share of what is divided, and all of the rest. When in its step an exchange begins, how many bytes it has
and before what it is waited for, `minnow profile --ranks` says for up to 64 ranks; between and beyond, bytes are
a (1 - 1/n) + b (1 - 1/n) / n, the new weights and the partial sums of its share of the gradients, fitted to the counts that there
are. Exchanges follow each other on a link that is as fast as it says, and arrive after the latency; each message of another
rank costs a little of the processor. All ranks are just as far at any time, and the network has nothing else to do.
across.py holds this against measurements.
"""
import argparse
import json
import math
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MEASURED = HERE / "measured.json"
MODELS = {"LeNet": "models/lenet-relu.textproto", "ResNet-20": "models/zoo/resnet20.textproto",
          "gpt-char": "models/gpt-char.textproto"}
BATCH = {"LeNet": 256, "ResNet-20": 256, "gpt-char": 64}
COUNTED = (2, 4, 8, 16, 32, 64)
RANKS = [2**i for i in range(11)]
NETWORKS = {"1 Gbit/s": (1e9 / 8, 50e-6), "10 Gbit/s": (1e10 / 8, 20e-6), "100 Gbit/s": (1e11 / 8, 2e-6)}  # bytes/s, latency
SECONDS_OF_MESSAGE = 1e-6
# What is longer is sent when the receiver has answered (runtime/cluster/launched_communicator.h).
MOST_PROMPT_BYTES = 4 << 20


def profile(minnow, model, batch, ranks, repeats):
    command = ["taskset", "-c", "1", minnow, "profile", ROOT / model, "--batch-size", batch, "--threads", 1, "--repeats", repeats,
               "--ranks", ranks, "--json"]
    return json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout)


def rounded(division):
    course = [[what[0], float(f"{what[1]:.3g}")] if what[0] == "compute" else what for what in division["course"]]
    return division | {"course": course}


def measure(minnow, only_counts):
    """Of each model the least seconds of a step on one core, and what a rank of several does."""
    measured = json.loads(MEASURED.read_text()) if only_counts else {}
    for name, model in MODELS.items():
        profiles = {count: profile(minnow, model, BATCH[name], count, 1 if only_counts else 5) for count in COUNTED}
        if not only_counts:
            measured[name] = {"batch": BATCH[name], "seconds": min(row["step_seconds"] for row in profiles.values()), "from": "measured"}
        measured[name]["ranks"] = {count: rounded(row["division"]) for count, row in profiles.items()}
    MEASURED.write_text(text_of(measured) + "\n")


def text_of(measured):
    """As JSON, a line for each count of ranks."""
    models = []
    for name, row in measured.items():
        counts = ",\n".join(f"    {json.dumps(str(n))}: {json.dumps(of_ranks)}" for n, of_ranks in row["ranks"].items())
        head = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in row.items() if key != "ranks")
        models.append(f'  {json.dumps(name)}: {{{head}, "ranks": {{\n{counts}\n  }}}}')
    return "{\n" + ",\n".join(models) + "\n}"


def fit(points):
    """a and b of y = a (1 - 1/n) + b (1 - 1/n) / n, by least squares over (n, y), neither below 0."""
    u = [(1 - 1 / n, (1 - 1 / n) / n, y) for n, y in points]
    aa, ab, bb = sum(p * p for p, _, _ in u), sum(p * q for p, q, _ in u), sum(q * q for _, q, _ in u)
    ay, by = sum(p * y for p, _, y in u), sum(q * y for _, q, y in u)
    determinant = aa * bb - ab * ab
    a, b = (ay * bb - by * ab) / determinant, (aa * by - ab * ay) / determinant
    return (max(ay / aa, 0), 0) if b < 0 else (0, max(by / bb, 0)) if a < 0 else (a, b)


class Step:
    def __init__(self, row):
        self.row = row
        self.counted = {int(n): of_ranks for n, of_ranks in row["ranks"].items()}
        self.a, self.b = fit([(n, of_ranks["received_bytes"]) for n, of_ranks in self.counted.items()])

    def bytes(self, n):
        return self.counted[n]["received_bytes"] if n in self.counted else self.a * (1 - 1 / n) + self.b * (1 - 1 / n) / n

    def nearest(self, n):
        """The last count of no more ranks."""
        return self.counted[max([m for m in self.counted if m <= n] or [min(self.counted)])]

    def seconds(self, n, network, batch=None):
        """Of a step on n ranks; `network` has bytes a second and a latency."""
        batch = batch or self.row["batch"]
        alone = self.row["seconds"] * batch / self.row["batch"]
        if n == 1:
            return alone
        # Blocks of 16 examples are what there is to divide.
        share = self.nearest(n)["divided"] / min(n, max(1, batch // 16)) + 1 - self.nearest(n)["divided"]
        return self.go_through(self.nearest(n)["course"], alone * share, self.bytes(n), n, network)

    @staticmethod
    def go_through(course, computing, received, n, network):
        """Seconds of a rank's course, if it computes so long and receives so many bytes."""
        speed, latency = network
        computed = sum(what[0] for kind, *what in course if kind == "compute") or 1
        sent = sum(what[1] for kind, *what in course if kind == "begin") or 1
        time = link_is_free = 0
        arrival = {}
        for kind, *what in course:
            if kind == "compute":
                time += computing * what[0] / computed
            elif kind == "begin":
                number, bytes_of = what[0], received * what[1] / sent
                time += (n - 1) * SECONDS_OF_MESSAGE
                link_is_free = max(link_is_free, time) + bytes_of / speed
                arrival[number] = link_is_free + latency * (1 if bytes_of / (n - 1) <= MOST_PROMPT_BYTES else 3)
            else:
                time = max(time, arrival[what[0]])
        return time


def table(steps, weak):
    lines = ["| ranks | " + " | ".join(f"{name}, {network}" for name in steps for network in NETWORKS) + " |",
             "|---:|" + "---:|" * (len(steps) * len(NETWORKS))]
    for n in RANKS:
        cells = []
        for step in steps.values():
            for network in NETWORKS:
                seconds = step.seconds(n, NETWORKS[network], step.row["batch"] * n if weak else None)
                cells.append(f"{seconds * 1e3:.3g} ms")
        lines.append(f"| {n} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def where_it_ends(step, network):
    """The number of ranks with the least time at one batch, and the last that is at least half used."""
    speed_ups = {n: step.seconds(1, NETWORKS[network]) / step.seconds(n, NETWORKS[network]) for n in RANKS}
    return max(speed_ups, key=speed_ups.get), max(n for n in RANKS if speed_ups[n] >= n / 2)


def picture(steps):
    """Speed-ups at one batch, a panel for each network."""
    width, height, left, top, gap = 230, 200, 46, 34, 26
    colours = {"1 Gbit/s": "#c44e52", "10 Gbit/s": "#4c72b0", "100 Gbit/s": "#55a868"}
    at_x = lambda n: width * RANKS.index(n) / (len(RANKS) - 1)
    at_y = lambda s: height * (1 - max(min(math.log2(max(s, 0.25)), 10), -2) / 12 - 2 / 12)
    parts = []
    for i, (name, step) in enumerate(steps.items()):
        x0 = left + i * (width + gap)
        parts.append(f'<text x="{x0}" y="{top - 14}" font-weight="bold">{name}, batch {step.row["batch"]}</text>')
        parts.append(f'<rect x="{x0}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#bbb"/>')
        for s in (1, 4, 16, 64, 256, 1024):
            parts.append(f'<line x1="{x0}" x2="{x0 + width}" y1="{top + at_y(s):.1f}" y2="{top + at_y(s):.1f}" stroke="#eee"/>')
            if i == 0:
                parts.append(f'<text x="{x0 - 5}" y="{top + at_y(s) + 4:.1f}" text-anchor="end">{s}×</text>')
        for n in (1, 4, 16, 64, 256, 1024):
            parts.append(f'<text x="{x0 + at_x(n):.1f}" y="{top + height + 15}" text-anchor="middle">{n}</text>')
        ideal = " ".join(f"{x0 + at_x(n):.1f},{top + at_y(n):.1f}" for n in RANKS)
        parts.append(f'<polyline points="{ideal}" fill="none" stroke="#999" stroke-dasharray="3 3"/>')
        for k, (network, colour) in enumerate(colours.items()):
            line = " ".join(f"{x0 + at_x(n):.1f},{top + at_y(step.seconds(1, NETWORKS[network]) / step.seconds(n, NETWORKS[network])):.1f}" for n in RANKS)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            if i == 0:
                parts.append(f'<text x="{x0 + 8}" y="{top + 16 + 14 * k}" fill="{colour}">{network}</text>')
    full = left + len(steps) * (width + gap)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {top + height + 40}" font-family="sans-serif" '
            f'font-size="11"><rect width="100%" height="100%" fill="white"/>{"".join(parts)}'
            f'<text x="{full / 2}" y="{top + height + 33}" text-anchor="middle">ranks</text></svg>\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--measure", metavar="MINNOW")
    parser.add_argument("--count", metavar="MINNOW")
    arguments = parser.parse_args()
    if arguments.measure or arguments.count:
        measure(arguments.measure or arguments.count, only_counts=not arguments.measure)
    steps = {name: Step(row) for name, row in json.loads(MEASURED.read_text()).items()}
    for name, step in steps.items():
        print(f"{name}: {step.row['seconds'] * 1e3:.1f} ms on one core")
        for n, row in step.counted.items():
            print(f"  {n} ranks: {100 * row['divided']:.1f} % divided, {row['received_bytes'] / 1024:.0f} KiB in "
                  f"{row['exchanges']} exchanges")
        for network in NETWORKS:
            print(f"  {network}: fastest with {where_it_ends(step, network)[0]} ranks, at least half used up to "
                  f"{where_it_ends(step, network)[1]}")
    print("\nOne batch:\n\n" + table(steps, weak=False) + "\n\nA batch for each rank:\n\n" + table(steps, weak=True))
    (ROOT / "docs/images/clusters.svg").write_text(picture(steps))


if __name__ == "__main__":
    main()
