// SPDX-License-Identifier: GPL-2.0-only
// The driver of apusdisk2: sixteen sequential zones of a disk without requests. It keeps no data.

import BlockMQ
import Kernel
import Synchronization

@BioDriver
struct ZonedBios: BioDriver, ~Copyable {
  let counters: Shared<Counters>

  init(_ counters: borrowing Shared<Counters>) { self.counters = counters.share() }

  func submit(_ bio: consuming SubmittedBio) {
    if bio.operation == .zoneAppend {
      counters.value.submittedAppends.wrappingAdd(1, ordering: .relaxed)
      let sector = bio.sector
      bio.end(writtenAt: sector)
      return
    }
    if bio.operation == .read {
      do throws(Errno) {
        try bio.forEachSegment { segment throws(Errno) in
          try segment.zero(at: 0, length: segment.byteCount)
        }
      } catch {
        bio.end(BlockStatus(error))
        return
      }
    }
    bio.end(.ok)
  }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) {
    var start = report.first.count / ZonedDisk.zoneSize &* ZonedDisk.zoneSize
    while start < ZonedDisk.capacity.count {
      let zone = Zone(
        start: Sector(start), length: Sector(ZonedDisk.zoneSize),
        capacity: Sector(ZonedDisk.zoneSize), writePointer: Sector(start), kind: .sequential,
        condition: .empty)
      guard try report.add(zone) else { return }
      start &+= ZonedDisk.zoneSize
    }
  }
}
