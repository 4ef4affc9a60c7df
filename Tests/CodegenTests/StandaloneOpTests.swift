import Codegen
import GraphIR
import Glibc
import Runtime
import TestSupport
import Testing

/// Every op as C that needs no runtime, compiled in process, against its reference in double.
@Suite struct StandaloneOpTests {
  @Test(arguments: OpTable.entries.map(\.name)) func ops(_ name: String) throws {
    let entry = try #require(OpTable.entry(named: name))
    for (index, sample) in entry.samples().enumerated() {
      let graph = try SampleGraph(sample, seed: index)
      let verdict = try verdict(graph, isElementwise: sample.isElementwise)
      #expect(verdict == nil, "\(name) sample \(index): \(sample.label)")
    }
  }

  @Test(arguments: Set(CompositeSample.table.map(\.name)).sorted())
  func composites(_ name: String) throws {
    for (index, sample) in CompositeSample.table.enumerated() where sample.name == name {
      let verdict = try verdict(try SampleGraph(sample, seed: index), isElementwise: false)
      #expect(verdict == nil, "\(name), seed \(index)")
    }
  }

  private func verdict(_ sample: SampleGraph, isElementwise: Bool) throws -> String? {
    let options = Compilation.Options(threads: 1)
    let source = try Standalone.source(sample.graph, options: options, hasCheck: false)
    let module = try NativeModule(source: source, symbols: Self.mathematics)
    typealias Initialize = @convention(c) (Int64) -> Void
    typealias Step = @convention(c) (UnsafePointer<UnsafeRawPointer?>) -> Void
    typealias Output = @convention(c) (Int32) -> UnsafeRawPointer?
    let initialize = try #require(module.address(of: "sample_init"))
    let step = try #require(module.address(of: "sample_step"))
    let output = try #require(module.address(of: "sample_output"))
    let inputs = sample.graph.inputs.map { sample.inputs[$0.input.key]!.bytes }
    // A place of its own for every input, aligned for any element.
    let places = inputs.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, $0.count), alignment: 8)
    }
    defer { for place in places { place.deallocate() } }
    for (place, bytes) in zip(places, inputs) { place.copyBytes(from: bytes) }
    unsafeBitCast(initialize, to: Initialize.self)(1)
    unsafeBitCast(step, to: Step.self)(places.map { UnsafeRawPointer($0.baseAddress) } + [nil])
    let type = sample.graph[sample.graph.outputs[0].value].type
    let result = try #require(unsafeBitCast(output, to: Output.self)(0))
    let bytes = UnsafeRawBufferPointer(start: result, count: type.byteCount)
    var interpreter = try Interpreter(sample.graph)
    let reference = try #require(try interpreter.run(inputs: sample.inputs)["y"])
    let tolerance = Tolerance(type.dtype, isElementwise: isElementwise)
    return tolerance.check(Tensor(type, bytes: Array(bytes)), reference.values)
  }

  private static var mathematics: [String: UnsafeRawPointer] {
    var addresses: [String: UnsafeRawPointer] = [:]
    for name in StandaloneFile.externalFunctions {
      addresses[name] = dlsym(nil, name).map { UnsafeRawPointer($0) }
    }
    return addresses
  }
}
