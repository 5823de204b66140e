// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

func table() {
  _ = DiskOperationsTable(release: { _ in }) // MISUSE
  _ = DiskOperationsTable.self // TWIN
}
