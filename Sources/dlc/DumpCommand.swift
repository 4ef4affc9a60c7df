import ArgumentParser
import Codegen
import GraphIR
import Runtime

/// `dlc dump`: one stage of the compiler, as text.
struct DumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump", abstract: "Print a model as a stage of the compiler sees it.",
    discussion: """
      graph      the forward graph as it is built
      backward   with the gradients of the loss as outputs grad.NAME
      optimized  the whole training step after all passes
      fused      the same, with the kernel of every node and why kernels are apart
      schedule   the kernels in the order they run, with their barriers and work
      memory     where buffers and variables lie
      c          the generated C
      dot        the forward graph for Graphviz

      The first four parse again: a file of them is a MODEL.
      """)

  enum Stage: String, CaseIterable, ExpressibleByArgument {
    case graph, backward, optimized, fused, schedule, memory, c, dot
  }

  @OptionGroup var model: ModelOptions
  @OptionGroup(title: "Training") var optimizer: OptimizerOptions
  @Option(help: "What to print.") var stage: Stage
  @Flag(help: "Compile the forward graph alone, not the training step.") var forward = false

  func run() throws {
    let isAsIs = forward || stage == .dot || stage == .graph && optimizer.loss == nil
    let graph = try isAsIs ? model.graph() : optimizer.forward(model)
    switch stage {
    case .graph: try StandardOutput.write(graph.text)
    case .dot: try StandardOutput.write(graph.dot)
    case .backward:
      let (backward, report) = try graph.differentiated()
      Notes.write(report)
      try StandardOutput.write(backward.text)
    case .optimized: try StandardOutput.write(program(graph).graph.text)
    case .fused: try StandardOutput.write(program(graph).fusedText)
    case .schedule: try StandardOutput.write(program(graph).scheduleText)
    case .memory: try StandardOutput.write(program(graph).memoryText)
    case .c: try StandardOutput.write(program(graph).source)
    }
  }

  private func program(_ graph: Graph) throws -> Program {
    let step = forward ? graph : try trainingStep(graph)
    return Compilation(step, state: StateLayout([step])).program
  }

  private func trainingStep(_ graph: Graph) throws -> Graph {
    guard graph.output("loss") != nil else {
      throw CommandError(
        "\(model.model): graph '\(graph.name)' has no output 'loss' to train by; --forward "
          + "compiles it as it is")
    }
    let step = try optimizer.trainingStep(graph)
    Notes.write(step.report)
    return step.graph
  }
}

/// Remarks on standard error.
enum Notes {
  static func write(_ lines: [String]) {
    for line in lines { StandardError.write("note: \(line)\n") }
  }
}
