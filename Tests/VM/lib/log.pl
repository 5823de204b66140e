#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# log.pl DEVICE: prints the entries of a log of log-writes, one per line: "SECTOR COUNT FLAGS", and
# the text of a mark. Sectors are those of the log. The flags are the sum of 1 flush, 2 FUA, 4
# discard, 8 mark, 16 metadata.
# log.pl DEVICE replay TARGET CHECK [flushes]: replays the log to TARGET, and runs the command CHECK
# with the text of each mark. With `flushes`, after the mark "made", it also runs CHECK after each
# flush and each FUA write, with "flush" and the number of the entry.
use strict;
use warnings;
use IO::Handle;

my ($device, $what, $target, $check, $flushes) = @ARGV;
open(my $log, '<:raw', $device) or die "$device: $!";
read($log, my $super, 512) == 512 or die 'a log begins with a header';
my ($magic, $version, $entries, $size) = unpack('Q< Q< Q< L<', $super);
die 'this is no log' if $magic != (0x6a7366 << 32 | 0x77736872) || $version != 1;
my $out;
if ($what) { open($out, '+<:raw', $target) or die "$target: $!"; }

sub check {
    my ($text) = @_;
    $out->flush();
    system("$check $text") == 0 or die "the check at '$text' failed";
}

my ($place, $isMade) = ($size, 0);
$| = 1;
for (1 .. $entries) {
    seek($log, $place, 0);
    read($log, my $entry, $size) == $size or die 'the log is too short';
    my ($sector, $count, $flags, $length) = unpack('Q< Q< Q< Q<', $entry);
    my $text = $flags & 8 ? substr($entry, 32, $length) : '';
    $place += $size;
    my $bytes = $flags & 4 ? 0 : $count * $size;
    if (!$what) {
        print "$sector $count $flags", $text eq '' ? '' : " $text", "\n";
    } elsif ($flags & 8) {
        check($text);
        $isMade = 1 if $text eq 'made';
    } elsif ($bytes || $flags & 4) {
        # Discarded data is undefined, so zeroes are valid.
        my $left = $flags & 4 ? $count * $size : $bytes;
        seek($out, $sector * $size, 0);
        while ($left > 0) {
            my $part = $left < 1 << 20 ? $left : 1 << 20;
            my $data = "\0" x $part;
            if (!($flags & 4)) { read($log, $data, $part) == $part or die 'the log is too short'; }
            print {$out} $data;
            $left -= $part;
        }
    }
    $place += $bytes;
    check("flush$_") if $flushes && $isMade && $flags & 3 && !($flags & 8);
}
