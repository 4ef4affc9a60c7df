import ArgumentParser
import Codegen

/// `dlc ops`: the op table.
struct OpsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ops", abstract: "List the ops: summary, gradient, computation.")

  @Flag(help: "Print one line of JSON an op.") var json = false
  @Flag(help: "Print a page of Markdown.") var markdown = false

  func validate() throws {
    if json, markdown { throw ValidationError("give one of --json and --markdown") }
  }

  func run() throws {
    if markdown { return try StandardOutput.write(OpListing.markdown) }
    guard json else { return try StandardOutput.write(OpListing.text) }
    let lines = OpListing.all.map { op in
      var line = JSONLine()
      line.add("name", op.name)
      line.add("summary", op.summary)
      line.add("gradient", op.gradient)
      line.add("computation", op.computation)
      line.add("dtypes", op.dtypes.map(\.rawValue))
      return line.text + "\n"
    }
    try StandardOutput.write(lines.joined())
  }
}
