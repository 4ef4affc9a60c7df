import Foundation

/// Writes files so that a reader sees the old content or the new, never a part, after a kill too.
public enum AtomicFile {
  /// Replaces the file at `path` by `bytes`, creating missing folders.
  ///
  /// Errors: `DataError.cannotWrite` with the system's reason; what was at `path` is then untouched.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { try $0.write(bytes) }
  }

  /// Like `write(_:to:)`, the content handed over in pieces by `body`.
  public static func write(to path: String, _ body: (FileWriter) throws -> Void) throws {
    guard let target = try replaceable(path) else {
      let device = retrying { open(path, O_WRONLY | O_CLOEXEC) }
      guard device >= 0 else { throw DataError.cannotWrite(file: path, reason: lastError()) }
      defer { close(device) }
      return try body(FileWriter(file: path, descriptor: device))
    }
    let folder = folderPart(target.path)
    try createFolder(folder, for: path)
    let (descriptor, temporary) = try openTemporary(in: folder, for: path)
    do {
      defer { close(descriptor) }
      try body(FileWriter(file: path, descriptor: descriptor))
      if let mode = target.mode, fchmod(descriptor, mode) != 0 { throw writeError(path) }
      if retrying({ fsync(descriptor) }) != 0 { throw writeError(path) }
      if rename(temporary, target.path) != 0 { throw writeError(path) }
    } catch {
      unlink(temporary)
      throw error
    }
    synchronize(folder: folder)
  }

  /// Creates `folder` and its missing parents; `path` is the file that an error names.
  static func createFolder(_ folder: String, for path: String) throws {
    if mkdir(folder, 0o777) == 0 { return }
    if errno == ENOENT {
      try createFolder(folderPart(folder), for: path)
      if mkdir(folder, 0o777) == 0 { return }
    }
    guard errno == EEXIST else { throw writeError(path) }
  }

  /// The folder part of a path, "." where there is none.
  static func folderPart(_ path: String) -> String {
    var end = path.utf8.endIndex
    while end > path.utf8.startIndex, path.utf8[path.utf8.index(before: end)] == slash {
      end = path.utf8.index(before: end)
    }
    guard let last = path.utf8[..<end].lastIndex(of: slash) else { return "." }
    return last == path.utf8.startIndex ? "/" : String(path[..<last])
  }

  private static let slash = UInt8(ascii: "/")

  /// Where to rename to, links followed, with the mode to keep; nil for a device or pipe, which
  /// must be written in place: renaming onto /dev/stdout would replace the device.
  private static func replaceable(_ path: String) throws -> (path: String, mode: mode_t?)? {
    var info = stat()
    guard stat(path, &info) == 0 else { return (path, nil) }
    switch info.st_mode & S_IFMT {
    case S_IFREG:
      guard let resolved = realpath(path, nil) else { return (path, nil) }
      defer { free(resolved) }
      return (String(cString: resolved), info.st_mode & 0o7777)
    case S_IFDIR: throw DataError.cannotWrite(file: path, reason: "Is a directory")
    default: return nil
    }
  }

  /// A new hidden file whose name does not depend on the target's, which may be as long as allowed.
  private static func openTemporary(in folder: String, for path: String) throws
    -> (descriptor: Int32, path: String)
  {
    while true {
      let tag = String(UInt64.random(in: 0 ... .max), radix: 36)
      let temporary = "\(folder)/.dlc-\(tag).tmp"
      let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
      let descriptor = retrying { open(temporary, flags, 0o666) }
      if descriptor >= 0 { return (descriptor, temporary) }
      guard errno == EEXIST else { throw writeError(path) }
    }
  }

  /// Makes the rename last through a power cut; file systems that cannot are not an error.
  private static func synchronize(folder: String) {
    let descriptor = retrying { open(folder, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return }
    _ = retrying { fsync(descriptor) }
    close(descriptor)
  }

  private static func writeError(_ path: String) -> DataError {
    .cannotWrite(file: path, reason: lastError())
  }
}

/// The receiving end of a file being written.
public struct FileWriter {
  let file: String
  let descriptor: Int32

  /// Appends all of `bytes`.
  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Appends all of `bytes`; interrupted and partial writes go on.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let written = retrying { Foundation.write(descriptor, start, rest.count) }
      guard written >= 0 else { throw DataError.cannotWrite(file: file, reason: lastError()) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }
}
