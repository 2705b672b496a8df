#!/bin/sh
# search.screen_rows: a part of the samples is screened, and all of them decide. The same on any number of ranks and row blocks, the
# front of the full search where the truth is plain, and where it is not the results say how likely it is to be overlooked.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
cohorts=$top_builddir/tests/tools/make_cohort

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

# ---- where the truth is plain ----------------------------------------------------------------------------------------------------

"$cohorts" noise --rows 20000 --factors 8 --signed -o noise.csv
"$cohorts" binary --rows 20000 --factors 6 -o binary.csv
for kind in noise binary; do "$SHIHYO" import "$kind.csv" -q -o "$kind.h5"; done
cat >noise.yaml <<'END'
cohort: noise.h5
validation: {level: none}
outcome: {column: y}
grammar: {max_complexity: 5}
search: {keep: 40}
END
cat >binary.yaml <<'END'
cohort: binary.h5
validation: {level: none}
outcome: {column: case, kind: binary}
grammar: {max_complexity: 4}
search: {keep: 20}
END

for kind in noise binary; do
    search 2 "$kind" && mv out "$kind.full"
    say $? "the $kind search on all samples ends well"
    search 1 "$kind" search.screen_rows=1000 && cmp -s out/front.tsv "$kind.full/front.tsv"
    say $? "$kind: the front of 1,000 samples is that of all"
    mv out "$kind"
    cp out.txt "$kind.txt"
    grep -q 'lost_chance' "$kind/front.json" && ! grep -Eq 'lost_chance|n_screened' "$kind.full/front.json" "$kind.full/front.tsv"
    say $? "$kind: only results of a part speak of a chance"
done

for setting in '1' '2' '3' '2 parallel.row_blocks=2' '4 parallel.row_blocks=2' '3 parallel.row_blocks=3' '1 parallel.tile=7'; do
    # shellcheck disable=SC2086 # ranks and an assignment
    set -- $setting
    n=$1
    shift
    for kind in noise binary; do
        search "$n" "$kind" search.screen_rows=1000 "$@" && cmp -s out/front.json "$kind/front.json" && cmp -s out/front.tsv "$kind/front.tsv"
        say $? "$kind: the same on $n ranks${1:+, }$*"
    done
done
search 1 noise search.screen_rows=1000 seed=2 && ! cmp -s out/front.json noise/front.json && cmp -s out/front.tsv noise/front.tsv
say $? 'another seed takes other samples'

# 20,000 × 60 columns take 9.6 MB: with 12 MiB they are read from the cohort as they are needed, those of the part are in memory.
"$cohorts" noise --rows 20000 --factors 60 --seed 3 -o wide.csv && "$SHIHYO" import wide.csv -q -o wide.h5
cat >wide.yaml <<'END'
cohort: wide.h5
validation: {level: none}
outcome: {column: y}
grammar: {max_complexity: 3}
search: {keep: 5, screen_rows: 500}
END
libraries=$("$SHIHYO" search wide.yaml --plan 2>/dev/null | sed -n 's/^memory per rank .*, \([0-9]*\) MiB of it for the libraries$/\1/p')
budget() { # budget MIB: parallel.memory with which so much is left beside what libraries take
    echo "parallel.memory=$((${libraries:-64} + $1))MiB"
}
search 1 wide && mv out wide && search 1 wide "$(budget 12)" && cmp -s out/front.json wide/front.json &&
    search 4 wide "$(budget 14)" parallel.row_blocks=2 && cmp -s out/front.json wide/front.json
say $? 'columns that do not fit into the memory give the same'

# ---- what is said --------------------------------------------------------------------------------------------------------------------

sentence='Screened on 1,000 of 20,000 samples, so the search was not exhaustive on all of them: a formula as good as those listed was overlooked with a chance of at most'
tr '\n' ' ' <noise.txt | grep -Fq "$sentence" && "$SHIHYO" show noise | tr '\n' ' ' | grep -Fq "$sentence"
say $? 'the front says on how many samples formulas were screened, and show says it again'
grep '"notes"' noise/run.json | grep -Fq "$sentence"
say $? 'so do the notes'
"$SHIHYO" show noise.full >full.txt && ! grep -q 'Screened' full.txt
say $? 'nothing of the kind is said of a full search'

"$SHIHYO" search noise.yaml --plan --set grammar.max_complexity=6 --set search.screen_rows=1000 >part.txt 2>&1 &&
    "$SHIHYO" search noise.yaml --plan --set grammar.max_complexity=6 >full.txt 2>&1
say $? 'both are planned'
grep -q '^Screening uses 1,000 of 20,000 samples' part.txt && ! grep -q '^Screening uses' full.txt
say $? 'the plan says which part is screened'
awk '/^work/ { work[FILENAME] = $2 } /^ *all/ { formulas[FILENAME] = $2 }
    END { exit !(work["part.txt"] > 0 && work["part.txt"] < 0.3 * work["full.txt"] && formulas["part.txt"] == formulas["full.txt"]) }' part.txt full.txt
say $? 'it has less work, and as many formulas'

search 2 noise search.screen_rows=20000 && cmp -s out/front.json noise.full/front.json &&
    grep -Fq 'note: search.screen_rows is 20,000 and has no effect: 20,000 samples are in use' err.txt &&
    grep '"notes"' out/run.json | grep -Fq 'has no effect'
say $? 'a part of all samples has no effect, and a note says so'

for value in 99 0 -5 1e4 1000.5 many 2000000000; do
    search 1 noise "search.screen_rows=$value"
    status=$?
    [ "$status" -eq 2 ] && grep -Fqx "shihyo: --set: search.screen_rows is \"$value\"; it takes auto or an integer from 100 to 1000000000." err.txt
    say $? "search.screen_rows=$value is refused with what is accepted"
done
"$SHIHYO" search noise.yaml -q -o out --set search.screen_rows=19999 --set "$(budget 10)" 2>err.txt
status=$?
[ "$status" -eq 4 ] && [ ! -e out/front.json ] && [ "$(wc -l <err.txt)" -eq 1 ] &&
    grep -q "the plan needs [0-9]* MiB per rank at least, and $((libraries + 10)) MiB are allowed: .* or search.screen_rows" err.txt
say $? 'a part that does not fit into the memory is refused'

# ---- where the truth is weak: how often it is overlooked, and what was said ------------------------------------------------------------

"$cohorts" noise --rows 2000 --factors 30 --seed 9 --noise 4 -o weak.csv && "$SHIHYO" import weak.csv -q -o weak.h5
cat >weak.yaml <<'END'
cohort: weak.h5
validation: {level: none}
outcome: {column: y}
grammar: {max_complexity: 3, operators: [+, -, "*", /], constants: none}
search: {keep: 1}
END

# Runs SEEDS searches; each line: was x1 / x2 overlooked (0 or 1), and the chance that stands beside the best of its complexity.
simulate() { # simulate ROWS SEEDS
    seed=0
    while [ "$seed" -lt "$2" ]; do
        seed=$((seed + 1))
        rm -rf out
        "$SHIHYO" search weak.yaml -q -o out --set "seed=$seed" --set "search.screen_rows=$1" >>sim.txt 2>&1
        awk '/"best"/ { best = 1 }
            best && /"complexity": 3/ {
                match($0, /"lost_chance": [^,]*/)
                print !/"formula": "x1 \/ x2"/, substr($0, RSTART + 15, RLENGTH - 15)
                exit
            }' out/front.json
    done
}
# The frequency lies below three times the mean chance, and not far below it: a chance of 1 would always be right.
judge() { # judge ROWS SEEDS
    simulate "$1" "$2" >"chances.$1"
    awk -v seeds="$2" '{ lost += $1; chance += $2 } END {
        printf "%d of %d overlooked, %.3g by the chance given\n", lost, NR, chance
        exit !(NR == seeds && chance > 0.5 && lost < 3 * chance && chance < 3 * (lost + 1)) }' "chances.$1" >verdict.txt
    say $? "weak truth, $1 of 2,000 samples: $(cat verdict.txt)"
}
judge 150 40
judge 300 30
awk 'FNR == 1 { file++ } { sum[file] += $2; n[file]++ } END { exit !(sum[1] / n[1] > 2 * sum[2] / n[2]) }' chances.150 chances.300
say $? 'on fewer samples the chance is larger'
