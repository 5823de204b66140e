// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

func table() {
  _ = OperationsTable(queueRequest: { _, _ in 0 }) // MISUSE
  _ = OperationsTable.self // TWIN
}
