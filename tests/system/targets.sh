#!/bin/sh
# Horizons and several outcomes: one search each, a directory for each, and a table of which factors enter where. The cohort is made so that one
# factor decides who dies in the first year and another who dies later: the horizons say so. Files do not depend on ranks or row blocks.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

# Hazard exp(1.2·(early − 3)) in the first year, exp(1.2·(late − 3)) / 4 after it; censored uniformly between 1 and 8 years.
awk 'BEGIN {
    srand(7); print "id,days [d],dead,early,late,noise,alive,pressure"
    for (i = 1; i <= 500; i++) {
        e = 1 + 4 * rand(); l = 1 + 4 * rand(); x = 1 + 4 * rand()
        h = 0.4 * exp(1.2 * (e - 3)); g = 0.25 * exp(1.2 * (l - 3)); u = -log(1 - rand())
        t = u < h ? u / h : 1 + (u - h) / g; c = 1 + 7 * rand()
        printf "p%d,%d,%d,%.3f,%.3f,%.3f,%s,%.2f\n", i, 1 + 365.25 * (t < c ? t : c), t < c, e, l, x, t < c ? "no" : "yes", 100 + 5 * e + 3 * rand()
    }
}' >follow.csv
"$SHIHYO" import follow.csv -q -o follow.h5
say $? 'the cohort is imported'
cat >run.yaml <<'END'
cohort: follow.h5
validation: {level: none}
outcome: {kind: survival, time: days, event: dead, horizons: [1y, 5y]}
factors: {include: [early, late, noise]}
grammar: {max_complexity: 3, operators: [+, "*"]}
constants: {inner: off}
END
$MPIRUN -n 1 "$SHIHYO" search run.yaml -q -o one
say $? 'a search of survival with two horizons'
for target in all 1y 5y; do
    [ -s "one/$target/front.json" ] && [ -s "one/$target/results.h5" ]
    say $? "results of the target $target"
done
first() { awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } NR == 2 { print $at["formula"] }' "$1"; }
[ "$(first one/1y/front.tsv)" = early ]
say $? "who dies within a year follows from the early factor: $(first one/1y/front.tsv)"
awk -F '\t' 'NR == 1 { for (i = 2; i <= NF; i++) at[$i] = i; next } { seen[$1, "1y"] = $at["1y"]; seen[$1, "5y"] = $at["5y"] }
    END { exit !(seen["early", "1y"] == 1 && seen["late", "5y"] != "NA" && seen["late", "5y"] != "" && seen["noise", "1y"] !~ /[0-9]/) }' one/factors.tsv
say $? 'factors.tsv says that the late factor enters within five years'
"$SHIHYO" show one >shown && grep -q '^=== 5y ===' shown && grep -q 'dead within 5y' shown && [ "$(grep -c 'How to read it' shown)" -eq 1 ]
say $? 'show prints the fronts one after the other'
reading=$(sed -n '/How to read it/,$p' shown | tr '\n' ' ')
case $reading in *'the concordance (c)'*' or in the AUC (auc)'*'lr is the likelihood ratio'*) true ;; *) false ;; esac
say $? 'how to read them is said once for all kinds of outcome among them'
! $MPIRUN -n 1 "$SHIHYO" search run.yaml -q -o one 2>message && grep -q 'holds results already' message
say $? 'a directory that holds them is not overwritten'
$MPIRUN -n 3 "$SHIHYO" search run.yaml -q -o three && $MPIRUN -n 2 "$SHIHYO" search run.yaml -q -o blocks --set parallel.row_blocks=2
for other in three blocks; do
    same=0
    for file in all/front.json 1y/front.json 5y/front.json targets.json factors.tsv; do cmp -s "one/$file" "$other/$file" || same=1; done
    say $same "the same files: $other"
done

cat >several.yaml <<'END'
cohort: follow.h5
validation: {level: none}
outcome: {kind: continuous, columns: [pressure, early]}
factors: {include: [late, noise]}
grammar: {max_complexity: 3, operators: [+, "*"]}
END
$MPIRUN -n 2 "$SHIHYO" search several.yaml -q -o several && [ -s several/pressure/front.json ] && [ -s several/early/front.json ]
say $? 'several outcomes, a directory for each'
work() { "$SHIHYO" search "$@" --plan 2>&1 | awk '/^work/ { print $2 }'; }
"$SHIHYO" search run.yaml --plan >plan.txt 2>&1 && grep -q '^3 targets: all this for each' plan.txt &&
    awk -v one="$(work run.yaml --set 'outcome.horizons=[]')" -v all="$(awk '/^work/ { print $2 }' plan.txt)" 'BEGIN { exit !(all > 2 * one) }'
say $? 'the plan is that of all targets'
