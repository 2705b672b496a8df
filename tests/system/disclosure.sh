#!/bin/sh
# Disclosure control: a search on a small cohort with tiny subgroups, under every rule: an independent check of what is to be released finds no count below the threshold, no value of
# a single patient, no name; without a rule it finds them. Predictions of single patients are written on demand alone, for their owner alone.
# shellcheck disable=SC2016,SC2046,SC2086 # the $ of awk; MPIRUN and lists of files are several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_srcdir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}
if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    echo 'skipped: files are looked through with h5py (Debian: python3-h5py)'
    exit 0
fi

# 163 patients: 3 without an outcome, 7 of a rare site, 9 with a gap in x1; a few who die early, and an extreme or two.
awk 'BEGIN {
    srand(5)
    print "patient,x1 [mg/dL],x2,age,site,ill,days,dead"
    for (i = 1; i <= 163; i++) {
        x1 = exp(2 * rand()) * (i == 77 ? 40 : 1); x2 = 1 + 3 * rand(); age = 30 + 50 * rand()
        z = log(x1) / x2 + (age - 55) / 30; ill = z + 1.2 * rand() > 1.1
        printf "PAT-%05d,%s,%.4f,%.3f,%s,%s,%.2f,%d\n", 20000 + i, i % 18 == 3 ? "" : sprintf("%.4f", x1), x2, age, i % 23 == 0 ? "Rare Village" : i % 2 ? "North" : "South",
            i % 60 == 9 ? "" : ill ? "yes" : "no", -log(rand()) * 700 / exp(z), rand() < 0.75
    }
}' >cohort.csv
"$SHIHYO" import cohort.csv -q -o cohort.h5

configuration() { # configuration OUTCOME
    cat <<END
cohort: $PWD/cohort.h5
outcome: {$1}
factors: {include: [x1, x2, age, site], max: 2}
missing: {method: median}
grammar: {max_complexity: 3, operators: [+, "*", /, log]}
permutations: 0
stability: {resamples: 0}
references: false
compare: ["age"]
groups: {count: 3}
END
}
search() { # search NAME OUTCOME ARGUMENTS
    name=$1 outcome=$2
    shift 2
    configuration "$outcome" >"$name.yaml"
    timeout -k 10 60 "$SHIHYO" search "$name.yaml" -q --overwrite -o "$name" "$@" >out.txt 2>err.txt || cat err.txt
}
user=$(id -un)
[ "$user" = root ] && user= # "square root"
check() { # check THRESHOLD ARGUMENTS: all that a run releases; run.json says where its cohort is
    least=$1
    shift
    "$top_srcdir/tests/tools/disclosure_check.py" --threshold "$least" --cohort cohort.csv --id patient --word "$user" --word "$(uname -n)" --path-in run.json "$@" >found.txt
}
files() { find "$1" -name '*.json' -o -name '*.tsv' -o -name '*.h5' ! -name 'individual.h5'; }

binary='kind: binary, column: ill'
survival='kind: survival, time: days, event: dead, horizons: [90]'

# ---- every rule ---------------------------------------------------------------------------------------------------------------------------

for rule in sacro:10 uk-biobank:5 opensafely:8 12:12; do
    least=${rule#*:} rule=${rule%:*} zeros=
    [ $rule = uk-biobank ] && zeros=--zeros
    search binary "$binary" --sdc $rule && check $least $zeros --binary $(files binary)
    say $? "binary, $rule: nobody is found in what is released"
    [ -s found.txt ] && cat found.txt
    search survival "$survival" --sdc $rule && check $least $zeros --weighted $(files survival)
    say $? "survival, $rule: nobody is found in what is released"
    [ -s found.txt ] && cat found.txt
    [ $rule = sacro ] && cp -r binary binary.sacro && cp -r survival survival.sacro
done
search plain "$binary" && cmp -s plain/front.json binary.sacro/front.json
say $? 'sacro is the rule where nothing is said'
grep -q '"rule": "sacro"' plain/suppressed.json && grep -q '"where": "groups' plain/suppressed.json && grep -q '"where": "n_' plain/suppressed.json && grep -q '"where": "notes"' plain/suppressed.json
say $? 'suppressed.json says where something was taken away, and why'
grep -q 'fewer than 10' plain/run.json
say $? 'notes say "fewer than 10" for counts below the threshold'

# ---- the check can fail ---------------------------------------------------------------------------------------------------------------------

search binary "$binary" --sdc none && check 10 --binary $(files binary)
[ $? -eq 1 ] && for kind in cell whole value extreme; do grep -q ": $kind: " found.txt || echo "# no $kind"; done >kinds.txt && [ ! -s kinds.txt ]
say $? 'without a rule the check finds cells, differences, values and extremes'
[ -s kinds.txt ] && cat kinds.txt
search survival "$survival" --sdc none && check 10 --weighted $(files survival)
[ $? -eq 1 ] && grep -q ': steps: ' found.txt
say $? 'and steps of survival curves'
printf '{"note": "PAT-20007 of /home/someone/cohort"}\n' >planted.json
check 10 planted.json
[ $? -eq 1 ] && [ "$(grep -c ': name: ' found.txt)" -eq 2 ]
say $? 'and identifiers and paths'

# ---- formulas go on working ------------------------------------------------------------------------------------------------------------------

"$SHIHYO" validate binary.sacro cohort.h5 -q --overwrite -o validate.json 2>err.txt && check 10 validate.json && grep -q '"auc"' validate.json
say $? 'a validation keeps to the rule of its run'
[ -s found.txt ] && cat found.txt
"$SHIHYO" validate binary.sacro cohort.h5 -q --overwrite -o validate.json --sdc none 2>err.txt && ! check 10 validate.json
say $? 'and with --sdc none it does not'

# ---- the page ----------------------------------------------------------------------------------------------------------------------------------

if "$SHIHYO" report binary.sacro -q -o page.html --overwrite 2>err.txt; then
    check 10 page.html && "$SHIHYO" report survival.sacro -q -o page2.html --overwrite && check 10 --weighted page2.html
    say $? 'nobody is found in pages'
    [ -s found.txt ] && cat found.txt
    "$SHIHYO" report binary.sacro -q -o page.html --overwrite --json binary.json && "$SHIHYO" report survival.sacro -q -o page2.html --overwrite --json survival.json &&
        check 10 binary.json && check 10 --weighted survival.json
    say $? 'nor in their numbers, and pictures of the same people have rounded ones'
    [ -s found.txt ] && cat found.txt
    search binary "$binary" --sdc none && "$SHIHYO" report binary -q -o page3.html --overwrite --json weaker.json && check 10 --binary weaker.json &&
        grep -q 'weaker rule' weaker.json && "$SHIHYO" report binary -q -o page3.html --overwrite --json weaker.json --sdc none && ! check 10 weaker.json && grep -q ': exact: ' found.txt
    say $? 'a page under a rule has nothing of what a run without one wrote'
    "$SHIHYO" report binary.sacro -q -o page.html --overwrite --sdc none && ! check 10 page.html && grep -q ': value: ' found.txt
    say $? 'but in one with --sdc none'
else
    echo 'ok - skipped: pages need libjs-vega'
fi

# ---- models with too few degrees of freedom -----------------------------------------------------------------------------------------------------------

head -n 19 cohort.csv | tr -d '"' >few.csv
"$SHIHYO" import few.csv -q -o few.h5
printf 'cohort: few.h5\noutcome: {kind: continuous, column: age}\nfactors: {include: [x1, x2]}\nmissing: {method: median}\ngrammar: {max_complexity: 5, constants: fitted, operators: [+, "*", /]}\n' >few.yaml
printf 'validation: {level: none}\nreport: {sdc: 16}\n' >>few.yaml
timeout -k 10 60 "$SHIHYO" search few.yaml -q -o few 2>err.txt || cat err.txt
python3 - <<'END'
import json
front = json.load(open("few/front.json"))
entries = front["front"]
freedom = lambda entry: 18 - 2 - len(entry["constants"])
held = [entry for entry in entries if freedom(entry) < 16]
assert held and len(held) < len(entries), [freedom(entry) for entry in entries] # some of each
for entry in entries:
    known = [entry[name] is not None for name in ("slope", "intercept")] + [value is not None for value in entry["constants"]]
    assert known == [freedom(entry) >= 16] * len(known), entry
    assert ("?" in entry["formula"]) == (freedom(entry) < 16), entry
assert any(row["what"] == "model" and row["cells"] >= len(held) for row in front["suppressed"]), front["suppressed"]
open("held.txt", "w").write("%d" % (1 + entries.index(held[0])))
END
say $? 'coefficients and constants are kept back where too few residual degrees of freedom are left, and only there'
! "$SHIHYO" predict few few.csv --formula "$(cat held.txt)" -q -o none.csv 2>err.txt && grep -q 'degrees of freedom' err.txt && "$SHIHYO" predict few few.csv --formula 1 -q -o some.csv
say $? 'such a formula is not applied, the others are'
if "$SHIHYO" report few -q -o few.html --json few.json 2>err.txt; then
    python3 - <<'END'
import json
formulas = json.load(open("few.json"))["targets"][0]["formulas"]
held = formulas[int(open("held.txt").read()) - 1]
assert "figures" in formulas[0] and "figures" not in held and held["slope"]["value"] is None and "?" in held["mathml"] and "nan" not in held["mathml"]
END
    say $? 'and their report has the formula without its numbers'
else
    cat err.txt
    grep -q libjs-vega err.txt
    say $? 'skipped: pages need libjs-vega'
fi

# ---- any number of ranks ------------------------------------------------------------------------------------------------------------------------

configuration "$survival" >ranks.yaml
timeout -k 10 60 $MPIRUN -n 3 "$SHIHYO" search ranks.yaml -q --overwrite -o ranks --set parallel.row_blocks=3 2>err.txt
cmp -s ranks/all/front.json survival.sacro/all/front.json && cmp -s ranks/90/front.json survival.sacro/90/front.json && cmp -s ranks/90/suppressed.json survival.sacro/90/suppressed.json
say $? 'three ranks that share the samples write the same'

# ---- predictions of single patients -----------------------------------------------------------------------------------------------------------------

umask 000
search binary "$binary" --set report.individual=true
[ -s err.txt ] && grep -q 'report.sdc: sacro forbids' err.txt && [ ! -e binary/individual.h5 ]
say $? 'predictions of single patients are refused under a rule, before the run'
search binary "$binary" --sdc none --set report.individual=true
[ "$(stat -c %a binary/individual.h5)" = 600 ] && [ "$(stat -c %a binary/front.json)" = 666 ]
say $? 'without one they are in individual.h5, for the owner alone'
/usr/bin/python3 - <<'END'
import csv, h5py, math
file = h5py.File("binary/individual.h5")
assert "Not to be released" in file.attrs["disclosure"]
p = file["predictions"]
rows = list(csv.DictReader(open("cohort.csv")))
known = [k + 1 for k, row in enumerate(rows) if row["ill"]]
assert sorted(int(r) for r in p["row"]) == known and set(p["fold"]) == {1, 2, 3, 4, 5} and set(p["repeat"]) == {1}
# The mean of the folds' AUC, by comparing all pairs, is that of the run.
import json
nested = json.load(open("binary/front.json"))["nested"]["selected"]["fold"]
for f in range(5):
    mine = [(p["prediction"][k], rows[int(p["row"][k]) - 1]["ill"] == "yes") for k in range(len(p["row"])) if p["fold"][k] == f + 1]
    pairs = [(a > b) + 0.5 * (a == b) for a, ya in mine for b, yb in mine if ya and not yb]
    assert abs(sum(pairs) / len(pairs) - nested[f]) < 1e-12, (f, sum(pairs) / len(pairs), nested[f])
END
say $? 'they are of the rows of the cohort, and have the AUC of each fold'
search binary "$binary" && [ ! -e binary/individual.h5 ]
say $? 'a run that does not want them leaves none behind'
