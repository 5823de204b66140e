#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# zswap on apus_zblock: memory pressure on two CPUs, pages written back, the type and the compressor changed meanwhile, and the module's end.
# apus: suite=vm memory=224 cpus=2 timeout=600 files=zswap/scenario.sh,zswap/pressure.pl run
. ./lib.sh
. ./scenario.sh

zswap_scenario apus_zblock zbud
