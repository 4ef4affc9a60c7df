import CGOMP
import CSampler

/// How much of the threads' time goes to the code that was generated, and not to the kernels it
/// calls: what the compiler of that code costs.
public struct CodeShare: Sendable {
  /// Samples that met a thread inside the generated code.
  public let inside: Int
  public let total: Int

  /// From 0 to 1; 0 without samples.
  public var share: Double { total == 0 ? 0 : Double(inside) / Double(total) }

  /// Looks at every thread of the executable about every half millisecond while `body` runs it.
  ///
  /// Threads that wait for others count as outside. Nil where the system cannot interrupt single
  /// threads. One measurement at a time.
  public static func measure(_ executable: Executable, during body: () -> Void) -> CodeShare? {
    measure(executable.module, threads: executable.activeThreads, during: body)
  }

  /// The same for any module that runs on the first `threads` threads of libgomp.
  public static func measure(
    _ module: NativeModule, threads: Int, during body: () -> Void
  ) -> CodeShare? {
    let code = module.code
    guard dlc_sampler_start(code.baseAddress, code.count) == 0 else { return nil }
    // The threads of libgomp stay the same from one parallel region to the next of its size.
    var failure: Int32 = 0
    withUnsafeMutablePointer(to: &failure) { failure in
      GOMP_parallel(
        { failure in
          // A prime number of nanoseconds: steps of a round length are not met at the same places.
          let status = dlc_sampler_join(499_979)
          if status != 0 { failure?.assumingMemoryBound(to: Int32.self).pointee = status }
        }, failure, UInt32(threads), 0)
    }
    if failure == 0 { body() }
    var (inside, total) = (0, 0)
    dlc_sampler_stop(&inside, &total)
    return failure == 0 ? CodeShare(inside: inside, total: total) : nil
  }
}
