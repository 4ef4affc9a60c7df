#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Zeroed memory aligned to a cache line, freed with its owner.
public final class AlignedBuffer: @unchecked Sendable {
  public let base: UnsafeMutableRawPointer
  public let count: Int

  /// Throws where the machine has not so much memory.
  public init(count: Int) throws(ExecutionError) {
    var pointer: UnsafeMutableRawPointer?
    let size = max(64, (count + 63) / 64 * 64)
    guard posix_memalign(&pointer, 64, size) == 0, let pointer else {
      throw .outOfMemory(bytes: size)
    }
    memset(pointer, 0, size)
    base = pointer
    self.count = count
  }

  deinit { free(base) }
}
