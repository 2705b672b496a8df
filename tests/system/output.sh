#!/bin/sh
# What a search writes: every formula can be read back and gives the numbers that stand beside it, to another program than the
# one that wrote it; the files agree with each other; and results that were there survive whatever interrupts their successors.
# shellcheck disable=SC2012,SC2016,SC2086 # the inner shell expands; MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
cohorts=$top_builddir/tests/tools/make_cohort

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

search() { timeout -k 10 120 $MPIRUN -n 2 "$SHIHYO" search "$@" >out.txt 2>err.txt </dev/null; }

# ---- two searches, of columns whose names a formula has to quote -------------------------------------------------------------

for kind in noise binary; do
    "$cohorts" "$kind" --rows 250 --factors 7 --signed --missing 0.005 --seed 4 -o plain.csv
    { echo "id,C-reactive protein [mg/L],log,x3,\"tick\`ed, twice\",größe,x6,7th,$(head -n 1 plain.csv | sed 's/.*,//')"
        tail -n +2 plain.csv; } >"$kind.csv"
    "$SHIHYO" import "$kind.csv" -q -o "$kind.h5"
    printf 'cohort: %s.h5\nvalidation: {level: none}\n' "$kind" >"$kind.yaml"
done
cat >>noise.yaml <<'END'
outcome: {column: y}
grammar: {max_complexity: 7}
search: {keep: 60}
END
cat >>binary.yaml <<'END'
outcome: {column: case, kind: binary}
grammar: {max_complexity: 5, operators: [+, -, "*", /, max, min, hypot, reldiff, log, sqrt, square, inverse, abs, exp]}
search: {keep: 60}
END
for kind in noise binary; do
    search "$kind.yaml" -o "$kind"
    say $? "the $kind search ends well"
done

# ---- every formula, read by Python ------------------------------------------------------------------------------------------------

cat >judge.py <<'END'
"""judge.py RESULTS TABLE OUTCOME: what front.json says of its formulas, computed anew from their text and the table."""
import csv, json, math, re, sys

results, table, outcome = sys.argv[1:]
document = json.load(open(results + "/front.json", encoding="utf-8"))
rows = list(csv.reader(open(table, encoding="utf-8")))
names = [re.sub(r" \[.*\]$", "", name) for name in rows[0]]
used = [i for i, name in enumerate(names) if name not in ("id", outcome)]
target = names.index(outcome)
complete = [row for row in rows[1:] if row[target] != "" and all(row[i] != "" for i in used)]
column = {names[i]: [float(row[i]) for row in complete] for i in used}
binary = document["outcome_kind"] == "binary"
y = [float(row[target] == document["positive"]) if binary else float(row[target]) for row in complete]
n = len(y)
functions = {"log": math.log, "sqrt": math.sqrt, "exp": math.exp, "abs": abs, "max": max, "min": min, "hypot": math.hypot,
             "square": lambda u: u * u, "inverse": lambda u: 1 / u, "reldiff": lambda u, v: (u - v) / (u + v)}
tokens = re.compile(r"`(?:[^`]|``)*`|[^\W\d]\w*\s*\(|[^\W\d]\w*|\d+\.?\d*(?:e[-+]?\d+)?|[-+*/(), ]")
failures = []


def check(right, *what):
    if not right:
        failures.append(" ".join(map(str, what)))


def near(a, b, room=1e-9):
    return abs(a - b) <= room * (1 + abs(b))


def values(formula):
    """The formula's value for every sample, its names, and its numbers."""
    pieces = tokens.findall(formula)
    check("".join(pieces) == formula, "not all of it is understood:", formula)
    code, seen, numbers = "", [], []
    for piece in pieces:
        if piece.endswith("("):
            code += "F['%s'](" % piece[:-1].strip() if len(piece) > 1 else "("
        elif piece[0] == "`" or piece[0].isalpha() or piece[0] == "_":
            name = piece[1:-1].replace("``", "`") if piece[0] == "`" else piece
            if name not in seen:
                seen.append(name)
            code += "C[%r][i]" % name
        else:
            if piece[0].isdigit():
                numbers.append(float(piece))
            code += piece
    run = eval("lambda F, C, i: " + code)
    return [run(functions, column, i) for i in range(n)], seen, numbers


def mean(list):
    return math.fsum(list) / n


def judge_continuous(entry, f):
    centre, middle = mean(f), mean(y)
    sff = math.fsum((u - centre) ** 2 for u in f)
    sfy = math.fsum((u - centre) * (v - middle) for u, v in zip(f, y))
    syy = math.fsum((v - middle) ** 2 for v in y)
    residual = math.fsum((v - entry["intercept"] - entry["slope"] * u) ** 2 for u, v in zip(f, y))
    metrics = entry["metrics"]
    check(near(entry["slope"] * sff, sfy, 1e-7), "slope:", entry, sfy / sff)
    check(near(metrics["r2"], 1 - residual / syy), "r2:", entry, 1 - residual / syy)
    check(near(metrics["r2"], sfy * sfy / sff / syy), "r2 of the best line:", entry, sfy * sfy / sff / syy)
    check(near(metrics["rmse"], math.sqrt(residual / n)), "rmse:", entry)
    check(near(entry["statistic"], sfy * sfy / sff / syy), "statistic:", entry)


def judge_binary(entry, f):
    risk = [1 / (1 + math.exp(-entry["intercept"] - entry["slope"] * u)) for u in f]
    deviance = -2 * math.fsum(math.log(p if v else 1 - p) for p, v in zip(risk, y))
    cases = [entry["slope"] * u for u, v in zip(f, y) if v]
    controls = [entry["slope"] * u for u, v in zip(f, y) if not v]
    wins = math.fsum((a > b) + (a == b) / 2 for a in cases for b in controls)
    metrics = entry["metrics"]
    check(near(metrics["deviance"], deviance), "deviance:", entry, deviance)
    check(near(metrics["brier"], mean([(p - v) ** 2 for p, v in zip(risk, y)])), "brier:", entry)
    # Values that are equal but for rounding may be counted as a win or as a tie.
    check(near(metrics["auc"], wins / len(cases) / len(controls), 1e-9), "auc:", entry, wins / len(cases) / len(controls))
    scale = math.fsum(abs(u) for u in f)
    check(abs(math.fsum(v - p for p, v in zip(risk, y))) < 1e-6 * n, "the intercept is not the best:", entry)
    check(abs(math.fsum((v - p) * u for p, v, u in zip(risk, y, f))) < 1e-6 * scale, "the slope is not the best:", entry)


check(n == document["n_samples"], "complete samples:", n)
withheld = any(one["where"] == "n_cohort" for one in document["suppressed"])  # where it would tell how few rows are not complete
check(document["n_cohort"] == (None if withheld else len(rows) - 1), "rows")
judged = 0
for complexity, entries in document["best"].items():
    check(len({entry["formula"] for entry in entries}) == len(entries), "a formula stands twice at", complexity)
    losses = [entry["loss"] for entry in entries]
    check(losses == sorted(losses), "not the best first at", complexity)
    for entry in entries:
        check(entry["complexity"] == int(complexity), "complexity:", entry)
        f, seen, numbers = values(entry["formula"])
        check(seen == entry["factors"] and numbers == [abs(c) for c in entry["constants"]], "factors or constants:", entry)
        if entry.get("verdict", "fitted") == "fitted":
            (judge_binary if binary else judge_continuous)(entry, f)
            judged += 1
        for twin in entry["twins"]:
            g = values(twin)[0]
            a, b = mean(f), mean(g)
            saa, sbb = math.fsum((u - a) ** 2 for u in f), math.fsum((u - b) ** 2 for u in g)
            check(near(math.fsum((u - a) * (v - b) for u, v in zip(f, g)) ** 2, saa * sbb, 1e-6), "no twin:", entry, twin)
lists = [entry for entries in document["best"].values() for entry in entries]
front = document["front"]
check(front and all(entry in lists for entry in front), "the front is not taken from the lists")
for simpler, better in zip(front, front[1:]):
    check(simpler["complexity"] < better["complexity"] and simpler["loss"] > better["loss"], "no front:", simpler, better)
check(all(len(e) <= document["formulas"][c] for c, e in document["best"].items()), "more formulas than there are")
check(sum(document["formulas"].values()) == document["n_formulas"], "numbers of formulas")
check(judged > 150, "only", judged, "formulas")

lines = [line.rstrip("\n").split("\t") for line in open(results + "/front.tsv", encoding="utf-8")]
check(len(lines) == len(front) + 1, "front.tsv has", len(lines), "lines")
for line, entry in zip(lines[1:], front):
    cells = dict(zip(lines[0], line))
    check(cells["formula"] == entry["formula"] and int(cells["complexity"]) == entry["complexity"], "front.tsv:", line)
    check(all(float(cells[m]) == entry["metrics"][m] for m in document["metrics"]), "front.tsv:", line)
    check(float(cells["slope"]) == entry["slope"] and float(cells["intercept"]) == entry["intercept"], "front.tsv:", line)
for failure in failures[:5]:
    print("#", failure)
print("# %d formulas, %d failures" % (judged, len(failures)))
sys.exit(bool(failures))
END
if python3 -c 'import csv, json, math' 2>/dev/null; then
    python3 judge.py noise noise.csv y
    say $? 'continuous: every formula of front.json gives its numbers when another program reads and computes it'
    python3 judge.py binary binary.csv case
    say $? 'binary: every formula of front.json gives its numbers when another program reads and computes it'
else
    echo 'ok - skipped: formulas are read back by Python 3, which is not here'
fi

cat >hdf5.py <<'END'
import json, sys
import h5py
file = h5py.File("noise/results.h5")
print(file["front/formula"].asstr()[:], file["front/r2"][:])
document = json.load(open("noise/front.json", encoding="utf-8"))
best = [entry for entries in document["best"].values() for entry in entries]
for group, entries in (("front", document["front"]), ("best", best)):
    same = list(file[group + "/formula"].asstr()[:]) == [e["formula"] for e in entries]
    for name in ("complexity", "intercept", "slope", "statistic", "loss", "twins_count"):
        same = same and list(file[group + "/" + name][:]) == [e[name] for e in entries]
    for name in document["metrics"]:
        same = same and list(file[group + "/" + name][:]) == [e["metrics"][name] for e in entries]
    if not same:
        sys.exit("# /%s and front.json differ" % group)
END
for python in python3 /usr/bin/python3; do
    "$python" -c 'import h5py' 2>/dev/null && break
    python=
done
if [ -n "$python" ]; then
    "$python" hdf5.py >shown.txt && grep -qF 'C-reactive protein' shown.txt
    say $? 'results.h5 is read by h5py in two lines, and says what front.json says'
else
    echo 'ok - skipped: results.h5 is read back by h5py (Debian: python3-h5py)'
fi

# ---- show ------------------------------------------------------------------------------------------------------------------------

"$SHIHYO" show noise >show.txt 2>err.txt && [ ! -s err.txt ] && grep -q 'How to read it' show.txt &&
    [ "$(awk '/^ *# +complexity/ { on = 1; next } /^$/ { on = 0 } on { n++ } END { print n + 0 }' show.txt)" -eq $(($(wc -l <noise/front.tsv) - 1)) ]
say $? 'show prints every line of the front'
[ "$(awk '{ n = length($0); if (n > most) most = n } END { print most + 0 }' show.txt)" -lt 200 ] && ! grep -q '[[:blank:]]$' show.txt
say $? 'the table is not too wide, and its lines end with their last word'
"$SHIHYO" show noise --all >all.txt && [ "$(grep -c '^Complexity [1-7]: the best ' all.txt)" -eq 7 ]
say $? 'show --all prints the best of every complexity'
"$SHIHYO" show noise >/dev/full 2>err.txt
[ $? -eq 3 ] && grep -q 'cannot be written' err.txt
say $? 'show says when its output cannot be written'

# ---- results that were there -----------------------------------------------------------------------------------------------------

cp -r noise kept
untouched() { diff -r -x events.jsonl noise kept >difference.txt && [ "$(ls -A noise)" = "$(ls -A kept)" ]; }

timeout -k 10 60 $MPIRUN -n 2 sh -c 'ulimit -f 8; exec "$@"' rank "$SHIHYO" search noise.yaml -o noise --overwrite >out.txt 2>err.txt
[ $? -eq 3 ] && grep -q '^shihyo: noise/results.h5: cannot be written: File too large' err.txt && untouched
say $? 'a file that may not grow leaves the results that were there'

mkdir disk
if mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null; then
    trap 'umount disk' EXIT
    trap 'exit 1' INT TERM
    cp -r noise disk/noise
    for pages in 2 5 9 20; do
        rm -f disk/filling
        free=$(df -k --output=avail disk | tail -n 1)
        head -c $((1024 * free - 4096 * pages)) /dev/zero >disk/filling
        search noise.yaml -o disk/noise --overwrite
        [ $? -eq 3 ] && [ "$(grep -c '^shihyo: disk/noise/[a-z0-9.]*: cannot be written: No space left' err.txt)" -eq 1 ] &&
            diff -r -x events.jsonl disk/noise kept >difference.txt
        say $? "a disk with $pages pages left keeps the results that were there"
    done
    umount disk
    trap - EXIT
else
    echo 'ok - skipped: a full disk needs a file system of its own, which only root can mount'
fi

# Killed at any moment: each file is the old one or the new one, and the next search takes over whatever was left half-done.
search noise.yaml --set seed=2 --set grammar.max_complexity=6 -o after
mixed=
for delay in 0.3 0.5 0.7 0.9 1.1 1.4; do
    timeout -s KILL "$delay" $MPIRUN -n 2 "$SHIHYO" search noise.yaml --set seed=2 --set grammar.max_complexity=6 -o noise --overwrite \
        >out.txt 2>&1 </dev/null
    for file in front.json front.tsv; do
        cmp -s noise/$file kept/$file || cmp -s noise/$file after/$file || mixed="$mixed $file after $delay s"
    done
    "$SHIHYO" show noise >/dev/null 2>&1 || mixed="$mixed show after $delay s"
done
[ -z "$mixed" ]
say $? "searches that are killed leave whole files$mixed"
sleep 1 # ranks that outlive a killed mpirun for a moment
for file in results.h5 front.tsv front.json run.json; do echo half >"noise/.$file.partial"; done
search noise.yaml --set seed=2 --set grammar.max_complexity=6 -o noise --overwrite &&
    [ "$(ls -A noise | tr '\n' ' ')" = 'events.jsonl front.json front.tsv results.h5 run.json suppressed.json ' ] && cmp -s noise/front.json after/front.json
say $? 'the next search clears what a killed one left'
