# SPDX-License-Identifier: GPL-2.0-only
# compare.pl SYMBOLS USES UNUSED [list]: the public declarations of a symbol graph that are neither used nor in the list.
use strict;
use warnings;
use JSON::PP;

my ($graph, $uses, $unused, $list) = @ARGV;
sub lines { open(my $file, '<', $_[0]) or die "$_[0]: $!"; my @lines = <$file>; chomp @lines; return @lines }

my %used = map { $_ => 1 } lines($uses);
my $symbols = decode_json(join("\n", lines($graph)));
# What a driver implements, the library calls.
my %required = map { $_->{source} => 1 }
    grep { $_->{kind} eq 'requirementOf' || $_->{kind} eq 'optionalRequirementOf' } @{$symbols->{relationships}};

my (%missing, $count);
for my $symbol (@{$symbols->{symbols}}) {
    my $usr = $symbol->{identifier}{precise};
    next unless $symbol->{kind}{identifier} =~ /^swift\.(method|property|type\.property|type\.method|init|func|func\.op|var|enum\.case|subscript)$/;
    # Of a type of the library's; written there and not by the compiler, nor once more for each conforming type.
    next unless $usr =~ /^s:(6Kernel|5Block|7BlockMQ|12DeviceMapper|5Zpool)/ || $usr =~ /(6Kernel|5Block|7BlockMQ|12DeviceMapper|5Zpool)E/;
    next if $usr =~ /::SYNTHESIZED::/ || $required{$usr} || !$symbol->{location};
    $count++;
    next if $used{$usr};
    my ($module) = $symbol->{location}{uri} =~ m{/Sources/(\w+)/};
    $missing{($module // '?') . '.' . join('.', @{$symbol->{pathComponents}})}++;
}
if ($list) { print "$_\n" for sort keys %missing; exit 0 }

my $failed = 0;
my %met;
my @entries = map { /^(\S.*?)\s{2,}(\S.*)$/ ? [$1, $2] : die "$unused: no reason: $_\n" } grep { !/^#|^\s*$/ } lines($unused);
for my $name (sort keys %missing) {
    my ($entry) = grep { my $pattern = quotemeta $_->[0]; $pattern =~ s/\\\*/.*/g; $name =~ /^$pattern$/ } @entries;
    if ($entry) { $met{$entry->[0]} = 1; next }
    print "not ok - $name is used by no module\n";
    $failed++;
}
for my $entry (@entries) {
    next if $met{$entry->[0]};
    print "not ok - $entry->[0] is in the list of what is not used, and there is none such\n";
    $failed++;
}
if ($count < 500) { print "not ok - only $count public declarations were found\n"; $failed++ }
if (!$failed) { print 'ok - ', $count, ' public declarations: ', $count - keys %missing, " are used by modules, the others are listed\n"}
