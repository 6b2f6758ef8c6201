"""A pass of tap-rest whose parts are read by the tasks of an engine, as Airflow and
Dagster are. Put this file beside the DAG or the assets that import it.

Everything that tasks hand to one another is files in one folder, which all of them
must reach:

    plan.jsonl    the plan of the pass
    parts/*.json  the state that each part has left
    state.json    what all runs so far have proven; the next plan begins with it

A pass is plan(), read() of each part in any order and in parallel, merge(), close().
Whatever fails, each of them may be called again. Where close() is never called, the
next plan() goes on with what the parts have proven.
"""

import json
import os
import pathlib
import re
import subprocess

MOST_PARTS = 100  # a plan with more partitions is read in so many shards


class Failed(Exception):
    """tap-rest, or the target, did not end with exit code 0."""


class ForNow(Failed):
    """It failed for now, as with exit code 75: the same call goes on from here."""


class ForGood(Failed):
    """Exit code 1: somebody has to look, trying again is of no use."""


class Unusable(Failed):
    """Exit code 2: the input is unusable, and nothing was fetched."""


class Pass:
    """folder is the pass's own, config the file with the settings, target the command of a Singer target."""

    def __init__(self, folder, config, target, program="tap-rest"):
        self.folder = pathlib.Path(folder)
        self.config, self.target, self.program = config, list(target), program
        self.plan_file, self.state_file = self.folder / "plan.jsonl", self.folder / "state.json"

    def plan(self):
        """Makes a plan, and returns the names of its parts."""
        self.folder.joinpath("parts").mkdir(parents=True, exist_ok=True)
        self.merge()
        known = ["--state", self.state_file] if self.state_file.exists() else []
        plan = self._print(self.plan_file, "plan", "--config", self.config, "--json", *known)
        lines = [json.loads(line) for line in plan.splitlines()]
        shapes = lines[0]["shapes"]
        # What else the plan lists is no run's alone: close() reads it.
        alone = [p for p in lines[1:-1] if p["stream"] in shapes and p["way"] in ("new", "open") and not p.get("feed")]
        if len(alone) > MOST_PARTS:
            return [f"{i} of {MOST_PARTS}" for i in range(1, MOST_PARTS + 1)]
        return [name(p) for p in alone]

    def read(self, part):
        """Reads the part with this name into the target."""
        if shard := re.fullmatch(r"(\d+) of (\d+)", part):
            which, state = ["--shard", "/".join(shard.groups())], "-".join(shard.groups())
        else:
            state = part.split()[-1]
            which = ["--partition", state]
        self._load(self.folder / "parts" / f"{state}.json", *which)

    def merge(self):
        """Adds to state.json what the parts have proven, and returns how many have."""
        parts = sorted(self.folder.glob("parts/*.json"))
        if parts:
            known = [self.state_file] if self.state_file.exists() else []
            self._print(self.state_file, "state", "merge", *known, *parts)
        for part in parts:
            part.unlink()
        return len(parts)

    def close(self):
        """Reads what no part has read, and ends the pass."""
        self._load(self.state_file)

    def _load(self, state, *which):
        self._run("--config", self.config, "--plan", self.plan_file, *which, "--state", state, "--", *self.target)

    def _print(self, file, *args):
        """Replaces file by what the program prints, and returns that."""
        new = file.with_suffix(".new")
        with open(new, "w+b") as out:
            self._run(*args, stdout=out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(new, file)
        return file.read_bytes()

    def _run(self, *args, stdout=None):
        """Runs the program, whose log becomes that of the task."""
        last = []
        with subprocess.Popen([self.program, *map(str, args)], stdin=subprocess.DEVNULL, stdout=stdout,
                              stderr=subprocess.PIPE, text=True, errors="replace") as run:
            try:
                for line in run.stderr:
                    print(line, end="", flush=True)
                    last = [*last[-4:], line]
                code = run.wait()
            except BaseException:  # the engine stops the task: so does the run, which keeps what it has
                run.terminate()
                raise
        if code:
            failed = {1: ForGood, 2: Unusable}.get(code, ForNow)
            raise failed(f"tap-rest ended with exit code {code}: {''.join(last).strip()}")


def name(p):
    """The name of a partition, for people; its last word is the key."""
    words = [p["stream"], *(p.get("context") or {}).values(), p.get("start") or "", p["partition"]]
    return " ".join(re.sub(r"[^\w:+-]+", "_", str(word)) for word in words if word != "")
