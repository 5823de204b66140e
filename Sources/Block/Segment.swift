// SPDX-License-Identifier: GPL-2.0-only
// A piece of the memory that I/O reads or writes.
// C header: include/linux/bvec.h (struct bio_vec)

public import Kernel

/// A piece of the memory of a request or a bio. It lies within one page, and is lent for a scope.
/// User space or a device may change it concurrently, so the driver copies data in and out. The
/// memory of a write is read-only.
public typealias Segment = BorrowedPage
