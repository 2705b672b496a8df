#!/bin/sh
# Clinical indices that are known are found again in a cohort that holds them, with all measurements offered and no hint: the
# best formula of each front, found on 70 % of the people, predicts the index of the other 30 %. Predictions are made by awk
# from the text of the formula, so that nothing of the program judges itself.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
cohorts=$top_builddir/tests/tools/make_cohort

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

targets='bmi bsa apri de_ritis homa_ir tyg nlr plr anion_gap corrected_calcium pni cockcroft_gault'
"$cohorts" clinic --rows 1000 --seed 11 -o all.csv
head -n 701 all.csv >train.csv
{ head -n 1 all.csv; tail -n 300 all.csv; } >test.csv
"$SHIHYO" import train.csv -q -o train.h5
say $? 'the people to search among are imported'
cat >run.yaml <<END
cohort: train.h5
validation: {level: none}
outcome: {column: bmi}
factors: {include: ["*"], exclude: [$(echo "$targets" | sed 's/ /, /g')]}
grammar: {units: clinical}
END

# The last formula of a front, the one with the best fit, as: intercept, slope, formula.
best_of() { # best_of RESULTS
    awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { i = at["intercept"]; line = $i "\t" $(at["slope"]) "\t" $(at["formula"]) }
        END { print line }' "$1/front.tsv"
}

# R² of intercept + slope * formula on the people of test.csv, those with sex SEX if given. The formula becomes a part of an awk
# program, its factors variables with the names of the columns.
held_out() { # held_out TARGET INTERCEPT SLOPE FORMULA [SEX]
    {
        cat <<'END'
function square(x) { return x * x }
function inverse(x) { return 1 / x }
function abs(x) { return x < 0 ? -x : x }
END
        echo 'NR == 1 { next }'
        [ $# -lt 5 ] || echo "\$2 != \"$5\" { next }"
        echo '{'
        head -n 1 test.csv | tr ',' '\n' | sed 's/ \[.*//' | awk '{ print "    " $1 " = $" NR }'
        echo "    y = $1; f = ($2) + ($3) * ($4)"
        echo '    n++; residual += (y - f)^2; sum += y; squares += y * y'
        echo '}'
        echo 'END { OFMT = "%.12f"; print 1 - residual / (squares - sum * sum / n) }'
    } >predict.awk
    awk -F, -f predict.awk test.csv
}

at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 >= b && a + 0 <= 1) }'; }

search() { # search TARGET KEY=VALUE ...: into results/TARGET
    target=$1
    shift
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    timeout -k 10 120 $MPIRUN -n 2 "$SHIHYO" search run.yaml -q --set "outcome.column=$target" "$@" -o "results/$target" \
        >out.txt 2>&1 && [ -s "results/$target/front.tsv" ]
}

# rediscovered TARGET COMPLEXITY: the best formula on the front has an R² of 0.9999 among people it has not seen
rediscovered() {
    r2=none line=
    if search "$1" "grammar.max_complexity=$2"; then
        line=$(best_of "results/$1")
        IFS='	' read -r intercept slope formula <<END
$line
END
        r2=$(held_out "$1" "$intercept" "$slope" "$formula")
    fi
    at_least "$r2" 0.9999
    verdict=$?
    [ "$verdict" -eq 0 ] || sed 's/^/# /' out.txt
    say "$verdict" "$1 = $slope * ($formula) + $intercept: R2 = $r2 among others"
}

intercept='' slope='' formula=''
for target in $targets; do
    [ "$target" = cockcroft_gault ] || rediscovered "$target" 6
done

# Among women, (140 − age) · weight / (72 · scr) · 0.85: one constant inside, the others in the slope, in any arrangement.
search cockcroft_gault 'samples.where=sex == female' grammar.max_complexity=7
say $? 'cockcroft_gault is searched among women'
IFS='	' read -r intercept slope formula <<END
$(best_of results/cockcroft_gault)
END
r2=$(held_out cockcroft_gault "$intercept" "$slope" "$formula" female)
at_least "$r2" 0.9999
say $? "cockcroft_gault = $slope * ($formula) + $intercept: R2 = $r2 among other women"
echo "$formula" | awk -v slope="$slope" -v intercept="$intercept" '
    {
        factors = $0
        gsub(/[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?/, " ", factors)
        gsub(/[^a-z_]+/, " ", factors)
        count = split(factors, name, " ")
        for (i = 1; i <= count; i++) seen[name[i]]++
        match($0, /[0-9]+\.?[0-9]*/)
        constant = substr($0, RSTART, RLENGTH) + 0
        relative = (slope < 0 ? -slope : slope) / (0.85 / 72) - 1
        right = count == 3 && seen["age"] == 1 && seen["weight"] == 1 && seen["scr"] == 1
        exit !(right && constant > 139.99 && constant < 140.01 && relative > -1e-4 && relative < 1e-4 && intercept^2 < 0.01)
    }'
say $? 'the constant is 140 and the slope 0.85/72'
