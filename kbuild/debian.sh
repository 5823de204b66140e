# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Functions that use Debian's packages without installing them. The scripts in this directory source
# this file.
#
# The mirror is the machine's own: the entries for the machine's release are copied to a private apt
# directory in the cache, with the suite changed where another is required. Apart from that, the
# machine's apt state is neither read nor written, so root is not required.

cache=${APUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/apus}

say() { printf 'apus: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints the codename of the machine's release, such as "bookworm".
debian_release() {
    local ID VERSION_CODENAME
    # shellcheck disable=SC1091
    . /etc/os-release
    [ "${ID:-}" = debian ] || die "this machine is not Debian (/etc/os-release says ${ID:-nothing}); Apus takes its kernels and tools from Debian's packages"
    printf '%s\n' "$VERSION_CODENAME"
}

# debian_sources KIND DIRECTORY: writes the sources for KIND (release, backports) to DIRECTORY.
# release: the machine's entries unchanged, including updates and security. backports: the entries
# of the main archive, with the suite changed.
debian_sources() {
    local kind=$1 out=$2 release file
    release=$(debian_release)
    mkdir -p "$out"
    rm -f "$out"/*
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -s "$file" ] || continue
        case $file in
        *.sources)
            # A deb822 file: stanzas separated by empty lines. Those that name the machine's release
            # are kept.
            awk -v release="$release" -v kind="$kind" '
                BEGIN { RS = ""; FS = "\n" }
                {
                    keep = 0; text = ""
                    for (i = 1; i <= NF; i++) {
                        line = $i
                        if (line ~ /^#/) continue
                        if (line ~ /^Enabled:[ \t]*no/) { keep = 0; break }
                        if (line ~ /^Suites:/) {
                            n = split(line, word, /[ \t]+/); suites = ""
                            for (j = 2; j <= n; j++) {
                                if (word[j] == release) main = 1; else main = 0
                                if (kind == "release" && (word[j] == release || index(word[j], release "-updates") == 1 || index(word[j], release "-security") == 1))
                                    suites = suites " " word[j]
                                if (kind == "backports" && main) suites = suites " " release "-backports"
                            }
                            if (suites != "") keep = 1
                            line = "Suites:" suites
                        }
                        text = text line "\n"
                    }
                    if (keep) printf "%s\n", text
                }' "$file" > "$out/$(basename "$file" .sources).sources"
            ;;
        *)
            # The one-line format: deb [options] URI suite components…
            awk -v release="$release" -v kind="$kind" '
                $1 != "deb" { next }
                {
                    at = 2; if ($2 ~ /^\[/) { while ($at !~ /\]$/) at++; at++ }
                    suite = $(at + 1)
                    if (kind == "release" && (suite == release || suite == release "-updates" || suite == release "-security")) print
                    if (kind == "backports" && suite == release) { $(at + 1) = release "-backports"; print }
                }' "$file" > "$out/$(basename "$file" .list).list"
            ;;
        esac
    done
    find "$out" -type f -empty -delete
    [ -n "$(ls "$out")" ] || die "found no entry for $release in this machine's apt sources, so there is no mirror to take packages from"
}

# apt_private KIND WORD…: runs apt-get or apt-cache (the first WORD) with the private state of KIND.
apt_private() {
    local kind=$1 program=$2 state="$cache/apt/$1"
    shift 2
    "$program" -q \
        -o Dir::Etc::SourceList=/dev/null \
        -o Dir::Etc::SourceParts="$state/sources" \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State="$state" \
        -o Dir::State::Lists="$state/lists" \
        -o Dir::State::status="$state/status" \
        -o Dir::Cache="$state/cache" \
        -o Dir::Cache::Archives="$state/archives" \
        -o APT::Sandbox::User="" \
        -o APT::Architecture=amd64 -o APT::Architectures::=amd64 \
        -o APT::Default-Release="" \
        -o APT::Install-Recommends=false \
        -o Acquire::Languages=none \
        -o Acquire::Retries=3 \
        "$@"
}

# apt_update KIND: creates the private state, and updates the package lists from the mirror. A
# script calls it once.
apt_update() {
    local kind=$1 state="$cache/apt/$1"
    debian_sources "$kind" "$state/sources"
    mkdir -p "$state/lists/partial" "$state/cache" "$state/archives/partial"
    : > "$state/status"
    apt_private "$kind" apt-get update > "$state/update.log" 2>&1 || { cat "$state/update.log" >&2; die "apt-get update failed for the $kind suite"; }
}
