import Foundation
import GraphIR
import Runtime
import Testing

@Suite struct BenchTests {
  static let small: [[String]] = [
    ["autoencoder", "--batch", "8", "--latent", "4"],
    ["regression", "--batch", "16", "--inputs", "3", "--width", "8"],
    ["classifier", "--batch", "8", "--width", "16"],
    ["vae", "--batch", "8", "--latent", "3"],
    ["cnn", "--batch", "4"],
    ["cnn", "--batch", "4", "--inputs", "192"],
    ["diffusion", "--batch", "2", "--width", "8"],
    ["diffusion", "--batch", "2", "--width", "8", "--inputs", "192"],
  ]

  @Test(arguments: small) func jsonHasAllKeys(_ arguments: [String]) throws {
    let run = try CommandLineRun(["bench"] + arguments + ["--json", "--steps", "20"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.filter(\.isNewline).count == 1)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let keys = [
      "framework", "workload", "threads", "params", "first_step_s", "step_ms", "step_ms_min",
      "steps", "loss0", "loss1", "peak_rss_mb", "compile_ms", "flops", "arena_mb",
    ]
    #expect(Set(object.keys) == Set(keys))
    #expect(object["framework"] as? String == "dlc")
    #expect(object["steps"] as? Int == 20)
    let first = try #require(object["loss0"] as? Double)
    let last = try #require(object["loss1"] as? Double)
    #expect(last < first)
    #expect(try #require(object["step_ms_min"] as? Double) > 0)
  }

  @Test func operationsOfARegressionStep() throws {
    let text = try CommandLineRun.output(
      "bench", "regression", "--batch", "2", "--inputs", "3", "--width", "5", "--steps", "5",
      "--json")
    // Forward and weight gradient of every layer, and the input's gradient of all but the first.
    let layers = [3 * 5, 5 * 5, 5 * 5, 5 * 5, 5 * 1]
    let products = 3 * layers.reduce(0, +) - layers[0]
    #expect(text.contains("\"flops\": \(2 * 2 * products),"))
  }

  @Test func lossesAreTheSameAtEveryThreadCountAndFollowTheData() throws {
    try TemporaryFolder.with { folder in
      let file = folder.appending(path: "data.safetensors").path
      var tensors: [(name: String, tensor: Tensor)] = []
      let sizes = [2, 3, 3, 3, 3, 1]
      for layer in 0..<5 {
        let shape = Shape([sizes[layer], sizes[layer + 1]])
        let weights = [Float](repeating: 0.5, count: shape.count)
        tensors.append(("l\(layer).w", Tensor(weights, shape: shape)))
        tensors.append(("l\(layer).b", Tensor(zeros: TensorType(.f32, [shape[1]]))))
      }
      tensors.append(("batch.x", Tensor([1, 1] as [Float], shape: [1, 2])))
      tensors.append(("batch.y", Tensor([0] as [Float], shape: [1, 1])))
      try Safetensors(tensors: tensors).write(to: file)
      var texts: [String] = []
      for threads in ["1", "3"] {
        texts.append(
          try CommandLineRun.output(
            "bench", "regression", "--batch", "1", "--inputs", "2", "--width", "3",
            "--losses", "3", "--threads", threads, "--data", file))
      }
      #expect(texts[0] == texts[1])
      // Every layer of three units multiplies the sum of its inputs by a half.
      let prediction = 1.0 * 1.5 * 1.5 * 1.5 * 1.5
      let first = try #require(texts[0].split(separator: "\n").first.flatMap { Double($0) })
      #expect(abs(first - prediction * prediction) < 1e-4)
      let error = try CommandLineRun.failure(
        "bench", "regression", "--inputs", "2", "--width", "3", "--data", file)
      #expect(error.contains("data.safetensors") && error.contains("input 'x' is f32[1, 2]"))
    }
  }

  @Test func failuresAreOneLine() throws {
    let unknown = try CommandLineRun.failure("bench", "autoencodr")
    #expect(unknown.contains("did you mean 'autoencoder'?") && unknown.contains(" and peak"))
    #expect(try CommandLineRun.failure("bench", "vae", "--width", "3").contains("--latent"))
    #expect(try CommandLineRun.failure("bench", "vae", "--batch", "0").contains("--batch"))
    #expect(
      try CommandLineRun.failure("bench", "vae", "--data", "missing.safetensors")
        .contains("missing.safetensors"))
    for batch in ["1000000000", "\(Int.max)"] {
      #expect(try CommandLineRun.failure("bench", "vae", "--batch", batch).contains("--batch"))
    }
    _ = try CommandLineRun.failure("bench", "vae", "--threads", "0", status: 2)
  }
}
