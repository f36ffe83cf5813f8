"""Results as Markdown tables, which are aligned and so read well on a terminal too."""
import statistics

import grid

NAMES = {"minnow": "Minnow", "torch": "PyTorch eager", "torch.compile": "torch.compile", "jax": "JAX jit", "keras": "Keras"}
PHASES = ("forward", "gradient", "update")


def table(header, rows):
    """The first column is text, the others are numbers, unless a header begins with a space."""
    cells = [header, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    is_text = [i == 0 or name.startswith(" ") for i, name in enumerate(header)]
    rule = ["-" * width if text else "-" * (width - 1) + ":" for width, text in zip(widths, is_text)]
    align = [[cell.strip().ljust(width) if text else cell.rjust(width)
              for cell, width, text in zip(row, widths, is_text)] for row in cells]
    return "\n".join("| " + " | ".join(row) + " |" for row in [align[0], rule, *align[1:]]) + "\n"


def duration(seconds):
    for size, unit in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            break
    value = seconds / size
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"


def ratio(value):
    return f"{value:.1f}×" if value < 9.95 else f"{value:.0f}×"


def peaks(steps):
    """By threads, the best that any run saw: what else ran can only have made it less."""
    found = {}
    for step in steps:
        found[step["threads"]] = max(found.get(step["threads"], 0), step["peak"])
    return found


def share_of(step, peak):
    """Of the bound, of which Minnow reaches so much; never 0, so that there are geometric means."""
    return max(1e-4, step["flops"] / peak[step["threads"]] / statistics.median(step["samples"]["minnow"]))


def contenders(steps):
    """Those that appear, in the usual order."""
    return [name for name in NAMES if any(name in step["samples"] for step in steps)]


def spread(samples):
    """Half the distance of the quartiles, of the median."""
    low, middle, high = statistics.quantiles(samples, n=4)
    return (high - low) / 2 / middle


def step_row(step, names, peak):
    bound = step["flops"] / peak
    medians = {name: statistics.median(step["samples"][name]) for name in names if name in step["samples"]}
    others = [seconds for name, seconds in medians.items() if name != "minnow"]
    times = [duration(medians[name]) if name in medians else "" for name in names]
    return [step["model"], str(step["batch"]), str(step["threads"]), duration(bound), *times,
            f"{100 * bound / medians['minnow']:.0f} %", ratio(min(others) / medians["minnow"]) if others else ""]


def step_table(steps, function):
    names = contenders(steps)
    header = ["model", "batch", "threads", "bound", *(NAMES[name] for name in names), "of bound", "best peer"]
    best = peaks(steps)
    chosen = [step for step in steps if step["function"] == function]
    return table(header, [step_row(step, names, best[step["threads"]]) for step in chosen])


def ratio_of(step, name):
    """A peer's time, or the fastest peer's for "", divided by Minnow's; None where there are no samples."""
    medians = {peer: statistics.median(samples) for peer, samples in step["samples"].items()}
    minnow = medians.pop("minnow")
    seconds = medians.get(name) if name else min(medians.values(), default=None)
    return seconds and seconds / minnow


def mean_cell(steps, name):
    """The geometric mean, and of how many steps, if not of all."""
    known = [value for step in steps if (value := ratio_of(step, name))]
    if not known:
        return ""
    return ratio(statistics.geometric_mean(known)) + ("" if len(known) == len(steps) else f" ({len(known)})")


def mean_table(steps):
    """By function, threads, cell, and all cells together."""
    peers = [name for name in contenders(steps) if name != "minnow"]
    header = ["network", " function", "threads", "cases", *(NAMES[name] for name in peers), "best peer"]
    rows = []
    for function, threads in sorted({(step["function"], step["threads"]) for step in steps}, reverse=True):
        chosen = [step for step in steps if (step["function"], step["threads"]) == (function, threads)]
        for cell in (*grid.CELLS, "all"):
            some = [step for step in chosen if cell in ("all", grid.parts(step["model"])[0])]
            if some:
                rows.append([cell, function, str(threads), str(len(some)),
                             *(mean_cell(some, name) for name in (*peers, ""))])
    return table(header, rows)


def skipped_line(steps):
    """What ways of a peer were left out, and why: "torch.compile: ATen, more than 60 s (2)"."""
    counts = {}
    for step in steps:
        for name, ways in step.get("skipped", {}).items():
            for way, why in ways.items():
                said = f"{NAMES[name]}: {way}, {why}"
                counts[said] = counts.get(said, 0) + 1
    if not counts:
        return ""
    return "Left out, and in how many cases: " + "; ".join(f"{said} ({count})" for said, count in counts.items()) + ".\n"


def recurrent_section(steps):
    parts = ["A peer's time divided by Minnow's, geometric means; in brackets of how many cases, where a peer has not "
             "all.\n", mean_table(steps)]
    for function, name in (("train_step", "Training steps"), ("infer", "Inferences")):
        if any(step["function"] == function for step in steps):
            parts += [f"{name}:\n", step_table(steps, function)]
    return "\n".join(part for part in (*parts, skipped_line(steps)) if part)


def spread_line(steps):
    worst = {name: max(spread(step["samples"][name]) for step in steps if name in step["samples"])
             for name in contenders(steps)}
    middle = {name: statistics.median(spread(step["samples"][name]) for step in steps if name in step["samples"])
              for name in contenders(steps)}
    said = (f"{NAMES[name]} {100 * middle[name]:.1f} % (at most {100 * worst[name]:.0f} %)" for name in worst)
    return "Half the distance between the quartiles, of the median, in the middle case: " + ", ".join(said) + ".\n"


def variant_line(steps):
    """How often each way of a peer was the fastest."""
    counts = {}
    for step in steps:
        for name, variant in step["variants"].items():
            if step["model"].startswith("lenet"):  # elsewhere there is hardly a choice
                of_peer = counts.setdefault(name, {})
                of_peer[variant] = of_peer.get(variant, 0) + 1
    said = (f"{NAMES[name]}: " + ", ".join(f"{variant} ({count})" for variant, count in sorted(of_peer.items()))
            for name, of_peer in counts.items())
    if not counts:
        return ""
    return "Ways that were the fastest for the LeNets, and in how many cases: " + "; ".join(said) + ".\n"


def start_table(starts):
    header = ["model", " ", "compile", "compile, cached", "to first step", "to first step, cached", "memory"]
    rows = []
    for start in starts:
        cold, cached = start["cold"], start["cached"]
        rows.append([start["model"], NAMES[start["contender"]],
                     *(duration(state["compile_seconds"]) for state in (cold, cached)),
                     *(duration(state["whole_seconds"]) for state in (cold, cached)),
                     f"{cached['bytes'] / 2**20:.0f} MiB"])
    return table(header, rows)


def shortened(ops):
    """The first and the last of many."""
    names = ops.split("+")
    return ops if len(names) <= 5 else f"{names[0]}+…+{names[-1]} ({len(names)} ops)"


def kernel_row(kernel, total):
    seconds, flops = kernel["median_seconds"], kernel["flops"]
    return [kernel["layer"], kernel["phase"], shortened(kernel["ops"]), duration(seconds), f"{100 * seconds / total:.1f} %",
            f"{flops / seconds / 1e9:.1f}", f"{100 * kernel['share_of_peak']:.0f} %",
            f"{kernel['bytes'] / seconds / 1e9:.1f}"]


def kernel_rows(profile):
    """In the order of execution; kernels that take less than a hundredth of the step are one row at the end."""
    total = profile["step_seconds"]
    small = [kernel for kernel in profile["kernels"] if kernel["median_seconds"] < total / 100]
    rows = [kernel_row(kernel, total) for kernel in profile["kernels"] if kernel["median_seconds"] >= total / 100]
    if small:
        rest = {"layer": f"{len(small)} others", "phase": "", "ops": ""}
        rest |= {key: sum(kernel[key] for kernel in small)
                 for key in ("median_seconds", "flops", "bytes")}
        rest["share_of_peak"] = rest["flops"] / rest["median_seconds"] / profile["peak_flops_per_second"]
        rows.append(kernel_row(rest, total))
    return rows


def profile_section(profile):
    """What each phase takes together, and the kernels."""
    header = ["layer", " phase", " ops", "time", "share", "GFLOP/s", "of peak", "GB/s"]
    total = profile["step_seconds"]
    sums = []
    for phase in PHASES:
        seconds = sum(k["median_seconds"] for k in profile["kernels"] if k["phase"] == phase)
        sums.append(f"{phase} {duration(seconds)} ({100 * seconds / total:.0f} %)")
    return (f"**{profile['model']}**, {duration(total)} a step: {', '.join(sums)}.\n\n"
            + table(header, kernel_rows(profile)))


def parity_table(rows):
    header = ["model", " function", " peer", " way", "result", "updates", " same"]
    return table(header, [[row["model"], row["function"], NAMES[row["peer"]], row["variant"], f"{row['result']:.0e}",
                           "" if row["updates"] is None else f"{row['updates']:.0e}", "yes" if row["same"] else "NO"]
                          for row in rows])


def parity_line(rows):
    """All in a sentence, for a document."""
    differing = [row for row in rows if not row["same"]]
    updates = [row["updates"] for row in rows if row["updates"] is not None]
    if differing:
        return f"{len(differing)} of {len(rows)} checks differ.\n"
    return (f"In {len(rows)} checks, one for each model, function, peer and way of the peer, losses and probabilities "
            f"differ from Minnow's by at most {max(row['result'] for row in rows):.0e} of their largest element"
            + (f", and the steps that weights take by {max(updates):.0e}.\n" if updates else ".\n"))


def machine_line(results):
    machine, versions = results["machine"], results["versions"]
    peak = peaks(results["steps"])
    said = " and ".join(f"{value / 1e9:.1f} GFLOP/s on {threads} thread{'s' if threads > 1 else ''}"
                        for threads, value in sorted(peak.items()))
    return (f"{machine['processor']}, {machine['processors']} processors, {machine['vectors']}, {machine['caches']}, "
            f"{machine['system']}. Measured peak: {said}. "
            + ", ".join(f"{name} {version}" for name, version in versions.items()) + f". {results['rounds']} rounds.\n")


def sections(results):
    """Markdown by the name of the section."""
    steps = [step for step in results["steps"] if not grid.parts(step["model"])]
    recurrent = [step for step in results["steps"] if grid.parts(step["model"])]
    found = {}
    if results["steps"]:
        import conclusion  # which is made of this module's parts
        found["conclusion"] = conclusion.section(results["steps"])
    if recurrent:
        found["recurrent"] = (machine_line(results | {"steps": recurrent}) + "\n" + recurrent_section(recurrent) + "\n"
                              + spread_line(recurrent))
    if steps:
        found["machine"] = machine_line(results | {"steps": steps})
        found["train"] = step_table(steps, "train_step")
        found["infer"] = step_table(steps, "infer")
        found["notes"] = spread_line(steps) + "\n" + variant_line(steps)
    if results["starts"]:
        found["starts"] = start_table(results["starts"])
    if results["profiles"]:
        found["profiles"] = "\n".join(map(profile_section, results["profiles"]))
    if results["parity"]:
        found["parity"] = parity_line(results["parity"])
    return found
