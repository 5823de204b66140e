// SPDX-License-Identifier: GPL-2.0-only
// Completion of zone appends.
// C header: include/linux/blk-mq.h

internal import CKernel
public import Block
internal import Kernel

extension Request where Driver: ~Copyable {
  /// Completes a zone append of which all data was written, starting at `sector`; the submitter
  /// gets that sector. For any other request the sector is ignored, and the request completes
  /// without error.
  ///
  /// Context: any.
  public consuming func end(writtenAt sector: Sector) {
    // SAFETY: this value owns the request, which has not completed; `end` below completes it.
    unsafe apus_request_set_written(pointer, sector.count)
    end(.ok)
  }
}
