import Foundation
import Testing

@Suite struct TrainErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: String
    let message: String
    var status: Int32 = 1
    var testDescription: String { arguments }
  }

  static let cases = [
    Case(arguments: "nonsense", message: "there is no model 'nonsense'; there are autoencoder, "),
    Case(arguments: "regresion", message: "did you mean 'regression'?"),
    Case(
      arguments: "regression --optimizer adm",
      message: "unknown optimizer 'adm', did you mean 'adam'? There are sgd, "),
    Case(arguments: "regression --batch 0", message: "--batch must be 1 row or more, not 0"),
    Case(
      arguments: "regression --lr nan", message: "the learning rate must be 0 or more, not nan"),
    Case(arguments: "regression --epochs 0", message: "there must be 1 epoch or more, not 0"),
    Case(arguments: "regression --steps 0", message: "there must be 1 step or more, not 0"),
    Case(arguments: "regression --threads 0", message: "--threads must be 1 to 1024, not 0"),
    Case(arguments: "regression --schedule up", message: "unknown schedule 'up'; there are "),
    Case(arguments: "regression --loss huge", message: "unknown loss 'huge'; there are mse, "),
    Case(arguments: "regression --loss cross-entropy", message: "but input 'y' is f32[64, 1]"),
    Case(arguments: "regression --clip-norm 0", message: "cannot be clipped at 0.0"),
    Case(arguments: "regression --latent 3", message: "model 'regression' has no size 'latent'"),
    Case(arguments: "regression --data none.csv", message: "none.csv: cannot be read: No such"),
    Case(arguments: "regression --out /proc/none", message: "cannot be written: "),
    Case(arguments: "none.graph", message: "none.graph: cannot be read: No such file"),
    Case(arguments: "model.onnx", message: "model.onnx: give --data FILE.npz"),
    Case(arguments: "broken.graph", message: "broken.graph"),
    Case(arguments: "classifier --data cut", message: "ends after"),
    Case(
      arguments: "classifier --classes 9",
      message: "labels run from 0 to 8"),
    Case(
      arguments: "classifier --data rows.csv",
      message: "rows.csv: sample 0 has label 0.5; labels run from 0 to 9"),
    Case(
      arguments: "line.graph --data wide.csv",
      message: "input 'x' needs f32[2, 2], but wide.csv has f32[2, 3]"),
    Case(
      arguments: "line.graph", message: "no built-in data for line.graph; give --data with arrays "),
    Case(arguments: "line.graph --width 3", message: "--width is for models of the zoo"),
    Case(arguments: "line.graph --hidden 3,4", message: "--hidden is for models of the zoo"),
    Case(arguments: "cnn --hidden 3", message: "model 'cnn' has no size 'hidden1'"),
    Case(arguments: "classifier --hidden 3,0", message: "hidden2 must be 1 or more, not 0"),
    Case(arguments: "classifier --hidden 3,x", message: "--hidden", status: 2),
    Case(arguments: "classifier --hidden 3 --width 3", message: "exclude each other", status: 2),
    Case(arguments: "regression --epochs 1 --steps 1", message: "exclude each other", status: 2),
    Case(arguments: "regression --batch many", message: "--batch", status: 2),
    Case(arguments: "regression --speed 3", message: "--speed", status: 2),
    Case(arguments: "", message: "<model>", status: 2),
  ]

  @Test(arguments: cases) func isOneLineAndWritesNothing(_ example: Case) throws {
    try withFolder { folder in
      try "graph \"broken\" {\n  %0 = nonsense\n".write(
        toFile: folder + "/broken.graph", atomically: false, encoding: .utf8)
      try "1,2,0.5\n3,4,1.5\n5,6,2.5\n".write(
        toFile: folder + "/rows.csv", atomically: false, encoding: .utf8)
      try "1,2,3,0.5\n3,4,5,1.5\n".write(
        toFile: folder + "/wide.csv", atomically: false, encoding: .utf8)
      try lineGraph.write(toFile: folder + "/line.graph", atomically: false, encoding: .utf8)
      try FileManager.default.createDirectory(
        atPath: folder + "/cut", withIntermediateDirectories: false)
      let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28, 7, 7]
      let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 1, 2]
      for part in ["train", "t10k"] {
        try Data(images).write(to: URL(fileURLWithPath: "\(folder)/cut/\(part)-images-idx3-ubyte"))
        try Data(labels).write(to: URL(fileURLWithPath: "\(folder)/cut/\(part)-labels-idx1-ubyte"))
      }
      let words = example.arguments.split(separator: " ").map(String.init)
      let result = try dlc(["train"] + words, in: folder)
      #expect(result.status == example.status, "\(result.errors)")
      #expect(!result.isSignalled)
      #expect(result.errors.contains(example.message), "\(result.errors)")
      if example.status == 1 {
        #expect(result.errors.hasPrefix("dlc: "))
        #expect(result.errors.filter { $0 == "\n" }.count == 1)
      }
      #expect(result.output.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
    }
  }

  @Test func tellsOfAFullDisk() throws {
    try withFolder { folder in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      // The limit on the size of files stands in for a disk that is full.
      process.arguments = [
        "-c",
        "trap '' XFSZ; ulimit -f 4096; exec \"$0\" train autoencoder --steps 2 2>err >out.txt",
        try DLCProcess.binary(),
      ]
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      try process.run()
      process.waitUntilExit()
      let errors = try String(contentsOfFile: folder + "/err", encoding: .utf8)
      #expect(process.terminationStatus == 1)
      #expect(errors.contains("last.safetensors: cannot be written: File too large"), "\(errors)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/out")
      #expect(names == ["metrics.csv"], "nothing is left half written")
    }
  }

  @Test func namesTheStepAndNodeOfAnOverflow() throws {
    try withFolder { folder in
      let result = try dlc(
        ["train", "regression", "--optimizer", "sgd", "--lr", "1e30", "--epochs", "2"],
        in: folder)
      #expect(result.status == 1)
      let line = result.errors.split(separator: "\n").last ?? ""
      #expect(line.hasPrefix("dlc: step "), "\(result.errors)")
      #expect(line.contains(": a value is not finite, first %"), "\(line)")
    }
  }
}
