import GraphIR

/// One call of a tile kernel, before its operands have places.
struct TileInstruction {
  enum Source: Hashable {
    /// A value of this kernel, in a tile or where it is stored.
    case value(NodeID)
    /// A buffer read with these strides over the kernel's domain.
    case memory(NodeID, offset: Int, strides: [Int])
    /// A constant with one element.
    case scalar(NodeID)
  }

  enum Shape: Hashable {
    case full
    case row
    /// Full operands, one result a row.
    case rowReduction
    /// Full operands, one result a column, over all tiles of a chunk of rows.
    case columnReduction
  }

  /// The kernel's name without prefix and element type: `mul`, `sum_rows`.
  var name: String
  /// Element types that make up the kernel's suffix, the result's last for a cast.
  var suffix: String
  var shape: Shape
  var sources: [Source]
  var sourceTypes: [DType]
  var parameters: [Double] = []
  var result: NodeID
  var resultType: DType
  /// Further results, for kernels that update several values at once.
  var otherResults: [NodeID] = []
  /// Whether the kernel of a reduction can add to what its result holds, which takes a flag.
  var accumulates = true
  /// For an iota: the index's strides over the domain.
  var iota: [Int] = []
}

extension TileInstruction {
  /// The instruction of a node of a tiled kernel, its root excepted.
  init(_ id: NodeID, in kernel: Kernel, _ members: Set<NodeID>, _ lowered: LoweredGraph) {
    let node = lowered.graph[id]
    let role = kernel.role(of: id, lowered)
    result = id
    resultType = node.type.dtype
    switch role {
    case .full: shape = .full
    case .row: shape = lowered.isReduction(id) ? .rowReduction : .row
    case .column: shape = .columnReduction
    }
    sources = node.operands.indices.map { operand in
      TileInstruction.source(id, operand, in: kernel, members, lowered)
    }
    sourceTypes = node.operands.map { lowered.graph[$0].type.dtype }
    name = ""
    suffix = CSyntax.suffix(sourceTypes.last ?? resultType)
    switch lowered.computations[id.index] {
    case .map(.elementwise(let function, let parameters)):
      self.parameters = parameters
      name = function
      if function == "stop_gradient" { asCopy() }
    case .rows(let function, let parameters):
      self.parameters = parameters
      name = function
    case .map(.cast):
      name = "cast"
      let from = sourceTypes[0]
      if from == resultType || (from == .bool && resultType == .u8) {
        asCopy()
      } else {
        suffix =
          CSyntax.suffix(from) + "_" + (resultType == .bool ? "bool" : CSyntax.suffix(resultType))
      }
    case .view: asCopy()
    case .reduce(let reduction, _):
      name = "\(reduction.rawValue)_\(role == .column ? "cols" : "rows")"
    case .iota(let axis):
      name = "iota"
      suffix = CSyntax.suffix(resultType)
      iota = (0..<kernel.domain.rank).map { $0 == axis ? 1 : 0 }
    default: preconditionFailure("\(node.op.name) is no tile instruction")
    }
  }

  private mutating func asCopy() {
    name = "copy"
    suffix = CSyntax.bits(resultType)
  }

  static func source(
    _ id: NodeID, _ operand: Int, in kernel: Kernel, _ members: Set<NodeID>,
    _ lowered: LoweredGraph
  ) -> Source {
    let access = lowered.access(id, operand)
    if let constant = lowered.graph[access.base].op as? Constant, constant.tensor.count == 1 {
      return .scalar(access.base)
    }
    if members.contains(access.base) { return .value(access.base) }
    return .memory(
      access.base, offset: access.offset, strides: kernel.domainStrides(id, access, lowered))
  }
}

extension Kernel {
  /// The strides of a node's access over the kernel's domain, whatever the node's own shape.
  func domainStrides(_ id: NodeID, _ access: Access, _ lowered: LoweredGraph) -> [Int] {
    guard role(of: id, lowered) == .row, !lowered.isReduction(id) else { return access.strides }
    let split = split ?? 0
    return Array(access.strides.prefix(split))
      + Array(repeating: 0, count: domain.rank - split)
  }
}
