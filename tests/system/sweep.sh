#!/bin/sh
# A sweep as an analyst meets it: expanded, run task by task without Slurm, one task made to fail, collected during and after, submitted again. What
# is given to Slurm is looked at through a stand-in for sbatch.
# shellcheck disable=SC2012,SC2016,SC2181
set -u
: "${SHIHYO:=shihyo}" "${top_builddir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}
cell() { # cell FILE COLUMN ROW: of a table with headings
    awk -F '\t' -v want="$2" -v row="$3" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) c = i } NR == row + 1 { print $c }' "$1"
}
states() { awk -F '\t' 'NR > 1 { print $3 }' "$1" | tr '\n' ' '; }

"$top_builddir/tests/tools/make_cohort" clinic --rows 120 --factors 1 -o clinic.csv && "$SHIHYO" import clinic.csv -q -o 'the cohort.h5'
say $? 'the cohort is imported'

# ---- what is written -------------------------------------------------------------------------------------------------------------
cat >six.yaml <<'END'
base:
  cohort: the cohort.h5
  factors: {include: [weight, height, age, lab1]}
  grammar: {operators: [+, "*", /]}
  constants: {inner: off}
  permutations: 5
  stability: {resamples: 2}
grid:
  outcome.column: [bmi, homa_ir]
  grammar.max_complexity: [3, 5, 4]
job: {limit: 2, memory: 300MiB}
END
sed 's/\[3, 5, 4\]/[5, 6]/' six.yaml >four.yaml
sed 's/permutations: 5/permutations: 6/' six.yaml >changed.yaml
"$SHIHYO" sweep six.yaml --plan >plan.txt && [ ! -e six ] && [ "$(grep -c 'column=' plan.txt)" -eq 6 ]
say $? '--plan prints the tasks and writes nothing'
odd='it'\''s "a" sweep, 100%'
"$SHIHYO" sweep six.yaml -o "$odd" >written.txt
say $? 'a sweep of six tasks is written'
[ "$(ls "$odd/tasks" | tr '\n' ' ')" = '0001.yaml 0002.yaml 0003.yaml 0004.yaml 0005.yaml 0006.yaml ' ] && [ "$(wc -l <"$odd/tasks.tsv")" -eq 7 ]
say $? 'one configuration for each task, and a line of the table'
[ "$(cell "$odd/tasks.tsv" outcome.column 4)" = homa_ir ] && [ "$(cell "$odd/tasks.tsv" grammar.max_complexity 3)" = 4 ] &&
    grep -q '^  max_complexity: 4$' "$odd/tasks/0003.yaml" && grep -q '^  column: homa_ir$' "$odd/tasks/0004.yaml"
say $? 'table and configurations say the same, the last key of the grid fastest'
grep -q '^#SBATCH --array=1-6%2$' "$odd/sweep.sbatch" && grep -q '^#SBATCH --mem-per-cpu=300M$' "$odd/sweep.sbatch" &&
    grep -q '^#SBATCH --time=[0-9:-]*$' "$odd/sweep.sbatch" && sh -n "$odd/sweep.sbatch"
say $? 'the script asks for an array, memory and time'
if command -v shellcheck >/dev/null 2>&1; then
    shellcheck "$odd/sweep.sbatch"
    say $? 'shellcheck has nothing to say of the script'
fi
cp -r "$odd" before
"$SHIHYO" sweep six.yaml -o "$odd" | grep -q 'nothing was changed' && diff -r before "$odd" >/dev/null
say $? 'the same sweep again changes nothing'
! "$SHIHYO" sweep changed.yaml -o "$odd" -q 2>message && grep -q 'in task 1 permutations is 5 there, and would be 6' message && diff -r before "$odd" >/dev/null
say $? "another one is refused with the difference: $(cut -c1-60 message)"

refused() { # refused TEXT SED-SCRIPT WHAT
    sed "$2" six.yaml >bad.yaml
    ! "$SHIHYO" sweep bad.yaml -o bad -q 2>message && grep -qF "$1" message && [ ! -e bad ] && [ "$(grep -c '^shihyo: ' message)" = 1 ]
    say $? "$3: $(cut -c9-90 message)"
}
refused 'bad.yaml:10:31: task 2: grammar.max_complexity is "many"' 's/\[3, 5, 4\]/[3, many]/' 'a wrong value'
refused 'task 4 (column=nobody max_complexity=3)' 's/homa_ir/nobody/' 'a column that is not there'
refused 'tasks 1 and 3 are the same' 's/\[3, 5, 4\]/[3, 5, 3]/' 'a task twice'

# ---- run without Slurm -------------------------------------------------------------------------------------------------------------
run() { (cd / && sh "$OLDPWD/$odd/sweep.sbatch" "$1"); }
"$SHIHYO" collect "$odd" >collected.txt && [ "$(states "$odd/collected.tsv")" = 'missing missing missing missing missing missing ' ]
say $? 'before anything has run all tasks are missing'
run 1 && run 02 && run 4
say $? 'tasks run by the script, from any directory'
mv 'the cohort.h5' away.h5
! run 5
say $? 'a task without its cohort fails'
mv away.h5 'the cohort.h5'
echo "running 1 node $(date +%s)" >"$odd/runs/0006.status"
mkdir -p "$odd/runs/0006"
printf '{"event":"start"}\n{"event":"progress","stage":"search","fraction":0.25}\n{"event":"progress","stage":"permutations","fraction":0.5}\n{"event":"prog' >"$odd/runs/0006/events.jsonl"
"$SHIHYO" collect "$odd" >collected.txt && [ "$(states "$odd/collected.tsv")" = 'done done missing done failed running ' ]
say $? "collected while it is going: $(states "$odd/collected.tsv")"
[ "$(cell "$odd/collected.tsv" percent 6)" = 50 ] && [ "$(cell "$odd/collected.tsv" detail 6)" = permutations ]
say $? 'of a running task, how far it is'
case $(cell "$odd/collected.tsv" detail 5) in 'status 3: the cohort.h5: '*) true ;; *) false ;; esac
say $? "of a failed one, the first line of the error: $(cell "$odd/collected.tsv" detail 5)"
grep -qF "  sbatch --array=3,5%2 'it'\\''s \"a\" sweep, 100%/sweep.sbatch'" collected.txt
say $? 'the command that submits what is left, in quotes that the shell understands'
"$SHIHYO" collect "$odd" -q --strict
[ $? -eq 10 ]
say $? '--strict has an exit status of its own while tasks are left'

# A node that was lost: running, it says, but nothing has changed for hours.
touch -d '3 hours ago' "$odd/runs/0006.status" "$odd/runs/0006/events.jsonl"
"$SHIHYO" collect "$odd" -q && [ "$(cell "$odd/collected.tsv" state 6)" = missing ]
say $? 'a task without a sign of life is missing'
echo half >"$odd/runs/0006/checkpoint" && touch -d '3 hours ago' "$odd/runs/0006/checkpoint"
"$SHIHYO" collect "$odd" -q && [ "$(cell "$odd/collected.tsv" state 6)" = stopped ]
say $? 'with a checkpoint it is stopped'
rm -r "$odd/runs/0006"
cp "$odd/runs/0002/front.json" kept.json
head -c 300 kept.json >"$odd/runs/0002/front.json"
"$SHIHYO" collect "$odd" >collected.txt && [ "$(cell "$odd/collected.tsv" state 2)" = damaged ] && grep -qF 'rm -r ' collected.txt && grep -qF 'array=2,3,5,6%2' collected.txt
say $? 'half a file is reported, and does no harm to the others'
cp kept.json "$odd/runs/0002/front.json"

# ---- all done -----------------------------------------------------------------------------------------------------------------------
run 3 && run 5 && run 6 && "$SHIHYO" collect "$odd" --strict >collected.txt && ! grep -q sbatch collected.txt
say $? 'after the rest has run all are done, and nothing is left to submit'
[ "$(cell "$odd/collected.tsv" formula 2)" = 'weight / height / height' ] && [ "$(cell "$odd/collected.tsv" complexity 2)" = 5 ]
say $? 'the table has the chosen formulas'
awk -F '\t' 'NR > 1 && $2 == "bmi" && $3 == "r2" { print $4, $5, $10 ":" $13 }' "$odd/front.tsv" | tr '\n' ';' >front
[ "$(cat front)" = '1 weight 1:3;3 weight / height 1:3;5 weight / height / height 2:1;' ]
say $? "one front of three tasks, the same formula once: $(cat front)"
awk -F '\t' 'FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { k = $at["group"]; p = $at["p"]; if (!(k in least) || p < least[k]) least[k] = p; n[k]++; holm[k, n[k]] = $at["p_holm"]; raw[k, n[k]] = p }
    END { for (k in n) { if (n[k] != 3) bad = 1; for (i = 1; i <= n[k]; i++) { if (holm[k, i] < raw[k, i] - 1e-12) bad = 1; if (raw[k, i] == least[k] && !seen[k]++) { want = 3 * least[k]; if (want > 1) want = 1
        if ((holm[k, i] - want) ^ 2 > 1e-20) bad = 1 } } } exit bad }' "$odd/collected.tsv"
say $? 'p is paid for three searches of each outcome'
grep -q 'has had 3 chances' collected.txt && grep -q 'Bonferroni' collected.txt
say $? 'and it is said so'
"$SHIHYO" collect "$odd" --json -o elsewhere >json && cmp -s json elsewhere/collected.json && grep -q '"tasks_count": 6' json && [ -s elsewhere/front.tsv ]
say $? '--json prints the file; -o puts files elsewhere'
same=0
for file in collected.tsv front.tsv collected.json; do cmp -s "$odd/$file" "elsewhere/$file" || same=1; done
say $same 'collected twice, the same'

# ---- more tasks, and Slurm --------------------------------------------------------------------------------------------------------------
"$SHIHYO" sweep four.yaml -o "$odd" --extend -q && [ "$(wc -l <"$odd/tasks.tsv")" -eq 9 ] && "$SHIHYO" collect "$odd" >collected.txt &&
    [ "$(states "$odd/collected.tsv")" = 'done done done done done done missing missing ' ] && grep -q 'array=7,8%2' collected.txt
say $? '--extend keeps what is there and adds what is new'
mkdir bin
cat >bin/sbatch <<'END'
#!/bin/sh
printf '%s\n' "$@" >>called
if [ -e refuse ]; then echo 'sbatch: error: invalid partition' >&2; exit 1; fi
echo '4711;cluster'
END
chmod +x bin/sbatch
PATH=$PWD/bin:$PATH "$SHIHYO" sweep four.yaml -o slurm -q --submit >submitted.txt && grep -q 'job 4711, tasks 1 to 4' submitted.txt && grep -q -- '--dependency=afterany:4711' submitted.txt &&
    [ "$(tail -n 1 called)" = "$PWD/slurm/sweep.sbatch" ]
say $? '--submit gives the script to sbatch and tells how to collect afterwards'
! PATH=$PWD/bin:$PATH "$SHIHYO" sweep four.yaml -o slurm -q --submit 2>message && grep -q 'was submitted already' message
say $? 'not twice'
# A task of the array: what Slurm would set, and stand-ins for srun, scontrol and a search that was stopped by its time limit.
printf '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n' >bin/srun
printf '#!/bin/sh\necho "$@" >>asked\n' >bin/scontrol
printf '#!/bin/sh\necho "shihyo: The run stops."\nexit "$ENDS"\n' >bin/stopped
printf '#!/bin/sh\necho begun >begun\nsleep 1\nexit 85\n' >bin/slow
chmod +x bin/*
task() { # task STATUS RESTARTS: leaves what the script says of it
    SLURM_JOB_ID=12 SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=3 SLURM_RESTART_COUNT=$2 ENDS=$1 SHIHYO=$PWD/bin/stopped PATH=$PWD/bin:$PATH sh slurm/sweep.sbatch >>task.log 2>&1
    [ $? -eq "$1" ] && cut -d ' ' -f 1-3 slurm/runs/0003.status
}
[ "$(task 85 0)" = 'queued 85 12' ] && [ "$(cat asked)" = 'requeue 7_3' ]
say $? 'a task that was stopped goes back to the queue'
[ "$(task 85 10)" = 'stopped 85 12' ] && [ "$(wc -l <asked)" -eq 1 ] && "$SHIHYO" collect slurm -q && [ "$(cell slurm/collected.tsv state 3)" = stopped ]
say $? 'but not for ever'
[ "$(task 4 0)" = 'exit 4 12' ] && cp task.log slurm/runs/0003.log && "$SHIHYO" collect slurm -q && [ "$(cell slurm/collected.tsv detail 3)" = 'status 4: The run stops.' ]
say $? 'one that failed does not, and says why'
SLURM_JOB_ID=12 SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=4 SHIHYO=$PWD/bin/slow PATH=$PWD/bin:$PATH sh slurm/sweep.sbatch >>task.log 2>&1 &
batch=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e begun ] && break; sleep 1; done
kill -TERM $batch
wait $batch
[ $? -eq 143 ] && [ "$(cut -d ' ' -f 1-3 slurm/runs/0004.status)" = 'stopped 143 12' ] && [ "$(wc -l <asked)" -eq 1 ]
say $? 'one that is cancelled says so at once, waits for the search, and does not go back'
touch refuse
! PATH=$PWD/bin:$PATH "$SHIHYO" sweep four.yaml -o refused -q --submit 2>message && grep -q 'invalid partition' message && grep -q '^shihyo: sbatch has refused' message && [ -f refused/tasks.tsv ]
say $? 'what sbatch refuses is told'
mkdir nothing && ln -s "$(command -v sh)" nothing/sh && cp bin/sbatch nothing/rsh # which Open MPI looks for and never calls
! PATH=$PWD/nothing "$SHIHYO" sweep four.yaml -o alone -q --submit 2>message && grep -q 'There is no sbatch here' message && [ -f alone/tasks.tsv ]
say $? 'without Slurm that is said, and the sweep is there'
"$SHIHYO" sweep changed.yaml -o "$odd" -q --overwrite 2>message && [ -d "$odd/runs.1/0001" ] && [ "$(ls "$odd/tasks" | wc -l)" -eq 6 ] && [ "$(ls -A "$odd/runs" | wc -l)" -eq 0 ]
say $? '--overwrite replaces the sweep and keeps its runs beside'
! "$SHIHYO" collect bin -q 2>message && grep -q 'is no sweep' message
say $? 'a directory that is no sweep'
