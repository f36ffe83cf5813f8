"""What the measured steps say, in sentences that lead the page."""
import statistics

import picture
import report

FUNCTIONS = {"train_step": "training steps", "infer": "inferences"}
MOST_NAMED = 12


def listed(words):
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""


def mean_share(steps, peak):
    return statistics.geometric_mean([report.share_of(step, peak) for step in steps])


def summary_table(steps):
    """A row for each function, number of threads and batch size."""
    header = ["what", "threads", "batch", "networks", "of bound", "best peer", "slower than a peer"]
    rows = []
    peak = report.peaks(steps)
    for function, threads, batch in sorted({(s["function"], s["threads"], s["batch"]) for s in steps},
                                           key=lambda key: (key[0] != "train_step", *key[1:])):
        some = [s for s in steps if (s["function"], s["threads"], s["batch"]) == (function, threads, batch)]
        ratios = [ratio for s in some if (ratio := report.ratio_of(s, ""))]
        rows.append([FUNCTIONS[function], str(threads), str(batch), str(len(some)), f"{100 * mean_share(some, peak):.0f} %",
                     report.ratio(statistics.geometric_mean(ratios)) if ratios else "",
                     str(sum(ratio < 1 for ratio in ratios)) if ratios else ""])
    return report.table(header, rows)


def slower_line(steps):
    """The networks of which a peer is faster in some case, the worst first."""
    worst = {}
    for step in steps:
        if (ratio := report.ratio_of(step, "")) and ratio < 1:
            name = picture.row_name(step["model"])
            worst[name] = min(worst.get(name, 1), ratio)
    if not worst:
        return "In no case is a peer faster.\n"
    names = sorted(worst, key=worst.get)
    said = [f"{name} ({worst[name]:.2f}×)" for name in names[:MOST_NAMED]]
    more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return "A peer is faster, at its best by this, in some case of " + listed(said) + more + ".\n"


def lead_line(steps):
    ratios = [ratio for step in steps if (ratio := report.ratio_of(step, ""))]
    networks = len({step["model"] for step in steps})
    text = (f"Over {networks} network{'s' if networks > 1 else ''} and {len(steps)} cases, Minnow reaches "
            f"{100 * mean_share(steps, report.peaks(steps)):.0f} % of the bound")
    if ratios:
        text += (f", and the fastest peer takes {report.ratio(statistics.geometric_mean(ratios))} its time; "
                 f"Minnow is the fastest in {100 * sum(ratio >= 1 for ratio in ratios) / len(ratios):.0f} % of them")
    return text + " (geometric means).\n"


def section(steps):
    return "\n".join(part for part in (lead_line(steps), summary_table(steps), slower_line(steps)) if part)
