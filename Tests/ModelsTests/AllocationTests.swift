import CAllocations
import CGOMP
import Codegen
import Foundation
import GraphIR
import Models
import Runtime
import TestSupport
import Testing

/// A step works in memory that was there before: no allocation in any thread.
///
/// One test at a time: the counter is one for all of them.
@Suite(.serialized) struct AllocationTests {
  /// The allocations that the threads of a step make while `body` runs.
  private func allocations(threads: Int, during body: () -> Void) -> Int {
    func count(_ flag: Int) {
      var flag = Int32(flag)
      withUnsafeMutablePointer(to: &flag) { flag in
        GOMP_parallel(
          { count_allocations($0!.assumingMemoryBound(to: Int32.self).pointee) }, flag,
          UInt32(threads), 0)
      }
    }
    // Threads that libgomp has started once stay for the caller's next region of that size.
    count(1)
    let before = counted_allocations()
    body()
    let after = counted_allocations()
    count(0)
    return after - before
  }

  @Test(arguments: Zoo.models.map(\.name), [1, 2])
  func stepsAllocateNothing(_ name: String, threads: Int) throws {
    let training = try SmallTraining(name, batch: 33)
    let forward = try Zoo.named(name).build(batch: 33, sizes: SmallTraining.sizes[name] ?? [:])
    let state = try ModelState(StateLayout([training.step]))
    let options = Compilation.Options.sharingSmall(threads: threads)
    try state.initialize(training.step, seed: 1, options: options)
    for graph in [training.step, forward] {
      let executable = try Compilation.executable(graph, state: state, options: options)
      let batch = training.batch(0)
      for input in graph.inputs.map(\.input.key) {
        try executable.set(input, to: try #require(batch[input]))
      }
      executable.run()
      let count = allocations(threads: threads) { for _ in 0..<10 { executable.run() } }
      #expect(count == 0, "\(graph.name) on \(threads) threads")
    }
  }

  /// At sizes that all threads share.
  @Test func stepsThatThreadsShareAllocateNothing() throws {
    let forward = try Zoo.named("classifier").build(batch: 128, form: .benchmark)
    let step = try TrainingStep.build(forward: forward, optimizer: .adam())
    let state = try ModelState(StateLayout([step]))
    let options = Compilation.Options(threads: 3)
    let executable = try Compilation.executable(step, state: state, options: options)
    #expect(!executable.program.isSerial)
    executable.run()
    #expect(allocations(threads: 3) { for _ in 0..<3 { executable.run() } } == 0)
  }

  /// The counter sees what it must, in every thread and library.
  @Test func allocationsAreCounted() {
    #expect(allocations(threads: 2) {} == 0)
    #expect(allocations(threads: 1) { allocate_once() } == 1)
    let inThreads = allocations(threads: 3) {
      GOMP_parallel({ _ in allocate_once() }, nil, 3, 0)
    }
    #expect(inThreads == 3)
    let mapped = allocations(threads: 1) {
      munmap(mmap(nil, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096)
    }
    #expect(mapped == 1)
    // Foundation's own allocations, in another library.
    #expect(allocations(threads: 1) { _ = NSMutableData(length: 1000) } > 0)
  }
}
