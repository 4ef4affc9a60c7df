import GraphIR

extension Trainer {
  /// Finds the step and the node that first made a value not finite.
  ///
  /// Goes back to the last good state and does the steps since again, which gives the same bits;
  /// the one that fails is then computed once more with every node as an output.
  func diagnose(through last: Int) throws -> TrainingError {
    var sampler = Sampler(
      count: train.count, batchSize: self.sampler.batchSize, shuffles: settings.shuffles,
      state: good.progress.sampler)
    state.restore(good.snapshot)
    defer { state.restore(good.snapshot) }
    try files?.metrics.flush()
    var step = good.progress.step
    var before = good.snapshot
    while step < last {
      let batch = sampler.next()
      step += 1
      let runner = try stepRunner(batch.indices.count)
      try runner.run(batch.indices)
      if runner.scalar("loss")?.isFinite == true, state.isFinite {
        before = state.snapshot()
        continue
      }
      state.restore(before)
      return .notFinite(
        step: step, epoch: batch.epoch + 1, node: try firstNotFinite(batch.indices), kept: kept)
    }
    return .notFinite(step: last, epoch: sampler.state.epoch + 1, node: nil, kept: kept)
  }

  private var kept: String? {
    files.flatMap { $0.hasCheckpoint ? "\($0.last) (step \(good.progress.step))" : nil }
  }

  /// The first node in the order of the graph whose value for these rows is not finite.
  private func firstNotFinite(_ indices: [Int]) throws -> String? {
    let graph = try model.step(indices.count)
    var watched = graph
    watched.updates = []
    watched.outputs = graph.ids.filter { id in
      let op = graph[id].op
      return graph[id].type.dtype.isFloat && !(op is Input || op is Variable || op is Constant)
    }.map { Graph.Output(name: "\($0)", value: $0) }
    let runner = try BatchRunner(
      watched, feed: feed, state: state, options: settings.options)
    try runner.run(indices)
    for id in graph.ids where graph[id].type.dtype.isFloat {
      let isFinite: Bool
      switch graph[id].op {
      case let input as Input:
        let bytes = UnsafeRawBufferPointer(runner.executable.inputBuffer(input.key) ?? .empty)
        isFinite = bytes.isFinite(graph[id].type.dtype)
      case let variable as Variable: isFinite = state[variable.key]?.isFinite ?? true
      case let constant as Constant: isFinite = constant.tensor.isFinite
      default: isFinite = runner.executable.output("\(id)")?.isFinite ?? true
      }
      // A constant infinity is meant, such as a mask's.
      if !isFinite, !(graph[id].op is Constant) { return graph.describe(id) }
    }
    return nil
  }
}

extension ModelState {
  /// Whether no float variable holds a NaN or an infinity.
  var isFinite: Bool {
    layout.entries.allSatisfy { entry in
      let bytes = UnsafeRawBufferPointer(
        start: buffer.base + entry.offset, count: entry.type.byteCount)
      return bytes.isFinite(entry.type.dtype)
    }
  }
}

extension Tensor {
  fileprivate var isFinite: Bool { bytes.withUnsafeBytes { $0.isFinite(dtype) } }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate static var empty: Self { Self(start: nil, count: 0) }
}

extension UnsafeRawBufferPointer {
  /// Whether no element is a NaN or an infinity: all exponent bits are set in these alone.
  fileprivate func isFinite(_ dtype: DType) -> Bool {
    switch dtype {
    case .f32:
      let mask: UInt32 = 0x7f80_0000
      return bindMemory(to: UInt32.self).reduce(true) { $0 && $1 & mask != mask }
    case .f64:
      let mask: UInt64 = 0x7ff0_0000_0000_0000
      return bindMemory(to: UInt64.self).reduce(true) { $0 && $1 & mask != mask }
    default: return true
    }
  }
}
