#!/bin/sh
# A formula that no single search reaches, Cockcroft–Gault of women and men, (140 - age) * weight / (72 * scr) times 0.85 for women, is found
# in two: the second search takes the best of the first as operands. The files do not depend on ranks or row blocks.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

"$top_builddir/tests/tools/make_cohort" clinic --rows 500 --seed 5 -o people.csv
"$SHIHYO" import people.csv -q -o people.h5
say $? 'the cohort is imported'
cat >run.yaml <<'END'
cohort: people.h5
validation: {level: none}
outcome: {column: cockcroft_gault}
factors: {include: [sex, age, weight, height, scr, glucose, albumin]}
grammar: {operators: [+, -, "*", /]}
search: {passes: 2, keep: 100}
END

run() { # run RANKS DIRECTORY KEY=VALUE ...
    ranks=$1 directory=$2
    shift 2
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    $MPIRUN -n "$ranks" "$SHIHYO" search run.yaml -q --overwrite -o "$directory" "$@"
}

run 1 one
say $? 'two searches, one after the other'
run 1 single search.passes=1
best() { awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { r2 = $at["r2"]; f = $at["formula"] } END { print r2 "\t" f }' "$1/front.tsv"; }
best one | awk -F '\t' '{ exit !($1 > 0.999) }'
say $? 'the second explains all but a thousandth'
best single | awk -F '\t' '{ exit !($1 < 0.995) }'
say $? 'which the first alone does not'
best one | cut -f 2 | grep -Eq 'age.*weight.*scr.* \* \(1 \+ 0\.17647[0-9]* \* sex\)'
say $? "its formula holds sex, age, weight and creatinine: $(best one | cut -f 2)"

run 2 two && run 3 three && run 2 blocks parallel.row_blocks=2
say $? 'other ranks and row blocks'
for other in two three blocks; do
    cmp -s one/front.json "$other/front.json" && cmp -s one/front.tsv "$other/front.tsv"
    say $? "the same files: $other"
done

# Rules hold in the second search, too: for all factors of a formula, those within its operands included.
run 2 ruled 'grammar.most={height: 0, "*": 3}' 'grammar.must_contain=[age]' 'grammar.direction={age: decreasing, weight: increasing}'
say $? 'a second search with rules'
"$SHIHYO" show ruled --all | awk '/^ +[0-9]+  / { n++; deep += $1 > 9; if (!/age/ || /height/) bad = 1; if (/weight/ + /scr/ + /sex/ + /glucose/ + /albumin/ > 2) bad = 1 }
    END { exit bad || n < 200 || deep < 10 }'
say $? 'the rules hold within the operands: age in all formulas, no height, at most three factors'

# The plan of both: more work than the first alone, and about as many formulas as are scored then.
scored=$(sed -n 's/^ *"n_formulas": \([0-9]*\),$/\1/p' one/front.json)
first=$(sed -n 's/^ *"n_formulas": \([0-9]*\),$/\1/p' single/front.json)
"$SHIHYO" search run.yaml --plan >plan.txt 2>&1 && "$SHIHYO" search run.yaml --plan --set search.passes=1 >first.txt 2>&1
about=$(sed -n 's/^A further pass: about \([0-9,]*\) formulas.*/\1/p' plan.txt | tr -d ,)
[ -n "$about" ] && [ "$about" -gt $(((scored - first) / 4)) ] && [ "$about" -lt $(((scored - first) * 4)) ] && ! grep -q 'pass' first.txt
say $? "the plan says what a further pass takes: about $about formulas, of which $((scored - first)) were scored"
awk '/^work/ { print $2 }' plan.txt first.txt | awk 'NR == 1 { both = $1 } NR == 2 { exit !(both + 0 > 2 * $1) }'
say $? 'and the work is that of both'
