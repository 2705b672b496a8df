#!/bin/sh
# Categorical columns as factors: levels, pools of rare levels and ordered levels give the front of a table in which awk has made the
# same columns, byte for byte, on any number of ranks and row blocks; a binary factor is a switch; what was made is said.
# shellcheck disable=SC2016,SC2086 # backquotes of names and the $ of R; MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

search() { # search RANKS NAME KEY=VALUE ...: NAME.yaml into out/
    ranks=$1 name=$2
    shift 2
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    rm -rf out
    timeout -k 10 120 $MPIRUN -n "$ranks" "$SHIHYO" search "$name.yaml" -o out "$@" >out.txt 2>err.txt </dev/null
}
notes() { grep '^shihyo: note: ' err.txt; }

# ---- the table, and the same with the columns that factors should be -------------------------------------------------------------

awk 'BEGIN {
    srand(7)
    split("I II III IV X Y", stage, " "); split("low middle high", grade, " ")
    made = "age,weight,female,grade [1],stage == I,stage == II,stage == III,stage == IV,stage == (other),y,z"
    print made >"made.csv"
    print "age,weight,female,grade,stage,y,z" >"raw.csv"
    for (i = 0; i < 900; i++) {
        age = 20 + int(60 * rand()); weight = 50 + int(400 * rand()) / 10; female = rand() < 0.5
        s = i % 150 == 7 ? 5 : i % 180 == 11 ? 6 : 1 + int(4 * rand()); g = int(3 * rand())
        y = (s == 4) * age + 0.4 * weight + 4 * rand()
        z = weight * (1 - 0.15 * female) + 0.5 * rand()
        missing = i % 40 == 3
        printf "%d,%.1f,%s,%s,%s,%.6f,%.6f\n", age, weight, female ? "yes" : "no", grade[g + 1], missing ? "NA" : stage[s], y, z >"raw.csv"
        printf "%d,%.1f,%d,%d", age, weight, female, g >"made.csv"
        for (k = 1; k <= 4; k++) printf ",%s", missing ? "NA" : (s == k) >"made.csv"
        printf ",%s,%.6f,%.6f\n", missing ? "NA" : (s > 4), y, z >"made.csv"
    }
}'
printf 'columns:\n  - {name: grade, levels: [low, middle, high]}\n' >schema.yaml
"$SHIHYO" import raw.csv -q --schema schema.yaml -o raw.h5 && "$SHIHYO" import made.csv -q -o made.h5
say $? "both tables are imported"
cat >raw.yaml <<'END'
cohort: raw.h5
validation: {level: none}
outcome: {column: y}
factors: {exclude: [z], max: 2, ordered: [grade]}
grammar: {max_complexity: 5}
search: {keep: 30}
END
sed 's/raw.h5/made.h5/; s/, ordered: .grade.//' raw.yaml >made.yaml

search 1 made && mv out made && search 1 raw && cmp -s out/front.tsv made/front.tsv
say $? "levels, the pool and the ordered grade are the columns that awk made of them"
mv out raw
grep -Fq 'age * `stage == IV`' raw/front.tsv
say $? "a level stands in a formula by its name: age * \`stage == IV\`"
notes | grep -Fq 'Levels of stage with fewer than 10 samples are one, stage == (other): X and Y.' &&
    notes | grep -Fq 'The levels of grade count as 0 to 2 in this order: low, middle and high;'
say $? "what is pooled, and in which order levels count, is said"
libraries=$("$SHIHYO" search raw.yaml --plan 2>/dev/null | sed -n 's/^memory per rank .*, \([0-9]*\) MiB of it for the libraries$/\1/p')
budget() { # budget MIB: parallel.memory with which so much is left beside what libraries take
    echo "parallel.memory=$((${libraries:-64} + $1))MiB"
}
for setting in '2' '3' '2 parallel.row_blocks=2' '3 parallel.row_blocks=3' "2 $(budget 24)"; do
    set -- $setting
    n=$1
    shift
    search "$n" raw "$@" && cmp -s out/front.json raw/front.json && cmp -s out/front.tsv raw/front.tsv
    say $? "the same on $n ranks${1:+, }$*"
done
"$SHIHYO" show raw >show.txt && grep -Fq '`stage == IV`' show.txt
say $? "shihyo show prints the names of levels"

# ---- other ways ------------------------------------------------------------------------------------------------------------------

search 1 raw outcome.column=z factors.include='[weight, female]' factors.ordered='[]' && awk -F '\t' '
    $2 ~ /^weight \* \(1 - 0\.(149|150)[0-9]* \* female\)$/ { found = 1 } END { exit !found }' out/front.tsv
say $? "a binary factor is a switch: weight * (1 - 0.15 female) is found"
search 1 raw factors.categories=ordered && notes | grep -Fq 'The levels of stage count as 0 to 5 in this order: I, II, III, IV, X and Y;'
say $? "factors.categories: ordered numbers all levels and says in which order"
search 1 raw factors.categories=off && notes | grep -Fq '1 categorical column is not offered as factor: stage.' && ! grep -q stage out/front.tsv
say $? "factors.categories: off passes them over, but for those in factors.ordered"
search 1 raw factors.rare=300 && notes | grep -Fq 'Levels of stage with fewer than 300 samples are one, stage == (other):'
say $? "factors.rare sets who is pooled"
search 1 raw factors.ordered=grad
[ $? -eq 2 ] && grep -Fq 'factors.ordered: column "grad" is not a column of raw.h5; did you mean "grade"?' err.txt
say $? "an unknown column is refused, and the nearest named"
search 1 raw factors.categories=orderd
[ $? -eq 2 ] && grep -Fq 'Did you mean ordered?' err.txt
say $? "an unknown way is refused, and the nearest named"
