// SPDX-License-Identifier: GPL-2.0-only
// Requests to zones.
// C header: include/linux/blk-mq.h

internal import CKernel
public import Block
internal import Kernel

extension Request where Driver: ~Copyable {
  /// Completes an append, all of which was written from a sector on: whoever submitted it learns where.
  /// For other requests the sector says nothing, and they complete without an error.
  ///
  /// Context: any.
  public consuming func end(writtenAt sector: Sector) {
    // SAFETY: the type's invariant.
    unsafe apus_request_set_written(pointer, sector.count)
    end(.ok)
  }
}
