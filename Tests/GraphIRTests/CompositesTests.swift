import Foundation
import GraphIR
import Testing

@Suite struct CompositesTests {
  /// The result of a composite on f64 operands.
  private func run(
    _ operands: [ReferenceTensor], _ body: ([Value]) -> Value
  ) throws -> ReferenceTensor {
    let builder = GraphBuilder("composite")
    let values = operands.enumerated().map { index, operand in
      builder.input("x\(index)", operand.type.dtype, operand.shape)
    }
    builder.output("y", body(values))
    var interpreter = try Interpreter(builder.build())
    let inputs = operands.enumerated().map { ("x\($0)", $1) }
    return try #require(
      try interpreter.run(references: Dictionary(uniqueKeysWithValues: inputs))["y"])
  }

  private func f64(_ shape: Shape, _ values: [Double]) -> ReferenceTensor {
    ReferenceTensor(TensorType(.f64, shape), values)
  }

  private func i64(_ shape: Shape, _ values: [Double]) -> ReferenceTensor {
    ReferenceTensor(TensorType(.i64, shape), values)
  }

  private func expect(
    _ value: ReferenceTensor, _ expected: [Double], tolerance: Double = 1e-12,
    at place: SourceLocation = #_sourceLocation
  ) {
    #expect(value.values.count == expected.count, sourceLocation: place)
    for (value, expected) in zip(value.values, expected) {
      let isNear = value == expected || abs(value - expected) <= tolerance * max(1, abs(expected))
      #expect(isNear, "\(value), not \(expected)", sourceLocation: place)
    }
  }

  typealias SourceLocation = Testing.SourceLocation

  @Test(arguments: CompositeSample.table.indices) func everySampleRuns(_ index: Int) throws {
    let sample = CompositeSample.table[index]
    let operands = sample.operands.enumerated().map { $1.draw(seed: $0) }
    let result = try run(operands, sample.build)
    let isFinite = result.values.allSatisfy { $0.isFinite }
    #expect(isFinite, "\(sample.name)")
  }

  /// Values from NumPy.
  @Test func softmaxFamily() throws {
    let x = f64([3], [1, 2, 4])
    expect(
      try run([x]) { $0[0].softmax() },
      [0.04201006613406607, 0.11419519938459453, 0.8437947344813398])
    expect(
      try run([x]) { $0[0].logSoftmax() }, [-3.1698460196, -2.1698460196, -0.1698460196],
      tolerance: 1e-9)
    expect(try run([x]) { $0[0].logSumExp(axis: 0) }, [4.1698460196], tolerance: 1e-9)
  }

  @Test func softmaxFamilyDoesNotOverflow() throws {
    let large = f64([3], [1000, 1000, -1000])
    expect(try run([large]) { $0[0].softmax() }, [0.5, 0.5, 0])
    expect(try run([large]) { $0[0].logSoftmax() }, [-log(2), -log(2), -2000 - log(2)])
    expect(try run([large]) { $0[0].logSumExp(axis: 0) }, [1000 + log(2)])
    let infinity = Double.infinity
    let none = f64([2, 2], [-infinity, -infinity, infinity, 0])
    expect(try run([none]) { $0[0].logSumExp(axis: 1) }, [-infinity, infinity])
  }

  @Test func regressionLosses() throws {
    let (x, t) = (f64([2, 2], [1, 2, 3, 4]), f64([2, 2], [1, 0, 0, 8]))
    expect(try run([x, t]) { $0[0].meanSquaredError($0[1]) }, [(4 + 9 + 16) / 4.0])
    expect(try run([x, t]) { $0[0].meanSquaredError($0[1], reduction: .sum) }, [29])
    expect(try run([x, t]) { $0[0].meanAbsoluteError($0[1]) }, [9 / 4.0])
    expect(try run([x, t]) { $0[0].meanAbsoluteError($0[1], reduction: .none) }, [0, 2, 3, 4])
  }

  @Test func binaryCrossEntropyIsStable() throws {
    let (x, t) = (f64([4], [0, 800, -800, 2]), f64([4], [1, 0, 0, 0.25]))
    let last = -0.25 * log(1 / (1 + exp(-2))) - 0.75 * log(1 - 1 / (1 + exp(-2)))
    expect(
      try run([x, t]) { $0[0].binaryCrossEntropyWithLogits($0[1], reduction: .none) },
      [log(2), 800, 0, last])
  }

  @Test func crossEntropyPicksTheLabel() throws {
    let x = f64([3, 3], [1, 2, 4, 1, 2, 4, 0, 0, 0])
    let labels = i64([3], [2, 0, 1])
    let losses = [0.1698460196, 3.1698460196, log(3)]
    let total = losses.reduce(0, +)
    for (reduction, expected) in [
      (LossReduction.none, losses), (.sum, [total]), (.mean, [total / 3]),
    ] {
      let loss = try run([x, labels]) { $0[0].crossEntropy(labels: $0[1], reduction: reduction) }
      expect(loss, expected, tolerance: 1e-9)
    }
    let mean = try run([x, labels]) { $0[0].crossEntropy(labels: $0[1], ignoring: 0) }
    expect(mean, [(losses[0] + losses[2]) / 2], tolerance: 1e-9)
    let none = try run([x, i64([3], [7, 7, 7])]) { $0[0].crossEntropy(labels: $0[1], ignoring: 7) }
    expect(none, [0])
  }

  @Test func statistics() throws {
    let x = f64([2, 3], [1, 2, 6, 0, 0, 0])
    expect(try run([x]) { $0[0].variance(axes: [-1]) }, [14 / 3.0, 0])
    expect(try run([x]) { $0[0].variance(axes: [-1], correction: 1) }, [7, 0])
    expect(try run([x]) { $0[0].vectorNorm(axes: [1]) }, [41.squareRoot(), 0])
  }

  @Test func dropoutKeepsTheMean() throws {
    let (x, key) = (f64([4000], Array(repeating: 3, count: 4000)), i64([2], [1, 2]))
    let y = try run([x, key]) { $0[0].dropout(0.25, key: $0[1]) }
    #expect(Set(y.values) == [0, 4])
    // The standard error of the share of zeros is 0.007.
    let zeros = Double(y.values.filter { $0 == 0 }.count) / 4000
    #expect(abs(zeros - 0.25) < 0.035)
    let next = try run([x, i64([2], [1, 3])]) { $0[0].dropout(0.25, key: $0[1]) }
    #expect(next.values != y.values)
  }

  @Test func indexing() throws {
    let classes = try run([i64([3], [2, 0, 5])]) { $0[0].oneHot(3) }
    #expect(classes.shape == [3, 3])
    expect(classes, [0, 0, 1, 1, 0, 0, 0, 0, 0])
    let x = f64([2, 3], [1, 2, 3, 4, 5, 6])
    let taken = try run([x, i64([2, 2], [2, -3, 0, 1])]) { $0[0].takeAlongAxis($0[1], axis: 1) }
    expect(taken, [3, 1, 4, 5])
    let rows = try run([x, i64([1, 3], [1, 0, 1])]) { $0[0].takeAlongAxis($0[1], axis: 0) }
    expect(rows, [4, 2, 6])
    let edges = try run([x, i64([1, 3], [9, -9, 1])]) { $0[0].takeAlongAxis($0[1], axis: 0) }
    expect(edges, [4, 2, 6])
  }

  @Test func slicesByIndices() throws {
    let x = f64([2, 3], [1, 2, 3, 4, 5, 6])
    let elements = try run([x, i64([2, 2], [1, -1, 0, 1])]) { $0[0].gatherND($0[1]) }
    expect(elements, [6, 2])
    let ofBatch = try run([x, i64([2, 1], [2, -3])]) { $0[0].gatherND($0[1], batchDims: 1) }
    expect(ofBatch, [3, 4])
    let (row, updates) = (i64([2, 1], [1, 1]), f64([2, 3], [7, 8, 9, 1, 10, 2]))
    for (reduction, expected) in [
      (IndexedReduction.set, [1, 10, 2]), (.add, [12, 23, 17]), (.mul, [28, 400, 108]),
      (.min, [1, 5, 2]), (.max, [7, 10, 9.0]),
    ] {
      let y = try run([x, row, updates]) { $0[0].scatterND($0[1], $0[2], reduction: reduction) }
      expect(y, [1, 2, 3] + expected)
    }
    let put = try run([x, i64([1, 2], [2, 0]), f64([1, 2], [-7, -8])]) {
      $0[0].scatterAlongAxis($0[1], $0[2], axis: 1)
    }
    expect(put, [-8, 2, -7, 4, 5, 6])
  }

  @Test func order() throws {
    let x = f64([2, 4], [3, 1, 3, 2, 0, .nan, -1, 5])
    expect(try run([x]) { $0[0].topK(2).indices }, [0, 2, 1, 3])
    expect(try run([x]) { $0[0].topK(3, largest: false).values }, [1, 2, 3, -1, 0, 5])
    expect(try run([f64([3], [2, 0, 4])]) { $0[0].cumprod(0) }, [2, 0, 0])
    let after = try run([f64([3], [2, 0, 4])]) { $0[0].cumprod(0, exclusive: true, reverse: true) }
    expect(after, [0, 4, 1])
  }
}

extension Int {
  fileprivate func squareRoot() -> Double { Double(self).squareRoot() }
}
