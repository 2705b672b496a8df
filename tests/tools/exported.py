#!/usr/bin/env python3
"""Runs what `shihyo export` has written in every language on a table of patients, and compares with `shihyo predict`.

exported.py SHIHYO CASES, a file with a line for each case: name|results|table|spreadsheets|options of export and predict

Prints lines "case language 1.2e-16" (the largest relative difference), "case language absent", or "case language: what differs". Each case works in a directory of its name.
"""
import contextlib
import csv
import io
import json
import math
import os
import re
import runpy
import shutil
import subprocess
import sys
from xml.sax.saxutils import escape

TOLERANCE = 1e-12
ENDINGS = {"python": "py", "r": "R", "c": "c", "sql": "sql", "json": "json", "excel": "xml", "julia": "jl", "latex": "tex"}


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def number(text):
    return math.nan if text in ("", "NA", "NaN", "nan", "-nan", None) else float(text)


class Patients:
    """The columns that a formula needs, in the order of the arguments; text, "" where there is none."""

    def __init__(self, table, document):
        with open(table, newline="", encoding="utf-8") as file:
            self.rows = list(csv.reader(file))
        head = self.rows.pop(0)
        plain = [re.sub(r" \[[^]]*\]$", "", name) for name in head]
        self.names = list(document["example"]["columns"])
        self.text = [isinstance(value, str) for value in document["example"]["columns"].values()]
        self.values = [[row[plain.index(name)] for name in self.names] for row in self.rows]
        self.plain = plain

    def write(self, path, head):
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head] + self.values)


def expected(shihyo, results, table, choice):
    lines = list(csv.DictReader(run(shihyo, "predict", results, table, "-q", *choice).splitlines()))
    columns = [name for name in lines[0] if name not in ("row", "note")]
    return columns, [[number(line[name]) for name in columns] for line in lines]


# ---- languages: each gives [[formula, score, prediction, probability ...] ...] ------------------------------------------


def by_python(path, patients):
    with contextlib.redirect_stdout(io.StringIO()):
        predict = runpy.run_path(path, run_name="__main__")["shihyo_predict"]  # the example in it checks itself
    arguments = list(predict.__kwdefaults__)
    out = []
    for values in patients.values:
        result = predict(**dict(zip(arguments, values)))
        out.append([result["formula"], result["score"], result["prediction"], *result.get("probabilities", [])])
    return out


def by_r(path, patients):
    if shutil.which("Rscript") is None:
        return None
    if patients.example:
        run("Rscript", path)
    patients.write("arguments.csv", ["v%d" % k for k in range(len(patients.names))])
    script = ('source("%s", encoding = "UTF-8"); t <- read.csv("arguments.csv", colClasses = "character", na.strings = NULL, encoding = "UTF-8", blank.lines.skip = FALSE); '
              'r <- do.call(shihyo_predict, setNames(as.list(t), names(formals(shihyo_predict)))); '
              'for (k in seq_len(nrow(r))) cat(sprintf("%%.17g", unlist(r[k, ])), "\\n")' % path)
    return [[number(word) for word in line.split()] for line in run("Rscript", "-e", script).splitlines()]


def c_text(text):
    return '"' + "".join("\\%03o" % byte for byte in text.encode()) + '"'


def by_c(path, patients):
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return None
    strict = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    run(compiler, "-fsyntax-only", path)  # as who has no options: the C library then declares more names of its own
    if patients.example:
        run(compiler, *strict, "-DSHIHYO_EXAMPLE", path, "-lm", "-o", "example")
        run("./example")
    found = re.search(r"probability\[(\d+)\];\n} shihyo_result", open(path, encoding="utf-8").read())
    levels = int(found.group(1)) if found else 0
    calls = []
    for values in patients.values:
        arguments = [("NULL" if value == "" else c_text(value)) if text else value or "NAN" for value, text in zip(values, patients.text)]
        calls.append("    put(shihyo_predict(%s));\n" % ", ".join(arguments))
    probabilities = "".join('    printf(" %%.17g", r.probability[%d]);\n' % k for k in range(levels))
    with open("driver.c", "w", encoding="utf-8") as file:
        file.write('#include "%s"\n#include <stdio.h>\nstatic void put(shihyo_result r)\n{\n    printf("%%.17g %%.17g %%.17g", r.formula, r.score, r.prediction);\n%s    puts("");\n}\n'
                   "int main(void)\n{\n%s    return 0;\n}\n" % (path, probabilities, "".join(calls)))
    run(compiler, *strict, "driver.c", "-lm", "-o", "driver")
    return [[number(word) for word in line.split()] for line in run("./driver").splitlines()]


def by_sql(path, patients):
    """A table with all columns and one that counts rows; values are text, as .import makes them."""
    if shutil.which("sqlite3") is None:
        return None
    quoted = ['"%s"' % name.replace('"', '""') for name in patients.plain]
    statements = ["CREATE TABLE patients (%s, rank_of_row INTEGER);" % ", ".join(quoted)]
    for k, row in enumerate(patients.rows):
        cells = []
        for name, value in zip(patients.plain, row):
            literal = "'%s'" % value.replace("'", "''")
            if name in patients.names and not patients.text[patients.names.index(name)]:
                literal = value or "NULL"
            cells.append(literal)
        statements.append("INSERT INTO patients VALUES (%s, %d);" % (", ".join(cells), k))
    statements.append(".mode csv\n.headers on\n.nullvalue NA\n")
    select = open(path, encoding="utf-8").read()
    result = subprocess.run(["sqlite3", ":memory:"], input="\n".join(statements) + select, capture_output=True, text=True, check=True)
    if result.stderr:
        raise ValueError(result.stderr)
    lines = sorted(csv.DictReader(result.stdout.splitlines()), key=lambda line: int(line["rank_of_row"]))
    names = ["shihyo_formula", "shihyo_score", "shihyo_prediction"] + [name for name in lines[0] if name.startswith("shihyo_probability_")]
    return [[number(line[name]) for name in names] for line in lines]


def fill_sheets(path, patients, sheets):
    """Copies with other patients in the yellow cells."""
    text = open(path, encoding="utf-8").read()
    names = []
    for k, values in enumerate(patients.values[:sheets]):
        cells = iter(list(zip(values, patients.text)))

        def fill(_match, cells=cells):
            value, is_text = next(cells)
            data = "" if value == "" else '<Data ss:Type="%s">%s</Data>' % ("String" if is_text else "Number", escape(value))
            return '<Cell ss:StyleID="input">%s</Cell>' % data

        names.append("%s/sheet_%s_%d" % (os.getcwd(), os.path.basename(os.getcwd()), k))
        with open(names[-1] + ".xml", "w", encoding="utf-8") as file:
            file.write(re.sub(r'<Cell ss:StyleID="input">.*?</Cell>', fill, text, flags=re.S))
    return names


def convert_sheets(names):
    """LibreOffice computes them, all at once, and says what stands in the cells."""
    run("soffice", "-env:UserInstallation=file://%s/office" % os.getcwd(), "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false",
        "--outdir", "converted", *(name + ".xml" for name in names))


def by_excel(names):
    out = []
    for name in names:
        with open("converted/" + os.path.basename(name) + ".csv", newline="", encoding="utf-8") as file:
            lines = list(csv.reader(file))
        first = next(k for k, row in enumerate(lines) if row[0] == "What is made of it")  # names above and below are of the patient's table
        results = [row for row in lines[first:] if row[0] in ("Formula", "Score", "Prediction") or row[0].startswith("Probability of level ")]
        out.append([number(row[1]) for row in results])
    return out


def by_julia(path, patients):
    if shutil.which("julia") is None:
        return None
    patients.write("arguments.csv", ["v%d" % k for k in range(len(patients.names))])
    calls = []
    for values in patients.values:
        calls.append("shihyo_predict(; zip(names, (%s,))...)" % ", ".join(
            "missing" if value == "" else json.dumps(value).replace("$", "\\$") if text else value for value, text in zip(values, patients.text)))
    names = re.search(r"function shihyo_predict\(;(.*?)\)\n", open(path, encoding="utf-8").read()).group(1)
    arguments = ", ".join(":" + word.split(" = ")[0].strip() for word in names.split(","))
    with open("driver.jl", "w", encoding="utf-8") as file:
        file.write('include("%s")\nnames = (%s,)\nfor r in [%s]\n    println(join(vcat([r.formula, r.score, r.prediction], haskey(r, :probabilities) ? r.probabilities : []), " "))\nend\n'
                   % (path, arguments, ", ".join(calls)))
    return [[number(word) for word in line.split()] for line in run("julia", "driver.jl").splitlines()]


def by_json(document, patients):
    """The document alone, evaluated by rules of its own: doc/export.md."""

    def value_of(rule, text):
        if "levels" in rule:
            if text == "":
                return rule["missing_counts_as"]
            if text not in rule["levels"]:
                try:
                    text = "%.17g" % float(text)
                except ValueError:
                    pass
            return rule["levels"].get(text, rule["other_levels_count_as"]) if rule["kind"] != "missing" else rule["other_levels_count_as"]
        value = None if text == "" else float(text)
        low, high = rule["lowest_plausible"], rule["highest_plausible"]
        if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
            value = None
        if rule["kind"] == "missing":
            return 1.0 if value is None else 0.0
        if value is None:
            return rule["missing_counts_as"]
        if rule["low"] is not None:
            value = max(value, rule["low"])
        return value if rule["high"] is None else min(value, rule["high"])

    def evaluate(node, values):
        if "constant" in node:
            return node["constant"]
        if "factor" in node:
            if values[node["factor"]] is None:
                raise ValueError
            return values[node["factor"]]
        u, v = (lambda a, b=None: (a, b))(*(evaluate(operand, values) for operand in node["operands"]))
        return {"+": lambda: u + v, "-": lambda: u - v, "*": lambda: u * v, "/": lambda: u / v, "max": lambda: max(u, v), "min": lambda: min(u, v),
                "hypot": lambda: math.hypot(u, v), "reldiff": lambda: (u - v) / (u + v), "log": lambda: math.log(u), "sqrt": lambda: math.sqrt(u), "square": lambda: u ** 2,
                "inverse": lambda: 1 / u, "abs": lambda: abs(u), "exp": lambda: math.exp(u)}[node["operator"]]()

    def score_of(values, formula):
        model = document["model"]
        sum_ = model["intercept"] + model["slope"] * formula + sum(rule["coefficient"] * values[rule["name"]] for rule in document["covariates"])
        if "interaction" in model:
            sum_ += model["interaction"]["slope"] * (values[model["interaction"]["treatment"]] - model["interaction"]["mean"]) * formula
        return sum_

    out = []
    for texts in patients.values:
        column = dict(zip(patients.names, texts))
        values = {rule["name"]: value_of(rule, column[rule["column"]]) for rule in document["factors"] + document["covariates"]}
        result = [math.nan] * 2
        try:
            result[0] = evaluate(document["tree"], values)
            result[1] = score_of(values, result[0])
        except (ValueError, ZeroDivisionError, OverflowError, TypeError):
            pass
        out.append(result)
    return out


# ---- comparison -----------------------------------------------------------------------------------------------------------------


def difference(names, ours, theirs):
    """What predict has and the language has: formula, score, then a prediction or probabilities, where there is one."""
    worst = 0.0
    if len(theirs) != len(ours):
        return "%d rows instead of %d" % (len(theirs), len(ours))
    for k, (row, other) in enumerate(zip(ours, theirs)):
        places = [2 + j + (1 if names[2].startswith("probability") else 0) for j in range(len(row) - 2)]
        for name, value, got in zip(names, row, [other[0], other[1]] + [other[p] for p in places if p < len(other)]):
            if math.isnan(value) != math.isnan(got):
                return "row %d: %s is %r and should be %r" % (k + 1, name, got, value)
            if not math.isnan(value) and value != got:
                worst = max(worst, abs(value - got) / max(abs(value), 1e-300) if abs(value) > 1e-9 else abs(value - got))
    return "%.1e" % worst if worst <= TOLERANCE else "differs by %.1e" % worst


def check(case, language, path, patients, document, names, ours):
    try:
        by = {"python": by_python, "r": by_r, "c": by_c, "sql": by_sql, "julia": by_julia}
        theirs = by_json(document, patients) if language == "json" else by[language](path, patients)
    except subprocess.CalledProcessError as failure:
        print(case, language, "failed:", " ".join((failure.stderr or failure.stdout).split())[-400:])
        return
    print(case, language, "absent" if theirs is None else difference(names, ours, theirs))


def prepare(shihyo, case, results, table, sheets, options, first):
    """All languages but the spreadsheets, which are computed together. What is to be compared with them."""
    for language, ending in ENDINGS.items():
        run(shihyo, "export", results, "--to", language, "-o", "exported." + ending, *options)
    document = json.load(open("exported.json", encoding="utf-8"))
    patients = Patients(table, document)
    patients.example = first
    names, ours = expected(shihyo, results, table, options)
    print(case, "rows %d, without a score %d" % (len(ours), sum(math.isnan(row[1]) for row in ours)))
    for language, ending in ENDINGS.items():
        if language not in ("latex", "excel"):
            check(case, language, "exported." + ending, patients, document, names, ours)
    return case, names, ours[:sheets], fill_sheets("exported.xml", patients, sheets)


def main():
    shihyo, cases = sys.argv[1:]
    top = os.getcwd()
    prepared = []
    for line in open(cases, encoding="utf-8"):
        case, results, table, sheets, options = line.rstrip("\n").split("|")
        os.makedirs(case)
        os.chdir(case)
        prepared.append(prepare(shihyo, case, os.path.join(top, results), os.path.join(top, table), int(sheets), options.split(), not prepared))
        os.chdir(top)
    office = shutil.which("soffice") is not None
    if office:
        convert_sheets([name for _, _, _, sheets in prepared for name in sheets])
    for case, names, ours, sheets in prepared:
        print(case, "excel", difference(names, ours, by_excel(sheets)) if office else "absent")


main()
