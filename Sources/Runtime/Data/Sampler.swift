/// The order in which training visits the samples: batches of indices, epoch after epoch.
///
/// The order of an epoch depends on the seed and the epoch alone, on every platform, so a training
/// that resumes from a `State` goes on with the batches it would have seen.
public struct Sampler: Sendable {
  /// Where the sampler stands; all that a checkpoint needs.
  public struct State: Hashable, Sendable, Codable {
    public var seed: UInt64
    /// Epochs completed, from 0.
    public var epoch: Int
    /// Samples of this epoch already handed out.
    public var position: Int

    public init(seed: UInt64, epoch: Int = 0, position: Int = 0) {
      self.seed = seed
      self.epoch = epoch
      self.position = position
    }
  }

  /// Indices of the samples of one step; the last batch of an epoch may be short.
  public struct Batch: Hashable, Sendable {
    public let epoch: Int
    public let indices: [Int]
    public let isLastOfEpoch: Bool
  }

  public let count: Int
  public let batchSize: Int
  public let shuffles: Bool
  public private(set) var state: State
  private var order: [Int]

  /// `count` and `batchSize` must be positive and `state` lie within an epoch of `count` samples.
  public init(count: Int, batchSize: Int, shuffles: Bool = true, state: State) {
    precondition(count > 0 && batchSize > 0, "Sampler: \(count) samples by \(batchSize)")
    precondition(state.epoch >= 0 && 0..<count ~= state.position, "Sampler: state \(state)")
    self.count = count
    self.batchSize = batchSize
    self.shuffles = shuffles
    self.state = state
    order = []
    order = orderOfEpoch()
  }

  /// Batches an epoch, the short one included.
  public var batchesPerEpoch: Int { (count + batchSize - 1) / batchSize }

  /// The next batch; after the last of an epoch the next epoch begins.
  public mutating func next() -> Batch {
    let end = min(state.position + batchSize, count)
    let batch = Batch(
      epoch: state.epoch, indices: Array(order[state.position..<end]), isLastOfEpoch: end == count)
    state.position = end
    if end == count {
      state.epoch += 1
      state.position = 0
      if shuffles { order = orderOfEpoch() }
    }
    return batch
  }

  /// A Fisher-Yates shuffle by the generator of this seed and epoch.
  private func orderOfEpoch() -> [Int] {
    var order = Array(0..<count)
    guard shuffles else { return order }
    var random = SplitMix64(state: state.seed)
    // One output mixes the seed before the epoch enters, so that (seed, epoch + 1) and
    // (seed + 1, epoch) have nothing in common.
    random = SplitMix64(state: random.next() ^ UInt64(state.epoch))
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, random.next(below: last + 1))
    }
    return order
  }
}

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Uniform in 0..<bound: the high half of a product, the few biased low halves drawn again.
  mutating func next(below bound: Int) -> Int {
    let bound = UInt64(bound)
    let biased = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= biased { return Int(product.high) }
    }
  }
}
