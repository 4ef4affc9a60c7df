import CPNG

/// A picture of bytes, rows from the top, one channel a pixel (gray) or three (red, green, blue).
public struct Picture: Hashable, Sendable {
  public let width: Int
  public let height: Int
  public let channels: Int
  public var pixels: [UInt8]

  /// `pixels` must hold exactly width x height x channels bytes.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "Picture: \(channels) channels")
    precondition(
      pixels.count == width * height * channels,
      "Picture: \(pixels.count) bytes for \(width) x \(height) x \(channels)")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Writes the picture as PNG.
  ///
  /// Errors: `DataError.cannotWrite`, also for a picture without pixels.
  public func writePNG(to path: String) throws {
    try AtomicFile.write(encodePNG(file: path), to: path)
  }

  /// The PNG file as bytes; `file` is what errors name.
  public func encodePNG(file: String = "picture") throws -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
      throw DataError.cannotWrite(
        file: file, reason: "a picture of \(width) x \(height) is too large")
    }
    image.width = width
    image.height = height
    // In png.h: 0 is gray of 8 bits, the color flag alone red, green, blue of 8 bits.
    image.format = channels == 1 ? 0 : UInt32(PNG_FORMAT_FLAG_COLOR)
    defer { png_image_free(&image) }

    func write(_ memory: UnsafeMutableRawPointer?, _ size: inout Int) throws {
      guard png_image_write_to_memory(&image, memory, &size, 0, pixels, 0, nil) != 0 else {
        let reason = withUnsafeBytes(of: image.message) { message in
          String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
        }
        throw DataError.cannotWrite(file: file, reason: reason)
      }
    }
    // Without memory the library only tells the size.
    var size = 0
    try write(nil, &size)
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, written in
      try write(buffer.baseAddress, &size)
      written = size
    }
  }
}
