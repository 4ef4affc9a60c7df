import Foundation
import Runtime

extension StudyReport {
  /// Writes index.html with all pictures inside, each picture, each table as CSV, and results.json.
  ///
  /// Errors: `DataError.cannotWrite`.
  public func write(to folder: String) throws {
    for section in sections {
      switch section {
      case .table(let name, let columns, let rows, _):
        let lines = ([columns] + rows).map { $0.map(Self.csv).joined(separator: ",") + "\n" }
        try AtomicFile.write(Array(lines.joined().utf8), to: "\(folder)/\(name).csv")
      case .chart(let name, let svg, _):
        try AtomicFile.write(Array(svg.utf8), to: "\(folder)/\(name).svg")
      case .picture(let name, let picture, _):
        try picture.writePNG(to: "\(folder)/\(name).png")
      case .heading, .text, .code: break
      }
    }
    try AtomicFile.write(Array(json().utf8), to: "\(folder)/results.json")
    try AtomicFile.write(Array(html().utf8), to: "\(folder)/index.html")
  }

  /// A field of a CSV line, quoted where it must be.
  private static func csv(_ field: String) -> String {
    guard field.contains(where: { ",\"\n".contains($0) }) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  private struct Results: Encodable {
    struct Judged: Encodable {
      let claim, measured, verdict: String
    }
    let study: String
    let seconds: Double
    let judgements: [Judged]
    /// Numbers that are not finite have no place in JSON.
    let values: [String: Double?]
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let results = Results(
      study: study.name, seconds: seconds,
      judgements: judgements.map {
        .init(claim: $0.claim, measured: $0.measured, verdict: "\($0.verdict)")
      },
      values: Dictionary(
        values.map { ($0.name, $0.value.isFinite ? $0.value : nil) },
        uniquingKeysWith: { $1 }))
    return String(decoding: try encoder.encode(results), as: UTF8.self) + "\n"
  }

  /// The report as one page that needs no other file.
  func html() throws -> String {
    var body = "<h1>\(escaped(study.title))</h1>\n<p class=\"claim\">\(escaped(study.claim))</p>\n"
    for judgement in judgements {
      body += """
        <div class="verdict"><p>\(escaped(judgement.claim))</p>
        <p>\(escaped(judgement.measured))</p>
        <p><b>\(escaped("\(judgement.verdict)"))</b></p></div>

        """
    }
    for section in sections { body += try html(of: section) }
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>\(escaped(study.title))</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      .claim { font-size: 1.15rem; } .verdict { border-left: 4px solid #0072b2; padding: 0 1rem; margin: 1rem 0; }
      .verdict p { margin: .3rem 0; } figure { margin: 1.5rem 0; } figcaption { color: #666; }
      img { image-rendering: pixelated; max-width: 100%; } svg { max-width: 100%; height: auto; }
      table { border-collapse: collapse; } td, th { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #ddd; }
      pre { overflow-x: auto; background: #f4f4f4; padding: 1rem; font-size: 13px; }
      </style></head><body>
      \(body)<p>dlc study \(escaped(study.name)), \(figure(seconds)) s</p>
      </body></html>

      """
  }

  private func html(of section: Section) throws -> String {
    switch section {
    case .heading(let text): return "<h2>\(escaped(text))</h2>\n"
    case .text(let text): return "<p>\(escaped(text))</p>\n"
    case .code(let text): return "<pre>\(escaped(text))</pre>\n"
    case .table(_, let columns, let rows, let caption):
      let head = columns.map { "<th>\(escaped($0))</th>" }.joined()
      let lines = rows.map { row in
        "<tr>" + row.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>\n"
      }
      return figure(caption, "<table><tr>\(head)</tr>\n\(lines.joined())</table>")
    case .chart(_, let svg, let caption): return figure(caption, svg)
    case .picture(let name, let picture, let caption):
      let bytes = try picture.encodePNG(file: name)
      let data = Data(bytes).base64EncodedString()
      return figure(
        caption, "<img alt=\"\(escaped(name))\" src=\"data:image/png;base64,\(data)\">")
    }
  }

  private func figure(_ caption: String, _ content: String) -> String {
    "<figure>\(content)<figcaption>\(escaped(caption))</figcaption></figure>\n"
  }

  private func figure(_ value: Double) -> String { Studies.figure(value) }

  private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }
}
