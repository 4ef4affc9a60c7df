import Codegen
import Foundation
import GraphIR
import Models
import Runtime
import Testing

/// Training as C that needs no runtime gives the losses of the process's own step, on the kernels
/// that it uses on this CPU.
@Suite(.enabled(if: CCompiler.gcc != nil)) struct StandaloneLossTests {
  @Test(arguments: ["autoencoder", "cnn"]) func areTheProcess(_ model: String) throws {
    let forward = try Zoo.named(model).build(batch: 8, sizes: [:], form: .training)
    let optimizer = try Optimizer.named("adam", learningRate: nil, weightDecay: nil)
    let graph = try TrainingStep(forward, optimizer: optimizer, clip: .none).graph
    let state = try ModelState(StateLayout([graph]))
    try state.initialize(graph, seed: StandaloneCheck.seed)
    let step = try Compilation.executable(graph, state: state)
    let loss = try #require(step.scalar("loss"))
    var inputs = StandaloneCheck.Inputs()
    try TemporaryFolder.with { folder in
      _ = try CommandLineRun.output(
        "compile", model, "--training", "--batch", "8", "--standalone", "-o", "model.c", in: folder)
      let gcc = try #require(CCompiler.gcc)
      #expect(try gcc.compile(["-DDLC_MAIN", "model.c", "-o", "model", "-lm"], in: folder) == "")
      let lines = try CCompiler.run(["model"], in: folder).output.split(separator: "\n")
      #expect(lines.count == Standalone.checkedRuns)
      for line in lines {
        for input in step.program.inputs { try step.set(input.name, to: inputs.next(input.type)) }
        step.run()
        let printed = try #require(Double(line.split(separator: " ")[1]))
        #expect(abs(printed - Double(loss.pointee)) <= 1e-5 * printed, "\(line)")
      }
    }
  }
}
