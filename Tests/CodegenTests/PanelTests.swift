import Codegen
import Foundation
import GraphIR
import Runtime
import TestSupport
import Testing

/// Weights that lie in panels: which do, that training with them is what the graph says, and that
/// nobody who reads them sees anything but rows.
@Suite struct PanelTests {
  /// A matrix unit's products read both sides in rows.
  private let hasMatrixUnit = Machine.InstructionSet.current.target.hasMatrixUnit

  /// Two layers, a loss, and with `isPenalized` a term that reads the first weight element by
  /// element.
  private func step(
    _ batch: Int, _ inputs: Int, _ hidden: Int, _ outputs: Int, _ dtype: DType = .f32,
    optimizer: Optimizer = .adam(learningRate: 0.01), isPenalized: Bool = false,
    isShown: Bool = false
  ) throws -> Graph {
    let builder = GraphBuilder("layers")
    let x = builder.input("x", dtype, [batch, inputs])
    let y = builder.input("y", dtype, [batch, outputs])
    let first = builder.variable(
      "first", dtype, [inputs, hidden], initializer: .normal(standardDeviation: 0.1))
    let bias = builder.variable("bias", dtype, [hidden], initializer: .zeros)
    let second = builder.variable(
      "second", dtype, [hidden, outputs], initializer: .normal(standardDeviation: 0.1))
    let h = (x.matmul(first) + bias).relu()
    var loss = h.matmul(second).meanSquaredError(y)
    if isPenalized { loss = loss + 0.01 * (first * first).sum() }
    builder.output("loss", loss)
    if isShown { builder.output("weights", second) }
    return try TrainingStep.build(forward: builder.build(), optimizer: optimizer)
  }

  private func batch(_ graph: Graph, _ index: Int) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (place, (_, input)) in graph.inputs.enumerated() {
      let values = FixtureGenerator.uniform(
        seed: UInt64(17 * index + place + 1), count: input.type.shape.count)
      tensors[input.key] = Tensor(input.type, doubles: values.map { Double($0) - 0.5 })
    }
    return tensors
  }

  /// After some steps from the same state, every variable is the interpreter's.
  private func expectTraining(
    _ run: CompiledRun, _ graph: Graph, steps: Int, within bound: Double, _ title: String
  ) throws {
    var reference = try Interpreter(graph, seed: 3)
    for (name, value) in reference.variables {
      try run.state.set(name, to: Tensor(value.type, doubles: value.values))
    }
    for index in 0..<steps {
      _ = try run.executable.run(batch(graph, index))
      _ = try reference.run(inputs: batch(graph, index))
    }
    for (name, tensor) in run.state.tensors {
      let comparison = Comparison(tensor, reference.variables[name]!.values)
      #expect(comparison.relative < bound, "\(name), \(title): \(comparison)")
    }
  }

  @Test func matricesOfProductsLieInPanels() throws {
    let panels = { (graph: Graph) in
      Set(try CompiledRun(graph).program.panels.keys.filter { !$0.hasPrefix("optimizer") })
    }
    #expect(try panels(step(9, 50, 100, 120)) == ["first", "second"])
    // As wide as one panel or less: rows are panels.
    #expect(try panels(step(9, 50, 100, 7)) == ["first"])
    // What a loop reads element by element, and what the caller sees, lies in rows.
    #expect(try panels(step(9, 50, 100, 120, isPenalized: true)) == ["second"])
    #expect(try panels(step(9, 50, 100, 120, isShown: true)) == ["first"])
    let averages = try CompiledRun(step(9, 50, 100, 120)).program.panels.keys
    #expect(averages.count { $0.hasPrefix("optimizer") } == 4)
  }

  @Test(
    arguments: Machine.InstructionSet.available,
    [
      (1, 50, 100, 120), (7, 33, 128, 257), (40, 257, 191, 65), (40, 50, 1024, 66),
      (40, 9, 70, 1024),
    ]
  )
  func trainingIsTheInterpreters(
    _ set: Machine.InstructionSet, _ sizes: (Int, Int, Int, Int)
  ) throws {
    for (dtype, bound) in [(DType.f32, 2e-4), (.f64, 1e-11)] {
      let graph = try step(
        sizes.0, sizes.1, sizes.2, sizes.3, dtype, optimizer: .named("momentum", learningRate: 0.01)
      )
      let run = try CompiledRun(graph, threads: 2, instructionSet: set)
      #expect(!run.program.panels.isEmpty)
      try expectTraining(run, graph, steps: 3, within: bound, "\(dtype), \(sizes)")
    }
  }

  /// A weight behind a transposed left side, which is copied some steps of the sum at a time.
  @Test(arguments: Machine.InstructionSet.available, [300, 257])
  func transposedRowsMeetPanels(_ set: Machine.InstructionSet, _ depth: Int) throws {
    let builder = GraphBuilder("turned")
    let x = builder.input("x", .f32, [depth, 520])
    let y = builder.input("y", .f32, [520, 100])
    let w = builder.variable(
      "w", .f32, [depth, 100], initializer: .normal(standardDeviation: 0.1))
    builder.output("loss", x.transposed().matmul(w).meanSquaredError(y))
    let graph = try TrainingStep.build(
      forward: builder.build(), optimizer: .named("momentum", learningRate: 0.5))
    let run = try CompiledRun(graph, threads: 2, instructionSet: set)
    // A matrix unit's product reads a weight in rows, and may have neither.
    if !set.target.hasMatrixUnit {
      #expect(run.program.panels["w"] != nil)
      #expect(run.program.source.contains("dlc_copy_32("))
    }
    try expectTraining(run, graph, steps: 2, within: 2e-4, "\(depth)")
  }

  /// What a product writes and others read as their right side lies in panels, whoever else reads
  /// it: products as their left side, too, column sums, and the rest of a product's kernel. Widths
  /// end with a panel, within one, and leave a rest for a product of its own; `lead` are further
  /// axes that count rows.
  @Test(
    arguments: [DType.f32, .f64],
    [([], 40, 96), ([], 97, 100), ([3], 33, 65), ([2, 5], 7, 128), ([], 1, 70), ([], 300, 1030)])
  func valuesBetweenProductsLieInPanels(
    _ dtype: DType, _ sizes: (lead: [Int], rows: Int, columns: Int)
  ) throws {
    let (lead, rows, columns) = sizes
    let all = lead.reduce(rows, *)
    let builder = GraphBuilder("between")
    let x = builder.input("x", dtype, Shape(lead + [rows, 24]))
    let w = builder.input("w", dtype, [24, columns])
    let value = (x.matmul(w) + builder.input("bias", dtype, [columns])).relu()
    let flat = value.reshape([all, columns])
    builder.output("right", builder.input("left", dtype, [50, all]).matmul(flat))
    builder.output("left", value.matmul(builder.input("after", dtype, [columns, 45])).relu())
    builder.output("sum", flat.sum(axes: [0]))
    builder.output("beside", x.matmul(builder.input("other", dtype, [24, columns])) * value)
    let graph = try builder.build()
    let source = try CompiledRun(graph).program.source
    if !hasMatrixUnit { #expect(source.contains(", in panels of") == (all > 1), "\(sizes)") }
    try CompiledCheck.expect(
      graph, CompiledCheck.inputs(graph, seed: 7), "\(sizes)", relative: 1e-5)
  }

  /// Rows of a value that others read elsewhere, or in another order, stay rows.
  @Test func valuesThatOthersReadLieInRows() throws {
    func source(_ read: (GraphBuilder, Value) -> Void) throws -> String {
      let builder = GraphBuilder("rows")
      let x = builder.input("x", .f32, [60, 24])
      let value = x.matmul(builder.input("w", .f32, [24, 100])).tanh()
      builder.output("right", builder.input("left", .f32, [50, 60]).matmul(value))
      read(builder, value)
      let graph = try builder.build()
      try CompiledCheck.expect(
        graph, CompiledCheck.inputs(graph, seed: 7), "rows", relative: 1e-5)
      return try CompiledRun(graph).program.source
    }
    #expect(try source { _, _ in }.contains(", in panels of") || hasMatrixUnit)
    let reads: [(GraphBuilder, Value) -> Void] = [
      { $0.output("shown", $1) },
      { $0.output("rows", $1.sum(axes: [1])) },
      { $0.output("loop", $1.cumsum(0)) },
      { $0.output("turned", $1.transposed().matmul($0.input("y", .f32, [60, 40]))) },
      { $0.output("part", $1.slice(1, to: 40).matmul($0.input("z", .f32, [40, 40]))) },
    ]
    for read in reads { #expect(!(try source(read).contains(", in panels of"))) }
  }

  /// Rows a multiple of 4 KB apart lie in panels even where nobody packs them: what a product reads
  /// as its left side, and what only the rest of another product's kernel does.
  @Test(arguments: [1000, 1024]) func rowsThatCrowdACacheLieInPanels(_ columns: Int) throws {
    let builder = GraphBuilder("crowd")
    let x = builder.input("x", .f32, [6, 10, 24])
    let value = x.matmul(builder.input("w", .f32, [24, columns]))
    let after = builder.input("after", .f32, [columns, 45])
    builder.output("left", value.tanh().matmul(after))
    let other = builder.input("y", .f32, [6, 10, 40]).matmul(after.transposed().slice(0, to: 40))
    builder.output("beside", other * value)
    let graph = try builder.build()
    let lines = try CompiledRun(graph).program.source.split(separator: "\n")
    let expected = columns == 1000 ? 0 : 2
    #expect(lines.count { $0.contains(", in panels of") } == expected || hasMatrixUnit)
    try CompiledCheck.expect(
      graph, CompiledCheck.inputs(graph, seed: 7), "\(columns)", relative: 1e-5)
  }

  /// A weight whose new value a loop reads, as a moving average of weights does, lies in rows.
  @Test func newValuesThatALoopReadsLieInRows() throws {
    let builder = GraphBuilder("average")
    let x = builder.input("x", .f32, [40, 50])
    let w = builder.variable("w", .f32, [50, 100], initializer: .normal(standardDeviation: 0.1))
    let mean = builder.variable("mean", .f32, [50, 100], initializer: .zeros)
    let y = x.matmul(w).tanh()
    let new = w - 0.1 * x.transposed().matmul(y)
    builder.update(w, to: new)
    builder.update(mean, to: 0.9 * mean + 0.1 * new.cumsum(1))
    builder.output("loss", y.sum())
    let graph = try builder.build()
    let run = try CompiledRun(graph)
    #expect(run.program.panels["w"] == nil)
    try expectTraining(run, graph, steps: 2, within: 2e-5, graph.name)
  }

  /// While it multiplies, a product asks for the panel it reads next and for its next rows.
  @Test func productsAskForTheirNextOperands() throws {
    let graph = try step(200, 800, 500, 600)
    let source = try CompiledRun(graph).program.source
    #expect(source.contains("ahead.reads = 2;"))
    let small = try CompiledRun(step(40, 50, 100, 120)).program.source
    #expect(!small.contains("dlc_ahead ahead;"))
    try threadsChangeNothing(graph)
  }

  /// There and back, whatever the sizes: fewer columns than a panel has, a rest of some.
  @Test(arguments: [
    (2, 33), (3, 64), (7, 100), (50, 257), (64, 64), (129, 96), (31, 1000), (300, 31),
  ])
  func movesAreUndone(_ rows: Int, _ columns: Int) throws {
    let builder = GraphBuilder("moves")
    let x = builder.input("x", .f32, [3, rows])
    let w = builder.variable("w", .f32, [rows, columns], initializer: .zeros)
    builder.output("y", x.matmul(w))
    let multiplying = try builder.build()
    let reader = GraphBuilder("reader")
    let same = reader.variable("w", .f32, [rows, columns], initializer: .zeros)
    reader.output("columns", same.sum(axes: [0]))
    let reading = try reader.build()
    let state = try ModelState(StateLayout([multiplying, reading]))
    let values = (0..<rows * columns).map { Float($0 % 8191) }
    let weight = Tensor(values, shape: [rows, columns])
    try state.set("w", to: weight)
    let multiply = try Compilation.executable(multiplying, state: state)
    let read = try Compilation.executable(reading, state: state)
    let isPlain = Machine.InstructionSet.current.name == "plain"
    #expect(isPlain || (multiply.program.panels["w"] != nil) == (columns > 32))
    let sums = try read.run([:])["columns"]
    let pick = (0..<3 * rows).map { Float($0 == 0 ? 1 : 0) }
    for _ in 0..<2 {
      let y = try #require(multiply.run(["x": Tensor(pick, shape: [3, rows])])["y"])
      #expect(Array(y.doubles[..<columns]) == values[..<columns].map(Double.init))
      #expect(state["w"] == weight)
      #expect(try read.run([:])["columns"] == sums)
      #expect(state["w"] == weight)
    }
  }

  @Test func threadsChangeNothing() throws { try threadsChangeNothing(step(97, 100, 257, 129)) }

  /// Layers of many rows, which leave rests of blocks and panels, on targets of more cores.
  @Test(arguments: [(600, true), (1001, true), (97, false)])
  func rowsDividedAmongCoresChangeNothing(_ rows: Int, _ areMany: Bool) throws {
    let graph = try step(rows, 40, 290, 70)
    let own = Machine.InstructionSet.current.target
    var first: [Tensor]?
    for cores in 1...3 {
      let target = Target(
        name: own.name, tile32: own.tile32, tile64: own.tile64, secondCache: own.secondCache,
        cores: cores)
      for threads in 1...3 {
        let title = "\(cores) cores, \(threads) threads"
        let run = try CompiledRun(graph, threads: threads, target: target)
        let isDivided = run.program.source.contains("const long r = (unit /")
        #expect(isDivided == (areMany && cores > 1), "\(title)")
        try expectTraining(run, graph, steps: 2, within: 2e-4, title)
        let weights = run.state.tensors.map(\.tensor)
        let isSame = weights == first ?? weights
        #expect(isSame, "\(title)")
        first = weights
      }
    }
  }

  private func threadsChangeNothing(_ graph: Graph) throws {
    let weights = try [1, 2, 3].map { threads in
      let state = try ModelState(StateLayout([graph]))
      try state.initialize(graph, seed: 5)
      let executable = try Compilation.executable(
        graph, state: state, options: .sharingSmall(threads: threads))
      for index in 0..<3 { _ = try executable.run(batch(graph, index)) }
      return state.tensors.map(\.tensor)
    }
    #expect(weights[0] == weights[1] && weights[0] == weights[2])
  }

  /// Graphs that have a weight in rows and in panels take turns, with snapshots between.
  @Test func everyReaderSeesRows() throws {
    let training = try step(9, 50, 100, 120)
    let builder = GraphBuilder("norm")
    let first = builder.variable("first", .f32, [50, 100], initializer: .zeros)
    builder.output("sum", first.sum())
    let reading = try builder.build()
    let state = try ModelState(StateLayout([training, reading]))
    try state.initialize(training, seed: 5)
    let initial = try #require(state["first"])
    let train = try Compilation.executable(training, state: state)
    let read = try Compilation.executable(reading, state: state)
    #expect(train.program.panels["first"] != nil && read.program.panels["first"] == nil)

    let start = state.snapshot()
    _ = try train.run(batch(training, 0))
    let trained = try #require(state["first"])
    #expect(trained != initial && trained.type == initial.type)
    let sum = try #require(read.run([:])["sum"])
    let expected = trained.doubles.reduce(0, +)
    #expect(abs(sum.doubles[0] - expected) < 1e-3)
    #expect(state["first"] == trained)

    _ = try train.run(batch(training, 1))
    let twice = state.tensors.map(\.tensor)
    state.restore(start)
    #expect(state["first"] == initial)
    for index in 0..<2 { _ = try train.run(batch(training, index)) }
    #expect(state.tensors.map(\.tensor) == twice)
    try state.set("first", to: initial)
    #expect(state["first"] == initial)
  }
}
