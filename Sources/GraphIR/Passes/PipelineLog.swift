/// What the passes of a run did, a line each: name, number of nodes before and after, time.
public struct PipelineLog: Sendable, CustomStringConvertible {
  public private(set) var lines: [String] = []
  public private(set) var seconds = 0.0

  public init() {}

  /// Adds a pass's line, such as `expandMean  31 -> 35 nodes  0.1 ms`.
  public mutating func note(_ report: PassReport) {
    seconds += report.seconds
    let nodes = "\(report.nodesBefore) -> \(report.nodesAfter) nodes"
    let change = report.isUnchanged ? "(unchanged)" : nodes
    let time = "\((report.seconds * 10_000).rounded() / 10) ms"
    lines.append([report.name.padded(to: 31), change.padded(to: 24), time].joined())
  }

  public var description: String { lines.map { $0 + "\n" }.joined() }
}

extension String {
  /// Filled up with spaces, two at least.
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(2, width - count))
  }
}
