import Runtime
import Testing

@Suite struct DataSamplerTests {
  @Test func anEpochVisitsEverySampleOnce() {
    var sampler = Sampler(count: 10, batchSize: 4, state: .init(seed: 1))
    var orders: [[Int]] = []
    for epoch in 0..<3 {
      let batches = (0..<sampler.batchesPerEpoch).map { _ in sampler.next() }
      #expect(batches.map(\.indices.count) == [4, 4, 2])
      #expect(batches.map(\.isLastOfEpoch) == [false, false, true])
      #expect(batches.allSatisfy { $0.epoch == epoch })
      orders.append(batches.flatMap(\.indices))
      #expect(orders[epoch].sorted() == Array(0..<10))
    }
    #expect(Set(orders).count == 3)
  }

  @Test func goesOnFromAnyState() {
    var sampler = Sampler(count: 23, batchSize: 5, state: .init(seed: 9))
    var states: [Sampler.State] = []
    var batches: [Sampler.Batch] = []
    for _ in 0..<14 {
      states.append(sampler.state)
      batches.append(sampler.next())
    }
    for (step, state) in states.enumerated() {
      var resumed = Sampler(count: 23, batchSize: 5, state: state)
      let rest = (step..<14).map { _ in resumed.next() }
      #expect(rest == Array(batches[step...]), "step \(step)")
    }
  }

  /// The order is a promise to checkpoints on other machines.
  @Test func theOrderIsFixed() {
    var sampler = Sampler(count: 8, batchSize: 8, state: .init(seed: 42))
    #expect(sampler.next().indices == [1, 3, 4, 5, 0, 7, 6, 2])
    #expect(sampler.next().indices == [0, 6, 2, 3, 1, 4, 5, 7])
  }

  @Test func everyOrderIsAsLikely() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6000 {
      var sampler = Sampler(count: 3, batchSize: 3, state: .init(seed: UInt64(seed)))
      counts[sampler.next().indices, default: 0] += 1
    }
    // 1000 each, standard deviation 29.
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 145 })
  }

  @Test func keepsTheOrderWithoutShuffling() {
    var sampler = Sampler(count: 3, batchSize: 2, shuffles: false, state: .init(seed: 1))
    let batches = (0..<4).map { _ in sampler.next().indices }
    #expect(batches == [[0, 1], [2], [0, 1], [2]])
  }
}
