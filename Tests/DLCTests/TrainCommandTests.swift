import Foundation
import Testing

@Suite struct TrainCommandTests {
  /// The objects of the lines of `--json`.
  private func lines(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return try #require(object as? [String: Any])
    }
  }

  @Test func trainsRegressionAndPrintsJSON() throws {
    try withFolder { folder in
      let result = try dlc(
        ["train", "regression", "--epochs", "3", "--json", "--out", "results"], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      let lines = try lines(result.output)
      #expect(lines.count == 4)
      #expect(lines.prefix(3).compactMap { $0["epoch"] as? Int } == [1, 2, 3])
      #expect(lines.prefix(3).compactMap { $0["step"] as? Int } == [256, 512, 768])
      let losses = lines.prefix(3).compactMap { $0["val_loss"] as? Double }
      #expect(losses.count == 3 && losses[2] < losses[0])
      let figures = try #require(lines[3]["result"] as? [String: Any])
      for name in ["seconds", "first_step_s", "steps", "train_seconds", "test_loss"] {
        #expect(figures[name] is Double || figures[name] is Int, "\(name)")
      }
      #expect(DLCProcess.lines(folder + "/results/metrics.csv") == 769)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/results")
      #expect(
        names.sorted() == [
          "best.safetensors", "last.safetensors", "loss.svg", "metrics.csv", "model.onnx",
          "weights.safetensors",
        ])
    }
  }

  @Test func trainsAGraphInTextFormOnATable() throws {
    try withFolder { folder in
      try lineGraph.write(toFile: folder + "/line.graph", atomically: false, encoding: .utf8)
      let rows = (0..<10).map { "\($0 % 3),\($0 % 4),\(2 * ($0 % 3) - $0 % 4)" }
      try rows.joined(separator: "\n").write(
        toFile: folder + "/rows.csv", atomically: false, encoding: .utf8)
      let result = try dlc(
        [
          "train", "line.graph", "--data", "rows.csv", "--epochs", "60", "--optimizer", "sgd",
          "--lr", "0.05", "--json",
        ], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      let last = try #require(try lines(result.output).dropLast().last)
      #expect(try #require(last["loss"] as? Double) < 1e-3)
    }
  }

  @Test func threadsDoNotChangeTheWeights() throws {
    try withFolder { folder in
      for threads in 1...4 {
        let result = try dlc(
          [
            "train", "classifier", "--steps", "8", "--threads", "\(threads)", "--out", "\(threads)",
          ],
          in: folder)
        #expect(result.status == 0, "\(result.errors)")
      }
      let first = try contents(folder + "/1/weights.safetensors")
      for threads in 2...4 {
        #expect(try contents("\(folder)/\(threads)/weights.safetensors") == first)
      }
    }
  }
}
