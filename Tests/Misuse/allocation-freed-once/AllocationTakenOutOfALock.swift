// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'kept' after consume
import Zpool

func take(_ lock: borrowing SpinLock<Allocation<KernelStore>>, _ pool: borrowing Pool<KernelStore>) {
  lock.withLock { kept in
    _ = consume kept // MISUSE
    _ = kept.byteCount // TWIN
  }
}
