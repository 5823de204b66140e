#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# pressure.pl MEBIBYTES SEED [CHECKS]: fills memory with pages that compress well, badly or not at
# all. It checks each byte CHECKS times, each time in a different order. Prints "filled" as soon as
# all of its pages exist, then "N pages right" or the first wrong page.
use strict;
use warnings;

my ($mebibytes, $seed, $checks) = (@ARGV, 1);
my $pages = $mebibytes * 256;
open(my $random, '<', '/dev/urandom') or die;
read($random, my $noise, 1 << 18) == 1 << 18 or die;

# The page with a number: random bytes of some length, then the number repeated. One page in 16 has
# only random bytes.
sub page {
    my ($number) = @_;
    my $length = $number % 16 == 0 ? 4096 : 40 + ($number * 193 + $seed * 71) % 3000;
    my $start = ($number * 2741 + $seed * 977) % ((1 << 18) - 4096);
    my $page = pack('NN', $number, $seed) . substr($noise, $start, $length - 8);
    return substr($page . pack('N', $number) x 1024, 0, 4096);
}

my @memory;
push @memory, page($_) for 0 .. $pages - 1;
$| = 1;
print "filled\n";
for my $check (1 .. $checks) {
    for my $i (0 .. $pages - 1) {
        # A different order in each round, with each page once (7919 is prime and does not divide
        # any number of pages used here).
        my $number = $check % 2 ? ($i * 7919) % $pages : $pages - 1 - $i;
        if ($memory[$number] ne page($number)) {
            print "page $number of seed $seed is wrong in round $check\n";
            exit 1;
        }
        # Rewrites some pages, which moves them to another place in the swap.
        if ($i % 8 == 0) { substr($memory[$number], 0, 8) = pack('NN', $number, $seed); }
    }
}
print "$pages pages right\n";
