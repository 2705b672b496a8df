#!/bin/sh
# Memory is promised and kept: a budget that is too small is refused before the start, with numbers; the one that the plan names suffices, and the
# process stays within it.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
cohorts=$top_builddir/tests/tools/make_cohort

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

"$cohorts" noise --rows 500 --factors 40 -o table.csv && "$SHIHYO" import table.csv -q -o cohort.h5
cat >run.yaml <<'END'
cohort: cohort.h5
validation: {level: none}
outcome: {column: y}
factors: {max: 2}
grammar: {max_complexity: 4, constants: none}
search: {keep: 200}
END
number() { # number NAME: of run.json
    tr ',{}' '[\n*]' <out/run.json | sed -n "s/^ *\"$1\": *\([-0-9.e+]*\)\$/\1/p" | head -n 1
}
planned() { # planned RANKS KEY=VALUE ...: MiB per rank
    ranks=$1
    shift
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    $MPIRUN -n "$ranks" "$SHIHYO" search run.yaml --plan "$@" 2>err.txt >plan.txt
    sed -n 's/^memory per rank \([0-9]*\) MiB.*/\1/p' plan.txt
}

# ---- what is planned suffices ------------------------------------------------------------------------------------------------------------

for ranks in 1 2; do
    for level in none full; do
        [ "$level" = none ] || [ "$ranks" -eq 1 ] || continue
        mib=$(planned "$ranks" "validation.level=$level" permutations=30 search.keep=50)
        mib=$((${mib:-0} + 1))
        [ "$level" != full ] || mv plan.txt full.txt
        rm -rf out
        $MPIRUN -n "$ranks" "$SHIHYO" search run.yaml -q -o out --set "validation.level=$level" --set permutations=30 --set search.keep=50 \
            --set "parallel.memory=${mib}MiB" >out.txt 2>err.txt
        say $? "$ranks ranks, validation $level: the planned $mib MiB suffice"
        awk -v peak="$(number peak_memory)" -v shared="$(number shared_memory)" -v mib="$mib" 'BEGIN { exit !(peak > 0 && peak - shared <= mib * 1048576) }'
        say $? "$ranks ranks, validation $level: no rank holds more"
    done
done
grep -q '^memory per rank [0-9]* MiB (of .*), [0-9]* MiB of it for the libraries$' full.txt && grep -q '^  permuted outcomes .* s  .* MiB$' full.txt
say $? 'the plan says what the libraries take, and what each part does'

# ---- what is to be asked for suffices, by default ---------------------------------------------------------------------------------------------

mib=$(planned 1 search.keep=1000)
request=$(sed -n 's/^request  *--ntasks=1 --mem-per-cpu=\([0-9]*\)M --time=00:10:00 .*/\1/p' plan.txt)
[ "${request:-0}" -ge 128 ] && [ "$((request * 7))" -ge "$((mib * 8))" ] && { [ "$request" -eq 128 ] || [ "$((request * 7))" -le "$((mib * 8 + 8 + 16 * 7))" ]; }
say $? "the plan says what to ask Slurm for: $request MiB for ${mib:-no} MiB"
SLURM_JOB_ID=1 SLURM_CPUS_ON_NODE=1 SLURM_MEM_PER_CPU=$request "$SHIHYO" search run.yaml -q -o out --overwrite --set search.keep=1000 >out.txt 2>err.txt
say $? 'in a job that was given so much, the default is enough'

# ---- too little is refused ------------------------------------------------------------------------------------------------------------------

libraries=$(sed -n 's/^memory per rank .*, \([0-9]*\) MiB of it for the libraries$/\1/p' plan.txt)
rm -rf out
$MPIRUN -n 2 "$SHIHYO" search run.yaml -q -o out --set search.keep=100000 --set grammar.max_complexity=7 --set "parallel.memory=$((libraries + 12))MiB" >out.txt 2>err.txt
[ $? -eq 4 ] && [ ! -e out ] && [ "$(grep -c '^shihyo: [^n]' err.txt)" -eq 1 ] &&
    grep -Eq "the plan needs [0-9]+ MiB per rank at least, and $((libraries + 12)) MiB are allowed: raise parallel.memory" err.txt
say $? 'a budget that is too small is refused before the start, with numbers and what to do'
$MPIRUN -n 2 "$SHIHYO" search run.yaml -q -o out --set "parallel.memory=$((libraries - 1))MiB" >out.txt 2>err.txt
[ $? -eq 4 ] && [ ! -e out ] && grep -q "The libraries alone take about $libraries MiB of each rank, and $((libraries - 1)) MiB are allowed" err.txt
say $? 'so is one that the libraries alone exceed'
