#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# tables.pl COUNT SEED NAME LOWER OTHER SMALL BUSY: loads COUNT tables of the eight targets into the
# mapped device NAME, with the ioctl itself. There is no process for each table, and no dmsetup that
# would refuse a table before the kernel sees it.
#
# Most tables are valid except for one error: a word that is missing, superfluous, or of another
# kind. The same seed makes the same tables. The script reads the kernel's log all the time, so that
# it loses no line. It prints lines of "NAME VALUE", which dm-fuzz.sh checks, and each unexpected
# event as "strange TEXT".
use strict;
use warnings;
use Errno;
use Fcntl;

my ($count, $seed, $name, $lower, $other, $small, $busy) = @ARGV;
srand($seed);

# --- The ioctl: include/uapi/linux/dm-ioctl.h ---
my %command = (suspend => 6, load => 9, clear => 10, status => 12, message => 14);
my ($read_only, $suspended, $table_wanted, $inactive) = (1 << 0, 1 << 1, 1 << 4, 1 << 12);
open(my $control, '+<', '/dev/mapper/control') or die "control: $!";

# call COMMAND TARGETS FLAGS DATA: the ioctl. Returns the errno (0 for success), and the data that
# came back.
sub call {
    my ($command, $targets, $flags, $data) = @_;
    my $size = 312 + length($data);
    my $buffer = pack('L3 L L L l L L L Q a128 a129 a7', 4, 0, 0, $size, 312, $targets, 0, $flags, 0, 0, 0, $name, '', '') . $data;
    my $done = ioctl($control, 3 << 30 | 312 << 16 | 0xfd << 8 | $command{$command}, $buffer);
    return ($done ? 0 : $! + 0, substr($buffer, 312));
}

# table LINE…: the data of the ioctl for lines of a table, each [begin, length, target, words].
sub table {
    my $data = '';
    for my $line (@_) {
        my ($begin, $length, $target, $words) = @$line;
        my $text = $words . "\0" x (8 - length($words) % 8);
        $data .= pack('Q Q l L a16', $begin, $length, 0, 40 + length($text), $target) . $text;
    }
    return $data;
}

# line_of DATA: the text of the first target in the status.
sub line_of { return unpack('Z*', substr($_[0], 40)); }

# number DEVICE: its number, such as 252:0.
sub number {
    my $made = (stat($_[0]))[6];
    return sprintf('%d:%d', $made >> 8, $made & 255);
}
my $mine = number("/dev/mapper/$name");

my $itself = qr{/dev/mapper/$name|(?<!\d)\Q$mine\E(?!\d)};
open(my $release, '<', '/proc/sys/kernel/osrelease') or die "osrelease: $!";
my $isOld = <$release> =~ /^6\.1\./;

# --- The log ---
sysopen(my $log, '/dev/kmsg', O_RDONLY | O_NONBLOCK) or die "kmsg: $!";
sysseek($log, 0, 2);
my (%logged, %text, $strange, $reported);
$strange = 0;

# The host has a longer list, for the lines that are in the log at the end.
my $offence = qr/\bBUG\b|\bWARNING\b|panic|fault\b|\b[Oo]ops\b|Call\ Trace|[ACM]SAN\b|KFENCE|circular|recursive|inversion|lock\ order|lock\ state|unlock\ balance
    |held\ lock|lock\ held|suspicious|sleeping\ function|while\ atomic|INFO:\ task|stall|lockup|[Ll]eak|unreferenced|remaining\ in|poison|refcount_t|corruption
    |ODEBUG|buffer\ overflow|field-spanning/x;

sub odd {
    my ($text) = @_;
    $strange += 1;
    print "strange $text\n" if ($reported += 1) <= 10;
}

# Counts the messages about refused tables. Any other line that looks like a report is odd.
sub read_log {
    while (1) {
        my $got = sysread($log, my $record, 8192);
        if (!defined $got) {
            last if $!{EAGAIN};
            odd("the log ran over: $!");
            last if !$!{EPIPE};
            next;
        }
        last if !$got;
        my ($line) = $record =~ /^[^;]*;([^\n]*)/s;
        if ($line =~ /^device-mapper: table: (\d+:\d+): (?:apus-)?([a-z-]+): (.*) \(-([A-Z0-9]+)\)$/) {
            next if $1 ne $mine;
            $logged{$4} += 1;
            $text{"$2: $3"} += 1;
        } elsif ($line =~ /^device-mapper: (?:table|ioctl|core|apus-[a-z-]+): /) {
            $text{other} += 1;
        } elsif ($line =~ $offence) {
            odd($line);
        }
    }
}

# --- Tables ---
sub one { return $_[int(rand(@_))]; }
sub digits { return join('', map { int(rand(10)) } 1 .. 1 + int(rand(24))); }
sub garbage { return join('', map { chr(1 + int(rand(255))) } 1 .. 1 + int(rand(40))); }

my @devices = ($lower, $other, number($lower), $small, $busy, number($busy), '/dev/nothing', '/dev/null', '/dev', '/', '.', "/dev/mapper/$name",
    $mine, '252:99', '999999:0', '0:0', '1:', ':', '259:999999999', "$lower/x", '/dev/' . 'n' x 300, '/dev/' . 'n' x 5000);
my @numbers = (0, 0, 1, 2, 3, 7, 8, 16, 100, 512, 513, 4096, 2097151, 2097152, '007', '-0', '-1', '-9223372036854775808', '+1', '1.5', '1e3', '0x10', 4294967295,
    4294967296, '9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616', '1' . '0' x 400);
my @features = qw(error_reads drop_writes error_writes corrupt_bio_byte random_read_corrupt random_write_corrupt r w ERROR_READS);
my @messages = qw(mark addbadblock removebadblock queryblock countbadblocks clearbadblocks listbadblocks enable disable quiet);
my @others = ('x', '%s%n%p%pe', 'é', '\\ ', '\\', '\\\\', '""', 'a' x 3000, "\x7f", "\xff\xfe", '(null)', "a\\\tb");

sub word {
    my $draw = rand();
    return $draw < 0.3 ? one(@devices) : $draw < 0.6 ? one(@numbers) : $draw < 0.7 ? digits() : $draw < 0.85 ? one(@features)
        : $draw < 0.95 ? one(@others) : garbage();
}

# Valid arguments for each target.
my %right = (
    linear => sub { ($lower, one(0, 8, 2048)) },
    striped => sub { (2, one(8, 16, 64), $lower, one(0, 8), $other, 4096) },
    zero => sub { () },
    error => sub { () },
    delay => sub { ($lower, 0, one(0, 5), rand() < 0.5 ? ($other, 8, 1) : (), ) },
    flakey => sub { ($lower, 0, one(0, 1, 5), 1, one([], [0], [1, 'error_reads'], [1, 'drop_writes'], [2, 'error_reads', 'drop_writes'],
        [5, 'corrupt_bio_byte', 32, 'r', 1, 0], [7, 'corrupt_bio_byte', 1, 'w', 2, 0, 'random_read_corrupt', 1000])) },
    dust => sub { ($lower, one(0, 8), one(512, 1024, 4096)) },
    'log-writes' => sub { ($lower, $other) });
# zero and error take anything or nothing, so few tables of them suffice.
my @kinds = sort(keys %right, grep { !/^(zero|error)$/ } (keys %right) x 3);

# Makes one error in the words.
sub wrong {
    my @words = @_;
    my $place = int(rand(@words + 1));
    my $draw = rand();
    if ($draw < 0.2) { splice(@words, $place, 1) if $place < @words; }
    elsif ($draw < 0.35) { splice(@words, $place, 0, word()); }
    elsif ($draw < 0.45) { push @words, map { word() } 0 .. int(rand(6)); }
    elsif ($draw < 0.5) { @words = (@words) x (2 + int(rand(30))); }
    else { $words[$place < @words ? $place : 0] = word(); }
    return @words;
}

sub words {
    my ($kind) = @_;
    my $draw = rand();
    my @words = map { ref($_) ? @$_ : $_ } &{ $right{$kind} }();
    if ($draw < 0.03) { return join(' ', @words); }
    if ($draw < 0.75) { return join(' ', wrong(@words)); }
    if ($draw < 0.8) { return join("\t  \n", '', wrong(wrong(@words)), ''); }
    if ($draw < 0.95) { return join(' ', map { word() } 1 .. int(rand(12))); }
    if ($draw < 0.97) { return ' ' x int(rand(4)); }
    return garbage();
}

sub line {
    my ($begin) = @_;
    my $kind = one(@kinds);
    my $length = rand() < 0.9 ? 2048 : one(0, 1, 7, 24, 4095, 1 << 31, 1 << 32, 1 << 40, 9223372036854775807, 18446744073709551615);
    my $words = words($kind);
    # 6.1 accepts a device that lies on itself. A log on such a device could never be written, nor
    # could the kernel's own log-writes write it.
    $words = '' if $isOld && $kind eq 'log-writes' && $words =~ $itself;
    return [$begin, $length, "apus-$kind", $words];
}

my (%answer, $again, $resumed, $taken);
$again = $resumed = $taken = 0;
for my $turn (1 .. $count) {
    my @lines = (line(0));
    if (rand() < 0.05) { push @lines, line(rand() < 0.8 ? $lines[0][1] : one(0, 1, 4096, 18446744073709551615)); }
    print STDERR "turn $turn: ", join("|", map { substr("@$_",0,200) } @lines), "\n" if $ENV{SHOW};
    my ($error) = call('load', scalar @lines, rand() < 0.05 ? $read_only : 0, table(@lines));
    $answer{$error} += 1;
    if (!$error) {
        $taken += 1;
        # The table that the status of an inactive table shows must load as the same table.
        my ($failure, $said) = call('status', 0, $table_wanted | $inactive, "\0" x 8192);
        odd("the table '$lines[0][3]' cannot be read back: $failure") if $failure;
        call('status', 0, $inactive, "\0" x 8192);
        if (@lines == 1 && $taken % 4 == 0) {
            my $first = line_of($said);
            my ($refusal) = call('load', 1, 0, table([0, $lines[0][1], $lines[0][2], $first]));
            (undef, $said) = call('status', 0, $table_wanted | $inactive, "\0" x 8192);
            my $second = line_of($said);
            odd("'$first' of '$lines[0][2] $lines[0][3]' makes '$second' (errno $refusal)") if $refusal || $first ne $second;
            $again += 1;
        }
        # Some tables are used. Those on the mapped device itself are not, because the kernel would
        # only detect them then.
        my $isItself = grep { $_->[3] =~ $itself } @lines;
        if ($taken % 8 == 0 && !$isItself && !call('suspend', 0, 0, '')) {
            $resumed += 1;
            call('status', 0, 0, "\0" x 8192);
            for (1 .. 4) {
                my $words = join(' ', rand() < 0.8 ? one(@messages) : (), rand() < 0.5 ? () : map { word() } 1 .. 1 + int(rand(3)));
                my ($failure) = call('message', 0, 0, pack('Q', 0) . "$words\0" . "\0" x 4096);
                $answer{"message $failure"} += 1;
            }
        }
    }
    read_log() if $turn % 50 == 0;
}
call('clear', 0, 0, '');
read_log();

print "tables $count\n", "taken $taken\n", "again $again\n", "resumed $resumed\n", 'texts ', scalar keys %text, "\n", "odd $strange\n";
my %names = map { (Errno->can($_)->() => $_) } grep { !/^(EWOULDBLOCK|EDEADLOCK|EOPNOTSUPP)$/ && Errno->can($_) } keys %!;
for my $answer (sort keys %answer) {
    my ($what, $error) = $answer =~ /^(message )?(\d+)$/;
    my $errno = $error ? $names{$error} // $error : 'taken';
    printf "%s %s %d %d\n", $what ? 'message' : 'answer', $errno, $answer{$answer}, $logged{$errno} // 0;
}
print "text $text{$_} $_\n" for sort keys %text;
