import CKernels
import Codegen

/// When every thread finished every part of a number of steps.
///
/// Made by running an executable whose options asked for stamps. Times are nanoseconds.
public struct StepProfile: Sendable {
  public let program: Program
  public let plan: StampPlan
  public let threads: Int
  public let steps: Int
  /// When the caller entered and left each step.
  public let bounds: [Range<Int64>]
  /// Step by step, thread by thread, a time for each part.
  private let stamps: [Int64]

  /// Runs the executable, after a few steps whose times are not kept.
  ///
  /// Nil where the executable was compiled without stamps.
  public init?(_ executable: Executable, steps: Int) throws(ExecutionError) {
    guard let plan = executable.program.stamps,
      let address = executable.module.address(of: StampPlan.variable)
    else { return nil }
    self.plan = plan
    self.steps = steps
    program = executable.program
    threads = executable.activeThreads
    let variable = UnsafeMutableRawPointer(mutating: address)
      .assumingMemoryBound(to: UnsafeMutablePointer<Int64>?.self)
    let perStep = threads * plan.count
    let buffer = try AlignedBuffer(count: steps * perStep * 8)
    let times = buffer.base.assumingMemoryBound(to: Int64.self)
    // So that no step pays for the first touch of a page.
    times.initialize(repeating: 0, count: steps * perStep)
    var bounds: [Range<Int64>] = []
    bounds.reserveCapacity(steps)
    variable.pointee = times
    for _ in 0..<3 { executable.run() }
    for step in 0..<steps {
      variable.pointee = times + step * perStep
      let begin = dlc_now()
      executable.run()
      bounds.append(begin..<dlc_now())
    }
    variable.pointee = nil
    self.bounds = bounds
    stamps = Array(UnsafeBufferPointer(start: times, count: steps * perStep))
  }

  /// When a thread began and ended a part.
  public func span(step: Int, thread: Int, part: Int) -> Range<Int64> {
    let first = (step * threads + thread) * plan.count
    let begin = part == 0 ? bounds[step].lowerBound : stamps[first + part - 1]
    return begin..<max(begin, stamps[first + part])
  }

  /// Median over the steps of the time from call to return.
  public var step: Double { Self.median(bounds.map { Double($0.count) }) }

  /// A kernel's time: the mean over the threads that run it, the median over the steps.
  public func kernel(_ index: Int) -> Double {
    guard let part = plan.parts.firstIndex(of: .kernel(index)) else { return 0 }
    let takingPart = program.kernels[index].isSerial ? 1 : threads
    return time(ofPart: part, threads: takingPart)
  }

  /// Time for copying new values of variables, as a kernel's.
  public var commit: Double {
    plan.parts.firstIndex(of: .commit).map { time(ofPart: $0, threads: threads) } ?? 0
  }

  /// What a thread waits for others in a step.
  public func waiting(thread: Int) -> Double {
    let barriers = plan.parts.indices.filter { plan.parts[$0] == .barrier }
    return Self.median(
      (0..<steps).map { step in
        barriers.reduce(0) { $0 + Double(span(step: step, thread: thread, part: $1).count) }
      })
  }

  /// What a step takes beyond the threads' parts: waking them, and waiting for the last one's end.
  public func overhead(thread: Int) -> Double {
    Self.median(
      (0..<steps).map { step in
        let entry = span(step: step, thread: thread, part: 0)
        let end = span(step: step, thread: thread, part: plan.count - 1).upperBound
        return Double(entry.count) + Double(max(0, bounds[step].upperBound - end))
      })
  }

  private func time(ofPart part: Int, threads: Int) -> Double {
    Self.median(
      (0..<steps).map { step in
        let sum = (0..<threads).reduce(0) { $0 + span(step: step, thread: $1, part: part).count }
        return Double(sum) / Double(threads)
      })
  }

  static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
