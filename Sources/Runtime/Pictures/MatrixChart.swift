/// A table of gray cells with names along both sides, as an SVG picture: an attention map, a
/// confusion matrix.
///
/// The background is left out and the names are of a middle gray, so that it suits light and dark
/// pages.
public struct MatrixChart: Sendable {
  public var title: String
  /// Names of the rows, from the top.
  public let rows: [String]
  public let columns: [String]
  /// Black at 0 and white at 1, cut off outside; what is no number is left out.
  public let values: [[Double]]
  /// Width and height of a cell.
  public var cellSize = 28

  /// A row of `values` for each of `rows`, with a number for each of `columns`.
  public init(title: String, rows: [String], columns: [String], values: [[Double]]) {
    precondition(
      values.count == rows.count && values.allSatisfy { $0.count == columns.count },
      "MatrixChart: \(values.count) rows of \(values.map(\.count)) values for \(rows.count) x "
        + "\(columns.count) names")
    self.title = title
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The gray that a value is drawn with, 0 to 255; nil for what is no number.
  public static func gray(_ value: Double) -> Int? {
    value.isNaN ? nil : Int((min(max(value, 0), 1) * 255).rounded())
  }

  /// Writes the picture; errors: `DataError.cannotWrite`.
  public func write(to path: String) throws {
    try AtomicFile.write(Array(svg().utf8), to: path)
  }

  /// The picture as SVG text, the same chart always as the same text.
  public func svg() -> String {
    let cell = Double(cellSize)
    let left = 20 + (rows.map { textWidth($0, size: 13) }.max() ?? 0) + 10
    let names = (columns.map { textWidth($0, size: 13) }.max() ?? 0) + 10
    let top = (title.isEmpty ? 12 : 40) + names
    let right = left + cell * Double(columns.count)
    let bottom = top + cell * Double(rows.count)
    // The title is bold, which is wider.
    let width = max(right, 20 + 1.1 * textWidth(title, size: 16)) + 20
    var svg = SVGText(width: Int(width.rounded(.up)), height: Int(bottom.rounded(.up)) + 12)
    svg.text(title, x: 20, y: 28, size: 16, anchor: "start", style: "font-weight=\"600\"")
    for (index, name) in columns.enumerated() {
      let x = left + cell * (Double(index) + 0.5) + 4
      svg.text(name, x: x, y: top - 8, size: 13, anchor: "start", isUpward: true)
    }
    for (row, name) in rows.enumerated() {
      let y = top + cell * Double(row)
      svg.text(name, x: left - 8, y: y + cell / 2 + 4, size: 13, anchor: "end")
      for (column, value) in values[row].enumerated() {
        guard let gray = MatrixChart.gray(value) else { continue }
        svg.cell(left + cell * Double(column), y, size: cell, gray: gray)
      }
    }
    return svg.closed()
  }
}
