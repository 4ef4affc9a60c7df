import GraphIR

/// Decision trees over the columns of a table, each walked by comparisons alone.
struct TreeEnsemble {
  private let node: OperatorContext
  private let x: Value
  private let features: [Int]
  private let splits: [Double]
  private let modes: [Int]
  /// Node or leaf to go on with, where the test holds and where it does not.
  private let children: [(yes: Int, no: Int)]
  private let areLeaves: [(yes: Bool, no: Bool)]
  private let missingHolds: [Bool]
  private let members: [Int: [Double]]
  private let targets: [Int]
  private let weights: [Double]
  private let roots: [Int]
  private let targetCount: Int

  /// Deeper trees, and more nodes, would make graphs too large to compile.
  private static let greatestDepth = 64
  private static let mostNodes = 20_000

  init(_ node: OperatorContext) throws {
    self.node = node
    x = try node.value(0)
    func numbers(_ name: String) throws -> [Double]? {
      guard let attribute = node.attribute(name) else { return nil }
      return try node.importer.tensor(attribute.t).tensor.doubles
    }
    features = try node.requiredInts("nodes_featureids")
    splits = try numbers("nodes_splits") ?? []
    modes = (try numbers("nodes_modes") ?? []).map { Int($0) }
    weights = try numbers("leaf_weights") ?? []
    targets = try node.requiredInts("leaf_targetids")
    roots = try node.requiredInts("tree_roots")
    targetCount = try node.requiredInt("n_targets")
    children = Array(
      zip(try node.requiredInts("nodes_truenodeids"), try node.requiredInts("nodes_falsenodeids"))
    ).map { (yes: $0.0, no: $0.1) }
    areLeaves = Array(
      zip(try node.requiredInts("nodes_trueleafs"), try node.requiredInts("nodes_falseleafs"))
    ).map { (yes: $0.0 != 0, no: $0.1 != 0) }
    let count = features.count
    missingHolds =
      (node.ints("nodes_missing_value_tracks_true") ?? Array(repeating: 0, count: count))
      .map { $0 != 0 }
    var lists = (try numbers("membership_values") ?? []).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNaN)[...]
    var members: [Int: [Double]] = [:]
    for (index, mode) in modes.enumerated() where mode == 6 {
      members[index] = lists.popFirst().map { Array($0) } ?? []
    }
    self.members = members
    guard x.shape.rank == 2,
      [splits.count, modes.count, children.count, areLeaves.count]
        .allSatisfy({ $0 == count }), missingHolds.count == count, targets.count == weights.count,
      !weights.isEmpty, features.allSatisfy((0..<x.shape[1]).contains), count <= Self.mostNodes,
      (1...(1 << 16)).contains(targetCount), targets.allSatisfy((0..<targetCount).contains),
      roots.allSatisfy((0..<count).contains), !roots.isEmpty
    else { throw node.wrong("its attributes do not fit each other or \(x.type)") }
  }

  /// [rows, targets].
  func result() throws -> ImportedTensor {
    let function = node.int("aggregate_function", default: 1)
    let limit =
      x.dtype == .f64 ? Double.greatestFiniteMagnitude : Double(Float.greatestFiniteMagnitude)
    let none: Double
    switch function {
    case 0, 1: none = 0
    case 2: none = limit
    case 3: none = -limit
    default: throw UnsupportedUse("aggregate function \(function) is not supported")
    }
    // What each leaf says of each target.
    var table = [Double](repeating: none, count: weights.count * targetCount)
    for leaf in weights.indices { table[leaf * targetCount + targets[leaf]] = weights[leaf] }
    let leaves = node.builder.constant(
      Tensor(TensorType(x.dtype, [weights.count, targetCount]), doubles: table))
    var visited = 0
    let trees = try roots.map { root -> Value in
      let isLeaf = areLeaves[root] == (true, true) && children[root].yes == children[root].no
      let leaf = try isLeaf ? self.leaf(children[root].yes) : walk(root, 0, &visited)
      return leaves.gather(leaf.broadcast(to: [x.shape[0]]))
    }
    let combined = trees.dropFirst().reduce(trees[0]) { sum, tree in
      function == 2 ? sum.minimum(tree) : function == 3 ? sum.maximum(tree) : sum + tree
    }
    let value = function == 0 ? combined / Double(trees.count) : combined
    switch node.int("post_transform", default: 0) {
    case 0: return try node.like(0, value)
    case 1: return try node.like(0, value.softmax(axis: -1))
    case 2: return try node.like(0, value.sigmoid())
    case let other: throw UnsupportedUse("post transform \(other) is not supported")
    }
  }

  private func leaf(_ index: Int) throws -> Value {
    guard weights.indices.contains(index) else { throw node.wrong("has no leaf \(index)") }
    return node.builder.constant(Double(index), .i64)
  }

  /// The leaf that each row comes to, a scalar if all rows come to the same.
  private func walk(_ index: Int, _ depth: Int, _ visited: inout Int) throws -> Value {
    visited += 1
    guard children.indices.contains(index), depth < Self.greatestDepth,
      visited <= Self.mostNodes
    else { throw UnsupportedUse("trees of this size or form are not supported") }
    let yes =
      try areLeaves[index].yes
      ? leaf(children[index].yes) : walk(children[index].yes, depth + 1, &visited)
    let no =
      try areLeaves[index].no
      ? leaf(children[index].no) : walk(children[index].no, depth + 1, &visited)
    return try test(index).select(yes, no)
  }

  private func test(_ index: Int) throws -> Value {
    let value = x[axis: 1, features[index]]
    let split = value.constant(splits[index])
    var holds: Value
    switch modes[index] {
    case 0: holds = value .<= split
    case 1: holds = value .< split
    case 2: holds = value .>= split
    case 3: holds = value .> split
    case 4: holds = value .== split
    case 5: holds = value .!= split
    case 6:
      holds = node.filled(0, .bool, value.shape)
      for member in members[index] ?? [] { holds = holds .| (value .== member) }
    case let other: throw node.wrong("has no mode \(other)")
    }
    return missingHolds[index] ? holds .| value.isNaN() : holds
  }
}
