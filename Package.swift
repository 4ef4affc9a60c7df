// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "dlc",
  products: [
    .library(name: "GraphIR", targets: ["GraphIR"]),
    .library(name: "Codegen", targets: ["Codegen"]),
    .library(name: "Runtime", targets: ["Runtime"]),
    .library(name: "Models", targets: ["Models"]),
    .library(name: "ONNX", targets: ["ONNX"]),
    .library(name: "Studies", targets: ["Studies"]),
    .executable(name: "dlc", targets: ["dlc"]),
  ],
  dependencies: [
    // Commands, options, help texts and exit codes the way Swift tools have them.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // A tested heap, for the order of kernels.
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    // ONNX files are protocol buffers: Apple's own library reads them, fuzzed against hostile ones.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .target(name: "GraphIR"),
    .target(
      name: "Codegen",
      dependencies: ["GraphIR", .product(name: "HeapModule", package: "swift-collections")]),
    .target(name: "CKernels"),
    .target(name: "CEmbedded"),
    .target(name: "CSampler"),
    .systemLibrary(name: "CTCC", providers: [.apt(["libtcc-dev"])]),
    .systemLibrary(name: "CGOMP", providers: [.apt(["libgcc-12-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZip", providers: [.apt(["libzip-dev"])]),
    .target(
      name: "Runtime",
      dependencies: [
        "GraphIR", "Codegen", "CKernels", "CEmbedded", "CSampler", "CTCC", "CGOMP", "CZlib", "CPNG",
        "CZip",
      ],
      exclude: ["Resources"]),
    .target(name: "Models", dependencies: ["GraphIR", "Runtime"]),
    .target(
      name: "ONNX",
      dependencies: [
        "Codegen", "GraphIR", "Runtime", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Proto/onnx.proto", "Proto/generate.sh"]),
    // The course's experiments, in the public interface of the other libraries.
    .target(name: "Studies", dependencies: ["Codegen", "GraphIR", "Models", "Runtime"]),
    .executableTarget(
      name: "dlc",
      dependencies: [
        "GraphIR", "Codegen", "CKernels", "Runtime", "Models", "ONNX", "Studies",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(
      name: "TestSupport", dependencies: ["CAllocations", "GraphIR", "Codegen", "Runtime"],
      path: "Tests/TestSupport"),
    // Stands in for malloc in the tests' program, and nowhere else.
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .testTarget(name: "GraphIRTests", dependencies: ["GraphIR", "TestSupport"]),
    .testTarget(name: "CodegenTests", dependencies: ["Codegen", "Models", "TestSupport"]),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "TestSupport"]),
    .testTarget(
      name: "RuntimeTests", dependencies: ["Runtime", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ModelsTests", dependencies: ["CAllocations", "CGOMP", "Models", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ONNXTests",
      dependencies: [
        "ONNX", "TestSupport", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(name: "StudiesTests", dependencies: ["Studies", "TestSupport"]),
    .testTarget(
      name: "DLCTests", dependencies: ["Codegen", "Models", "TestSupport"],
      resources: [.copy("Fixtures")]),
  ]
)
