#!/bin/sh
# The chosen formula against what the clinic has and what is quickly made: a baseline by its formula is the one by a column; samples without a score are
# left out and counted; nets that see factors one by one stay at chance where only a product tells; files are the same on any ranks; what cannot be is
# refused before the search.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

# The case follows from the sign of the product of two centred factors, and a little from the ratio of two others.
awk 'BEGIN {
    srand(11); print "case,a,b,c,d,e,f,ratio,score,site"
    for (i = 1; i <= 240; i++) {
        a = 4 * rand() - 2; b = 4 * rand() - 2; c = 1 + 3 * rand(); d = 1 + 3 * rand(); e = 1 + rand(); f = 1 + rand()
        y = rand() < 1 / (1 + exp(-(2.5 * a * b + 0.8 * (c / d - 1))))
        printf "%d,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%s,%s\n", y, a, b, c, d, e, f, c / d, i % 6 == 0 ? "" : sprintf("%.3f", a + y + rand()), substr("northsouthwest_", 1 + 5 * (i % 3), 5)
    }
}' >cohort.csv
"$SHIHYO" import cohort.csv -q -o cohort.h5
say $? 'the cohort is imported'
cat >run.yaml <<'END'
cohort: cohort.h5
outcome: {column: case, kind: binary}
factors: {include: [a, b, c, d, e, f]}
grammar: {max_complexity: 3}
search: {keep: 30}
permutations: 0
stability: {resamples: 0}
compare: ["c / d", {column: ratio}, {name: clinic, column: score}, {name: truth, formula: "a * b"}]
report: {sdc: none}
END
for ranks in 1 2 3; do
    timeout -k 10 120 $MPIRUN -n $ranks "$SHIHYO" search run.yaml -q -o "out$ranks"
    say $? "the search on $ranks ranks ends well"
done
timeout -k 10 120 $MPIRUN -n 2 "$SHIHYO" search run.yaml -q -o blocks --set parallel.row_blocks=2
cmp -s out1/front.json out2/front.json && cmp -s out1/front.json out3/front.json && cmp -s out1/front.json blocks/front.json
say $? 'front.json is the same on 1, 2 and 3 ranks, and with row blocks'

cat >judge.py <<'END'
import json

versus = json.load(open("out1/front.json"))["versus"]
by_name = {c["name"]: c for c in versus["contenders"]}

def say(right, text):
    print(("ok - " if right else "not ok - ") + text)
say([c["kind"] for c in versus["contenders"]] == ["baseline"] * 4 + ["single", "elastic", "elastic_log"], "baselines come first, then the reference lines")
formula, column = by_name["c / d"], by_name["ratio"]
numbers = ["samples", "apparent", "mean", "error", "fold", "delta", "low", "high", "p", "method", "likelihood_ratio"]
say(all(formula[k] == column[k] for k in numbers), "a baseline by its formula has the numbers of the one by its column")
say(by_name["clinic"]["samples"] == 200 and by_name["clinic"]["left_out"] == 40 and formula["samples"] == 240 and "left_out" not in formula, "samples without a score are left out of its comparison and counted")
say(versus["formula"] in ("a * b", "b * a") and abs(by_name["truth"]["delta"]) < 1e-12 and by_name["truth"]["likelihood_ratio"]["df"] == 0,
    "the formula that is found adds nothing to itself: " + versus["formula"])
net = by_name["elastic net on the factors"]
say(net["mean"] < 0.65 < 0.8 < net["mean"] + net["delta"] and net["low"] > 0 and net["p"] < 1e-3,
    f"where a product tells, the net has a held-out AUC of {net['mean']:.2f}, the formula {net['delta']:.2f} more")
say(formula["likelihood_ratio"]["chi2"] > 10 and formula["likelihood_ratio"]["df"] == 1, "the formula adds to the ratio")
curve = versus["decision_curve"]
say(curve["samples"] == 200 and len(curve["threshold"]) == len(curve["chosen"]) == len(curve["all"]) == len(curve["contenders"][0]["benefit"])
    and len(curve["contenders"]) == 7 and curve["chosen"][24] > max(curve["all"][24], 0), "the decision curve has everybody, and treating by the formula is worth it")
END
python3 judge.py || say 1 'the judge comes to its end'

refuses() { # refuses MESSAGE WHAT
    ! timeout -k 10 60 $MPIRUN -n 2 "$SHIHYO" search run.yaml -q -o refused --set "compare=[$2]" 2>message && grep -qF "$1" message && [ ! -e refused/front.json ]
    say $? "refused: $1"
}
refuses 'there is no column "scor"; the nearest name is "score"' '{column: scor}'
refuses 'compare: "c / q": ' 'c / q'
refuses 'holds texts' '{column: site}'
refuses 'the same value for all samples' 'c - c'
