import Codegen
import GraphIR

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Between rows and panels in place: a weight's copy would be most of what a process needs beyond
// its steps, and new pages for it take longer than the move.

extension PanelLayout {
  /// Puts a matrix that lies in rows into panels. `memory` has room for `count` elements.
  func lay(_ memory: UnsafeMutableRawPointer, _ type: TensorType) {
    let sizes = Sizes(self, type)
    let rest = sizes.takeRest(memory, stride: sizes.row, from: sizes.whole)
    for row in 0..<sizes.rows where sizes.rest > 0 {
      memmove(memory + row * sizes.whole, memory + row * sizes.row, sizes.whole)
    }
    transpose(memory, rows: sizes.rows, columns: sizes.panels, bytes: sizes.panel)
    sizes.putRest(rest, memory, stride: sizes.panel, at: sizes.rows * sizes.whole)
  }

  /// Puts a matrix that lies in panels into rows.
  func takeApart(_ memory: UnsafeMutableRawPointer, _ type: TensorType) {
    let sizes = Sizes(self, type)
    let rest = sizes.takeRest(memory, stride: sizes.panel, from: sizes.rows * sizes.whole)
    transpose(memory, rows: sizes.panels, columns: sizes.rows, bytes: sizes.panel)
    for row in (0..<sizes.rows).reversed() where sizes.rest > 0 {
      memmove(memory + row * sizes.row, memory + row * sizes.whole, sizes.whole)
    }
    sizes.putRest(rest, memory, stride: sizes.row, at: sizes.whole)
  }

  /// Sizes in bytes of a row, of its part in whole panels and of the rest, of a panel's row.
  private struct Sizes {
    let rows: Int
    let panels: Int
    let row: Int
    let whole: Int
    let rest: Int
    let panel: Int

    init(_ layout: PanelLayout, _ type: TensorType) {
      let size = type.dtype.size
      rows = type.shape[0]
      panels = type.shape[1] / layout.width
      row = type.shape[1] * size
      panel = layout.width * size
      whole = panels * panel
      rest = row - whole
    }

    /// The columns beyond the last whole panel, copied.
    func takeRest(_ memory: UnsafeMutableRawPointer, stride: Int, from: Int) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: rows * rest) { bytes, count in
        for row in 0..<rows where rest > 0 {
          memcpy(bytes.baseAddress! + row * rest, memory + from + row * stride, rest)
        }
        count = rows * rest
      }
    }

    func putRest(_ bytes: [UInt8], _ memory: UnsafeMutableRawPointer, stride: Int, at place: Int) {
      bytes.withUnsafeBytes { bytes in
        for row in 0..<rows where rest > 0 {
          memcpy(memory + place + row * stride, bytes.baseAddress! + row * rest, rest)
        }
      }
    }
  }

  /// Transposes a matrix whose elements are `bytes` long, in place: along the cycles of the
  /// permutation, which takes element i of n = rows * columns to i * rows mod (n - 1).
  private func transpose(
    _ memory: UnsafeMutableRawPointer, rows: Int, columns: Int, bytes: Int
  ) {
    guard rows > 1, columns > 1 else { return }
    let last = rows * columns - 1
    var isMoved = [Bool](repeating: false, count: last)
    withUnsafeTemporaryAllocation(byteCount: 2 * bytes, alignment: 64) { spare in
      var (carried, next) = (spare.baseAddress!, spare.baseAddress! + bytes)
      for first in 1..<last where !isMoved[first] {
        memcpy(carried, memory + first * bytes, bytes)
        var place = first
        repeat {
          place = place * rows % last
          memcpy(next, memory + place * bytes, bytes)
          memcpy(memory + place * bytes, carried, bytes)
          swap(&carried, &next)
          isMoved[place] = true
        } while place != first
      }
    }
  }
}
