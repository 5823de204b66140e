#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In the VM: prints a line of sizes for each algorithm.
modprobe lz4
modprobe zstd 2> /dev/null
modprobe apus_pool_test rounds=1 2> /dev/null
python3 guest.py
