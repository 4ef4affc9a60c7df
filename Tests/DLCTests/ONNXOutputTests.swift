import Foundation
import Testing

/// Models written as ONNX files by the command line.
@Suite struct ONNXOutputTests {
  @Test func compiledModelsRunAsTheyDid() throws {
    try TemporaryFolder.with { folder in
      let text = """
        graph "net" {
          %0 = input(name="x", dtype="f32", shape=[2]) : f32[2]
          %1 = input(name="y", dtype="f32", shape=[2]) : f32[2]
          %2 = tanh %0 : f32[2]
          %3 = mul %2, %1 : f32[2]
          output "out" %2
          output "loss" %3
        }

        """
      try Data(text.utf8).write(to: folder.appending(path: "net.dlc"))
      _ = try CommandLineRun.output("compile", "net.dlc", "-o", "net.onnx", in: folder)
      let dump = try CommandLineRun.output("dump", "net.onnx", "--stage", "graph", in: folder)
      #expect(dump.contains("output \"out\""))
      // Figures of a loss are no part of the model, nor are the targets that only they need.
      #expect(!dump.contains("\"loss\"") && !dump.contains("\"y\""))
    }
  }

  @Test func refusesWhatMakesNoSense() throws {
    let error = { (arguments: [String]) in
      try CommandLineRun(["compile", "regression"] + arguments).errors
    }
    #expect(try error(["-o", "a.onnx", "--training"]).contains("holds the forward graph"))
    #expect(
      try error(["-o", "a.c", "--weights", "w.npz"]).contains("--weights is for --standalone"))
    #expect(try error(["-o", "a.txt"]).contains("FILE.onnx"))
  }
}
