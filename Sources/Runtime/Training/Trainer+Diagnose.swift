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
    var healthy: [Int]?
    while step < last {
      let batch = sampler.next()
      step += 1
      let runner = try stepRunner(batch.indices.count)
      try runner.run(feed, batch.indices)
      if runner.scalar("loss")?.isFinite == true, state.isFinite {
        before = state.snapshot()
        if healthy == nil { healthy = batch.indices }
        continue
      }
      state.restore(before)
      var found = try notFinite(batch.indices)
      if let healthy {
        // Infinities that a healthy step has too are meant, such as a mask's.
        state.restore(good.snapshot)
        let meant = Set(try notFinite(healthy))
        if found.contains(where: { !meant.contains($0) }) {
          found.removeAll { meant.contains($0) }
        }
      }
      let graph = try model.step(batch.indices.count)
      return .notFinite(
        step: step, epoch: batch.epoch + 1, node: found.first.map(graph.describe), kept: kept)
    }
    return .notFinite(step: last, epoch: sampler.state.epoch + 1, node: nil, kept: kept)
  }

  private var kept: String? {
    files.flatMap { $0.hasCheckpoint ? "\($0.last) (step \(good.progress.step))" : nil }
  }

  /// The nodes whose values for these rows are not finite, in the order of the graph.
  private func notFinite(_ indices: [Int]) throws -> [NodeID] {
    let graph = try model.step(indices.count)
    var watched = graph
    watched.updates = []
    watched.outputs = graph.ids.filter { id in
      let op = graph[id].op
      return graph[id].type.dtype.isFloat && !(op is Input || op is Variable || op is Constant)
    }.map { Graph.Output(name: "\($0)", value: $0) }
    let runner = try BatchRunner(watched, state: state, options: settings.options)
    try runner.run(feed, indices)
    return graph.ids.filter { id in
      guard graph[id].type.dtype.isFloat else { return false }
      switch graph[id].op {
      case let input as Input:
        guard let buffer = runner.executable.inputBuffer(input.key) else { return false }
        return !UnsafeRawBufferPointer(buffer).isFinite(graph[id].type.dtype)
      case let variable as Variable: return state[variable.key]?.isFinite == false
      // What a constant holds is meant.
      case is Constant: return false
      default: return runner.executable.output("\(id)")?.isFinite == false
      }
    }
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
