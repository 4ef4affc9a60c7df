import CKernels
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Zeroed memory aligned to a cache line, freed with its owner.
///
/// Large memory comes straight from the system, which has it zeroed: asking for all of its pages at
/// once takes half the time of touching them one by one, and happens while the caller goes on.
/// Pages of 2 MB were tried and rejected: no step got faster, and in virtual machines that hand free
/// memory back to their host the first touch of a large page takes five times as long as that of
/// small ones.
public final class AlignedBuffer: @unchecked Sendable {
  public let base: UnsafeMutableRawPointer
  public private(set) var count: Int
  /// Bytes of the allocation, of which some may be reserved.
  private var size: Int
  private let isMapped: Bool
  /// Bytes that nobody has begun to make present.
  private let absent = Mutex(0..<0)

  /// From here on memory is mapped; below, pages shared with other allocations save memory.
  private static let mappedSize = 1 << 20
  private static let piece = 1 << 20
  /// One buffer after another, so that the caller keeps a core where there are two. Meanwhile the
  /// heap should seldom grow: without this the passes over a graph of 1,500 nodes take twice as long.
  private static let populating = {
    dlc_heap_large_steps()
    return DispatchQueue(label: "pages", qos: .utility)
  }()
  /// Linux's number for making pages present (since 5.14), which older headers lack.
  private static let populateForWriting: Int32 = 23

  /// Throws where the machine has not so much memory. With `reserve`, so many bytes behind it can
  /// be had by `grow`; they are addresses without memory until then.
  public init(count: Int, reserve: Int = 0) throws(ExecutionError) {
    size = max(64, (count + reserve + 63) / 64 * 64)
    self.count = count
    var pointer: UnsafeMutableRawPointer?
    isMapped = size >= Self.mappedSize
    if isMapped {
      #if canImport(Glibc)
        pointer = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      #else
        pointer = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
      #endif
      guard let pointer, pointer != MAP_FAILED else { throw .outOfMemory(bytes: size) }
      base = pointer
      #if canImport(Glibc)
        absent.withLock { $0 = 0..<count }
        // Holding on to the buffer keeps its addresses from being given to somebody else meanwhile.
        Self.populating.async { [self] in
          while let piece = takeFirst() { populate(piece) }
        }
      #endif
    } else {
      guard posix_memalign(&pointer, 64, size) == 0, let pointer else {
        throw .outOfMemory(bytes: size)
      }
      memset(pointer, 0, size)
      base = pointer
    }
  }

  /// Helps to make the pages present, from the other end, until none is left: before a run that
  /// would wait for them, one by one, on every core.
  func makePresent() {
    while let piece = takeLast() { populate(piece) }
  }

  /// Makes it larger where it is and gives back what else was reserved; whether that sufficed. Before
  /// anybody uses it.
  func grow(to count: Int) -> Bool {
    guard isMapped, count >= self.count, count <= size else { return false }
    let page = Int(getpagesize())
    let whole = self.count / page * page
    absent.withLock { $0 = ($0.isEmpty ? whole : $0.lowerBound)..<count }
    self.count = count
    let used = (count + page - 1) / page * page
    if used < size {
      munmap(base + used, size - used)
      size = used
    }
    return true
  }

  private func takeFirst() -> Range<Int>? {
    absent.withLock { absent in
      guard !absent.isEmpty else { return nil }
      let piece = absent.prefix(Self.piece)
      absent = piece.upperBound..<absent.upperBound
      return piece
    }
  }

  private func takeLast() -> Range<Int>? {
    absent.withLock { absent in
      guard !absent.isEmpty else { return nil }
      let start = max(absent.lowerBound, (absent.upperBound - 1) / Self.piece * Self.piece)
      defer { absent = absent.lowerBound..<start }
      return start..<absent.upperBound
    }
  }

  /// Where the system does not know how, pages come with their first touch.
  ///
  /// While pages are made nobody can map or unmap memory, and whoever waits to do so is not let in
  /// between two pieces but for a pause: libtcc took five times as long.
  private func populate(_ piece: Range<Int>) {
    _ = madvise(base + piece.lowerBound, piece.count, Self.populateForWriting)
    usleep(1)
  }

  deinit {
    if isMapped { munmap(base, size) } else { free(base) }
  }
}
