import Foundation
import Testing

@Suite struct TrainResumeTests {
  /// A training too long to end by itself before a signal comes.
  private let endless = [
    "train", "regression", "--epochs", "1000", "--checkpoint-every", "17", "--threads", "1",
  ]

  /// Waits until `path` has more than `lines` lines or the process has ended.
  private func wait(_ child: DLCProcess, until path: String, hasMoreThan lines: Int) {
    while child.process.isRunning, DLCProcess.lines(path) <= lines { sched_yield() }
  }

  /// Trains without a stop to `steps` steps in `whole`, goes on to as many in `parts`, and compares
  /// what both leave.
  private func expectSame(_ folder: String, steps: Int) throws {
    let arguments = ["train", "regression", "--steps", "\(steps)", "--threads", "1"]
    let whole = try dlc(arguments + ["--out", "whole"], in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    let parts = try dlc(arguments + ["--out", "parts", "--resume"], in: folder)
    #expect(parts.status == 0, "\(parts.errors)")
    for name in ["weights.safetensors", "last.safetensors", "metrics.csv", "loss.svg"] {
      #expect(
        try contents("\(folder)/whole/\(name)") == contents("\(folder)/parts/\(name)"), "\(name)")
    }
  }

  @Test func resumesAfterKillsToTheSameBytes() throws {
    try withFolder { folder in
      let metrics = folder + "/parts/metrics.csv"
      // The first kill comes before the first checkpoint, the others at any moment after some.
      for round in 0..<6 {
        let before = round == 0 ? -1 : DLCProcess.lines(metrics) + 40
        let child = try DLCProcess(endless + ["--out", "parts", "--resume"], in: folder)
        wait(child, until: metrics, hasMoreThan: before)
        kill(child.process.processIdentifier, SIGKILL)
        let result = try child.wait()
        #expect(result.isSignalled, "\(result.errors)")
      }
      try expectSame(folder, steps: DLCProcess.lines(metrics) + 100)
    }
  }

  @Test(arguments: [SIGINT, SIGTERM]) func stopsWithStatus130AndGoesOn(signal: Int32) throws {
    try withFolder { folder in
      let metrics = folder + "/parts/metrics.csv"
      let child = try DLCProcess(endless + ["--out", "parts"], in: folder)
      wait(child, until: metrics, hasMoreThan: 30)
      kill(child.process.processIdentifier, signal)
      let stopped = try child.wait()
      #expect(stopped.status == 130, "\(stopped.errors)")
      #expect(!stopped.isSignalled)
      let line = stopped.errors.split(separator: "\n").last ?? ""
      let step = DLCProcess.lines(metrics) - 1
      #expect(
        line == "dlc: interrupted after step \(step); wrote parts/last.safetensors; "
          + "--resume goes on")
      #expect(stopped.output.isEmpty)
      try expectSame(folder, steps: step + 100)
    }
  }

  @Test func refusesTheCheckpointOfAnotherModel() throws {
    try withFolder { folder in
      let first = try dlc(["train", "regression", "--steps", "5"], in: folder)
      #expect(first.status == 0, "\(first.errors)")
      let other = try dlc(["train", "classifier", "--steps", "5", "--resume"], in: folder)
      #expect(other.status == 1)
      #expect(
        other.errors == "dlc: out/last.safetensors: is a checkpoint of model 'regression', not of "
          + "'classifier'\n")
    }
  }
}
