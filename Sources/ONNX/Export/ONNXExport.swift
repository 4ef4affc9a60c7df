import GraphIR

/// Writes graphs as ONNX models.
public enum ONNXExport {
  /// The version of ONNX's operators that models use: the first with `Gelu`, so that no activation
  /// of the table becomes a dozen nodes, and read by every runtime since the end of 2023.
  public static let opset = 20
  /// The version of the file format that goes with it.
  static let irVersion: Int64 = 9

  /// The forward part of `graph`: what its outputs are made of, without updates of variables.
  ///
  /// Inputs, outputs and variables keep their names; variables become initializers with the values
  /// `weights` or, where that has none, their first values if these are not random. All shapes are
  /// those of the graph. Random numbers are stored as the graph would draw them; where their key is
  /// an input, whoever runs the model draws others.
  public static func model(
    _ graph: Graph, weights: [String: Tensor] = [:]
  ) throws(ExportError) -> ModelProto {
    let plain = graph.withKnownRandomNumbers(weights).withoutUpdates().inPlainOps()
    var exporter = GraphExporter(plain)
    try exporter.exportNodes(weights)
    var model = ModelProto()
    model.irVersion = irVersion
    model.producerName = "dlc"
    model.opsetImport = [OperatorSetIdProto.with { $0.version = Int64(opset) }]
    model.graph = exporter.proto
    return model
  }
}

extension Graph {
  /// Only what the outputs need, and every input.
  fileprivate func withoutUpdates() -> Graph {
    var isNeeded = nodes.map { $0.op is Input }
    for output in outputs { isNeeded[output.value.index] = true }
    for index in nodes.indices.reversed() where isNeeded[index] {
      for operand in nodes[index].operands { isNeeded[operand.index] = true }
    }
    var result = Graph(name: name)
    var moved = Array(ids)
    for (index, node) in nodes.enumerated() where isNeeded[index] {
      var node = node
      node.operands = node.operands.map { moved[$0.index] }
      moved[index] = NodeID(result.nodes.count)
      result.nodes.append(node)
    }
    result.outputs = outputs.map { Output(name: $0.name, value: moved[$0.value.index]) }
    return result
  }
}

extension ValueInfoProto {
  /// A tensor's name, element type and shape.
  init(_ name: String, _ type: TensorType) {
    self.init()
    self.name = name
    self.type.tensorType.elemType = ONNXElementType(storing: type.dtype).rawValue
    // A scalar has a shape without axes; no shape at all would mean that it is not known.
    self.type.tensorType.shape = TensorShapeProto()
    self.type.tensorType.shape.dim = type.shape.dims.map { size in
      TensorShapeProto.Dimension.with { $0.dimValue = Int64(size) }
    }
  }
}
