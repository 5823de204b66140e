# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced after lib.sh by the scripts that let each memory allocation in turn fail: the first
# allocation of an operation, then the second, and so on, until the operation runs without a failed
# allocation. Each time the operation succeeds, or it fails with an errno and has changed nothing.

# Allocations that may sleep can fail as well. No report for each failure, because they would fill
# the log.
for kind in failslab fail_page_alloc; do echo N > /sys/kernel/debug/$kind/ignore-gfp-wait; done
for kind in failslab fail_page_alloc fail_usercopy; do
    echo 0 > /sys/kernel/debug/$kind/verbose
done
echo 0 > /sys/kernel/debug/fail_page_alloc/min-order

# nth.pl WHAT ARGUMENT…: runs the operation with its Nth allocation failing, for each N until none
# fails. An operation that fails must leave disks and modules unchanged. Prints "all=… tries=…
# failed=… survived=… errors=… changed=…".
cat > /tmp/nth.pl <<'PERL'
use strict; use POSIX ();
my ($what, @arguments) = @ARGV;
sub contents { open(my $fh, "<", $_[0]) or return ""; local $/; my $text = <$fh>; $text =~ s/ .*//mg if $_[0] eq "/proc/modules"; return $text }
sub state {
    opendir(my $directory, "/sys/block");
    return join(" ", sort readdir $directory) . "\n" . contents("/proc/modules");
}
my %do = (
    load => sub { # FILE MODULE PARAMETERS
        my ($file, $module, $parameters) = @arguments;
        open(my $fh, "<", $file) or die "$file: $!";
        return ($file, sub { sysseek($fh, 0, 0); syscall(313, fileno($fh), $parameters, 0) }, sub { syscall(176, $module, 0) == 0 or die "$module: $!" });
    },
    disk => sub { # DEVICE: a page that was never written, each time another
        my ($device) = @arguments;
        # O_DIRECT
        sysopen(my $fh, $device, 2 | 040000) or die "$device: $!";
        # The buffer must begin at a page.
        my $memory = "x" x 8192;
        my $offset = -unpack("J", pack("p", $memory)) & 4095;
        my $address = unpack("J", pack("p", $memory)) + $offset;
        my $place = 0;
        # pwrite64
        return ($device, sub { $place += 1 << 20; syscall(18, fileno($fh), $address, 4096, $place) < 0 ? -1 : 0 }, sub {});
    },
    command => sub { # ADD WITH REMOVE WHAT: written to two files
        my ($add, $with, $remove, $what) = @arguments;
        sysopen(my $in, $add, 1) or die "$add: $!";
        sysopen(my $out, $remove, 1) or die "$remove: $!";
        return ($add, sub { sysseek($in, 0, 0); defined(syswrite($in, $with)) ? 0 : -1 },
            sub { sysseek($out, 0, 0); defined(syswrite($out, $what)) or die "$remove: $!" });
    },
    directory => sub { # PATH
        my ($path) = @arguments;
        return ($path, sub { mkdir($path) ? 0 : -1 }, sub { rmdir($path) or die "$path: $!" });
    },
    table => sub { # NAME LINE: a table of one line, loaded into a mapped device and cleared again
        my ($name, $line) = @arguments;
        my ($begin, $length, $target, $words) = split(/ /, $line, 4);
        my $text = $words . "\0" x (8 - length($words) % 8);
        my $table = pack("Q Q l L a16", $begin, $length, 0, 40 + length($text), $target) . $text;
        open(my $control, "+<", "/dev/mapper/control") or die "control: $!";
        # include/uapi/linux/dm-ioctl.h: 9 is DM_TABLE_LOAD, 10 DM_TABLE_CLEAR.
        my $call = sub {
            my ($command, $targets, $data) = @_;
            my $size = 312 + length($data);
            my $buffer = pack("L3 L L L l L L L Q a128 a129 a7", 4, 0, 0, $size, 312, $targets, 0, 0, 0, 0, 0, $name, "", "") . $data;
            return ioctl($control, 3 << 30 | 312 << 16 | 0xfd << 8 | $command, $buffer) ? 0 : -1;
        };
        return ($name, sub { $call->(9, 1, $table) }, sub { $call->(10, 0, "") == 0 or die "$name: $!" });
    },
    attribute => sub { # PATH TEXT
        my ($path, $text) = @arguments;
        return ($path, sub { sysopen(my $fh, $path, 1) or return -1; defined(syswrite($fh, $text)) ? 0 : -1 }, sub {});
    },
);
my ($name, $operation, $undo) = $do{$what}->();
open(my $nth, "+<", "/proc/self/fail-nth") or die "fail-nth: $!";
my ($tries, $failed, $survived, $changed, %errors) = (0, 0, 0, 0);
my $before = state();
my $error;
# attempt N: runs the operation with its Nth allocation failing. Returns its result, and how many
# allocations short of N it was.
sub attempt {
    my $text = "$_[0]";
    syswrite($nth, $text);
    my $result = $operation->();
    $error = $! + 0;
    # pread64, because the file cannot be rewound. The read itself may be what fails. Then no
    # allocation of the operation failed.
    my $read = "\0" x 16;
    my $left = syscall(17, fileno($nth), $read, 16, 0) > 0 ? ($read =~ /^(\d+)/)[0] : 1;
    syswrite($nth, "0");
    return ($result, $left + 0);
}
# Counts the allocations once all caches are warm. The first hundreds of a module's load belong to
# the loader, so only the last ones are tried.
my ($result, $left);
for (1 .. 4) {
    ($result, $left) = attempt(1 << 20);
    $result == 0 or die "it does not work at all: errno $error";
    $undo->();
}
my $all = (1 << 20) - $left;
my $last = $ENV{LAST} || ($what eq "load" ? 160 : 700);
my $again = 0;
for (my $n = $all > $last ? $all - $last : 1; ; $n++) {
    $tries++;
    ($result, $left) = attempt($n);
    my $was_injected = $left == 0;
    if ($result == 0) {
        $undo->();
        if (!$was_injected) {
            last if $failed + $survived > $last / 4 || $n < $last || ++$again > 20;
            # Caches have been filled meanwhile, so there are fewer allocations than before.
            $all = $n - $left;
            $n = $all > $last ? $all - $last : 1;
            $n--;
            next;
        }
        $survived++;
    } else {
        if (!$was_injected) { print "gave up without an injection: errno $error; "; last }
        $failed++;
        $errors{$error}++;
        my $after = state();
        if ($after ne $before) { $changed++; print "after $n: $after"; }
    }
    if ($tries > 1000) { print "no end; "; last }
}
my $after = state();
$changed++ if $after ne $before;
printf "all=%d tries=%d failed=%d survived=%d errors=%s changed=%d\n", $all, $tries, $failed, $survived, join(",", map { "$_:$errors{$_}" } sort keys %errors), $changed;
PERL

# nth PROMISE LEAST ERRNOS WHAT ARGUMENT…: holds if at least LEAST allocations were made to fail,
# each error is one of ERRNOS (a regular expression), and no failure changed anything.
nth() {
    local promise=$1 least=$2 errors=$3 seen failed survived
    shift 3
    seen=$(perl /tmp/nth.pl "$@" 2>&1 | tail -n 1)
    failed=$(sed -n 's/.* failed=\([0-9]*\) .*/\1/p' <<< "$seen") \
        survived=$(sed -n 's/.* survived=\([0-9]*\) .*/\1/p' <<< "$seen")
    if grep -qE "^all=[0-9]+ tries=[0-9]+ failed=[0-9]+ survived=[0-9]+ errors=(($errors):[0-9]+,?)* changed=0\$" <<< "$seen" &&
        [ $((failed + survived)) -ge "$least" ]; then
        pass "$promise" "$seen"
    else
        fail "$promise" "$seen"
    fi
}

# lost: the leaks that kmemleak finds, except for those of sysfs_slab_add, which leaks a slab's name
# when it fails.
lost() {
    echo scan > /sys/kernel/debug/kmemleak
    sleep 6
    echo scan > /sys/kernel/debug/kmemleak
    awk -v RS='unreferenced object' 'NR > 1 && !/sysfs_slab_add/ { print RS $0 }' \
        /sys/kernel/debug/kmemleak
    echo clear > /sys/kernel/debug/kmemleak
}

# kept PROMISE [FUNCTIONS]: holds if nothing leaks, except in the kernel's own functions that match
# the regular expression.
kept() {
    same "$1" "" \
        "$(lost | awk -v RS='unreferenced object' -v kernel="${2:-^$}" 'NR > 1 && $0 !~ kernel { print RS $0 }')"
}
