import GraphIR
import TestSupport
import Testing

enum PassesSupport {
  static let pipelines = [("lowering", Pipeline.lowering), ("standard", Pipeline.standard)]

  /// Runs both graphs twice, since updates show in the second run only.
  ///
  /// Passes may reorder sums and round constants to the element type, nothing more. An integer
  /// must be the same. `floor` is how far cancellation may take a float of magnitude 1.
  static func expectSameResults(
    _ before: Graph, _ after: Graph, _ inputs: [String: Tensor], _ title: String,
    tolerance: Double = 2e-6
  ) throws {
    var first = try Interpreter(before)
    var second = try Interpreter(after)
    for _ in 0..<2 {
      let expected = try first.run(inputs: inputs)
      let results = try second.run(inputs: inputs)
      #expect(Set(expected.keys) == Set(results.keys), "\(title)")
      for (name, value) in expected {
        expectSame(value, results[name], tolerance, "\(title): output \(name)")
      }
    }
    for (name, value) in first.variables {
      expectSame(value, second.variables[name], tolerance, "\(title): variable \(name)")
    }
  }

  private static func expectSame(
    _ expected: ReferenceTensor, _ result: ReferenceTensor?, _ tolerance: Double, _ title: String
  ) {
    guard let result, result.type == expected.type else {
      Issue.record("\(title): \(expected.type) became \(String(describing: result?.type))")
      return
    }
    let scale = expected.values.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
    let limit = expected.type.dtype.isFloat ? tolerance * scale : 0
    for (element, (a, b)) in zip(expected.values, result.values).enumerated() {
      let isSame = a == b || (a.isNaN && b.isNaN) || abs(a - b) <= limit
      if !isSame {
        Issue.record("\(title): element \(element) is \(b), not \(a)")
        return
      }
    }
  }

  /// What the code generator takes for granted of a graph.
  static func expectForms(_ graph: Graph, _ title: String) {
    for id in graph.ids {
      let node = graph[id]
      let place = "\(title): \(graph.describe(id))"
      #expect(node.operands.allSatisfy { $0 < id }, "\(place)")
      #expect((try? node.op.resultType(graph.operandTypes(id))) == node.type, "\(place)")
      switch node.op {
      case let reduce as Reduce:
        #expect(reduce.reduction != .mean, "\(place)")
        #expect(!reduce.axes.isEmpty, "\(place)")
        #expect(zip(reduce.axes, reduce.axes.dropFirst()).allSatisfy { $1 == $0 + 1 }, "\(place)")
      case let scan as CumSum: #expect(scan.axis == node.type.shape.rank - 1, "\(place)")
      case let scan as LinearScan: #expect(scan.axis == node.type.shape.rank - 1, "\(place)")
      case let sort as ArgSort: #expect(sort.axis == node.type.shape.rank - 1, "\(place)")
      case is Gather, is ScatterAdd, is Scatter:
        #expect(graph[node.operands[1]].type.dtype == .i64, "\(place)")
      case is Random: #expect(node.operands.count == 1, "\(place)")
      case let reshape as Reshape: #expect(!reshape.shape.contains(-1), "\(place)")
      default: break
      }
    }
    let sources = ["input", "variable", "constant"]
    let results = graph.outputs.map(\.value) + graph.updates.map(\.value)
    #expect(results.allSatisfy { !sources.contains(graph[$0].op.name) }, "\(title)")
    #expect(Set(graph.updates.map(\.value)).count == graph.updates.count, "\(title)")
  }
}

extension PassesSupport {
  /// The first output of a small graph as one expression: `add(x, constant[1.0])`.
  static func expression(_ graph: Graph) -> String {
    var texts: [String] = []
    for node in graph.nodes {
      let operands = node.operands.map { texts[$0.index] }
      switch node.op {
      case let input as Input: texts.append(input.key)
      case let constant as Constant: texts.append("\(node.type)\(constant.tensor.doubles)")
      default:
        let shown = node.op.attributes.map { "\($0.value)" }
        texts.append("\(node.op.name)(\((operands + shown).joined(separator: ", ")))")
      }
    }
    return graph.outputs.first.map { texts[$0.value.index] } ?? ""
  }
}
