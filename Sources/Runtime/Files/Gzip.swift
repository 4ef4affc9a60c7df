import CZlib

/// Gzip members in memory, through zlib.
public enum Gzip {
  /// Whether `bytes` begin like a gzip file.
  public static func isCompressed(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b
  }

  /// What to do when there is more output than the limit.
  enum Excess { case fails, isLeftOut }

  /// The uncompressed content, all members one after the other, at most `limit` bytes.
  ///
  /// `file` is what errors name. Errors: `DataError.tooLarge` beyond the limit, `.malformed` for
  /// damaged or cut data and for other bytes behind the last member.
  public static func inflate(_ bytes: [UInt8], file: String, limit: Int) throws -> [UInt8] {
    try inflate(bytes, file: file, limit: limit, excess: .fails)
  }

  static func inflate(_ bytes: [UInt8], file: String, limit: Int, excess: Excess) throws
    -> [UInt8]
  {
    var stream = z_stream()
    // 16 asks for the gzip wrapper, 15 for the largest window.
    let windowBits: Int32 = 16 + 15
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, size) == Z_OK else {
      throw DataError.cannotRead(file: file, reason: "Cannot allocate memory")
    }
    defer { inflateEnd(&stream) }
    // Deflate cannot expand more than 1032 times, so a small file never asks for much memory;
    // pages of the capacity that are not written are never touched.
    let capacity = min(limit, bytes.count * 1032) + 1
    return try [UInt8](unsafeUninitializedCapacity: capacity) { output, produced in
      var consumed = 0
      try bytes.withUnsafeBufferPointer { input in
        while true {
          let inputChunk = min(input.count - consumed, 1 << 30)
          let outputChunk = min(capacity - produced, 1 << 30)
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress! + consumed)
          stream.avail_in = UInt32(inputChunk)
          stream.next_out = output.baseAddress! + produced
          stream.avail_out = UInt32(outputChunk)
          let status = CZlib.inflate(&stream, Z_NO_FLUSH)
          consumed += inputChunk - Int(stream.avail_in)
          produced += outputChunk - Int(stream.avail_out)
          if produced > limit {
            if excess == .fails {
              throw DataError.tooLarge(file: file, what: "its uncompressed content", limit: limit)
            }
            produced = limit
            return
          }
          switch status {
          case Z_STREAM_END:
            if consumed == input.count { return }
            guard input[consumed] == 0x1f, inflateReset(&stream) == Z_OK else {
              throw damaged(file, "other bytes follow the compressed data at byte \(consumed)")
            }
          case Z_OK: continue
          case Z_BUF_ERROR where consumed == input.count:
            throw damaged(file, "the compressed data stops in the middle")
          default:
            throw damaged(file, "the compressed data is damaged before byte \(consumed)")
          }
        }
      }
    }
  }

  private static func damaged(_ file: String, _ problem: String) -> DataError {
    .malformed(file: file, problem: problem, expected: "a complete gzip file")
  }
}
