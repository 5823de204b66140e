// swift-tools-version: 6.1
// SPDX-License-Identifier: GPL-2.0-only
// The host side of Apus: the `apus` command and its tests. Kernel modules are built by Kbuild, not
// by this package.

import PackageDescription

let package = Package(
  name: "apus",
  products: [
    .executable(name: "apus", targets: ["apus"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    .executableTarget(
      name: "apus",
      dependencies: [
        "ApusSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .target(
      name: "ApusSupport",
      dependencies: [
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]
    ),
    // The editor of LLVM's code, which Kbuild runs between swiftc and clang. kbuild/edit-ir builds
    // it for the modules, without this package.
    .executableTarget(name: "IREditor"),
    .testTarget(
      name: "IREditorTests", dependencies: ["IREditor"], path: "Tests/Host/IREditorTests"),
    // What has no kernel in it, tested on the host: the same files, over a stand-in for the
    // kernel's headers.
    .target(name: "CKernel", path: "Tests/Host/CKernel"),
    .target(
      name: "KernelLogic", dependencies: ["CKernel"], path: "Sources",
      sources: [
        "Kernel/Text/CString.swift", "Kernel/Module/Errno.swift",
        "Kernel/Module/Errno+Constants.swift", "Kernel/Text/StaticCString.swift",
        "Kernel/Memory/PageAddress.swift", "Kernel/Text/TextWriter.swift", "Block/Sector.swift",
      ],
      swiftSettings: [
        .enableExperimentalFeature("Lifetimes"), .enableExperimentalFeature("BuiltinModule"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ]
    ),
    .testTarget(
      name: "KernelLogicTests", dependencies: ["KernelLogic"], path: "Tests/Host/KernelLogicTests"),
    .testTarget(
      name: "ApusCommandTests",
      dependencies: ["ApusSupport"],
      path: "Tests/Host/ApusCommandTests"
    ),
  ],
  swiftLanguageModes: [.v6]
)
