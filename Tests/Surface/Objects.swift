// SPDX-License-Identifier: GPL-2.0-only
// The same as Surface.swift, for the module Zpool.

import Kernel
import PoolDoubles
import Zpool

func pages(_ slab: borrowing Slab, _ evicted: borrowing EvictedSlab) -> Int {
  slab.pages &+ evicted.pages
}

func longest() -> Int { ObjectTable<KernelStore>.maximumLength }

func stores(_ store: borrowing KernelStore, _ peer: borrowing PeerStore) -> Int {
  store.pageCount &+ peer.pageCount
}
