import Foundation
import GraphIR
import Runtime
import Testing

@Suite struct RunTests {
  /// y = x w + b with the weights as variables, z = 2 y.
  static let linear = """
    graph "linear" {
      %x = input(name="x", dtype="f32", shape=[2, 2])
      %w = variable(name="w", dtype="f32", shape=[2, 1], role="parameter", fill=0.0)
      %unused = input(name="unused", dtype="i64", shape=[])
      %y = matmul(transpose_a=false, transpose_b=false) %x, %w
      %z = add %y, %y
      output "y" %y
      output "z" %z
    }
    """

  private func inFolder(_ body: (URL) throws -> Void) throws {
    try TemporaryFolder.with { folder in
      try Data(Self.linear.utf8).write(to: folder.appending(path: "linear.graph"))
      let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
      try NPY.write(x, to: folder.appending(path: "x.npy").path)
      let w = Tensor([10, 1] as [Float], shape: [2, 1])
      try Safetensors(tensors: [("w", w)]).write(to: folder.appending(path: "w.safetensors").path)
      try body(folder)
    }
  }

  @Test func runsOnAnotherNumberOfRows() throws {
    try inFolder { folder in
      let text = try CommandLineRun.output(
        "run", "linear.graph", "--input", "x=x.npy", "--weights", "w.safetensors",
        "--output", "y=y.npy", in: folder)
      #expect(text == "")
      let y = try NPY.read(folder.appending(path: "y.npy").path)
      #expect(y == Tensor([12, 34, 56] as [Float], shape: [3, 1]))
    }
  }

  @Test func archivesHoldSeveralArrays() throws {
    try inFolder { folder in
      let x = Tensor([1, 0] as [Float], shape: [1, 2])
      try NPZ.write(["x": x, "other": x], to: folder.appending(path: "in.npz").path)
      _ = try CommandLineRun.output(
        "run", "linear.graph", "--input", "x=in.npz", "--weights", "w.safetensors",
        "--output", "y=out.npz", "--output", "z=out.npz", in: folder)
      let arrays = try NPZ.read(folder.appending(path: "out.npz").path)
      #expect(arrays["y"]?.doubles == [10])
      #expect(arrays["z"]?.doubles == [20])
    }
  }

  @Test func zooModelRunsWithoutLabels() throws {
    try TemporaryFolder.with { folder in
      let x = Tensor(zeros: TensorType(.f32, [5, 784]))
      try NPY.write(x, to: folder.appending(path: "x.npy").path)
      _ = try CommandLineRun.output(
        "run", "classifier", "--input", "x=x.npy", "--output", "logits=logits.npy", in: folder)
      let logits = try NPY.read(folder.appending(path: "logits.npy").path)
      #expect(logits.type == TensorType(.f32, [5, 10]))
    }
  }

  @Test func failuresAreOneLine() throws {
    try inFolder { folder in
      func failure(_ arguments: String...) throws -> String {
        let run = try CommandLineRun(
          ["run", "linear.graph", "--weights", "w.safetensors"] + arguments, in: folder)
        #expect(run.status == 1, "\(arguments)")
        #expect(run.errors.hasPrefix("dlc: ") && run.errors.filter(\.isNewline).count == 1)
        return run.errors
      }
      #expect(try failure("--output", "y=y.npy").contains("'x' is missing"))
      #expect(try failure("--output", "q=y.npy", "--input", "x=x.npy").contains("output 'q'"))
      #expect(try failure("--output", "y=y.npy", "--input", "xx=x.npy").contains("mean 'x'?"))
      #expect(try failure("--output", "y=y.txt", "--input", "x=x.npy").contains("y.txt"))
      #expect(try failure("--output", "y", "--input", "x=x.npy").contains("NAME=FILE"))
      #expect(try failure("--output", "y=y.npy", "--input", "x=none.npy").contains("none.npy"))
      #expect(
        try failure("--output", "y=a.npy", "--output", "z=a.npy", "--input", "x=x.npy")
          .contains("one array"))
      try NPY.write(
        Tensor([1, 2] as [Double], shape: [1, 2]), to: folder.appending(path: "d.npy").path)
      #expect(try failure("--output", "y=y.npy", "--input", "x=d.npy").contains("save it as f32"))
      try NPY.write(
        Tensor([1, 2, 3] as [Float], shape: [1, 3]), to: folder.appending(path: "three.npy").path)
      #expect(try failure("--output", "y=y.npy", "--input", "x=three.npy").contains("matmul"))
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "y.npy").path))
    }
  }
}
