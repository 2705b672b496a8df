#!/bin/sh
# The report as people see it: of every kind of outcome a page that is one file, well formed, without a word of whose computer it was made on; and, where
# there is Chromium, opened and looked at, every formula of every target, wide and narrow, in two languages. One cohort has the names that strangers
# would give its columns if they wanted to break something.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_srcdir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}
skip() { printf 'ok - skipped: %s\n' "$1"; }

if ! command -v python3 >/dev/null 2>&1; then
    skip 'reports are looked at with Python (Debian: python3)'
    exit 0
fi
if ! "$SHIHYO" report nowhere 2>&1 | grep -q 'Give the directory'; then
    say 1 'a directory without results is refused'
fi

# ---- cohorts ---------------------------------------------------------------------------------------------------------------------

# 400 patients in all: x1 and x2 decide, the others have no say.
python3 - <<'END'
import csv, math, random
random.seed(5)
LONG = "long " + "n" * 990
names = ["<script>inserted = 1</script>", "\"><img src=x onerror=inserted=1>", "=cmd|' /C calc'!A0", "血圧 [mmHg]", "😀 {formula} {value}", LONG]
outcome = "</script><svg onload=inserted=1>&lt;b&gt; 転帰"
tables = {name: [] for name in ("names", "life", "plain")}
for i in range(400):
    x = [math.exp(random.gauss(0, 0.5)) for _ in range(6)]
    z = x[0] / x[1]
    sex, site = random.choice(["female", "male"]), random.choice(["<i>north</i>", "south & west"])
    case = random.random() < 1 / (1 + math.exp(-2 * (z - 1.1)))
    tables["names"].append(["p%d" % i, *["%.4g" % v for v in (x[0], x[1], x[2], 100 + 20 * x[3], x[4], x[5])], sex, site, "<b>yes</b>" if case else "\"no\""])
    time, censored = -math.log(random.random()) / (0.15 * math.exp(1.2 * (z - 1.1))), random.uniform(2, 9)
    tables["life"].append(["p%d" % i, *["%.4g" % v for v in x[:4]], sex, int(20 + 60 * random.random()), "%.4g" % min(time, censored), int(time < censored)])
    count, limit, product = 0, math.exp(-math.exp(0.5 * z)), random.random()
    while product > limit and count < 40:
        count, product = count + 1, product * random.random()
    level = sum(z + random.gauss(0, 0.5) > cut for cut in (0.7, 1.3, 2.0))
    tables["plain"].append(["p%d" % i, *["%.4g" % v for v in x[:4]], sex, "%.4g" % (2.5 * (x[0] + 1.7) / x[1] + random.gauss(0, 0.4)), count, ["I", "II", "III", "IV"][level], i // 2, i % 2 if z > 1 else (i + 1) % 2])
headings = {"names": ["id", *names, "sex", "site", outcome], "life": ["id", "x1 [mg/L]", "x2 [mg/L]", "x3", "x4", "sex", "age", "years [y]", "died"],
            "plain": ["id", "x1 [mg/L]", "x2 [mg/L]", "x3", "x4", "sex", "value [mmol/L]", "visits", "stage", "pair", "sick"]}
for table, rows in tables.items():
    with open(table + ".csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([headings[table], *rows])
common = "validation: {folds: 3, repeats: 1}\npermutations: 20\nstability: {resamples: 5}\ngrammar: {max_complexity: 3, operators: [+, -, '*', /, log, sqrt]}\n"
quick = "validation: {folds: 3, repeats: 1}\npermutations: 0\nstability: {resamples: 0}\ngrammar: {max_complexity: 3, operators: ['*', /, log]}\n"
write = lambda name, text: open(name + ".yaml", "w", encoding="utf-8").write(text)
write("names", "cohort: names.h5\noutcome: {kind: binary, column: '%s', positive: '<b>yes</b>'}\nfactors: {exclude: [id, sex, site]}\n%s" % (outcome, common))
write("life", "cohort: life.h5\noutcome: {kind: survival, time: years, event: died, horizons: [2, 5]}\nfactors: {exclude: [id, sex]}\ngroups: {count: 3}\n%s" % common)
write("value", "cohort: plain.h5\noutcome: {kind: continuous, column: value, covariates: [sex]}\nfactors: {exclude: [id, sex, visits, stage, pair, sick]}\n" + quick.replace("max_complexity: 3", "max_complexity: 5, constants: fitted").replace("'*', /, log", "+, '*', /"))
write("visits", "cohort: plain.h5\noutcome: {kind: count, column: visits}\nfactors: {exclude: [id, sex, value, stage, pair, sick]}\n" + quick)
write("stage", "cohort: plain.h5\noutcome: {kind: ordinal, column: stage}\nfactors: {exclude: [id, sex, value, visits, pair, sick]}\n" + quick)
write("sick", "cohort: plain.h5\noutcome: {kind: matched, column: sick, set: pair}\nfactors: {exclude: [id, sex, value, visits, stage]}\n" + quick)
END
for table in names life plain; do
    "$SHIHYO" import "$table.csv" -q -o "$table.h5" || say 1 "the cohort $table is imported"
done
for run in names life value visits stage sick; do
    timeout -k 10 120 $MPIRUN -n 2 "$SHIHYO" search "$run.yaml" -q -o "$run" || say 1 "a search of $run"
done

# ---- pages ------------------------------------------------------------------------------------------------------------------------

for run in names life value visits stage sick; do
    "$SHIHYO" report "$run" -q -o "$run.html"
    say $? "a report of $run"
done
"$SHIHYO" report names -q --language ja -o names.ja.html && "$SHIHYO" report life -q --language ja --sdc opensafely -o life.ja.html
say $? 'reports in Japanese'
"$SHIHYO" report names -q --sdc none --json names.json -o names.open.html && python3 -c 'import json; json.load(open("names.json", encoding="utf-8"))["targets"][0]["front"]'
say $? 'a report without disclosure control, and its numbers as JSON'

timeout -k 10 60 $MPIRUN -n 2 "$SHIHYO" report life -q -o two.html && cmp -s two.html life.html && rm two.html
say $? 'two ranks write the same page as one'
cp -r names empty && mv empty/front.json full.json && python3 -c 'import json; front = json.load(open("full.json", encoding="utf-8"))
front["front"], front["best"] = [], {}
[front.pop(key, None) for key in ("nested", "calibration", "versus", "groups", "permutations", "stability")]
json.dump(front, open("empty/front.json", "w"))' && "$SHIHYO" report empty -q -o empty.html
say $? 'a report of a run that found nothing'
printf 'cohort: plain.h5\noutcome: {kind: count, column: visits}\nfactors: {include: [x1, x2]}\ngrammar: {max_complexity: 3}\nvalidation: {level: none}\n' >alone.yaml
"$SHIHYO" search alone.yaml -q -o alone && mv plain.h5 elsewhere.h5 && "$SHIHYO" report alone -q -o alone.html --json alone.json && mv elsewhere.h5 plain.h5 &&
    python3 -c 'import json; document = json.load(open("alone.json")); target = document["targets"][0]
assert not target["cohort_read"] and "people" not in target and target["formulas"] and "figures" not in target["formulas"][0] and "not found" in document["notes"][0]'
say $? 'a report of a run without validation, and without its cohort'

for page in *.html; do
    python3 "$top_srcdir/tests/tools/page_checks.py" "$page" --absent "$PWD" --absent "${HOME:-/root}/" --absent "$(uname -n)" --absent /tmp/
done
(umask 027 && "$SHIHYO" report sick -q -o masked.html && [ "$(stat -c %a masked.html)" = 640 ]) && rm -f masked.html
say $? 'files have the mode that the umask leaves'

# ---- the command line -----------------------------------------------------------------------------------------------------------------

"$SHIHYO" report sick >printed && [ -s sick/report.html ] && grep -q 'sick/report.html' printed
say $? 'without -o the page is report.html beside the results'
! "$SHIHYO" report sick -q 2>message && grep -q 'overwrite' message && cmp -s sick.html sick/report.html
say $? 'a page is not overwritten, and the same run gives the same page'
"$SHIHYO" report sick -q --overwrite
say $? 'unless it is asked for'
"$SHIHYO" report sick -q -o no.html --vega /nowhere 2>message
[ $? -eq 3 ] && grep -q 'libjs-vega' message && grep -q -- '--vega' message && [ ! -e no.html ]
say $? 'without Vega it says which package has it, and writes nothing'
"$SHIHYO" report sick -q -o nowhere/no.html 2>message
[ $? -eq 3 ] && grep -q 'nowhere/no.html: cannot be written' message
say $? 'a directory that is not there is named'
"$SHIHYO" report sick -q -o - 2>message >/dev/full
[ $? -eq 3 ] && grep -q 'No space left' message
say $? 'a full disk is a failure that says so'
"$SHIHYO" report sick -q -o - 2>message | cmp -s sick.html -
say $? 'with -o - the page is printed'
"$SHIHYO" report sick -q -o no.html --language fr 2>message
[ $? -eq 64 ] && grep -q 'en and ja' message && [ ! -e no.html ]
say $? 'a language that there is not is refused'

# ---- as people see them -----------------------------------------------------------------------------------------------------------------

python3 "$top_srcdir/tests/tools/browse.py" names.html life.ja.html value.html stage.html
