import Foundation

/// An open file that is read by position; closed when the value ends.
struct FileReader: ~Copyable {
  let path: String
  private let descriptor: Int32
  /// Bytes in the file when it was opened; 0 for what is no regular file.
  let size: Int
  let isRegular: Bool

  /// Errors: `DataError.cannotRead`, also for a folder.
  init(_ path: String) throws {
    self.path = path
    let descriptor = retrying { open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw DataError.cannotRead(file: path, reason: lastError()) }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else {
      let reason = lastError()
      close(descriptor)
      throw DataError.cannotRead(file: path, reason: reason)
    }
    if info.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw DataError.cannotRead(file: path, reason: "Is a directory")
    }
    self.descriptor = descriptor
    isRegular = info.st_mode & S_IFMT == S_IFREG
    size = isRegular ? Int(info.st_size) : 0
  }

  deinit { close(descriptor) }

  /// `count` bytes from `offset` of a regular file; a file that ends earlier is an error.
  func read(at offset: Int, count: Int) throws -> [UInt8] {
    guard offset <= size, count <= size - offset else {
      let (needed, isOverflow) = offset.addingReportingOverflow(count)
      throw DataError.truncated(file: path, bytes: size, needed: isOverflow ? .max : needed)
    }
    let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count {
        let rest = buffer.baseAddress! + done
        let got = retrying { pread(descriptor, rest, count - done, off_t(offset + done)) }
        guard got >= 0 else { throw DataError.cannotRead(file: path, reason: lastError()) }
        if got == 0 { break }
        done += got
      }
    }
    guard bytes.count == count else {
      throw DataError.truncated(file: path, bytes: offset + bytes.count, needed: offset + count)
    }
    return bytes
  }

  /// Everything, also from a pipe, up to `limit` bytes.
  func readAll(limit: Int) throws -> [UInt8] {
    guard size <= limit else { throw DataError.tooLarge(file: path, what: "it", limit: limit) }
    // A file of /proc is regular and says size 0: only reading on tells where it ends.
    if size > 0 { return try read(at: 0, count: size) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = chunk.withUnsafeMutableBytes { buffer in
        retrying { Foundation.read(descriptor, buffer.baseAddress, buffer.count) }
      }
      guard got >= 0 else { throw DataError.cannotRead(file: path, reason: lastError()) }
      if got == 0 { return bytes }
      bytes += chunk[..<got]
      guard bytes.count <= limit else {
        throw DataError.tooLarge(file: path, what: "it", limit: limit)
      }
    }
  }
}

/// Whole files in memory.
public enum WholeFile {
  /// Most bytes read at once where the caller names no limit: 16 GiB.
  public static let defaultLimit = 1 << 34

  /// The bytes of the file at `path`; more than `limit` of them are an error.
  public static func read(_ path: String, limit: Int = defaultLimit) throws -> [UInt8] {
    try FileReader(path).readAll(limit: limit)
  }

  /// `count` bytes from `offset` on of a regular file; one that ends earlier is an error.
  public static func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
    precondition(offset >= 0 && count >= 0, "WholeFile: \(count) bytes at \(offset)")
    return try FileReader(path).read(at: offset, count: count)
  }
}

/// The text of `errno`.
func lastError() -> String { String(cString: strerror(errno)) }

/// Repeats a system call that a signal interrupted.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
