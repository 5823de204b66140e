#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# hooks.pl: prints each target type that device mapper has registered, one per line: its name and
# its hooks that are not null, as the kernel's memory has them. A hook that is not a function of the
# target's own module has "?" after its name. (struct target_type is in
# include/linux/device-mapper.h. The list is in drivers/md/dm-target.c.)
use strict;
use warnings;

my @hooks = qw(ctr dtr map clone_and_map_rq release_clone_rq end_io rq_end_io presuspend presuspend_undo postsuspend preresume resume status
    message prepare_ioctl report_zones busy iterate_devices io_hints direct_access dax_zero_page_range dax_recovery_write);
my ($first_hook, $list) = (40, 40 + 8 * @hooks);

# --- The kernel's memory: an ELF file whose program headers map addresses to file offsets ---
open(my $core, '<:raw', '/proc/kcore') or die "kcore: $!";
sysread($core, my $header, 64) == 64 or die 'kcore has no header';
my ($offset, $size, $count) = (unpack('x32 Q', $header), unpack('x54 S S', $header));
sysseek($core, $offset, 0);
sysread($core, my $programs, $size * $count);
my @parts = map { [unpack('x8 Q Q x8 Q', substr($programs, $_ * $size, $size))] } 0 .. $count - 1;

sub memory {
    my ($address, $length) = @_;
    for my $part (@parts) {
        my ($from, $start, $bytes) = @$part;
        next if $address < $start || $address - $start >= $bytes;
        # In this order, because the sum of both addresses exceeds 64 bits.
        sysseek($core, $from + ($address - $start), 0);
        sysread($core, my $data, $length) == $length or die sprintf('%x cannot be read', $address);
        return $data;
    }
    die sprintf('%x is no memory', $address);
}

my (%module, $head);
open(my $symbols, '<', '/proc/kallsyms') or die "kallsyms: $!";
while (<$symbols>) {
    # In two halves, because perl warns of 64-bit hexadecimal numbers.
    my ($high, $low, $kind, $name, $module) = /^([0-9a-f]{8})([0-9a-f]{8}) (\S) (\S+)(?:\t\[(\S+)\])?/ or next;
    my $address = hex($high) << 32 | hex($low);
    $head = $address if $name eq '_targets' && ($module // '') eq 'dm_mod';
    # Several symbols may have the same address.
    $module{$address} = $module // '' if $kind =~ /t/i;
}
die 'device mapper is not there' if !$head;

for (my $at = unpack('Q', memory($head, 8)); $at != $head; $at = unpack('Q', memory($at, 8))) {
    my $type = memory($at - $list, $list);
    my ($name_at, $module_at) = unpack('x8 Q Q', $type);
    my $name = unpack('Z*', memory($name_at, 16));
    # struct module begins with its state, its list node, and its name.
    my $module = $module_at ? unpack('Z*', memory($module_at + 24, 56)) : '';
    $module = 'dm_mod' if $module eq '' && exists $module{unpack("x$first_hook Q", $type)};
    my @found;
    for my $index (0 .. $#hooks) {
        my $hook = unpack('x' . ($first_hook + 8 * $index) . ' Q', $type) or next;
        push @found, $hooks[$index] . (($module{$hook} // '?') eq $module ? '' : '?');
    }
    print "$name @found\n";
}
