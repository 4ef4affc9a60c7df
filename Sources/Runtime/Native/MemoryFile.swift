import Glibc

import func CTCC.ctcc_memory_file

/// A file without a name that lives in memory, closed when released.
struct MemoryFile: ~Copyable {
  let descriptor: Int32

  init(name: String) throws(CompileError) {
    descriptor = ctcc_memory_file(name)
    guard descriptor >= 0 else { throw CompileError.system("creating a file in memory") }
  }

  deinit {
    close(descriptor)
  }

  /// The path under which this process can open the file a second time.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// All bytes of the file.
  func contents() throws(CompileError) -> [UInt8] {
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= 0 else { throw CompileError.system("reading compiled code") }
    var done = 0
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while done < size {
        let read = pread(descriptor, buffer.baseAddress! + done, size - done, done)
        if read < 0, errno == EINTR { continue }
        guard read > 0 else {
          failed = true
          break
        }
        done += read
      }
      count = done
    }
    if failed { throw CompileError.system("reading compiled code") }
    return bytes
  }

  /// Makes `bytes` the first bytes of the file.
  func write(_ bytes: UnsafeRawBufferPointer) throws(CompileError) {
    var done = 0
    while done < bytes.count {
      let written = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, done)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw CompileError.system("writing compiled code") }
      done += written
    }
  }
}

extension CompileError {
  /// A failed system call: what it was for, with the system's own reason.
  static func system(_ purpose: String) -> CompileError {
    let reason = String(cString: strerror(errno))
    return CompileError("\(purpose) failed: \(reason)")
  }
}
