import Foundation
import Runtime

/// What a study found: text, tables, pictures, numbers, judgements.
public struct StudyReport {
  public let study: Study
  public internal(set) var sections: [Section] = []
  public internal(set) var judgements: [Judgement] = []
  public internal(set) var values: [(name: String, value: Double)] = []
  public internal(set) var seconds = 0.0

  /// A piece of the report, in order.
  public enum Section {
    case heading(String)
    case text(String)
    case table(name: String, columns: [String], rows: [[String]], caption: String)
    case chart(name: String, svg: String, caption: String)
    case picture(name: String, Picture, caption: String)
    case code(String)
  }

  init(_ study: Study) { self.study = study }

  public mutating func heading(_ text: String) { sections.append(.heading(text)) }
  public mutating func text(_ text: String) { sections.append(.text(text)) }

  /// Code as it is, such as the C of a kernel.
  public mutating func code(_ text: String) { sections.append(.code(text)) }

  /// A table, which is also written as NAME.csv.
  public mutating func table(
    _ name: String, _ columns: [String], _ rows: [[String]], caption: String
  ) {
    sections.append(.table(name: name, columns: columns, rows: rows, caption: caption))
  }

  /// A chart, which is also written as NAME.svg.
  public mutating func chart(_ name: String, _ chart: LineChart, caption: String) {
    sections.append(.chart(name: name, svg: chart.svg(), caption: caption))
  }

  /// Any SVG picture, which is also written as NAME.svg.
  public mutating func svg(_ name: String, _ svg: String, caption: String) {
    sections.append(.chart(name: name, svg: svg, caption: caption))
  }

  /// A picture of pixels, which is also written as NAME.png.
  public mutating func picture(_ name: String, _ picture: Picture, caption: String) {
    sections.append(.picture(name: name, picture, caption: caption))
  }

  /// A number of results.json.
  public mutating func value(_ name: String, _ value: Double) { values.append((name, value)) }

  /// The same from several seeds: NAME is the mean, NAME.deviation their standard deviation.
  public mutating func value(_ name: String, _ spread: Spread) {
    value(name, spread.mean)
    value("\(name).deviation", spread.deviation)
  }

  public mutating func judge(_ judgement: Judgement) { judgements.append(judgement) }

  /// Claim, measurement and verdict, for a terminal.
  public var text: String {
    judgements.map { judgement in
      """
      claim     \(judgement.claim)
      measured  \(judgement.measured)
      verdict   \(judgement.verdict)

      """
    }.joined(separator: "\n")
  }
}
