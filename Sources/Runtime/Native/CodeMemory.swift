import Glibc

/// A range of addresses with instructions, which cannot be written, followed by data, which cannot
/// be executed; unmapped when released.
///
/// The instructions are written into a file in memory that is then mapped read and execute, because
/// hardened systems forbid memory to become executable after it was writable.
final class CodeMemory {
  let base: UnsafeMutableRawPointer
  private let size: Int

  /// Reserves `size` bytes, a multiple of the page size, without access to any of them.
  init(size: Int) throws(CompileError) {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    // An empty mapping does not exist; a module without code and data has one page unused.
    self.size = max(size, ObjectLayout.pageSize)
    base = try Self.map(nil, self.size, PROT_NONE, flags, -1)
  }

  deinit {
    munmap(base, size)
  }

  /// Fills the range: `image` up to `codeEnd` becomes the code, the rest the start of the data
  /// part, which begins at `dataOffset` and goes on with zeros to the end of the range.
  func fill(_ image: [UInt8], codeEnd: Int, dataOffset: Int) throws(CompileError) {
    if codeEnd > 0 {
      let file = try MemoryFile(name: "dlc-code")
      try Self.write(image, count: codeEnd, to: file)
      let protection = PROT_READ | PROT_EXEC
      _ = try Self.map(base, dataOffset, protection, MAP_PRIVATE | MAP_FIXED, file.descriptor)
    }
    guard dataOffset < size else { return }
    let flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
    let protection = PROT_READ | PROT_WRITE
    let data = try Self.map(base + dataOffset, size - dataOffset, protection, flags, -1)
    image.withUnsafeBytes { bytes in
      guard bytes.count > dataOffset else { return }
      data.copyMemory(from: bytes.baseAddress! + dataOffset, byteCount: bytes.count - dataOffset)
    }
  }

  private static func write(
    _ image: [UInt8], count: Int, to file: borrowing MemoryFile
  ) throws(CompileError) {
    var failure: CompileError?
    image.withUnsafeBytes { bytes in
      do throws(CompileError) {
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private static func map(
    _ address: UnsafeMutableRawPointer?, _ size: Int, _ protection: Int32, _ flags: Int32,
    _ descriptor: Int32
  ) throws(CompileError) -> UnsafeMutableRawPointer {
    guard let mapped = mmap(address, size, protection, flags, descriptor, 0), mapped != MAP_FAILED
    else { throw CompileError.system("mapping compiled code") }
    return mapped
  }
}
