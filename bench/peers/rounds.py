"""Steps of all contenders, round after round, so that whatever else the machine does falls on all of them."""
import math
import time

SAMPLE_SECONDS = 0.03
PAUSE_SECONDS = 0.005  # in which the last contender's threads stop waiting for more


def steps_per_sample(contender):
    once = min(contender.time(1) for _ in range(3))
    return max(1, min(1_000_000, math.ceil(SAMPLE_SECONDS / once)))


def take_sample(contender, steps):
    """Seconds of a step. The caches are the others' at first, so that a part of the steps goes before."""
    time.sleep(PAUSE_SECONDS)
    contender.time(max(1, steps // 10))
    return contender.time(steps) / steps


def measure(case, contenders, rounds):
    """A JSON object: the case, facts of it, the seconds per step of every contender's samples, and why others of its ways
    have none."""
    facts = {contender.name: contender.prepare(case) for contender in contenders}
    contenders = [contender for contender in contenders if facts[contender.name].get("variant", "") is not None]
    steps = {contender.name: steps_per_sample(contender) for contender in contenders}
    samples = {contender.name: [] for contender in contenders}
    for turn in range(rounds):
        first = turn % len(contenders)
        for contender in contenders[first:] + contenders[:first]:
            samples[contender.name].append(take_sample(contender, steps[contender.name]))
    return {**case._asdict(), "flops": facts["minnow"]["flops_per_step"],
            "peak": facts["minnow"]["peak_flops_per_second"], "samples": samples,
            "variants": {name: fact["variant"] for name, fact in facts.items() if fact.get("variant")},
            "skipped": {name: fact["skipped"] for name, fact in facts.items() if fact.get("skipped")}}
