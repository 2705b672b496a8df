# interrupted.sh: sourced by the tests of runs that are interrupted: how ranks are found and told, and whether two results are the same.
# shellcheck shell=sh disable=SC2034,SC2086 # variables are used by who sources this; MPIRUN is several words

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

# shellcheck source=tests/tools/results_data.sh
. "$top_srcdir/tests/tools/results_data.sh"

# same DIR DIR: the same names, and in them the same bytes, but for run.json
same() {
    (cd "$1" && find . | sort) >names.1
    (cd "$2" && find . | sort) >names.2
    cmp names.1 names.2 || return 1
    while read -r name; do
        case $name in
        */run.json | */events.jsonl) ;;
        */results.h5)
            [ -z "$data" ] && continue
            data_of "$1/$name" >data.1
            data_of "$2/$name" >data.2
            [ -s data.1 ] && cmp data.1 data.2 || return 1
            ;;
        *) [ -d "$1/$name" ] || cmp "$1/$name" "$2/$name" || return 1 ;;
        esac
    done <names.1
}

# begin RANKS COMMAND ...: shihyo COMMAND in the background, on one rank without a launcher: $launched. It says to out.txt and err.txt.
begin() {
    launched_ranks=$1
    shift
    : >err.txt
    if [ "$launched_ranks" -eq 1 ]; then
        timeout -k 10 120 "$SHIHYO" "$@" >out.txt 2>err.txt </dev/null &
    else
        timeout -k 10 120 $MPIRUN -n "$launched_ranks" "$SHIHYO" "$@" >out.txt 2>err.txt </dev/null &
    fi
    launched=$!
}
# finish: waits for it; its status
finish() { wait "$launched"; }
# run RANKS COMMAND ...: the same in the foreground
run() {
    begin "$@"
    finish
}

# below PID: the processes that it has started, and those that they have
below() {
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        echo "$child"
        below "$child"
    done
}
# ranks: those of $launched that are ranks of the program
ranks() {
    for process in $(below "$launched"); do
        [ "$(readlink "/proc/$process/exe")" = "$program" ] && echo "$process"
    done
}
program=$(readlink -f "$SHIHYO")

# await TEXT: until its standard error has that, or it has ended
await() {
    while kill -0 "$launched" 2>/dev/null && ! grep -q -- "$1" err.txt; do sleep 0.05; done
    grep -q -- "$1" err.txt
}
tell() { # tell SIGNAL PROCESS ...
    signal=$1
    shift
    kill -s "$signal" "$@" 2>/dev/null
}
# said TEXT: it is in a line of the program's, alone but for notes
said() {
    [ "$(grep '^shihyo: ' err.txt | grep -Ecv '^shihyo: (note|warning): ')" -eq 1 ] && grep -q -- "^shihyo: $1" err.txt && return
    sed 's/^/# /' err.txt
    return 1
}
# holds DIR NAME ...: these names and no others
holds() {
    directory=$1
    shift
    [ "$(ls -A "$directory" | tr '\n' ' ')" = "$(printf '%s ' "$@")" ] && return
    ls -A "$directory" | sed 's/^/# /'
    return 1
}
