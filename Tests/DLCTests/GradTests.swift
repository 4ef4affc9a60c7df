import Foundation
import GraphIR
import Runtime
import Testing

@Suite struct GradTests {
  /// loss = sum of x * x * w, in three elements.
  private static func graph(parameter: String = "w", output: String = "loss") -> String {
    """
    graph "g" {
      %x = input(name="x", dtype="f32", shape=[3])
      %w = variable(name="\(parameter)", dtype="f32", shape=[3], role="parameter", fill=2.0)
      %u = variable(name="unused", dtype="f32", shape=[1], role="parameter", fill=2.0)
      %xx = mul %x, %x
      %y = mul %xx, %w
      %loss = sum(axes=[0], keep=false) %y
      output "\(output)" \(output == "loss" ? "%loss" : "%y")
    }
    """
  }

  private func inFolder(_ graph: String, _ body: (URL) throws -> Void) throws {
    try TemporaryFolder.with { folder in
      try Data(graph.utf8).write(to: folder.appending(path: "g.graph"))
      let x = Tensor([1, 2, 3] as [Float], shape: [3])
      try NPY.write(x, to: folder.appending(path: "x.npy").path)
      try body(folder)
    }
  }

  private func read(_ folder: URL, _ name: String) throws -> [Double] {
    try NPY.read(folder.appending(path: name).path).doubles
  }

  @Test func gradientsOfParametersAndInputs() throws {
    try inFolder(Self.graph()) { folder in
      let run = try CommandLineRun(
        ["grad", "g.graph", "--input", "x=x.npy", "--output-dir", "out"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try read(folder, "out/w.npy") == [1, 4, 9])
      #expect(try read(folder, "out/x.npy") == [4, 8, 12])
      #expect(try read(folder, "out/unused.npy") == [0])
      #expect(run.errors.contains("'unused'"))
    }
  }

  @Test func seedMakesAVectorJacobianProduct() throws {
    try inFolder(Self.graph(output: "y")) { folder in
      let error = try CommandLineRun.failure(
        "grad", "g.graph", "--input", "x=x.npy", "--output-dir", "out", in: folder)
      #expect(error.contains("not a scalar"))
      try NPY.write(
        Tensor([1, 0, 10] as [Float], shape: [3]), to: folder.appending(path: "s.npy").path)
      _ = try CommandLineRun.output(
        "grad", "g.graph", "--input", "x=x.npy", "--output-dir", "out", "--seed-grad", "s.npy",
        in: folder)
      #expect(try read(folder, "out/w.npy") == [1, 0, 90])
    }
  }

  @Test func hessianTimesVectors() throws {
    try inFolder(Self.graph()) { folder in
      try NPZ.write(
        ["x": Tensor([1, 0, -1] as [Float], shape: [3])], to: folder.appending(path: "v.npz").path)
      let run = try CommandLineRun(
        [
          "grad", "g.graph", "--input", "x=x.npy", "--output-dir", "out", "--hessian-vector",
          "v.npz",
        ], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      // By x the second derivative is 2 w = 4, by x and w it is 2 x.
      #expect(try read(folder, "out/x.npy") == [4, 0, -4])
      #expect(try read(folder, "out/w.npy") == [2, 0, -6])
      try NPZ.write(
        ["y": Tensor([1] as [Float], shape: [1])], to: folder.appending(path: "y.npz").path)
      let error = try CommandLineRun.failure(
        "grad", "g.graph", "--input", "x=x.npy", "--output-dir", "out", "--hessian-vector", "y.npz",
        in: folder)
      #expect(error.contains("y.npz: no parameter or float input is named 'y'"))
    }
  }

  @Test func jacobianOfAVector() throws {
    try inFolder(Self.graph(output: "y")) { folder in
      _ = try CommandLineRun.output(
        "grad", "g.graph", "--input", "x=x.npy", "--output-dir", "out", "--jacobian",
        "--with-respect-to", "[wx]", in: folder)
      let jacobian = try NPY.read(folder.appending(path: "out/x.npy").path)
      #expect(jacobian.shape == [3, 3])
      #expect(jacobian.doubles == [4, 0, 0, 0, 8, 0, 0, 0, 12])
      let files = try FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: "out").path)
      #expect(Set(files) == ["w.npy", "x.npy"])
      let error = try CommandLineRun.failure(
        "grad", "g.graph", "--input", "x=x.npy", "--output-dir", "out", "--with-respect-to", "z*",
        in: folder)
      #expect(error.contains("--with-respect-to 'z*' matches no parameter or float input"))
    }
  }

  @Test(arguments: [
    ("../up", "%2E.%2Fup"), ("/etc/x", "%2Fetc%2Fx"), (".h", "%2Eh"), ("a b", "a%20b"),
  ])
  func namesStayInTheFolder(_ name: String, _ file: String) throws {
    try inFolder(Self.graph(parameter: name)) { folder in
      _ = try CommandLineRun.output(
        "grad", "g.graph", "--input", "x=x.npy", "--output-dir", "out", in: folder)
      #expect(try read(folder, "out/\(file).npy") == [1, 4, 9])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(names) == ["g.graph", "x.npy", "out"])
    }
  }
}
