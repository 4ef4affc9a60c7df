import GraphIR

/// Gray pictures side by side in rows, such as digits above their reconstructions.
public struct ImageGrid: Sendable {
  /// Pixels of one tile.
  public let tileHeight: Int
  public let tileWidth: Int
  /// Screen pixels a pixel of a tile.
  public var scale = 3
  /// Between tiles and around them, in screen pixels.
  public var gap = 4
  /// The gray of the gaps.
  public var background: UInt8 = 255
  private var rows: [[[UInt8]]] = []

  public init(tileHeight: Int, tileWidth: Int) {
    precondition(tileHeight > 0 && tileWidth > 0, "ImageGrid: \(tileHeight) x \(tileWidth) tiles")
    self.tileHeight = tileHeight
    self.tileWidth = tileWidth
  }

  /// Adds a row of tiles: the first `limit` of `tensor`, whatever its axes, one after the other.
  ///
  /// u8 is a gray, floats are black at 0 and white at 1, cut off outside, NaN is middle gray. The
  /// elements must make up whole tiles.
  public mutating func addRow(_ tensor: Tensor, limit: Int = .max) {
    let size = tileHeight * tileWidth
    precondition(
      tensor.count % size == 0, "ImageGrid: \(tensor.type) for \(tileHeight) x \(tileWidth) tiles")
    let count = min(limit, tensor.count / size)
    // Converting the tiles that are shown only: a test set is much larger.
    let flat = tensor.reshaped([tensor.count / size, size]).rows(0..<count)
    let grays = flat.dtype == .u8 ? flat.bytes : flat.doubles.map(ImageGrid.gray)
    rows.append((0..<count).map { Array(grays[$0 * size..<($0 + 1) * size]) })
  }

  /// The whole grid; a short row leaves the rest of its line blank.
  public func picture() -> Picture {
    let columns = rows.map(\.count).max() ?? 0
    let width = gap + columns * (tileWidth * scale + gap)
    let height = gap + rows.count * (tileHeight * scale + gap)
    var pixels = [UInt8](repeating: background, count: width * height)
    for (row, tiles) in rows.enumerated() {
      let top = gap + row * (tileHeight * scale + gap)
      for (column, tile) in tiles.enumerated() {
        let left = gap + column * (tileWidth * scale + gap)
        for y in 0..<tileHeight * scale {
          let line = (top + y) * width + left
          for x in 0..<tileWidth * scale {
            pixels[line + x] = tile[y / scale * tileWidth + x / scale]
          }
        }
      }
    }
    return Picture(width: width, height: height, channels: 1, pixels: pixels)
  }

  private static func gray(_ value: Double) -> UInt8 {
    value.isNaN ? 128 : UInt8((min(max(value, 0), 1) * 255).rounded())
  }
}
