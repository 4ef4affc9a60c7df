import Codegen
import Foundation
import GraphIR
import Runtime

extension Study {
  static let attentionCost = Study(
    name: "attention-cost", title: "Is linear attention the better attention?",
    claim: """
      Softmax attention costs time and memory that grow with the square of the number of tokens; \
      softmax(Q / sqrt d) (K^T V) does the same in time and memory that grow with the number.
      """
  ) { context in
    if let data = context.options.data {
      throw StudyError("\(data): attention-cost makes its own data; leave --data out")
    }
    var study = AttentionCost(context)
    for seed in context.seeds(3) {
      try study.measureTimes(context, seed: seed)
      try study.compare(context, seed: seed)
      try study.look(context, seed: seed)
    }
    study.describe(in: &context.report)
  }
}

/// What ways to compute attention cost, and what they compute.
public struct AttentionCost {
  /// Features of a token.
  static let features = 64
  /// The matrix of more tokens is planned and not run: it would not fit every machine.
  static let mostStored = 8192

  struct Key: Hashable {
    let form: AttentionForm
    let tokens: Int
    let isTraining: Bool
  }

  let tokens: [Int]
  /// From here on times and sizes are fitted: what every run costs matters no more.
  let firstFitted: Int
  let forms = AttentionForm.allCases.filter { $0 != .efficient }
  let pairs: [Int]
  let lookupFeatures = 32
  /// Seconds a run, one value a seed.
  private(set) var times: [Key: [Double]] = [:]
  /// Bytes of intermediate values and results.
  private(set) var bytes: [Key: Double] = [:]
  /// How alike the outputs are to those of the stored form: the cosine of the angle between them.
  var cosines: [AttentionForm: [Double]] = [:]
  var accuracies: [AttentionForm: [Int: [Double]]] = [:]
  /// The C of the linear form for 1,024 tokens.
  private(set) var source = ""
  private var executables: [Key: Executable] = [:]

  init(_ context: StudyContext) {
    let sizes = (4...14).map { 1 << $0 }
    tokens = context.isQuick ? sizes.filter { $0 <= 2048 } : sizes
    firstFitted = context.pick(1024, quick: 256)
    pairs = context.pick([4, 8, 16, 32, 64, 128], quick: [4, 64])
  }

  /// Times one run of everything: forms and sizes by turns, so that what else the machine does
  /// meanwhile falls on all of them.
  mutating func measureTimes(_ context: StudyContext, seed: Int) throws {
    for tokens in tokens {
      context.note("\(tokens) tokens, seed \(seed)")
      for isTraining in [false, true] {
        for form in forms {
          try context.checkInterruption()
          let key = Key(form: form, tokens: tokens, isTraining: isTraining)
          guard let executable = try executable(key, context) else { continue }
          times[key, default: []].append(time(executable))
        }
      }
      // Large ones are made anew for each seed, for their memory.
      executables = executables.filter { $0.key.tokens < 1024 }
    }
  }

  /// Compiles the form for one thread, so that no time is spent on waiting for another; nil where it
  /// is only planned.
  private mutating func executable(_ key: Key, _ context: StudyContext) throws -> Executable? {
    if let executable = executables[key] { return executable }
    let graph = try key.form.graph(
      tokens: key.tokens, features: Self.features, isTraining: key.isTraining)
    let state = try ModelState(StateLayout([graph]))
    var compilation = Compilation(
      graph, state: state.layout, options: Compilation.Options(threads: 1))
    bytes[key] = Double(compilation.program.arenaBytes(threads: 1))
    if key == Key(form: .linear, tokens: 1024, isTraining: false) {
      source = compilation.program.source
    }
    guard key.form != .stored || key.tokens <= Self.mostStored else { return nil }
    let executable = try compilation.load(state)
    for (index, input) in compilation.program.inputs.enumerated() {
      try executable.set(input.name, to: Self.normal(input.type.shape, seed: index))
    }
    executables[key] = executable
    return executable
  }

  /// Processor time of the shortest of several runs: what else the machine does hardly counts.
  private func time(_ executable: Executable) -> Double {
    executable.run()
    var best = Double.infinity
    var total = 0.0
    var runs = 0
    while (runs < 3 || total < 0.03) && total < 1.5 {
      let start = Self.processorSeconds
      executable.run()
      let seconds = Self.processorSeconds - start
      best = min(best, seconds)
      total += seconds
      runs += 1
    }
    return best
  }

  /// Seconds that this thread has been computing: an executable of one thread runs on its caller's.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Numbers of mean 0 and variance 1.
  static func normal(_ shape: Shape, seed: Int) -> Tensor {
    let philox = Philox(seed: Int64(seed), step: 0, stream: 0)
    return Tensor((0..<shape.count).map { Float(philox.normalSingle($0)) }, shape: shape)
  }
}
