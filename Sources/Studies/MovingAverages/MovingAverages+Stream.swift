import Codegen
import GraphIR
import Runtime

extension MovingAverages {
  /// Averages of one recorded stream of gradients, each compared with the present gradient.
  struct Streams {
    enum Estimate: String, CaseIterable { case newest, exponential, linear }

    /// Distance from the gradient over all data as a share of its length, at every step.
    var error: [Estimate: [[Double]]] = [:]
    /// The cosine between the estimate and the gradient over all data so many steps before, the
    /// mean over the second half of the steps.
    var alignment: [Estimate: [[Double]]] = [:]

    /// How many steps before the gradient is most like the estimate, for each seed.
    func lag(_ estimate: Estimate) -> Spread {
      Spread(
        (alignment[estimate] ?? []).map { curve in
          Double(curve.indices.max { curve[$0] < curve[$1] } ?? 0)
        })
    }

    /// The cosine with the present gradient.
    func presentAlignment(_ estimate: Estimate) -> Spread {
      Spread((alignment[estimate] ?? []).map { $0[0] })
    }
  }

  static func streams(_ context: StudyContext) throws -> Streams {
    let train = try digitRows(context).train.first(context.pick(4000, quick: 1000))
    var streams = Streams()
    for seed in context.seeds(3) {
      context.note("stream of gradients, seed \(seed)")
      let recording = try record(context, train, steps: context.pick(400, quick: 60), seed)
      for (estimate, values) in try averages(recording.batches) {
        let distances = zip(values, recording.all).map { relative(distance($0, $1), $1) }
        streams.error[estimate, default: []].append(distances)
        streams.alignment[estimate, default: []].append(alignment(values, recording.all))
      }
    }
    return streams
  }

  /// Gradients of a layer's weights while SGD trains: of each batch, and of all data.
  private static func record(
    _ context: StudyContext, _ data: Dataset, steps: Int, _ seed: Int
  ) throws -> (batches: [[Float]], all: [[Float]]) {
    let name = "grad.l1.w"
    let graph = { (rows: Int) in
      try classifier(rows, data).differentiated().graph
    }
    let options = Compilation.Options(threads: context.options.threads)
    let step = try TrainingStep.build(
      forward: graph(batch), optimizer: .sgd(learningRate: 0.02))
    let (_, executable) = try Compilation.prepare(step, seed: seed, options: options)
    let whole = try Compilation.executable(
      graph(data.count), state: executable.state, options: options)
    try fill(whole, data, Array(0..<data.count))
    var sampler = Sampler(
      count: data.count, batchSize: batch, state: .init(seed: UInt64(seed)))
    var result = (batches: [[Float]](), all: [[Float]]())
    for _ in 0..<steps {
      try context.checkInterruption()
      whole.run()
      try fill(executable, data, sampler.next().indices)
      executable.run()
      result.batches.append(executable.output(name)?.values() ?? [])
      result.all.append(whole.output(name)?.values() ?? [])
    }
    return result
  }

  private static func fill(_ executable: Executable, _ data: Dataset, _ rows: [Int]) throws {
    for input in executable.program.inputs {
      guard let array = data.index(of: input.name) else { continue }
      try executable.set(
        input.name, to: data.batch(array, indices: rows, as: input.type.dtype))
    }
  }

  /// Both averages of the stream, in compiled code, and the stream itself.
  private static func averages(_ stream: [[Float]]) throws -> [Streams.Estimate: [[Float]]] {
    var result: [Streams.Estimate: [[Float]]] = [.newest: stream]
    for (averaging, estimate) in [
      (Averaging.exponential, Streams.Estimate.exponential), (.linear, .linear),
    ] {
      let builder = GraphBuilder("average")
      let gradient = builder.input("gradient", .f32, [stream[0].count])
      let count = builder.variable("count", .f64, .scalar, role: .state, initializer: .zeros)
      builder.update(count, to: count + 1)
      let average = Average(builder, averaging, time: count + 1)
      builder.output("average", average("m", gradient, "gradient", decay: 0.9))
      let (_, executable) = try Compilation.prepare(
        builder.build(), seed: 0, options: Compilation.Options(threads: 1))
      result[estimate] = try stream.map { values in
        try executable.set("gradient", to: Tensor(values, shape: [values.count]))
        executable.run()
        return executable.output("average")?.values() ?? []
      }
    }
    return result
  }

  /// The mean cosine of the second half's values with the gradients so many steps before.
  private static func alignment(_ values: [[Float]], _ gradients: [[Float]]) -> [Double] {
    let half = values.count / 2
    return (0...half).map { shift in
      let cosines = (half..<values.count).map { cosine(values[$0], gradients[$0 - shift]) }
      return cosines.reduce(0, +) / Double(cosines.count)
    }
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    var (product, squareA, squareB): (Float, Float, Float) = (0, 1e-30, 1e-30)
    for index in a.indices {
      product += a[index] * b[index]
      squareA += a[index] * a[index]
      squareB += b[index] * b[index]
    }
    return Double(product / (squareA * squareB).squareRoot())
  }

  private static func distance(_ a: [Float], _ b: [Float]) -> Float {
    var sum: Float = 0
    for index in a.indices {
      let difference = a[index] - b[index]
      sum += difference * difference
    }
    return sum.squareRoot()
  }

  private static func relative(_ distance: Float, _ to: [Float]) -> Double {
    Double(distance) / Double(to.reduce(1e-30) { $0 + $1 * $1 }).squareRoot()
  }
}
