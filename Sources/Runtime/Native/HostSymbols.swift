import CGOMP

/// Addresses of host functions for the `symbols` of a `NativeModule`.
public enum HostSymbols {
  private typealias Region = @convention(c) (UnsafeMutableRawPointer?) -> Void
  private typealias Parallel =
    @convention(c) (
      Region?, UnsafeMutableRawPointer?, UInt32, UInt32
    ) -> Void
  private typealias Barrier = @convention(c) () -> Void
  private typealias Count = @convention(c) () -> Int32

  /// The parallel regions of libgomp, under their C names.
  ///
  ///     void GOMP_parallel(void (*fn)(void *), void *data, unsigned threads, unsigned flags);
  ///     void GOMP_barrier(void);
  ///     int omp_get_thread_num(void);
  ///     int omp_get_num_threads(void);
  public static var parallel: [String: UnsafeRawPointer] {
    let parallel: Parallel = GOMP_parallel
    let barrier: Barrier = GOMP_barrier
    let thread: Count = omp_get_thread_num
    let threads: Count = omp_get_num_threads
    return [
      "GOMP_parallel": unsafeBitCast(parallel, to: UnsafeRawPointer.self),
      "GOMP_barrier": unsafeBitCast(barrier, to: UnsafeRawPointer.self),
      "omp_get_thread_num": unsafeBitCast(thread, to: UnsafeRawPointer.self),
      "omp_get_num_threads": unsafeBitCast(threads, to: UnsafeRawPointer.self),
    ]
  }
}
