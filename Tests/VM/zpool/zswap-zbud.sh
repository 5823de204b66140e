#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# zswap with apus_zbud: memory pressure on two CPUs, writeback, a change of the type and the
# compressor meanwhile, and the removal of the module.
# apus: suite=vm memory=224 cpus=2 timeout=600 files=scenario.sh,pressure.pl
# differs: which code evicts objects: the allocator until 6.7, zswap from then on
. ./lib.sh
. ./scenario.sh

zswap_scenario apus_zbud zbud
