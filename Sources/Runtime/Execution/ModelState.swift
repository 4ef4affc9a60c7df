import Codegen
import Dispatch
import GraphIR

/// The variables of a model in memory, shared by every compiled graph that uses them.
///
/// A compiled graph may have matrices lie in panels (`PanelLayout`) instead of rows; they stay as
/// the last run left them, and are put in order for the next run, or for who reads them.
public final class ModelState: @unchecked Sendable {
  public let layout: StateLayout
  let buffer: AlignedBuffer
  /// How each variable lies, in the layout's order; rows where nil.
  private var panels: [PanelLayout?]
  /// Whether a variable has been zero since the beginning, and so lies in any way.
  private var isZero: [Bool]

  /// Zeros; run a graph's initialization to fill it.
  public init(_ layout: StateLayout) throws(ExecutionError) {
    self.layout = layout
    buffer = try AlignedBuffer(count: layout.byteCount)
    panels = Array(repeating: nil, count: layout.entries.count)
    isZero = Array(repeating: true, count: layout.entries.count)
  }

  /// A variable's value, copied out.
  public subscript(name: String) -> Tensor? {
    layout.index(of: name).map(read)
  }

  /// Every variable by name, copied out, in the layout's order.
  public var tensors: [(name: String, tensor: Tensor)] {
    layout.entries.indices.map { (layout.entries[$0].name, read($0)) }
  }

  /// Replaces a variable's value.
  public func set(_ name: String, to tensor: Tensor) throws(ExecutionError) {
    guard let index = layout.index(of: name) else {
      throw .unknownInput(name, known: layout.entries.map(\.name))
    }
    let type = layout.entries[index].type
    guard type == tensor.type else {
      throw .variable(name: name, expected: type, given: tensor.type)
    }
    (panels[index], isZero[index]) = (nil, false)
    memory(index).copyBytes(from: tensor.bytes)
  }

  /// All bytes, every variable in rows: what a snapshot in memory needs.
  public func snapshot() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: layout.byteCount)
    bytes.withUnsafeMutableBytes { bytes in
      for index in layout.entries.indices {
        let entry = layout.entries[index]
        copyRows(index, to: UnsafeMutableRawBufferPointer(rebasing: bytes[entry.offset...]))
      }
    }
    return bytes
  }

  public func restore(_ snapshot: [UInt8]) {
    precondition(snapshot.count == layout.byteCount)
    UnsafeMutableRawBufferPointer(start: buffer.base, count: layout.byteCount)
      .copyBytes(from: snapshot)
    for index in layout.entries.indices { (panels[index], isZero[index]) = (nil, false) }
  }

  private func read(_ index: Int) -> Tensor {
    let type = layout.entries[index].type
    var bytes = [UInt8](repeating: 0, count: type.byteCount)
    bytes.withUnsafeMutableBytes { copyRows(index, to: $0) }
    return Tensor(type, bytes: bytes)
  }

  // MARK: - Layouts

  /// What a compiled graph needs of a variable before it runs.
  struct Need {
    let index: Int
    let panels: PanelLayout?
    let isWritten: Bool
  }

  /// Puts variables in the layout that a run needs. Allocates only where one lies in another.
  func arrange(_ needs: [Need]) {
    if needs.contains(where: { panels[$0.index] != $0.panels }) { move(needs) }
    for need in needs where need.isWritten { isZero[need.index] = false }
  }

  /// Moves what lies otherwise, on all cores: the first step waits for it.
  private func move(_ needs: [Need]) {
    let moved = needs.filter { panels[$0.index] != $0.panels && !isZero[$0.index] }
    DispatchQueue.concurrentPerform(iterations: moved.count) { [self] place in
      move(moved[place].index, to: moved[place].panels)
    }
    for need in needs { panels[need.index] = need.panels }
  }

  private func memory(_ index: Int) -> UnsafeMutableRawBufferPointer {
    let entry = layout.entries[index]
    return UnsafeMutableRawBufferPointer(
      start: buffer.base + entry.offset, count: entry.type.byteCount)
  }

  private func move(_ index: Int, to layout: PanelLayout?) {
    let entry = self.layout.entries[index]
    panels[index]?.takeApart(buffer.base + entry.offset, entry.type)
    layout?.lay(buffer.base + entry.offset, entry.type)
  }

  private func copyRows(_ index: Int, to rows: UnsafeMutableRawBufferPointer) {
    let memory = memory(index)
    guard let layout = panels[index] else {
      rows.copyMemory(from: UnsafeRawBufferPointer(memory))
      return
    }
    layout.forEachRun(self.layout.entries[index].type) { row, panel, bytes in
      (rows.baseAddress! + row).copyMemory(
        from: memory.baseAddress! + panel, byteCount: bytes)
    }
  }
}

extension PanelLayout {
  /// Calls `body` for each run of memory of a matrix: where it is in rows, where in panels, and how
  /// long, in bytes.
  fileprivate func forEachRun(_ type: TensorType, _ body: (Int, Int, Int) -> Void) {
    let (rows, columns, size) = (type.shape[0], type.shape[1], type.dtype.size)
    for first in stride(from: 0, to: columns, by: width) {
      let bytes = min(width, columns - first) * size
      for row in 0..<rows {
        let inPanels = first * rows + row * width
        body((row * columns + first) * size, inPanels * size, bytes)
      }
    }
  }
}
