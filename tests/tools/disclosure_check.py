#!/usr/bin/python3
"""Looks for people in files that are to leave the room.

    disclosure_check.py --threshold 10 --cohort cohort.csv [--id COLUMN]... [--outcome COLUMN] [--time COLUMN] [--event COLUMN]
                     [--word WORD]... [--path-in FILE]... FILE...
    disclosure_check.py ... --against OTHER_FRONT FILE...     two released runs, the one of a part of the other's people

Files: .json, .tsv, .csv, .h5 (with h5py), .html (with JSON in <script type="application/json">), and any other as text. It knows the program's files by what
they are, not by how they were made: everything below is worked out from the cohort and the files alone. It prints a line for each finding; status 1 if there is one.

  cell      a count of people, in the fields and texts that count people, below the threshold (0 too, unless --zeros lets it out)
  whole     parts that are known but for one whose sum with its whole is known; wholes that differ by 1 to the threshold − 1
  value     a number with more than two significant digits that equals what fewer people than the threshold have in a column with many different values. Numbers
            that are no statistics of values (metrics, p, sizes, seconds, formula constants and coefficients) are left out: FREE.
  extreme   the least or greatest value in use of a column, in seen_low, seen_high and edges of bins, if fewer than the threshold have it
  steps     steps of a Kaplan–Meier curve after which fewer people than the threshold have left, or more than so many steps for the events
  name      an identifier of the cohort, a word that was asked for (a user, a host), or an absolute path
"""
import argparse
import csv
import json
import math
import os
import re
import sys

COUNTS = {"samples", "events", "below", "not_divided", "left_out", "missing", "undefined", "outside", "groupless", "n_cohort", "n_filtered", "n_samples",
          "at_risk", "rows", "without", "censored", "positive", "people"}
ZERO_IS_NONE = {"not_divided", "left_out", "missing", "undefined", "outside", "groupless", "without"}  # nobody was left out: says nothing of anybody
# What is computed from all samples together, or by search: no value of a single patient.
FREE = re.compile(r"(^|\.)(front|best|versus|nested|p_search|stability|formulas|metrics|difference|hazard_ratio|odds_ratio|likelihood_ratio|performance|times|software|"
                  r"screening|interruptions|memory|null|sdc|net|units|classification|intercept|slope|statistic|p_92|p_94|p_cut|p|seed|n_formulas|brier\w*|ici|outcome_mean|"
                  r"treatment_mean|survival|low|high|rate|mean|error|observed|formulas_per_second|seconds|peak_memory|shared_memory|idle_\w+|scheduling_share|lambda|"
                  r"threshold|chosen|all|benefit|complexity|checkpoints)(\.|\[|$)")
SEEN = {"seen_low", "seen_high", "emax"}


def significant(value):
    """Significant digits of the shortest text of a number."""
    text = repr(float(value)).split("e")[0].replace("-", "").replace(".", "").strip("0")
    return len(text)


class Cohort:
    def __init__(self, path, ids):
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        self.names = [re.sub(r"\s*\[[^]]*\]$", "", name) for name in rows[0]]
        self.rows = rows[1:]
        self.ids = set()
        self.column = {}
        self.people = {}  # value -> fewest people who have it in a continuous column where anybody has
        for k, name in enumerate(self.names):
            texts = [row[k] for row in self.rows if row[k] != ""]
            if name in ids:
                self.ids.update(t for t in texts if len(t) > 2 and not t.isdigit())
                continue
            try:
                numbers = [float(t) for t in texts]
            except ValueError:
                continue
            if len(set(numbers)) < 20:
                continue
            count = {}
            for n in numbers:
                count[n] = count.get(n, 0) + 1
            self.column[name] = count
            for n, c in count.items():
                self.people[n] = min(c, self.people.get(n, c))


class Check:
    def __init__(self, options, cohort):
        self.o, self.cohort, self.found = options, cohort, []

    def say(self, kind, where, text):
        self.found.append(f"{kind}: {where}: {text}")

    def small(self, count, name=""):
        if count == 0:
            return not (self.o.zeros or name in ZERO_IS_NONE)
        return 0 < count < self.o.threshold

    # ---- numbers in their places --------------------------------------------------------------------------------------------------

    def number(self, where, key, value):
        if isinstance(value, bool) or value is None or not math.isfinite(value):
            return
        if key in COUNTS or (key == "count" and not where.endswith("groups.count")):
            if float(value).is_integer() and self.small(int(value), key):
                self.say("cell", where, f"{key} is {int(value)}")
            return
        self.value(where, key, value)

    def value(self, where, key, value):
        if key not in SEEN and FREE.search(where):
            return
        if float(value) in self.cohort.people and self.cohort.people[float(value)] < self.o.threshold and significant(value) > 2:
            self.say("value", where, f"{value!r} is the value of {self.cohort.people[float(value)]} people")

    def walk(self, where, item, key=""):
        if isinstance(item, dict):
            self.object(where, item)
            for name, child in item.items():
                self.text(where, name)
                self.walk(f"{where}.{name}" if where else name, child, name)
        elif isinstance(item, list):
            for child in item:
                self.walk(where + "[]", child, key)
        elif isinstance(item, (int, float)):
            self.number(where, key, item)
        elif isinstance(item, str):
            self.text(where, item)
            if key in ("notes", "verdict") or ".notes" in where:
                self.note(where, item)
            for number in re.findall(r"(?:counts as|as) (-?[0-9.]+(?:e[-+]?[0-9]+)?)", item):
                self.value(where, "derived", float(number.rstrip(".")))

    def extreme(self, where, column, values):
        count = self.cohort.column.get(column, {})
        for value in values:
            if value is not None and count and value in (min(count), max(count)) and count[value] < self.o.threshold:
                self.say("extreme", where, f"{value!r} is an extreme of {column}")

    # ---- wholes and their parts -------------------------------------------------------------------------------------------------------

    def object(self, where, item):
        if "seen_low" in item:
            self.extreme(where, item.get("column"), (item["seen_low"], item.get("seen_high")))
        parts = item.get("group")
        if isinstance(parts, list) and parts and isinstance(parts[0], dict):
            self.parts(where, [g.get("samples") for g in parts] + ([item["not_divided"]] if item.get("not_divided") else []), item.get("samples"))
            for group in parts:
                self.rate(where, group)
        if isinstance(item.get("kaplan_meier"), dict) and "time" in item["kaplan_meier"]:
            self.steps(f"{where}.kaplan_meier", item["kaplan_meier"], item.get("samples"), item.get("events"))
        if isinstance(item.get("bins"), list):
            for one in item["bins"]:
                self.rate(where + ".bins", {"samples": one.get("samples"), "rate": one.get("observed") if self.o.binary else None})
        if isinstance(item.get("figures"), dict):
            self.pictures(f"{where}.figures", item["figures"])
        if isinstance(item.get("people"), dict) and isinstance(item.get("front"), dict):
            self.told_again(where, item["people"], item["front"])
        self.wholes(where, item)

    def pictures(self, where, item, key=""):
        """Pictures cut the same people at different places: exact counts, or shares that follow from exact ones, would tell those between the cuts."""
        if isinstance(item, (dict, list)):
            for name, child in item.items() if isinstance(item, dict) else [(key, child) for child in item]:
                self.pictures(f"{where}.{name}" if isinstance(item, dict) else where, child, name)
        elif key in ("count", "samples", "events", "at_risk", "positive") and isinstance(item, int):
            unit = min(5, self.o.threshold)
            if item % unit and item != self.o.threshold:
                self.say("exact", where, f"a picture with {item} people")
        elif key in ("fpr", "tpr", "observed", "predicted", "means", "survival", "lower", "upper", "auc", "low", "high", "value") and isinstance(item, float):
            if float(f"{item:.4g}") != item:
                self.say("exact", where, f"{item!r} has more digits than rounded counts give")
        elif key == "time" and ".kaplan_meier." in where:
            self.value(where, key, item)

    def told_again(self, where, people, front):
        for total, name in (("n_samples", "samples"), ("n_cohort", "rows")):
            if total in front and front[total] is None and people.get(name) is not None:
                self.say("whole", where, f"{total} is kept back, and people.{name} says {people[name]}")

    def parts(self, where, counts, whole):
        unknown = [c for c in counts if c is None]
        if whole is not None and len(unknown) == 1:
            rest = whole - sum(c for c in counts if c is not None)
            self.say("whole", where, f"one part of {whole} is hidden, and is {rest}")

    def rate(self, where, group):
        """A share of so many people: is it that of a cell? Only where nobody is weighted."""
        samples, rate = group.get("samples"), group.get("rate")
        if samples is None or rate is None or self.o.weighted:
            return
        events = rate * samples
        if abs(events - round(events)) > 1e-6 * samples:
            return
        for cell in (round(events), samples - round(events)):
            if self.small(cell):
                self.say("cell", where, f"a rate of {rate!r} of {samples} people tells a cell of {cell}")

    def steps(self, where, curve, samples, events):
        at_risk, survival = curve.get("at_risk") or [], curve.get("survival") or []
        before = samples
        for k, now in enumerate(at_risk):
            if before is not None and now is not None and 0 < before - now < self.o.threshold:
                self.say("steps", where, f"{before - now:g} people leave up to step {k + 1}")
            before = now
        if len(survival) * self.o.threshold > (events if events is not None else samples or 0):
            self.say("steps", where, f"{len(survival)} steps for {events if events is not None else samples} people")

    def wholes(self, where, item):
        totals = {name: item[name] for name in ("n_cohort", "n_filtered", "n_samples") if isinstance(item.get(name), int)}
        for a in totals:
            for b in totals:
                if a < b and 0 < abs(totals[a] - totals[b]) < self.o.threshold:
                    self.say("whole", where or "/", f"{a} {totals[a]} and {b} {totals[b]}")
        if isinstance(item.get("targets"), list):
            known = [t.get("n_samples") for t in item["targets"] if isinstance(t, dict)]
            for i, a in enumerate(known):
                for b in known[:i]:
                    if a is not None and b is not None and 0 < abs(a - b) < self.o.threshold:
                        self.say("whole", f"{where}.targets", f"samples {a} and {b}")

    # ---- texts ------------------------------------------------------------------------------------------------------------------------------

    def note(self, where, text):
        """Numbers that stand for people, in sentences."""
        things = r"(?! (?:column|factor|level|more|target|formula|imputed|data set|set|bin|of \d+ searches|% ))"
        for match in re.finditer(r"(?<![\w.,\"'/-])(\d{1,3}(?:,\d{3})+|\d+)(?![\w%]|[.,]\d|-\w)" + things, text):
            before = text[:match.start()]
            if re.search(r"(within|as|than|at most|than|to|of) $", before) and not re.search(r"in \d[\d,]* of $", before):
                continue
            if self.small(int(match.group(1).replace(",", "")), "missing"):
                self.say("cell", where, f"\"{text[max(0, match.start() - 30):match.end() + 30]}\"")

    def text(self, where, text):
        for word in self.o.word:
            if word and re.search(r"(?<!\w)" + re.escape(word) + r"(?!\w)", text):
                self.say("name", where, f"the word {word!r}")
        if self.file not in self.o.path_in and re.search(r"(?:^|[\s\"'=:(])(/(?:home|root|tmp|usr|work|data|mnt|scratch|var|Users|opt)/[^\s\"']*)", text):
            self.say("name", where, f"a path: {text[:80]!r}")
        for word in re.findall(r"[\w.-]+", text):
            if word in self.cohort.ids:
                self.say("name", where, f"the identifier {word!r}")

    # ---- files ---------------------------------------------------------------------------------------------------------------------------------

    def run(self, path):
        self.file = os.path.basename(path)
        kind = os.path.splitext(path)[1]
        if kind == ".json":
            with open(path, encoding="utf-8") as file:
                self.walk("", json.load(file))
        elif kind == ".h5":
            self.hdf5(path)
        elif kind in (".html", ".htm"):
            with open(path, encoding="utf-8") as file:
                page = file.read()
            for document in re.findall(r"<script[^>]*type=\"application/json\"[^>]*>(.*?)</script>", page, re.S):
                self.walk("html", json.loads(document))
            self.text("html", re.sub(r"<script.*?</script>|<style.*?</style>|<[^>]*>", " ", page, flags=re.S))
        elif kind in (".tsv", ".csv"):
            with open(path, newline="", encoding="utf-8") as file:
                rows = list(csv.reader(file, delimiter="\t" if kind == ".tsv" else ","))
            for row in rows[1:]:
                for name, cell in zip(rows[0], row):
                    self.text(self.file, cell)
                    if name in COUNTS and cell.isdigit():
                        self.number(f"{self.file}.{name}", name, int(cell))
        else:
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    self.text(self.file, line)

    def hdf5(self, path):
        import h5py
        import numpy

        def visit(name, item):
            where = name.replace("/", ".")
            for key, value in item.attrs.items():
                one(f"{where}.{key}", key, value)
            if isinstance(item, h5py.Group) and "seen_low" in item:
                for k, column in enumerate(item["column"].asstr()[()]):
                    self.extreme(where, column, (item["seen_low"][k], item["seen_high"][k]))
            if isinstance(item, h5py.Dataset):
                for value in numpy.ravel(item[()]):
                    one(where, name.split("/")[-1], value)

        def one(where, key, value):
            where = re.sub(r"^assessment\.", "", where)
            for value in numpy.ravel(value):
                if isinstance(value, bytes):
                    value = value.decode("utf-8", "replace")
                if isinstance(value, str):
                    if key == "notes":
                        self.note(where, value)
                    self.text(where, value)
                elif isinstance(value, numpy.generic) and value >= 0:
                    self.number(where, key, value.item())

        with h5py.File(path) as file:
            visit("", file)
            file.visititems(visit)

    def against(self, one, other):
        """Two released runs, of which one may be of a part of the other's people."""
        for name in ("n_cohort", "n_filtered", "n_samples"):
            a, b = one.get(name), other.get(name)
            if isinstance(a, int) and isinstance(b, int) and 0 < abs(a - b) < self.o.threshold:
                self.say("whole", "two runs", f"{name} {a} and {b}")


def main():
    parser = argparse.ArgumentParser(description="Looks for people in files that are to leave the room.")
    parser.add_argument("--threshold", type=int, default=10)
    parser.add_argument("--zeros", action="store_true", help="empty cells may be shown")
    parser.add_argument("--weighted", action="store_true", help="shares are of weights: no counts can be worked out from them")
    parser.add_argument("--binary", action="store_true", help="observed values of bins are shares")
    parser.add_argument("--cohort", required=True)
    parser.add_argument("--id", action="append", default=[])
    parser.add_argument("--word", action="append", default=[])
    parser.add_argument("--path-in", action="append", default=[], help="a file that may name paths")
    parser.add_argument("--against")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    check = Check(options, Cohort(options.cohort, options.id))
    for path in options.files:
        before = len(check.found)
        check.run(path)
        check.found[before:] = [f"{path}: {line}" for line in check.found[before:]]
    if options.against:
        with open(options.against, encoding="utf-8") as one, open([f for f in options.files if f.endswith("front.json")][0], encoding="utf-8") as two:
            check.against(json.load(one), json.load(two))
    for line in check.found:
        print(line)
    return 1 if check.found else 0


if __name__ == "__main__":
    sys.exit(main())
