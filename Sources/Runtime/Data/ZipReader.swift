import CZip

/// A zip archive that is read, closed when the value ends.
struct ZipReader: ~Copyable {
  struct Entry {
    let index: UInt64
    let name: String
    /// Uncompressed, as the archive's directory claims.
    let size: Int
  }

  let file: String
  let count: Int
  private let archive: OpaquePointer

  init(_ path: String) throws {
    try self.init(file: path) { zip_source_file_create(path, 0, -1, &$0) }
  }

  /// `bytes` must outlive the reader.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws {
    try self.init(file: file) {
      zip_source_buffer_create(bytes.baseAddress, UInt64(bytes.count), 0, &$0)
    }
  }

  private init(file: String, _ makeSource: (inout zip_error_t) -> OpaquePointer?) throws {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = makeSource(&error) else {
      throw DataError.cannotRead(file: file, reason: String(cString: zip_error_strerror(&error)))
    }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw ZipReader.damaged(file, String(cString: zip_error_strerror(&error)))
    }
    self.file = file
    self.archive = archive
    count = Int(zip_get_num_entries(archive, 0))
  }

  deinit { zip_discard(archive) }

  func entry(_ index: Int) throws -> Entry {
    var info = zip_stat_t()
    guard zip_stat_index(archive, UInt64(index), 0, &info) == 0, let name = info.name else {
      throw ZipReader.damaged(file, String(cString: zip_strerror(archive)))
    }
    let label = "\(file)/\(String(cString: name))"
    // Deflate cannot expand more than 1032 times: a directory that claims more is lying.
    let largest = info.comp_size.multipliedReportingOverflow(by: 1032)
    guard largest.overflow || info.size <= largest.partialValue,
      let size = Int(exactly: info.size)
    else {
      throw ZipReader.damaged(label, "claims \(info.size) bytes out of \(info.comp_size)")
    }
    guard size <= NPZ.maximumBytes else {
      throw DataError.tooLarge(file: label, what: "its content", limit: NPZ.maximumBytes)
    }
    return Entry(index: UInt64(index), name: String(cString: name), size: size)
  }

  /// The content of an entry, its checksum verified.
  func read(_ entry: Entry) throws -> [UInt8] {
    let label = "\(file)/\(entry.name)"
    guard let stream = zip_fopen_index(archive, entry.index, 0) else {
      throw ZipReader.damaged(label, String(cString: zip_strerror(archive)))
    }
    defer { zip_fclose(stream) }
    // One byte more than announced makes the library reach the end and check the sum.
    let bytes = try [UInt8](unsafeUninitializedCapacity: entry.size + 1) { buffer, done in
      while done <= entry.size {
        let got = zip_fread(stream, buffer.baseAddress! + done, UInt64(entry.size + 1 - done))
        guard got >= 0 else {
          throw ZipReader.damaged(label, String(cString: zip_file_strerror(stream)))
        }
        if got == 0 { return }
        done += Int(got)
      }
    }
    guard bytes.count == entry.size else {
      throw ZipReader.damaged(label, "does not hold the \(entry.size) bytes it claims")
    }
    return bytes
  }

  private static func damaged(_ file: String, _ problem: String) -> DataError {
    .malformed(file: file, problem: problem, expected: "an undamaged zip archive")
  }
}
