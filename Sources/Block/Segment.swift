// SPDX-License-Identifier: GPL-2.0-only
// A piece of the memory that I/O reads or writes.
// C header: include/linux/bvec.h (struct bio_vec)

public import Kernel

/// A piece of the memory that a request or a bio carries: within one page, and lent for a scope. User space, or a device, may
/// change it at the same time, so it is copied in and out. What I/O writes from can only be read.
public typealias Segment = BorrowedPage
