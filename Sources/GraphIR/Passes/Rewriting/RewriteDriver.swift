/// Applies rewrites to every node, operands first, until none matches.
package struct RewriteDriver {
  private let rewrites: [Rewrite]
  /// Indices of the rewrites to try on an op, by its name: its own first, then those of any op.
  private let byHead: [String: [Int]]
  private let general: [Int]
  private let builder: GraphBuilder

  /// How many rewrites may follow from one another at a node. The longest honest chains are
  /// about ten long.
  static let fuel = 64

  /// `graph` rewritten, without the nodes that it no longer needs.
  ///
  /// Linear in the number of nodes. Throws the names of two rewrites that undo each other.
  package static func run(
    _ rewrites: [Rewrite], on graph: Graph
  ) throws(RewriteLoop) -> Graph {
    let driver = RewriteDriver(rewrites, GraphBuilder(graph.name))
    driver.builder.reserveCapacity(graph.nodes.count)
    var moved: [NodeID] = []
    moved.reserveCapacity(graph.nodes.count)
    for source in graph.nodes {
      var node = source
      node.moveOperands(moved)
      moved.append(try driver.add(node, after: []))
    }
    var result = driver.builder.graph
    result.take(results: graph) { moved[$0.index] }
    return result.withoutDeadNodes
  }

  private init(_ rewrites: [Rewrite], _ builder: GraphBuilder) {
    self.rewrites = rewrites
    self.builder = builder
    general = rewrites.indices.filter { rewrites[$0].heads.isEmpty }
    var byHead: [String: [Int]] = [:]
    for (index, rewrite) in rewrites.enumerated() {
      for head in rewrite.heads { byHead[head, default: []].append(index) }
    }
    self.byHead = byHead.mapValues { [general] in $0 + general }
  }

  /// The value of a node, simplified; `trail` names the rewrites that led to the node. Recursion
  /// follows the trail, never the graph.
  private func add(_ node: Node, after trail: [String]) throws(RewriteLoop) -> NodeID {
    let site = RewriteSite(builder: builder, node: node)
    let start = builder.graph.nodes.count
    for index in byHead[node.op.name] ?? general {
      let rewrite = rewrites[index]
      guard let value = builder.located(node.location, { rewrite.apply(site) }) else {
        precondition(builder.failure == nil, "\(rewrite.name): \(builder.failure!)")
        continue
      }
      precondition(builder.failure == nil, "\(rewrite.name): \(builder.failure!)")
      precondition(value.type == node.type, "\(rewrite.name): \(value.type), not \(node.type)")
      guard value.id.index >= start else {
        _ = builder.withdraw(from: start)
        return value.id
      }
      guard trail.count < RewriteDriver.fuel else {
        throw RewriteLoop(first: trail.last ?? rewrite.name, second: rewrite.name)
      }
      builder.lend(node.label, to: value.id)
      return try add(
        builder.withdraw(from: start), wanted: value.id.index - start, start,
        after: trail + [rewrite.name])
    }
    return builder.adopt(node)
  }

  /// Adds what a rewrite built, each node simplified in its turn.
  private func add(
    _ nodes: [Node], wanted: Int, _ start: Int, after trail: [String]
  ) throws(RewriteLoop) -> NodeID {
    var moved: [NodeID] = []
    for source in nodes {
      var node = source
      node.operands = source.operands.map { $0.index < start ? $0 : moved[$0.index - start] }
      moved.append(try add(node, after: trail))
    }
    return moved[wanted]
  }
}

/// Two rewrites of which each makes what the other takes.
package struct RewriteLoop: Error, Hashable, CustomStringConvertible {
  package let first: String
  package let second: String
  package var description: String { "the rewrites '\(first)' and '\(second)' undo each other" }
}
