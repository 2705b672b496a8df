#!/bin/sh
# What a run tells while it goes on, and what is seen of it from its files: every line of events.jsonl is whole, top says how a run stands at any time, and the
# manifest says where time and memory went.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
cohorts=$top_builddir/tests/tools/make_cohort

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

"$cohorts" noise --rows 400 --factors 40 --seed 4 -o table.csv
"$SHIHYO" import table.csv -q -o cohort.h5
cat >run.yaml <<'END'
cohort: cohort.h5
outcome: {column: y}
grammar: {max_complexity: 6}
search: {keep: 20}
validation: {level: none}
run: {checkpoint: 1s}
END

# ---- a run, looked at while it goes on ------------------------------------------------------------------------------------------

mkdir -p sweep/runs/task9 sweep/runs/task10
timeout -k 10 100 $MPIRUN -n 2 "$SHIHYO" search run.yaml -o sweep/runs/task9/ >out.txt 2>err.txt &
run=$!
: >seen.txt
torn=0
while kill -0 "$run" 2>/dev/null; do
    "$SHIHYO" top sweep/runs/task9 >top.txt 2>/dev/null && cat top.txt >>seen.txt
    [ -f sweep/runs/task9/events.jsonl ] && cp sweep/runs/task9/events.jsonl look.txt && [ -n "$(tail -c 1 look.txt)" ] && torn=1
    sleep 0.3
done
wait "$run"
say $? 'the run ends well'
[ "$torn" -eq 0 ]
say $? 'a reader never sees half a line'
grep -q '^sweep/runs/task9: running, search, .* so far$' seen.txt && grep -q '^  \[#*\.*\] *[0-9.]* %  .* of .* formulas' seen.txt && grep -q '^  time left ' seen.txt &&
    grep -q '^  best so far  *.*x.* (r. 0\.' seen.txt && grep -q '^  ranks  *2 on 1 node' seen.txt
say $? 'top shows how far a running search is'
"$SHIHYO" top sweep/runs/task9 >top.txt && grep -q '^sweep/runs/task9: finished after ' top.txt && grep -q '^  best  *.*x.*' top.txt
say $? 'top shows that it has finished'

cat >judge.py <<'END'
"""judge.py EVENTS RUN: every line is an object of the documented kinds and fields, and they agree with run.json."""
import json, re, sys

lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
run = json.load(open(sys.argv[2], encoding="utf-8"))
must = {"start": "version configuration cohort outcome targets ranks groups row_blocks nodes", "plan": "formulas seconds bytes flops subtrees",
        "progress": "seconds memory next", "checkpoint": "seconds steps", "warning": "level text", "results": "seconds", "end": "status code"}
failures = []


def check(right, *what):
    if not right:
        failures.append(" ".join(map(str, what)))


for line in lines:
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]), "time:", line)
    check(line["event"] in must and all(name in line for name in must[line["event"]].split()), "fields:", line)
kinds = [line["event"] for line in lines]
check(kinds[0] == "start" and kinds.count("start") == 1, "the first line:", kinds[0])
check(kinds[-2:] == ["results", "end"] and lines[-1]["status"] == "done" and lines[-1]["code"] == 0, "the end:", lines[-1])
check([line["time"] for line in lines] == sorted(line["time"] for line in lines), "times go back")
start, plan = lines[0], next(line for line in lines if line["event"] == "plan")
check(start["cohort"] == "cohort.h5" and start["ranks"] == run["ranks"] == 2 and start["nodes"] == 1, "start:", start)
check(plan["formulas"] == run["n_formulas"], "plan:", plan)
progress = [line for line in lines if line["event"] == "progress" and "fraction" in line]
check(progress and all(0 <= line["fraction"] <= 1 and line["stage"] == "search" for line in progress), "progress:", progress)
check([line["fraction"] for line in progress] == sorted(line["fraction"] for line in progress), "fractions go back")
check("checkpoint" in kinds, "no checkpoint")
text = open(sys.argv[1], encoding="utf-8").read()
import os, socket
check(socket.gethostname() not in text and os.getcwd() not in text, "the name of the host, or a directory, is in it")

p = run["performance"]
check(p["seconds"]["screening"] > 0 and abs(p["formulas_per_second"] * p["seconds"]["screening"] / run["n_formulas"] - 1) < 1e-9, "speed:", p)
m = p["memory"]
check(m["peak"] >= m["peak_mean"] > 1 << 20 and 0 <= m["peak_rank"] < 2 and m["planned"] > 0 and m["shared"] >= 0, "memory:", m)
check(0 <= p["idle_mean"] <= p["idle_worst"] < 1, "idle:", p)
share, rate = p["matrix_products"]["share"], p["matrix_products"]["library_flops_per_second"]
check((share is None) == (p["seconds"]["screening"] < 2), "share:", p)
check(share is None or abs(share * rate * p["seconds"]["screening"] / p["matrix_products"]["flops"] - 1) < 1e-9, "share:", p)
for failure in failures:
    print("#", failure)
sys.exit(bool(failures))
END
if python3 -c 'import json' 2>/dev/null; then
    python3 judge.py sweep/runs/task9/events.jsonl sweep/runs/task9/run.json
    say $? 'events have the fields that are documented, agree with run.json, and name neither host nor directory'
else
    echo 'ok - skipped: events are read back by Python 3, which is not here'
fi
grep -q ' formulas/s on 2 ranks' out.txt && grep -q '^Ranks waited ' out.txt && grep -q '^Time: reading .* screening .* writing ' out.txt && grep -q '^Memory of a rank: ' out.txt &&
    [ "$(sed '1,/^Results in /d' out.txt | wc -l)" -le 6 ]
say $? 'the run ends with a few lines on its speed'

# ---- several, and what can be there instead of a run -----------------------------------------------------------------------------------

{
    echo '{"time":"2026-01-01T00:00:00.000Z","event":"start","ranks":2}'
    echo '{"time":"2026-01-01T00:00:10.000Z","event":"progress","stage":"search","fraction":0.5,"next":1}'
    printf '{"time":"2026-01-01T00:00:11.000Z","event":"end","sta'
} >sweep/runs/task10/events.jsonl
"$SHIHYO" top sweep >top.txt && [ "$(awk 'NR > 1 { print $1 }' top.txt | head -n 2 | tr '\n' ' ')" = 'task9 task10 ' ] && grep -q '^task9  *finished ' top.txt &&
    grep -q '^task10  *no news for ' top.txt && grep -q '^1 silent, 1 finished$' top.txt
say $? 'top shows the runs of a sweep, a line each, also one that died in the middle of a word'
"$SHIHYO" top sweep/runs/task10 | grep -q ': no news for .*: perhaps dead'
say $? 'top says that nothing was heard of a run for a long time'
rm sweep/runs/task9/events.jsonl
"$SHIHYO" top sweep/runs/task9 | grep -q ': finished$'
say $? 'a finished run without events is finished'
"$SHIHYO" top --json sweep >top.txt && [ "$(wc -l <top.txt)" -eq 2 ] && grep -q '^{"directory":"sweep/runs/task9","state":"finished",' top.txt && grep -q '"state":"silent"' top.txt
say $? 'top --json prints a line for each'
mkdir empty
"$SHIHYO" top empty >top.txt 2>err.txt
[ $? -eq 3 ] && grep -q 'empty: there is nothing of a run in it' err.txt
say $? 'a directory without a run is said to be one'
"$SHIHYO" top nowhere >top.txt 2>err.txt
[ $? -eq 3 ] && grep -q 'nowhere: there is no such directory' err.txt
say $? 'a directory that is not there is said to be missing'
if script -qec true /dev/null >/dev/null 2>&1; then
    timeout 10 script -qec "$SHIHYO top sweep/runs/task9" /dev/null </dev/null >top.txt 2>&1 && grep -q 'finished' top.txt
    say $? 'on a terminal it ends when the run has ended'
else
    echo 'ok - skipped: a terminal needs script(1)'
fi

# ---- PETSc's log -----------------------------------------------------------------------------------------------------------------------------

PETSC_OPTIONS=-log_view timeout -k 10 100 $MPIRUN -n 2 "$SHIHYO" search run.yaml --set grammar.max_complexity=4 -q -o logged >out.txt 2>err.txt &&
    [ "$(grep -c '^ *[0-9]*: *screening: ' out.txt)" -eq 1 ] && grep -q '^ *[0-9]*: *refits: ' out.txt
say $? "PETSc's log has stages named after ours, once"
