import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Gradients and Hessian-vector products of every op, compiled, against the interpreter.
@Suite struct CompiledDerivativeTests {
  static let names = OpTable.entries.filter { entry in
    entry.samples().contains { $0.checksGradient && $0.checksSecond }
  }.map(\.name)

  /// The smallest samples of each element type that have elements.
  private static func samples(_ name: String) throws -> [OpSample] {
    let samples = try #require(OpTable.entry(named: name)).samples().filter { sample in
      let sizes = sample.operands.map(\.type.shape.count)
      guard sample.checksGradient, sample.checksSecond else { return false }
      return !sizes.contains(0) && sizes.reduce(0, +) <= 600
    }
    return [DType.f32, .f64].flatMap { dtype in
      samples.filter { $0.operands[0].type.dtype == dtype }.prefix(4)
    }
  }

  @Test(arguments: names) func compiledEqualsInterpreter(_ name: String) throws {
    for (seed, sample) in try Self.samples(name).enumerated() {
      let graph = try Self.derivatives(sample)
      var inputs = CompiledCheck.inputs(graph, seed: seed)
      for (place, operand) in sample.draw(seed: seed).enumerated() {
        inputs["x\(place)"] = Tensor(operand.type, doubles: operand.values)
      }
      var interpreter = try Interpreter(graph)
      let expected = try interpreter.run(inputs: inputs)
      for set in Machine.InstructionSet.available {
        let run = try CompiledRun(graph, threads: 2, instructionSet: set)
        let results = try run.executable.run(inputs)
        for (output, reference) in expected {
          let tensor = try #require(results[output])
          let limit = tensor.dtype == .f64 ? 1e-11 : 2e-5
          let worst = Comparison(tensor, reference.values, floor: limit)
          #expect(worst.relative <= limit, "\(set.name), \(sample.label), \(output): \(worst)")
        }
      }
    }
  }

  /// Gradients of the sum of weights times the result, and the Hessian of that times vectors.
  private static func derivatives(_ sample: OpSample) throws -> Graph {
    let builder = GraphBuilder("derivatives")
    let operands = sample.operands.enumerated().map { place, operand in
      builder.input("x\(place)", operand.type.dtype, operand.type.shape)
    }
    let floats = operands.filter { $0.dtype.isFloat }
    let vectors = floats.enumerated().map { place, value in
      builder.input("v\(place)", value.dtype, value.shape)
    }
    let result = builder.append(sample.op, operands)
    let weights = builder.input("w", result.dtype, result.shape)
    let loss = (result * weights).sum()
    let first = builder.gradients(of: loss, withRespectTo: floats)
    let second = builder.hessianVectorProduct(of: loss, withRespectTo: floats, vectors: vectors)
    for place in floats.indices {
      builder.output("first \(place)", first[place])
      builder.output("second \(place)", second[place])
    }
    return try builder.build()
  }

  /// An activation and its slope of one operand are one kernel, of two operands they are two.
  @Test(arguments: ["silu", "gelu_tanh"], [DType.f32, .f64])
  func slopesJoinTheirValues(_ name: String, _ dtype: DType) throws {
    let builder = GraphBuilder("slopes")
    let x = builder.input("x", dtype, [9, 50])
    let y = builder.input("y", dtype, [9, 50])
    func activate(_ value: Value) -> Value {
      name == "silu" ? value.silu() : value.gelu(approximate: true)
    }
    let value = activate(x + y)
    let slope = builder.gradients(of: value.sum(), withRespectTo: [x])[0]
    builder.output("value", value)
    builder.output("product", value * slope * y)
    builder.output("other", activate(x * y))
    let graph = try builder.build()
    let source = try CompiledRun(graph).program.source
    let suffix = dtype == .f32 ? "f32" : "f64"
    func calls(_ name: String) -> Int {
      source.split(separator: "\n").count { $0.contains("  dlc_\(name)_\(suffix)(") }
    }
    #expect(calls("\(name)_and_slope") == 1 && calls(name) == 1 && calls("\(name)_slope") == 0)
    try CompiledCheck.expect(graph, CompiledCheck.inputs(graph, seed: 2), name)
  }
}
