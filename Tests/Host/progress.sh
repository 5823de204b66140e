#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kbuild/progress: what it prints about a long command, in a pipe and on a terminal.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=Tests/VM/lib.sh
. "$root/Tests/VM/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2

# A command that prints two lines, and ends when the file "go" is there.
cat > slow << 'SLOW'
#!/bin/bash
echo "first line"
until [ -e go ]; do sleep 0.1; done
echo "last line"
exit "${1:-0}"
SLOW
chmod +x slow

# in_pipe [--quiet] STATUS: runs it until it has been silent for two intervals. The output is in
# "out", the status in $status.
in_pipe() {
    local quiet=()
    if [ "$1" = --quiet ]; then quiet=(--quiet) && shift; fi
    rm -f go out
    APUS_PROGRESS_INTERVAL=1 "$root/kbuild/progress" "${quiet[@]}" Work ./slow "$1" > out 2>&1 &
    until [ "$(grep -c 'apus: Work, ' out 2> /dev/null)" -ge 2 ]; do sleep 0.1; done
    touch go
    status=0
    wait $! || status=$?
}
# on_terminal VARIABLE=VALUE STATUS: the same on a terminal, with the live line for some time. What
# the terminal got is in "out", with a line for each change of the live line.
on_terminal() {
    rm -f go out
    TERM=xterm script -qefc "env $1 $root/kbuild/progress Work ./slow $2" out \
        > /dev/null < /dev/null &
    until [ "$(grep -ao 'Work, ' out 2> /dev/null | wc -l)" -ge 3 ]; do sleep 0.1; done
    touch go
    status=0
    wait $! || status=$?
    tr '\r' '\n' < out | sed 's/\x1b\[K//g' > lines
}

in_pipe 0
same "in a pipe, all output is printed in order" "first line last line" \
    "$(grep -v apus: out | tr '\n' ' ' | sed 's/ $//')"
contains "in a pipe, a silent command gives a line with its name and last output" \
    " s: first line" "$(cat out)"
same "in a pipe, the status is that of the command" 0 "$status"
in_pipe --quiet 0
same "with --quiet, only lines about the running command are printed" \
    "" "$(grep -v '^apus: Work, ' out)"
in_pipe --quiet 7
same "with --quiet, a failed command gives its status and all output" "7: first line last line" \
    "$status: $(grep -v apus: out | tr '\n' ' ' | sed 's/ $//')"
contains "with --quiet, a line names the failed command and its status" \
    "apus: Work failed (status 7)" "$(cat out)"

on_terminal NO_COLOR= 0
contains "on a terminal, the live line has the command and its last output" " s: first line" \
    "$(cat lines)"
same "on a terminal, only a line with the duration remains" \
    "" "$(grep -v '^Work[,:] \|^$\|^Script ' lines)"
on_terminal NO_COLOR= 7
same "on a terminal, a failed command gives all output" "first line last line" \
    "$(grep -a '^first line\|^last line' lines | tr '\n' ' ' | sed 's/ $//')"
same "on a terminal, the line about the failure is red" "1, status 7" \
    "$(grep -c $'\e\[1;31mapus: Work failed' lines), status $status"
on_terminal NO_COLOR=1 7
same "with NO_COLOR, the line about the failure has no colours" "1, 0" \
    "$(grep -c '^apus: Work failed' lines), $(grep -c $'\e\[[0-9;]*m' lines)"
