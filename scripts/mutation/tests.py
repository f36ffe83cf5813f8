"""The tests: what each reaches, and which of them notice a mutant."""
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MEMORY = 12 << 30
# Seconds of the processor that tests may take with a mutant: so many, and times what they took before. By the clock they
# may take longer, since others may be at work.
PATIENCE = (5, 10)
CLOCK = 300


@dataclass
class Outcome:
    code: int  # negative: the signal
    output: str
    seconds: float  # of the processor


def run(command, folder, environment, seconds):
    """Ends all that it has started when the time is over."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))

    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=limit)
        end = time.monotonic() + CLOCK
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.01)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
        return Outcome(process.returncode, text, usage.ru_utime + usage.ru_stime)


@dataclass
class Test:
    name: str
    command: list
    folder: str
    skip_code: int = -1
    bad_output: str = ""
    seconds: float = 0.0
    seen: frozenset = frozenset()
    kills: int = 0

    @property
    def filter(self):
        """Its name in the program of GoogleTest that holds it; None for other tests."""
        found = [a for a in self.command if a.startswith("--gtest_filter=")]
        return found[0].removeprefix("--gtest_filter=") if found else None

    @property
    def worth(self):
        """The more it has noticed for its time, and the fewer mutants it reaches: what is about one thing looks closer."""
        return (self.kills + 0.2 + 200 / (len(self.seen) + 20)) / (self.seconds + 0.05)


class Suite:
    def __init__(self, build, pattern):
        self.build = build
        listed = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1", "-R", pattern], check=True,
                                capture_output=True, text=True).stdout
        self.tests = []
        for entry in json.loads(listed)["tests"]:
            properties = {p["name"]: p["value"] for p in entry.get("properties", [])}
            if "command" in entry:
                self.tests.append(Test(entry["name"], entry["command"], properties.get("WORKING_DIRECTORY", str(build)),
                                       properties.get("SKIP_RETURN_CODE", -1),
                                       "|".join(properties.get("FAIL_REGULAR_EXPRESSION", []))))

    def environment(self, **more):
        # Machine code from the cache would be another mutant's.
        return {**os.environ, "MINNOW_CACHE": "", **more}

    @staticmethod
    def succeeds(test, outcome):
        return outcome.code == 0 and not (test.bad_output and re.search(test.bad_output, outcome.output))

    def learn(self, pool, say):
        """Runs every test once without a mutant. Tests that fail then are left out."""
        able = []
        for test, succeeds in zip(self.tests, pool.map(self._learn_of, self.tests)):
            if succeeds and test.seen:
                able.append(test)
            elif not succeeds:
                say(f"left out, since it fails without a mutant: {test.name}")
        self.tests = able

    def _learn_of(self, test):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(test.command, test.folder, self.environment(MINNOW_MUTANTS_SEEN=f"{folder}/seen"), CLOCK)
            test.seconds = outcome.seconds
            test.seen = frozenset(int(n) for file in Path(folder).iterdir() for n in file.read_text().split())
        return outcome.code == test.skip_code or self.succeeds(test, outcome)

    def save(self, path):
        path.write_text(json.dumps([[t.name, t.seconds, sorted(t.seen)] for t in self.tests]))

    def load(self, path):
        known = {name: (seconds, frozenset(seen)) for name, seconds, seen in json.loads(path.read_text())}
        self.tests = [t for t in self.tests if t.name in known]
        for test in self.tests:
            test.seconds, test.seen = known[test.name]

    def batches(self, number, budget):
        """The tests that reach a mutant, the most promising first, in groups of one program and growing time."""
        chosen = []
        left = budget
        for test in sorted((t for t in self.tests if number in t.seen), key=lambda t: -t.worth):
            if test.seconds <= left:
                chosen.append(test)
                left -= test.seconds
        room = 0.5
        while chosen:
            group, size = [], 0.0
            program = chosen[0].command[0]
            for test in list(chosen):
                if test.command[0] != program or (group and (test.filter is None or size + test.seconds > room)):
                    continue
                group.append(test)
                chosen.remove(test)
                size += test.seconds
                if group[0].filter is None:
                    break
            room *= 2
            yield group

    def killer(self, number, budget):
        """The test that notices a mutant, None if none does; and how many were asked."""
        asked = 0
        for group in self.batches(number, budget):
            asked += len(group)
            command = list(group[0].command)
            if group[0].filter is not None:
                command = [command[0], "--gtest_filter=" + ":".join(t.filter for t in group), "--gtest_fail_fast",
                           "--gtest_also_run_disabled_tests", "--gtest_brief=1"]
            seconds = PATIENCE[0] + PATIENCE[1] * sum(t.seconds for t in group)
            outcome = run(command, group[0].folder, self.environment(MINNOW_MUTANT=str(number)), seconds)
            if self.succeeds(group[0], outcome):
                continue
            failed = re.search(r"^\[  FAILED  \] ([^\s,]+)", outcome.output, re.MULTILINE)
            name = failed[1] if failed else None
            for test in group:
                if name == test.filter or len(group) == 1:
                    test.kills += 1
            how = f"signal {-outcome.code}" if outcome.code < 0 else "fails"
            return f"{name or group[0].name} ({how})", asked
        return None, asked
