import Foundation
import Models
import Testing

@Suite struct CompileTests {
  @Test(arguments: Zoo.models.map(\.name)) func printsStagesAndTotal(_ model: String) throws {
    let text = try CommandLineRun.output("compile", model, "--training", "--report")
    let names = [
      "build", "differentiate, optimizer", "removeDeadNodes", "generate C", "compile C", "total",
      "nodes", "kernels", "code", "arena", "parameters",
    ]
    for name in names { #expect(text.contains("\n\(name)  "), "\(name)") }
    #expect(text.contains(" reads "))
  }

  @Test func forwardAloneHasNoOptimizer() throws {
    let text = try CommandLineRun.output("compile", "autoencoder")
    #expect(!text.contains("differentiate"))
    #expect(text.contains("parameters  1132944\n"))
  }

  @Test func writesCAndObject() throws {
    try TemporaryFolder.with { folder in
      _ = try CommandLineRun.output("compile", "regression", "-o", "step.c", in: folder)
      _ = try CommandLineRun.output("compile", "regression", "-o", "step.o", in: folder)
      let c = try String(contentsOf: folder.appending(path: "step.c"), encoding: .utf8)
      #expect(c.contains("void dlc_step("))
      let object = try Data(contentsOf: folder.appending(path: "step.o"))
      #expect(object.prefix(4) == Data([0x7f, 0x45, 0x4c, 0x46]))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }
  }

  @Test func failuresAreOneLine() throws {
    #expect(try CommandLineRun.failure("compile", "autoencoderr").contains("'autoencoder'"))
    #expect(try CommandLineRun.failure("compile", "model.onnx").contains("model.onnx: cannot be"))
    #expect(try CommandLineRun.failure("compile", "missing.graph").contains("missing.graph"))
    #expect(try CommandLineRun.failure("compile", "regression", "--latent", "3").contains("latent"))
    #expect(try CommandLineRun.failure("compile", "regression", "--batch", "0").contains("batch"))
    #expect(
      try CommandLineRun.failure("compile", "regression", "-o", "/proc/no/step.c")
        .contains("/proc/no/step.c"))
    let unknown = try CommandLineRun.failure("compile", "regression", "-o", "step.txt", status: 2)
    #expect(unknown.contains("FILE.o"))
  }

  @Test func mistakesInAFileHaveTheirPlace() throws {
    try TemporaryFolder.with { folder in
      let file = folder.appending(path: "bad.graph")
      try Data("graph \"g\" {\n  %0 = ad %1\n}\n".utf8).write(to: file)
      let error = try CommandLineRun.failure("compile", "bad.graph", in: folder)
      #expect(error.hasPrefix("dlc: bad.graph:2:"))
      try Data([0x67, 0xff, 0xfe]).write(to: file)
      #expect(try CommandLineRun.failure("compile", "bad.graph", in: folder).contains("UTF-8"))
    }
  }
}
