#!/bin/sh
# Formulas of the user's own: their constants are fitted, they stand in the results at their own complexity, and other formulas are built with them,
# so that Cockcroft–Gault of women and men, which no single search of this complexity reaches, is found at once. The files do not depend on ranks or
# row blocks; what cannot be used is explained.
# shellcheck disable=SC2086 # launch is several words, or none
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

"$top_builddir/tests/tools/make_cohort" clinic --rows 400 --seed 5 -o people.csv
"$SHIHYO" import people.csv -q -o people.h5
say $? 'the cohort is imported'
cat >run.yaml <<'END'
cohort: people.h5
validation: {level: none}
outcome: {column: cockcroft_gault}
factors: {include: [sex, age, weight, height, scr, glucose]}
grammar:
  operators: [+, -, "*", /]
  max_complexity: 5
  templates: ["(c - age) * weight / scr", "weight / square(height)"]
search: {keep: 60}
END

run() { # run RANKS DIRECTORY KEY=VALUE ...
    launch=; [ "$1" -gt 1 ] && launch="$MPIRUN -n $1"
    directory=$2
    shift 2
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    $launch "$SHIHYO" search run.yaml -q --overwrite -o "$directory" "$@"
}
last() { tail -n 1 "$1/front.tsv" | cut -f 2; }
entries() { "$SHIHYO" show "$1" --all; }

# ---- found in one search ---------------------------------------------------------------------------------------------------------

run 1 one
say $? 'a search with two templates'
last one | sed 's/[^0-9.]/ /g' | awk '{ exit !($1 > 139.999 && $1 < 140.001 && 1 / (1 + $NF) > 0.849 && 1 / (1 + $NF) < 0.851) }'
say $? "140 and 0.85 come out: $(last one)"
awk -F '\t' '$2 ~ /^\([0-9.]+ - age\) \* weight \/ scr$/ { found = $1 == 7 } END { exit !found }' one/front.tsv &&
    grep -q '"template": *true' one/front.json
say $? 'the template stands on the front by itself, at complexity 7, though formulas have at most 5'
entries one | grep -Eq '^ +4 +weight / square\(height\)'
say $? 'so does one without constants, with an operator that the grammar does not have'
run 1 without grammar.templates='[]' && awk -F '\t' 'NR > 1 && $3 > 0.9 { exit 1 }' without/front.tsv
say $? 'without them nothing explains nine tenths'

# The sum of squares of the template alone, by another way: c on a fine grid, and R^2 of the straight line.
awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) { sub(/ .*/, "", $i); at[$i] = i } next }
    { n++; age[n] = $at["age"]; v[n] = $at["weight"] / $at["scr"]; y[n] = $at["cockcroft_gault"] }
    END { for (c = 100; c < 200; c += 0.01) {
            s = t = ss = tt = st = 0
            for (i = 1; i <= n; i++) { z = (c - age[i]) * v[i]; s += z; t += y[i]; ss += z * z; tt += y[i] * y[i]; st += z * y[i] }
            r = (st - s * t / n) ^ 2 / (ss - s * s / n) / (tt - t * t / n)
            if (r > best) { best = r; at_c = c } }
          printf "%.6f %.3f\n", best, at_c }' people.csv >grid
awk -F '\t' 'NR == FNR { split($0, g, " "); next } $1 == 7 { c = $2; gsub(/[^0-9.]/, " ", c); split(c, k, " "); d = k[1] - g[2]; e = $3 - g[1]
    found = d * d < 0.0001 && e * e < 1e-11 } END { exit !found }' grid one/front.tsv
say $? "its constant and R2 are those of a grid of constants in awk: $(cat grid)"

# ---- other ways ------------------------------------------------------------------------------------------------------------------------

run 2 two && run 3 three && run 2 blocks parallel.row_blocks=2
say $? 'other ranks and row blocks'
for other in two three blocks; do
    cmp -s one/front.json "$other/front.json" && cmp -s one/front.tsv "$other/front.tsv"
    say $? "the same files: $other"
done
run 2 forced grammar.templates_required=true && entries forced | awk '/^ +[0-9]+  / { n++; if (!/age\) \* weight \/ scr|weight \/ square\(height\)/) bad = 1 } END { exit bad || n < 50 }'
say $? 'with grammar.templates_required every formula has one of them in it'
"$SHIHYO" search run.yaml --plan --set grammar.templates_required=true 2>/dev/null | grep -Eq '^ +1 +2$'
say $? 'the plan counts a template as one factor'
run 2 part search.screen_rows=200 && [ "$(last part)" = "$(last one)" ]
say $? 'a part of the samples is enough to find it'
run 2 whole search.passes=2 search.terms=2 'outcome.covariates=[glucose]' && grep -q '"template": *true' whole/front.json
say $? 'with a second search, sums and a covariate'
run 1 fixed 'grammar.templates=["(139 - age) * weight / (72 * scr)"]' && entries fixed | grep -Eq '^ +9 +\(139 - age\) \* weight / \(72 \* scr\)'
say $? 'numbers stay as they are written'

# ---- what cannot be used -----------------------------------------------------------------------------------------------------------------

refuses() { # refuses TEMPLATE MESSAGE
    ! run 1 bad "grammar.templates=[\"$1\"]" 2>message && grep -Fq "$2" message && [ ! -e bad ]
    say $? "refused: $1: $2"
}
refuses '(c - agee) * weight' 'grammar.templates: "(c - agee) * weight": In the formula, position 6: "agee" is not a factor; did you mean "age"?'
refuses 'log(weight - 100)' '"log" needs an argument > 0, and what it is given may be'
refuses '(c - age) * weight /' 'position 21'
! run 1 bad 'grammar.templates=[]' grammar.templates_required=true 2>message && grep -Fq 'there are no templates: give grammar.templates.' message
say $? 'required, and none is given'
