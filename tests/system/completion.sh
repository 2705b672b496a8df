#!/bin/sh
# Completion in bash: commands, every option of the help, files by their kind, keys of the configuration and their values.
# shellcheck disable=SC2016
set -u
: "${SHIHYO:=shihyo}" "${top_srcdir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf "ok - %s\n" "$2"; else printf "not ok - %s\n" "$2"; fi
}

script=$top_srcdir/packaging/completion/shihyo
"$SHIHYO" help completion | cmp -s - "$script"
say $? 'packaging/completion/shihyo is what `shihyo help completion` prints'

if ! command -v bash >/dev/null; then
    echo 'ok - skipped: there is no bash here'
    exit 0
fi

# Completes the words as bash hands them over, parted at blanks and at =, the last one being typed; one reply a line.
cat >complete.bash <<'END'
source "$1"
shift
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
[ -z "${NO_EQUALS:-}" ] || COMP_WORDBREAKS=${COMP_WORDBREAKS//=/}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_shihyo 2>&1
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
END

replies() { bash complete.bash "$script" shihyo "$@" | sort | tr '\n' ' '; }
expect() { # expect REPLIES WORD ...
    wanted=$1
    shift
    found=$(replies "$@")
    [ "$found" = "$wanted" ] || { echo "# shihyo $*: $found"; false; }
    say $? "shihyo $*<TAB>: ${wanted:-nothing}"
}

mkdir files files/out files/other && cd files || exit 1
script=$(cd "$OLDPWD" && cd "$(dirname "$script")" && pwd)/shihyo
cp ../complete.bash .
: >run.yaml && : >cohort.h5 && : >table.csv && : >table.tsv.gz && : >notes.txt && : >'a file.csv'

commands=$("$SHIHYO" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | grep -v -e mpirun -e shihyo | sort | tr '\n' ' ')
expect "--help --version $commands" ''
expect 'search ' sea
expect 'search show sweep ' s
wrong=0
for command in $commands; do
    [ "$command" != help ] || continue
    named=$("$SHIHYO" help "$command" | sed -n 's/^ \{2,6\}\(-.*\)/\1/p' | sed 's/  .*//' | grep -oE -- '(^|[ ,])--?[a-z-]+' | tr -d ' ,' | sort -u | tr '\n' ' ')
    found=$(replies "$command" -)
    [ "$found" = "$named" ] || { echo "# $command: $found"; wrong=1; }
done
say $wrong 'every option of every help is completed, and no other'
expect '--max-time ' search --m
expect 'a file.csv notes.txt other out table.csv table.tsv.gz ' import ''
expect 'table.csv table.tsv.gz ' import a.csv -o x tab
expect 'cohort.h5 other out ' inspect ''
expect 'other out run.yaml ' search ''
expect '' search run.yaml x
expect 'other out ' show ''
expect 'out ' show ou
expect 'cohort.h5 other out ' validate out ''
expect 'cohort.h5 other out ' validate --positive yes out ''
expect 'other out ' search run.yaml -o ''
expect 'other out ' search run.yaml --output =
expect '' search --max-time ''
expect 'grammar.max_complexity= grammar.max_constants= ' search run.yaml --set grammar.max_co
expect 'clinical off strict ' search run.yaml --set grammar.units =
expect 'strict ' search run.yaml --set grammar.units = s
expect 'log ' search run.yaml --set grammar.operators = lo
expect '+,log ' search run.yaml --set grammar.operators = +,lo
expect '* ' search run.yaml --set grammar.operators = '*'
expect 'strict ' search run.yaml --set = grammar.units = s
NO_EQUALS=1
export NO_EQUALS
expect 'grammar.units=strict ' search run.yaml --set grammar.units=s
expect '--set=grammar.units=strict ' search run.yaml --set=grammar.units=s
unset NO_EQUALS
expect 'completion ' help com
expect 'sweep ' help manual sw
