import CZip

/// A zip archive of `entries` in this order; `file` is what errors name.
func zipArchive(_ entries: [(name: String, bytes: [UInt8])], compressed: Bool, file: String) throws
  -> [UInt8]
{
  // The library does not write an archive without entries: it is the end record alone.
  if entries.isEmpty { return [0x50, 0x4b, 5, 6] + [UInt8](repeating: 0, count: 18) }
  var error = zip_error_t()
  zip_error_init(&error)
  defer { zip_error_fini(&error) }
  func failure(_ reason: UnsafePointer<CChar>) -> DataError {
    .cannotWrite(file: file, reason: String(cString: reason))
  }
  guard let output = zip_source_buffer_create(nil, 0, 0, &error) else {
    throw failure(zip_error_strerror(&error))
  }
  defer { zip_source_free(output) }
  guard let archive = zip_open_from_source(output, ZIP_TRUNCATE, &error) else {
    throw failure(zip_error_strerror(&error))
  }
  // The archive owns one reference, the bytes are read out through another.
  zip_source_keep(output)
  var isClosed = false
  defer { if !isClosed { zip_discard(archive) } }
  // The library reads the entries when it closes the archive.
  var buffers: [UnsafeMutableRawBufferPointer] = []
  defer { for buffer in buffers { buffer.deallocate() } }
  for entry in entries {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: entry.bytes.count, alignment: 16)
    buffer.copyBytes(from: entry.bytes)
    buffers.append(buffer)
    let source = zip_source_buffer(archive, buffer.baseAddress, UInt64(buffer.count), 0)
    guard let source else { throw failure(zip_strerror(archive)) }
    let index = zip_file_add(archive, entry.name, source, zip_flags_t(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      zip_source_free(source)
      throw failure(zip_strerror(archive))
    }
    let method = compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE
    // The first date a zip archive can hold, so that the bytes do not depend on the day.
    let date: UInt16 = 1 << 5 | 1
    guard zip_set_file_compression(archive, UInt64(index), Int32(method), 0) == 0,
      zip_file_set_dostime(archive, UInt64(index), 0, date, 0) == 0
    else { throw failure(zip_strerror(archive)) }
  }
  guard zip_close(archive) == 0 else { throw failure(zip_strerror(archive)) }
  isClosed = true
  return try contents(of: output, failure: failure)
}

private func contents(
  of source: OpaquePointer, failure: (UnsafePointer<CChar>) -> DataError
) throws -> [UInt8] {
  var info = zip_stat_t()
  guard zip_source_stat(source, &info) == 0, zip_source_open(source) == 0 else {
    throw failure(zip_error_strerror(zip_source_error(source)))
  }
  defer { zip_source_close(source) }
  let size = Int(info.size)
  return try [UInt8](unsafeUninitializedCapacity: size) { buffer, done in
    while done < size {
      let got = zip_source_read(source, buffer.baseAddress! + done, UInt64(size - done))
      guard got > 0 else { throw failure(zip_error_strerror(zip_source_error(source))) }
      done += Int(got)
    }
  }
}
