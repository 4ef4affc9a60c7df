import CKernels
import Codegen
import Foundation
import Runtime

/// The most this machine can do, to set measured speeds against.
struct BenchPeak {
  let threads: Int
  let gigaflops: Double
  let gigabytesPerSecond: Double

  /// Both limits with so many threads at work at once.
  init(threads: Int) {
    self.threads = threads
    let operations = Self.total(threads) { dlc_fma_peak(dlc_isa(), 0.25) }
    let bytes = Self.total(threads) { dlc_memory_bandwidth(0.25) }
    gigaflops = operations * 1e-9
    gigabytesPerSecond = bytes * 1e-9
  }

  /// The sum of what every thread measures while all of them measure.
  private static func total(_ threads: Int, _ measure: @escaping @Sendable () -> Double) -> Double {
    let results = Results(threads)
    DispatchQueue.concurrentPerform(iterations: threads) { results[$0] = measure() }
    return results.sum
  }

  private final class Results: @unchecked Sendable {
    private let values: UnsafeMutableBufferPointer<Double>
    init(_ count: Int) {
      values = .allocate(capacity: count)
      values.initialize(repeating: 0)
    }
    deinit { values.deallocate() }
    subscript(thread: Int) -> Double {
      get { values[thread] }
      set { values[thread] = newValue }
    }
    var sum: Double { values.reduce(0, +) }
  }

  static func text(_ peaks: [BenchPeak]) -> String {
    var table = TextTable([
      ("threads", .right), ("GFLOP/s", .right), ("GB/s", .right),
    ])
    for peak in peaks {
      table.add(
        "\(peak.threads)", FixedPoint.text(peak.gigaflops, 1),
        FixedPoint.text(peak.gigabytesPerSecond, 1))
    }
    return "\(Machine.InstructionSet.current.name)\n" + table.text
  }

  static func json(_ peaks: [BenchPeak]) -> String {
    var line = JSONLine()
    line.add("framework", "dlc")
    line.add("workload", "peak")
    line.add("instruction_set", Machine.InstructionSet.current.name)
    var operations = JSONLine()
    var bytes = JSONLine()
    for peak in peaks {
      operations.add("\(peak.threads)", peak.gigaflops, digits: 1)
      bytes.add("\(peak.threads)", peak.gigabytesPerSecond, digits: 1)
    }
    line.add("gflops", operations)
    line.add("bandwidth_gb_s", bytes)
    return line.text + "\n"
  }
}
