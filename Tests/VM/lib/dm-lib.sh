# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts about device mapper, after lib.sh: the kernel's target and ours, side by side.

# sysfs NAME: the directory of a mapped device in /sys/block.
sysfs() { printf '/sys/block/%s' "$(dmsetup info -c --noheadings -o blkdevname "$1")"; }

# limits NAME [FILE…]: what its queue can, a line each, without the files that are named. (Processes are dear in an emulated machine: one
# for all files.)
limits() (
    cd "$(sysfs "$1")/queue" || return
    shift
    files=()
    for file in *; do
        if [ ! -f "$file" ]; then continue; fi
        case " $* " in *" $file "*) continue ;; esac
        files+=("$file")
    done
    grep -s '' "${files[@]}" /dev/null
)

# same_limits PROMISE THEIRS OURS [FILE…]: holds when the queues of two mapped devices can the same, but for what the files say.
same_limits() {
    local promise=$1 theirs ours
    theirs=$(limits "$2" "${@:4}")
    ours=$(limits "$3" "${@:4}")
    if [ -n "$theirs" ] && [ "$theirs" = "$ours" ]; then
        pass "$promise" "$(grep -c : <<< "$ours") limits"
    else
        fail "$promise" "$(diff <(printf '%s\n' "$theirs") <(printf '%s\n' "$ours") | grep '^[<>]' | tr '\n' ' ')"
    fi
}

# plain TEXT: without what our names have in front.
plain() { printf '%s\n' "${1//apus-/}"; }

# refusal LINE: how a table of that line is refused, as the kernel's log says it, without our prefix; "accepted" if it is not.
refusal() {
    local line
    dmesg -C
    if dmsetup create refused --table "$1" > /tmp/refusal 2>&1; then
        dmsetup remove refused
        echo accepted
        return
    fi
    line=$(dmesg | sed -n '/device-mapper: table: /{s/.*device-mapper: table: [^ ]* //p;q}')
    plain "${line:-$(tail -n 1 /tmp/refusal)}"
}

# alike KIND ARGUMENTS…: tables of a length of 2048 sectors with these arguments are refused by both with the same words.
alike() {
    local kind=$1 arguments theirs ours
    shift
    for arguments in "$@"; do
        theirs=$(refusal "0 ${length:-2048} $kind $arguments")
        ours=$(refusal "0 ${length:-2048} apus-$kind $arguments")
        same "apus-$kind says of '$arguments' what $kind says" "$theirs" "$ours"
    done
}

# opened DEVICE: how many have it open through device mapper: the number of holders.
opened() { entries "/sys/block/${1#/dev/}/holders"; }

# gone NAME…: these mapped devices are removed.
gone() { for name in "$@"; do dmsetup remove "$name" || fail "$name is removed" "it is not"; done; }
