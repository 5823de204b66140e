# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Functions that use Debian's packages without installing them. The scripts in this directory source
# this file.
#
# The mirror is the machine's own: the entries for the machine's release are copied to a private apt
# directory in the cache, with the suite changed where another is required. Apart from that, the
# machine's apt state is neither read nor written, so root is not required. (A test of these scripts
# sets APUS_APT to a directory with entries for a mirror of its own.)

cache=${APUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/apus}

say() { printf 'apus: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints the codename of the machine's release, such as "bookworm".
debian_release() {
    local ID VERSION_CODENAME
    # shellcheck disable=SC1091
    . /etc/os-release
    [ "${ID:-}" = debian ] ||
        die "this machine is not Debian (/etc/os-release says ${ID:-nothing}); Apus takes its kernels and tools from Debian's packages"
    printf '%s\n' "$VERSION_CODENAME"
}

# debian_sources KIND DIRECTORY: writes the sources for KIND (release, backports) to DIRECTORY.
# release: the machine's entries unchanged, including updates and security. backports: the entries
# of the main archive, with the suite changed.
debian_sources() {
    local kind=$1 out=$2 release file apt=${APUS_APT:-/etc/apt}
    release=$(debian_release)
    mkdir -p "$out"
    rm -f "$out"/*
    for file in "$apt"/sources.list "$apt"/sources.list.d/*.list "$apt"/sources.list.d/*.sources; do
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
    [ -n "$(ls "$out")" ] ||
        die "found no entry for $release in this machine's apt sources, so there is no mirror to take packages from"
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

# apt_try_update KIND: creates the private state, and updates the package lists from the mirror. The
# status is not 0 if a list could not be updated; the file update.log of the state has the reason.
# Others that want the same lists wait.
apt_try_update() {
    local kind=$1 state="$cache/apt/$1"
    mkdir -p "$state/lists/partial" "$state/cache" "$state/archives/partial"
    (
        flock 8
        : > "$state/update.log"
        debian_sources "$kind" "$state/sources" || exit
        : > "$state/status"
        apt_private "$kind" apt-get -o APT::Update::Error-Mode=any update > "$state/update.log" 2>&1
    ) 8> "$state/.lock"
}

# apt_update KIND: the same, where nothing can be done without the lists. A script calls it once.
apt_update() {
    apt_try_update "$1" || {
        cat "$cache/apt/$1/update.log" >&2
        die "apt-get update failed for the $1 suite"
    }
}

# apt_download KIND DIRECTORY WHAT PACKAGE=VERSION…: downloads packages into the directory. Ends the
# script if it cannot; WHAT is the end of its message.
apt_download() {
    local kind=$1 directory=$2 what=$3
    shift 3
    (cd "$directory" && apt_private "$kind" apt-get download "$@" > download.log 2>&1) ||
        { cat "$directory/download.log" >&2; die "could not download $what"; }
}

# kernel_line NAME: prints the kernel's line in the file `kernels`, without the name.
kernel_line() {
    awk -v name="$1" '$1 == name { sub(/#.*/, ""); $1 = ""; $1 = $1; print }' \
        "$(dirname "${BASH_SOURCE[0]}")/kernels"
}

# kernels_of KIND: prints the kernels in the package lists of KIND, one on each line: series,
# version, release (as uname -r prints it), KIND. A kernel counts if its image, its headers and its
# source are there in the same version. The lists are read as they are, because apt-cache shows only
# one version of a package.
kernels_of() {
    local kind=$1 lists
    lists=$(find "$cache/apt/$kind/lists" -maxdepth 1 -name '*_Packages*' 2> /dev/null)
    [ -n "$lists" ] || return 0
    # shellcheck disable=SC2086
    apt_private "$kind" /usr/lib/apt/apt-helper cat-file $lists | awk -v kind="$kind" '
        BEGIN { RS = ""; FS = "\n" }
        $1 !~ /^Package: linux-(image|headers|source)-[0-9]/ { next }
        {
            name = substr($1, 10)
            for (i = 2; i <= NF; i++) if ($i ~ /^Version: /) version = substr($i, 10)
            there[name " " version] = 1
            # Packages whose name has two numbers only are empty, and depend on the newest one.
            if (name ~ /^linux-image-[0-9]+\.[0-9]+\.[0-9].*-amd64$/ && name !~ /-(rt|cloud)-amd64$/)
                versions[substr(name, 13) " " version] = version
        }
        END {
            for (image in versions) {
                version = versions[image]
                if (!match(version, /^[0-9]+\.[0-9]+/)) continue
                series = substr(version, 1, RLENGTH)
                if (("linux-headers-" image) in there && ("linux-source-" series " " version) in there)
                    print series, version, substr(image, 1, index(image, " ") - 1), kind
            }
        }' | sort
}

# newest_kernel SERIES: of the lines of kernels_of on standard input, prints the newest one of the
# series, without the series. Of equal versions it is the first.
newest_kernel() {
    local series version release kind best='' found=''
    while read -r series version release kind; do
        [ "$series" = "$1" ] || continue
        if [ -z "$best" ] || dpkg --compare-versions "$version" gt "$best"; then
            best=$version
            found="$version $release $kind"
        fi
    done
    if [ -n "$found" ]; then printf '%s\n' "$found"; fi
}

# look_for_kernels KIND…: updates the package lists of each KIND, and prints the lines of kernels_of
# for all of them. A KIND whose lists cannot be updated is passed over, with a message: a mirror
# takes suites away. The status is 1 if no KIND is left.
look_for_kernels() {
    local kind status=1
    for kind in "$@"; do
        if apt_try_update "$kind"; then
            status=0
            kernels_of "$kind"
        else
            say "the package lists of the $kind suite cannot be updated ($cache/apt/$kind/update.log), so it is passed over"
        fi
    done
    return $status
}

# no_kernel_of SERIES KIND…: prints that there is no kernel of the series, and which kernels there
# are, by the lines of kernels_of on standard input.
no_kernel_of() {
    local series=$1 lines other there=''
    shift
    lines=$(cat)
    for other in $(printf '%s\n' "$lines" | cut -d' ' -f1 | sort -uV); do
        there+="${there:+, }$other ($(printf '%s\n' "$lines" | newest_kernel "$other" |
            cut -d' ' -f1))"
    done
    printf 'no kernel of the series %s is to be had in %s of %s; there is %s\n' "$series" "$*" \
        "$(debian_release)" "${there:-none}"
}
