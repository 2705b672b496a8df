#!/bin/sh
# Manual pages are what the program prints, of all commands; typesetters have nothing to say about them; and help names the
# options that the commands take, no more and no fewer.
set -u
: "${SHIHYO:=shihyo}" "${top_srcdir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf "ok - %s\n" "$2"; else printf "not ok - %s\n" "$2"; fi
}

"$SHIHYO" --help >program.txt
commands=$(sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' program.txt | grep -v -e help -e mpirun -e shihyo)
count=0
for command in '' $commands; do
    page=shihyo${command:+-$command}.1
    # shellcheck disable=SC2086 # no command is no argument
    "$SHIHYO" help manual $command >"$page"
    if ! cmp -s "$page" "$top_srcdir/doc/$page"; then
        echo "# doc/$page is another one; make manual writes it anew"
        count=$((count + 100))
    fi
    count=$((count + 1))
done
[ "$count" -ge 10 ] && [ "$count" -eq "$(find "$top_srcdir/doc" -name 'shihyo*.1' | wc -l)" ]
say $? 'there is a manual page of every command and of the program, as the program prints it'

# The words of a page are those of the help, in whatever order the sections stand.
words() { tr -cs '[:alnum:]_./{}<>=:;()' '\n' | grep . | sort; }
for command in $commands; do
    "$SHIHYO" help "$command" | sed -e 's/^usage: //' -e 's/^exit status: //' -e '/^examples\{0,1\}:$/d' -e 's/ this text$//' |
        tr -d "'"'`"+^~-' | words >help.txt
    sed -e '/^\.\\"/d' -e '/^\.TH/d' -e '/^\.SH/d' -e '/^\.\(TP\|PP\|nf\|fi\)$/d' -e '/^\.BR/d' -e 's/\\f[BIR]//g' -e 's/\\&//g' \
        -e 's/\\([a-z][a-z]//g' -e 's/\\-//g' "shihyo-$command.1" | tr -d '+' | words >page.txt
    comm -23 help.txt page.txt >lost.txt
    [ ! -s lost.txt ] || { echo "# $command: $(tr '\n' ' ' <lost.txt)"; false; }
    say $? "no word of the help of $command is lost in its manual page"
done

options_of_help() { "$SHIHYO" help "$1" | sed -n 's/^ \{2,6\}\(-.*\)/\1/p' | sed 's/  .*//' | grep -oE -- '--[a-z-]+' | sort -u; }
options_of_source() { grep -oE '\{"[a-z-]+", *(no|required)_argument' "$top_srcdir/src/app/cmd_$1.c" | sed 's/^{"\([a-z-]*\)".*/--\1/' | sort -u; }
for command in $commands; do
    options_of_help "$command" >help.txt
    options_of_source "$command" >source.txt
    cmp -s help.txt source.txt || { diff help.txt source.txt | sed 's/^/# /'; false; }
    say $? "help of $command names its options, all of them and no others"
done

rm -f warnings.txt
if command -v man >/dev/null; then
    for page in shihyo*.1; do man --warnings -E UTF-8 -l "$page" 2>>warnings.txt >/dev/null; done
    [ ! -s warnings.txt ] || { sed 's/^/# /' warnings.txt; false; }
    say $? 'man has no warnings'
else
    echo 'ok - skipped: there is no man here'
fi
if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning shihyo*.1 2>&1 | grep -v 'missing date' >warnings.txt
    [ ! -s warnings.txt ] || { sed 's/^/# /' warnings.txt; false; }
    say $? 'mandoc has no warnings, but that pages have no date'
else
    echo 'ok - skipped: there is no mandoc here'
fi
