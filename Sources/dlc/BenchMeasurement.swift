import Codegen
import Foundation
import GraphIR
import Runtime

/// One workload compiled, run and timed, the way bench/peers.py times the others.
struct BenchMeasurement {
  let workload: BenchWorkload
  let parameters: [(name: String, value: Int)]
  let threads: Int
  /// Weights by name and the batch as `batch.NAME`, in place of drawn ones.
  let data: (file: String, tensors: Safetensors)?

  struct Result {
    var firstStep = 0.0
    /// What the first step consists of.
    var stages = StageTimes()
    var compile = 0.0
    var step = 0.0
    var fastestStep = 0.0
    var steps = 0
    var firstLoss: Float = 0
    var lastLoss: Float = 0
    var operations = 0.0
    var arenaBytes = 0
  }

  /// The batch is there before the clock starts; everything else is in the first step.
  func measure(steps: Int) throws -> Result {
    let batch = try batch()
    let start = ContinuousClock.now
    var stages = StageTimes()
    let (executable, compile) = try executable(&stages)
    let loss = try stages.time("fill inputs") { try fill(executable, batch) }
    stages.time("run") { executable.run() }
    var result = Result(firstStep: start.secondsToNow, stages: stages, compile: compile)
    result.firstLoss = loss.pointee
    executable.run()

    var times: [Double] = []
    let begin = ContinuousClock.now
    while times.count < steps, times.count < 5 || begin.secondsToNow < 20 {
      let start = ContinuousClock.now
      executable.run()
      times.append(start.secondsToNow)
    }
    times.sort()
    let middle = times.count / 2
    result.step = times.count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2
    result.fastestStep = times[0]
    result.steps = times.count
    result.lastLoss = loss.pointee
    result.operations = executable.program.graph.contractionOperations
    result.arenaBytes = executable.arenaBytes
    return result
  }

  /// The first losses, each taken before its update.
  func losses(_ count: Int) throws -> [Float] {
    let batch = try batch()
    var stages = StageTimes()
    let (executable, _) = try executable(&stages)
    let loss = try fill(executable, batch)
    return (0..<count).map { _ in
      executable.run()
      return loss.pointee
    }
  }

  /// The training step with its first weights, and the seconds that making it took without them.
  private func executable(
    _ stages: inout StageTimes
  ) throws -> (Executable, compile: Double) {
    let options = Compilation.Options(threads: threads)
    let start = ContinuousClock.now
    let forward = try stages.time("build") { try workload.graph(parameters) }
    let step = try stages.time("differentiate, optimizer") {
      try TrainingStep.build(forward: forward, optimizer: workload.optimizer)
    }
    let built = start.secondsToNow
    let (compilation, executable) = try Compilation.prepare(step, seed: 0, options: options)
    let compile = compilation.stages.reduce(built) { $0 + $1.seconds }
    stages.add("passes", compilation.stages.dropLast(2).reduce(0) { $0 + $1.seconds })
    for stage in compilation.stages.suffix(2) { stages.add(stage.name, stage.seconds) }
    stages.add("rest of initial values", start.secondsToNow - compile)
    if let data { try load(data, into: executable.state) }
    return (executable, compile)
  }

  private func load(_ data: (file: String, tensors: Safetensors), into state: ModelState) throws {
    for entry in state.layout.entries where entry.role == .parameter {
      guard let tensor = data.tensors[entry.name] else {
        throw CommandError("\(data.file): has no weight '\(entry.name)', \(entry.type)")
      }
      do {
        try state.set(entry.name, to: tensor)
      } catch {
        throw CommandError("\(data.file): \(error)")
      }
    }
  }

  private func batch() throws -> [String: Tensor] {
    guard let data else { return try workload.batch(parameters) }
    var batch: [String: Tensor] = [:]
    for array in workload.arrays {
      guard let tensor = data.tensors["batch.\(array.name)"] else {
        throw CommandError("\(data.file): has no array 'batch.\(array.name)'")
      }
      batch[array.name] = tensor
    }
    return batch
  }

  private func fill(
    _ executable: Executable, _ batch: [String: Tensor]
  ) throws -> UnsafePointer<Float> {
    for array in workload.arrays {
      guard let tensor = batch[array.name] else { continue }
      do {
        try executable.set(array.name, to: tensor)
      } catch {
        throw CommandError("\(data.map { "\($0.file): " } ?? "")\(error)")
      }
    }
    guard let loss = executable.scalar("loss") else {
      throw CommandError("workload '\(workload.name)' has no f32 scalar output 'loss'")
    }
    return loss
  }
}
