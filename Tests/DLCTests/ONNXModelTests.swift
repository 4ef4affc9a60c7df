import Foundation
import GraphIR
import Runtime
import TestSupport
import Testing

/// Models as torch.onnx exports them: outputs, gradients and training against PyTorch.
///
/// Fixtures: bench/onnx_fixtures.py.
@Suite struct ONNXModelTests {
  static let models = [
    "cnn-new", "cnn-old", "lstm-new", "lstm-old", "gru-new", "gru-old", "encoder-new", "unet-new",
  ]

  private static let fixtures = Bundle.module.resourceURL!.appending(path: "Fixtures")

  /// The file of a model, and what PyTorch computed.
  private func fixture(_ name: String) throws -> [String: Tensor] {
    let path = Self.fixtures.appending(path: "\(name).safetensors").path
    let tensors = try Safetensors.read(path).tensors
    return Dictionary(tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 })
  }

  /// Writes the inputs of a fixture into `folder`: arguments for the command line.
  private func inputs(_ tensors: [String: Tensor], in folder: URL) throws -> [String] {
    var arguments: [String] = []
    for (name, tensor) in tensors where name.hasPrefix("input.") {
      let key = String(name.dropFirst("input.".count))
      try NPY.write(tensor, to: folder.appending(path: "\(key).npy").path)
      arguments += ["--input", "\(key)=\(key).npy"]
    }
    return arguments
  }

  private func model(_ name: String) -> String {
    Self.fixtures.appending(path: "\(name).onnx").path
  }

  /// Largest distance, relative to the largest element expected.
  private func deviation(_ found: Tensor, _ expected: Tensor) -> Double {
    guard found.shape == expected.shape else { return .infinity }
    let scale = expected.doubles.map(abs).max() ?? 0
    let distances = zip(found.doubles, expected.doubles).map { abs($0 - $1) }
    return distances.contains { $0.isNaN } ? .nan : (distances.max() ?? 0) / max(scale, 1e-30)
  }

  @Test(arguments: models) func outputs(_ name: String) throws {
    let expected = try fixture(name)
    try TemporaryFolder.with { folder in
      let given = try inputs(expected, in: folder)
      let run = try CommandLineRun(
        ["run", model(name)] + given + ["--output", "output=y.npy"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      let found = try NPY.read(folder.appending(path: "y.npy").path)
      let distance = deviation(found, try #require(expected["output"]))
      #expect(distance < 1e-5, "\(name): outputs deviate by \(distance)")
    }
  }

  @Test(arguments: models) func gradients(_ name: String) throws {
    let expected = try fixture(name)
    try TemporaryFolder.with { folder in
      let given = try inputs(expected, in: folder)
      let seed = try #require(expected["seed"])
      try NPY.write(seed, to: folder.appending(path: "seed.npy").path)
      let run = try CommandLineRun(
        ["grad", model("\(name)-plain")] + given
          + ["--seed-grad", "seed.npy", "--output-dir", "out"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      for (key, gradient) in expected where key.hasPrefix("grad.") {
        let file = "out/\(key.dropFirst("grad.".count)).npy"
        let found = try NPY.read(folder.appending(path: file).path)
        let distance = deviation(found, gradient)
        #expect(distance < 1e-4, "\(name): \(key) deviates by \(distance)")
      }
    }
  }

  @Test(arguments: models) func training(_ name: String) throws {
    let expected = try fixture(name)
    try TemporaryFolder.with { folder in
      var data = ["target": try #require(expected["target"])]
      for (key, tensor) in expected where key.hasPrefix("input.") {
        data[String(key.dropFirst("input.".count))] = tensor
      }
      try NPZ.write(data, to: folder.appending(path: "data.npz").path)
      let loss = name.hasPrefix("unet") ? "mse" : "cross-entropy"
      let rows = data["target"]!.shape[0]
      let run = try CommandLineRun(
        [
          "train", model("\(name)-train"), "--data", "data.npz", "--loss", loss, "--lr", "1e-3",
          "--batch", "\(rows)", "--steps", "20", "--no-shuffle", "--out", "out",
        ], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      let table = try String(contentsOf: folder.appending(path: "out/metrics.csv"), encoding: .utf8)
      let rowsOfTable = table.split(separator: "\n").map { $0.split(separator: ",") }
      let column = try #require(rowsOfTable[0].firstIndex(of: "loss"))
      let losses = rowsOfTable.dropFirst().compactMap { Double($0[column]) }
      let wanted = try #require(expected["losses"]).doubles
      try #require(losses.count == wanted.count)
      for (step, (found, loss)) in zip(losses, wanted).enumerated() {
        #expect(abs(found - loss) < 1e-3 * loss, "\(name), step \(step + 1): \(found), not \(loss)")
      }
      let saved = try Safetensors.read(folder.appending(path: "out/weights.safetensors").path)
      let weights = Dictionary(
        saved.tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 })
      // Running statistics are saved, and went along with the batches.
      for (key, buffer) in expected where key.hasPrefix("buffer.") {
        let found = try #require(weights[String(key.dropFirst("buffer.".count))])
        #expect(deviation(found, buffer) < 1e-3, "\(name): \(key)")
      }
    }
  }

  @Test func frozenParametersStay() throws {
    try TemporaryFolder.with { folder in
      let expected = try fixture("cnn-new")
      let data = [
        "x": try #require(expected["input.x"]), "target": try #require(expected["target"]),
      ]
      try NPZ.write(data, to: folder.appending(path: "data.npz").path)
      let run = try CommandLineRun(
        [
          "train", model("cnn-new-train"), "--data", "data.npz", "--loss", "cross-entropy",
          "--steps", "2", "--freeze", "[0-7].*", "--out", "out",
        ], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("training 2 parameters: 8.weight, 8.bias"))
      let read = { (file: String) in
        let tensors = try Safetensors.read(folder.appending(path: file).path).tensors
        return Dictionary(tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 })
      }
      let one = try read("out/weights.safetensors")
      let again = try CommandLineRun(
        [
          "train", model("cnn-new-train"), "--data", "data.npz", "--loss", "cross-entropy",
          "--steps", "9", "--freeze", "[0-7].*", "--out", "more",
        ], in: folder)
      try #require(again.status == 0, "\(again.errors)")
      let nine = try read("more/weights.safetensors")
      #expect(one["4.weight"] == nine["4.weight"])
      #expect(one["8.weight"] != nine["8.weight"])
    }
  }

  /// Cut short or with flipped bits, a model runs or is refused in one line.
  @Test(arguments: models) func damagedModelsAreRefusedOrRun(_ name: String) throws {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: model(name))))
    var random = TestRandom(state: 31)
    var refused = 0
    try TemporaryFolder.with { folder in
      let given = try inputs(fixture(name), in: folder)
      for round in 0..<125 {
        var damaged = bytes
        if round % 3 == 0 {
          damaged.removeLast(1 + random.next(below: bytes.count))
        } else {
          for _ in 0..<(round % 3) {
            damaged[random.next(below: bytes.count)] ^= 1 << UInt8(random.next(below: 8))
          }
        }
        try Data(damaged).write(to: folder.appending(path: "damaged.onnx"))
        let run = try CommandLineRun(
          ["run", "damaged.onnx"] + given + ["--output", "output=y.npy"], in: folder)
        guard run.status != 0 else { continue }
        refused += 1
        #expect(run.status == 1 && run.errors.hasPrefix("dlc: "), "round \(round)")
        #expect(run.errors.filter(\.isNewline).count == 1, "round \(round): \(run.errors)")
      }
    }
    #expect(refused > 40 && refused < 125)
  }

  /// C of a training step, without runtime, agrees with what was recorded when it was made.
  @Test(.enabled(if: CCompiler.gcc != nil)) func trainsWithoutRuntime() throws {
    try TemporaryFolder.with { folder in
      _ = try CommandLineRun.output(
        "compile", model("cnn-new-train"), "--standalone", "--training", "--loss", "cross-entropy",
        "-o", "cnn.c", in: folder)
      let text = try String(contentsOf: folder.appending(path: "cnn.c"), encoding: .utf8)
      // Normalizations are in their training form.
      #expect(text.contains("variable  1.running_mean") && text.contains("input  target: i64[5]"))
      let gcc = try #require(CCompiler.gcc)
      #expect(try gcc.compile(["-DDLC_MAIN", "cnn.c", "-o", "cnn", "-lm"], in: folder) == "")
      let run = try CCompiler.run(["cnn"], in: folder)
      #expect(run.status == 0, "\(run.output)")
    }
  }

  @Test func mistakesAreOneLine() throws {
    try TemporaryFolder.with { folder in
      let x = Tensor(zeros: TensorType(.f32, [5, 2, 8, 8]))
      try NPZ.write(["x": x], to: folder.appending(path: "x.npz").path)
      let target = Tensor([0, 1, 2, 3, 9] as [Int64], shape: [5])
      try NPZ.write(["x": x, "target": target], to: folder.appending(path: "bad.npz").path)
      let labels = Tensor([0, 1, 2, 1, 0] as [Int64], shape: [5])
      try NPZ.write(["x": x, "target": labels], to: folder.appending(path: "rows.npz").path)
      try NPY.write(x, to: folder.appending(path: "x.npy").path)
      let file = model("cnn-new-train")
      let noData = try CommandLineRun.failure("train", file, in: folder)
      #expect(noData.contains("--data"))
      let noTarget = try CommandLineRun.failure(
        "train", file, "--data", "x.npz", "--loss", "mse", in: folder)
      #expect(noTarget.contains("'target'"))
      let label = try CommandLineRun.failure(
        "train", file, "--data", "bad.npz", "--loss", "cross-entropy", in: folder)
      #expect(label.contains("label 3"))
      let nothing = try CommandLineRun.failure(
        "train", file, "--data", "x.npz", "--loss", "none", in: folder)
      #expect(nothing.contains("--loss none"))
      let input = try CommandLineRun.failure(
        "run", file, "--input", "z=x.npz", "--output", "output=y.npy", in: folder)
      #expect(input.contains("no input 'z'"))
      let rows = try CommandLineRun.failure(
        "train", file, "--data", "rows.npz", "--loss", "cross-entropy", "--batch", "4", in: folder)
      #expect(rows.contains("the file is for 5 rows of 'x', not 4"))
      let seed = try CommandLineRun.failure(
        "grad", model("cnn-new"), "--input", "x=x.npy", "--output-dir", "out", in: folder)
      #expect(seed.contains("output 'output' is f32[5, 3], not a scalar: give --seed-grad FILE"))
      let loss = try CommandLineRun.failure("compile", file, "--training", in: folder)
      #expect(loss.contains("--loss none takes the first output"))
      let size = try CommandLineRun.failure(
        "dump", model("cnn-old"), "--stage", "graph", in: folder)
      #expect(size.contains("--dim batch=SIZE"))
    }
  }
}
