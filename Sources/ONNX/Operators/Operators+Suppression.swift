import GraphIR

// Boxes chosen by their scores: as many as the data say, so boxes and scores must be known.

extension OperatorTable {
  static let suppressionOperators: [Operator] = [
    Operator("NonMaxSuppression", ["center_point_box"], tensor: nonMaxSuppression)
  ]

  /// Rows [batch, class, box] of the boxes kept: for each class by falling score, those that no
  /// better one kept covers by more than the threshold.
  private static func nonMaxSuppression(_ node: OperatorContext) throws -> ImportedTensor {
    let boxes = try node.known(node.value(0), "the boxes")
    let scores = try node.known(node.value(1), "the scores")
    guard boxes.shape.rank == 3, boxes.shape[2] == 4, scores.shape.rank == 3,
      scores.shape[0] == boxes.shape[0], scores.shape[2] == boxes.shape[1]
    else { throw node.wrong("boxes \(boxes.type) and scores \(scores.type) do not fit") }
    let most = try node.optionalKnownInts(2, "the number of boxes")?.first ?? 0
    let threshold = try optional(node, 3, "the threshold of overlap") ?? 0
    let least = try optional(node, 4, "the threshold of scores")
    let isCentered = node.flag("center_point_box")
    let (batches, classes, count) = (scores.shape[0], scores.shape[1], scores.shape[2])
    let corners = boxes.doubles
    let values = scores.doubles
    var kept: [Int] = []
    for batch in 0..<batches {
      let rectangles = (0..<count).map { box -> Rectangle in
        let start = (batch * count + box) * 4
        return Rectangle(corners[start..<start + 4], isCentered: isCentered)
      }
      for label in 0..<classes {
        let own = (0..<count).map { values[(batch * classes + label) * count + $0] }
        let candidates = own.indices.filter { own[$0] > least ?? -.infinity }
        // Of equal scores the first box comes first.
        var chosen: [Int] = []
        for box in candidates.sorted(by: { own[$0] != own[$1] ? own[$0] > own[$1] : $0 < $1 }) {
          guard chosen.count < most else { break }
          let isCovered = chosen.contains {
            rectangles[$0].overlap(rectangles[box]) > threshold
          }
          if !isCovered { chosen.append(box) }
        }
        for box in chosen { kept += [batch, label, box] }
      }
    }
    return ImportedTensor(node.constant(kept, Shape([kept.count / 3, 3])))
  }

  private static func optional(
    _ node: OperatorContext, _ index: Int, _ role: String
  ) throws -> Double? {
    node.hasInput(index) ? try node.knownDoubles(index, role).first : nil
  }
}

private struct Rectangle {
  private let low: (y: Double, x: Double)
  private let high: (y: Double, x: Double)

  /// Two opposite corners [y, x, y, x] in any order, or [x, y, width, height] around a center.
  init(_ box: ArraySlice<Double>, isCentered: Bool) {
    let box = Array(box)
    if isCentered {
      low = (box[1] - box[3] / 2, box[0] - box[2] / 2)
      high = (box[1] + box[3] / 2, box[0] + box[2] / 2)
    } else {
      low = (Swift.min(box[0], box[2]), Swift.min(box[1], box[3]))
      high = (Swift.max(box[0], box[2]), Swift.max(box[1], box[3]))
    }
  }

  private var area: Double { (high.y - low.y) * (high.x - low.x) }

  /// The area that both cover over the area that either does.
  func overlap(_ other: Rectangle) -> Double {
    let height = Swift.min(high.y, other.high.y) - Swift.max(low.y, other.low.y)
    let width = Swift.min(high.x, other.high.x) - Swift.max(low.x, other.low.x)
    let common = Swift.max(0, height) * Swift.max(0, width)
    let union = area + other.area - common
    return union > 0 ? common / union : 0
  }
}
