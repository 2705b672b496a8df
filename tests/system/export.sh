#!/bin/sh
# What `shihyo export` writes, run in every language that is here, gives the numbers of `shihyo predict`, also where values are missing, out of range or levels unknown, and where
# the formula is not defined; names that somebody else has chosen do no harm.
# shellcheck disable=SC2016 # the $ of awk
set -u
: "${SHIHYO:=shihyo}" "${top_srcdir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}
if ! python3 -c 'import json' 2>/dev/null; then
    echo 'skipped: exported formulas are compared by python3'
    exit 0
fi

# ---- the table: 300 patients, all kinds of outcome; and 40 new ones, half of them odd --------------------------------------------------

awk 'BEGIN {
    srand(7)
    print "x1 [mg/dL],x2,age [a],sex,stage,arm,y,ill,count,years,grade,days,dead,pair,case"
    split("I II III IVa IVb", stage, " ")
    for (i = 1; i <= 300; i++) {
        x1 = exp(2 * rand()); x2 = 1.5 + 3 * rand(); age = 30 + int(50 * rand()); s = rand() < 0.9 ? 1 + int(3 * rand()) : 4 + int(2 * rand()); arm = rand() < 0.5
        z = x1 / x2 + (s == 2) + (age - 55) / 40 + arm * x2 / 2; y = z + rand()
        printf "%s,%.4f,%d,%s,%s,%s,%.5f,%s,%d,%.3f,%d,%.3f,%d,%d,%d\n", rand() < 0.08 ? "" : sprintf("%.4f", x1), x2, age, rand() < 0.5 ? "m" : "f", rand() < 0.07 ? "" : stage[s],
            arm ? "drug" : "placebo", y, (y + 1.5 * rand() > 2.6) ? "yes" : "no", int(y * rand() * 3), 1 + 2 * rand(), int(y > 2) + int(y > 3) + int(y > 4),
            -log(rand()) * 100 / exp(z / 2), rand() < 0.7, int((i + 1) / 2), (i + (y > 2)) % 2
    }
}' >all.csv
awk 'BEGIN {
    srand(8)
    print "x1 [mg/dL],x2,age [a],sex,stage,arm"
    split("I II III IVa IVb V", stage, " ")
    split("0.2 30 -1 0 1000 2 1.0 0.8", odd, " ")
    for (i = 1; i <= 40; i++)
        printf "%s,%s,%s,%s,%s,%s\n", rand() < 0.1 ? "" : rand() < 0.3 ? odd[1 + int(8 * rand())] : sprintf("%.6g", exp(2 * rand())),
            rand() < 0.1 ? "" : rand() < 0.3 ? odd[1 + int(8 * rand())] : sprintf("%.6g", 1 + 3 * rand()), rand() < 0.05 ? "" : 20 + int(70 * rand()),
            rand() < 0.05 ? "" : substr("mmffx", 1 + int(5 * rand()), 1), rand() < 0.1 ? "" : stage[1 + int(6 * rand())], rand() < 0.05 ? "" : rand() < 0.5 ? "drug" : "placebo"
}' >new.csv
"$SHIHYO" import all.csv -q -o all.h5
search() { # search NAME OUTCOME FACTORS COMPLEXITY MISSING
    cat >"$1.yaml" <<END
cohort: all.h5
validation: {level: none}
outcome: {$2}
factors: {include: [x1, x2, stage], max: 2, $3}
grammar: {max_complexity: $4, operators: [+, /, log]}
missing: {method: $5}
END
    "$SHIHYO" search "$1.yaml" -q -o "$1" 2>search.txt || cat search.txt
}
search binary 'column: ill, kind: binary, positive: "yes", covariates: [age, sex]' 'winsorise: 0.05, range: ["x1 in 0.5..7"]' 3 indicator
search ordinal 'column: grade, kind: ordinal' 'ordered: [stage]' 3 median
search count 'column: count, kind: count, exposure: years' 'rare: 30' 3 median
search interaction 'column: y, interaction: arm, covariates: [stage], covariates_missing: indicator' 'rare: 30' 3 median
search survival 'kind: survival, time: days, event: dead, horizons: [20]' 'rare: 20' 3 median
search matched 'column: case, kind: matched, set: pair' 'rare: 20' 3 median

# ---- results by hand: every operator of the grammar, a pool and an indicator of what is missing; names to do harm with ---------------------

cat >by_hand.py <<'END'
import csv, json, os, random, shutil

def change(run, name, work):
    os.mkdir(name)
    shutil.copy(run + "/run.json", name)
    front = json.load(open(run + "/front.json"))
    front["front"] = front["front"][:1]
    work(front, front["front"][0])
    json.dump(front, open(name + "/front.json", "w"))

levels = ["I", "II", "III", "IVa", "IVb"]
def every(front, entry):
    stage = {"column": "stage", "column_kind": "categorical", "unit": "", "levels": levels}
    front["inputs"]["factors"] = [
        {"name": "x1", "column": "x1", "kind": "value", "column_kind": "numeric", "unit": "mg/dL", "lowest": -5, "highest": 500, "low": -0.5, "high": 25.25, "typical": 2.7},
        {"name": "x2", "column": "x2", "kind": "value", "column_kind": "numeric", "unit": ""},
        {"name": "x1 is missing", "column": "x1", "kind": "missing", "column_kind": "numeric", "unit": "mg/dL", "lowest": -5, "highest": 500},
        {"name": "stage in [IVa, IVb]", "column": "stage", "kind": "pool", "ones": ["IVa", "IVb"], "fill": 2, **stage},
        {"name": "stage is missing", "column": "stage", "kind": "missing", **stage},
        {"name": "stage", "column": "stage", "kind": "value", "low": 1, **stage}]
    front["inputs"]["factors"][0]["fill"] = 1.7320508075688772
    entry["formula"] = ("max(x1, x2 * 0.9) / (hypot(x1, `stage`) + 1.5) + min(log(x1 - 0.25), sqrt(x2 - 1.1)) * abs(x1 - x2) - inverse(x1 - 2) * reldiff(x1, square(x2)) + "
                        "exp(`stage in [IVa, IVb]` - x1 / 4) + `x1 is missing` * (-1.25e-7) + `stage is missing` * x2 - square(x1 - (-3))")
    entry["rounded"] = {"formula": "max(x1, x2) / (x1 - 2) + `stage`", "intercept": 0.25, "slope": -0.5, "covariates": {"age": 0.01, "sex": 0.1}}
change("binary", "every", every)

odd = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "a\"b'c\\", "*/ x(); /*", "--> $(x) `y` ??/", "大きさ", "😀 %s %n", "if", "a b", "a-b", "A_B", "two\u200blines", "n" * 999,
       "import os #{x} ${y}\\end{document}", "x2_used", "score", "sum", "step 2", "at_most_1"]
def harm(front, entry):
    front["outcome"] = front["positive"] = "]]>*/ \"\"\" \n=cmd"
    front["inputs"]["factors"] = [{"name": name, "column": name, "kind": "value", "column_kind": "numeric", "unit": "\"'<b>\n*/"} for name in odd]
    front["inputs"]["factors"].append({"name": "odd one", "column": "level of <b>", "kind": "level", "column_kind": "categorical", "unit": "",
                                       "levels": ["=1+1", "'; DROP TABLE patients; --", "${x}\\\"??/", "<b>&amp;"], "ones": ["'; DROP TABLE patients; --", ]})
    front["inputs"]["factors"].append({"name": "odd other", "column": "level of <b>", "kind": "pool", "column_kind": "categorical", "unit": "",
                                       "levels": ["=1+1", "'; DROP TABLE patients; --", "${x}\\\"??/", "<b>&amp;"], "ones": ["=1+1", "${x}\\\"??/", "<b>&amp;"], "fill": 3})
    terms = ["`%s` * %d" % (name.replace("`", "``"), k + 1) for k, name in enumerate(odd)]
    entry["formula"] = " + ".join(terms) + " + `odd one` * 1000 + `odd other` * 5000"
    entry["intercept"], entry["slope"] = -10.0, 0.001
    entry.pop("covariates", None)
    front["inputs"].pop("covariates", None)
change("count", "harm", harm)
for name in "harm",:
    front = json.load(open("harm/front.json")); front["outcome_kind"] = "binary"; front["positive"] = "a*/\n\"b"; json.dump(front, open("harm/front.json", "w"))
random.seed(1)
rows = [[("" if random.random() < 0.02 else "%.4g" % random.uniform(-9, 9)) for _ in odd] + [random.choice(["=1+1", "'; DROP TABLE patients; --", "${x}\\\"??/", "<b>&amp;", "", "other"])] for _ in range(20)]
csv.writer(open("harm.csv", "w", newline="")).writerows([odd + ["level of <b>"]] + rows)
END
python3 by_hand.py || say 1 'results by hand'

# ---- every language gives what predict gives ----------------------------------------------------------------------------------------------

cat >cases <<'END'
every|every|new.csv|12|
binary|binary|new.csv|8|
ordinal|ordinal|new.csv|5|
count|count|new.csv|4|--formula 1
interaction|interaction|new.csv|5|
survival|survival|new.csv|4|--target all
matched|matched|new.csv|3|
harm|harm|harm.csv|6|
rounded|every|new.csv|2|--rounded
END
mkdir work && cd work || exit 1
sed 's/|\([a-z]*|\)\([a-z]*.csv\)|/|..\/\1..\/\2|/' ../cases >cases
if command -v timeout >/dev/null; then set -- timeout -k 10 240; else set --; fi
"$@" python3 "$top_srcdir/tests/tools/exported.py" "$SHIHYO" cases >said.txt 2>error.txt && [ ! -s error.txt ]
say $? "all languages are compared"
cat error.txt
for language in python r c sql json excel julia; do
    lines=$(awk -v l=$language '$2 == l { print $3 }' said.txt)
    case $lines in
        *absent*) echo "ok - skipped: $language is not here to run what is exported" ;;
        *) [ "$(awk -v l=$language '$2 == l && NF == 3 && $3 ~ /^[0-9.]+e[-+][0-9]+$/' said.txt | wc -l)" -eq 9 ]
           say $? "$language: nine models give the numbers of predict to 1e-12, and none where predict has none"
           awk -v l=$language '$2 == l && !(NF == 3 && $3 ~ /^[0-9.]+e[-+][0-9]+$/)' said.txt ;;
    esac
done
awk '/rows/ { split($0, w, /[ ,]+/); if (w[3] - w[7] < 5) bad = 1; if ($1 == "every") gaps = w[7] } END { exit bad || !(gaps > 0) }' said.txt
say $? 'the formula with every operator has patients for whom it is not defined, and all have some with a score'
cd .. || exit 1

# ---- what is in the files --------------------------------------------------------------------------------------------------------------------

inert() { # inert FILE PATTERN: no line of the file has it
    ! grep -q "$2" "$1"
}
inert work/harm/exported.xml '<script' && inert work/harm/exported.xml 'Formula="[^"]*cmd' && python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("work/harm/exported.xml")'
say $? 'spreadsheet: names are text, never an element or part of a formula'
awk '/^[^%]/ && /\\end[{]document[}]/ { n++ } END { exit n != 1 }' work/harm/exported.tex && inert work/harm/exported.tex '[^\\]\$[(]'
say $? 'LaTeX: names do not end the document'
for kind in py R sql jl c tex xml json; do cat "work/binary/exported.$kind"; done >everything.txt
[ -s everything.txt ] && inert everything.txt "$PWD" && inert everything.txt "$(uname -n)" && inert everything.txt all.h5
say $? 'no path and no host stands in any of them'

# ---- the command --------------------------------------------------------------------------------------------------------------------------------

fails() { # fails STATUS WORDS ARGUMENT ...
    status=$1 words=$2
    shift 2
    "$SHIHYO" export "$@" >out.txt 2>err.txt
    [ $? -eq "$status" ] && grep -q "$words" err.txt && [ ! -s out.txt ]
}
fails 64 'latex, python' binary
say $? 'without --to the languages are named'
fails 64 'latex, python' binary --to cobol
say $? 'and with another one'
fails 2 'the front has' binary --to c --formula 99
say $? 'a formula that is not there'
fails 2 'rounded' binary --to c --rounded
say $? 'a rounded form that is not there'
fails 2 'target' survival --to c
say $? 'several targets: one must be named'
"$SHIHYO" export binary --to c -o one.c && fails 2 'is there already' binary --to c -o one.c && "$SHIHYO" export binary --to c -o one.c --overwrite
say $? 'a file is replaced only with --overwrite'
"$SHIHYO" export binary --to c | cmp -s - one.c && "$SHIHYO" export binary --to c -o - | cmp -s - one.c && [ ! -e - ]
say $? 'without -o, or with -, it is printed'
"$SHIHYO" export binary --to c >/dev/full 2>err.txt
[ $? -eq 3 ] && grep -q 'cannot be written: No space' err.txt && fails 3 'nowhere/one.c: cannot be written' binary --to c -o nowhere/one.c
say $? 'what cannot be written is a failure that says why'
