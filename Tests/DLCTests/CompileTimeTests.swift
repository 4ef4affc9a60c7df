import Foundation
import Testing

@Suite struct CompileTimeTests {
  /// A chain of elementwise ops with a product in every tenth place, and its loss.
  private static func chain(_ count: Int) -> String {
    var text = """
      graph "chain" {
        %x = input(name="x", dtype="f32", shape=[4, 8])
        %w = variable(name="w", dtype="f32", shape=[8, 8], role="parameter", normal=0.3)
        %v0 = neg %x

      """
    for index in 1..<count {
      text += "  %v\(index) = "
      text +=
        index % 10 == 0
        ? "matmul(transpose_a=false, transpose_b=false) %v\(index - 1), %w\n"
        : "\(["tanh", "neg", "relu", "abs"][index % 4]) %v\(index - 1)\n"
    }
    return text + "  output \"y\" %v\(count - 1)\n}\n"
  }

  /// Milliseconds of a stage in the table that `dlc compile` prints.
  private func milliseconds(_ stage: String, _ text: String) throws -> Double {
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(stage) ") })
    return try #require(line.split(separator: " ").last.flatMap { Double($0) })
  }

  @Test func isLinearInTheNumberOfNodes() throws {
    try TemporaryFolder.with { folder in
      let files = try [1_000, 10_000].map { count in
        let file = folder.appending(path: "chain\(count).graph")
        try Data(Self.chain(count).utf8).write(to: file)
        return file
      }
      // The best of five, in turn: other programs run on the machine too.
      var totals = files.map { _ in Double.infinity }
      for _ in 0..<5 {
        for (index, file) in files.enumerated() {
          let text = try CommandLineRun.output("compile", file.path)
          totals[index] = min(totals[index], try milliseconds("total", text))
        }
      }
      #expect(totals[1] / totals[0] < 20, "\(totals) ms for 1,000 and 10,000 ops")
    }
  }
}
