import Codegen
import GraphIR

/// The variables of a model in memory, shared by every compiled graph that uses them.
public final class ModelState: @unchecked Sendable {
  public let layout: StateLayout
  let buffer: AlignedBuffer

  /// Zeros; run a graph's initialization to fill it.
  public init(_ layout: StateLayout) throws(ExecutionError) {
    self.layout = layout
    buffer = try AlignedBuffer(count: layout.byteCount)
  }

  /// A variable's value, copied out.
  public subscript(name: String) -> Tensor? {
    layout[name].map { read($0) }
  }

  /// Every variable by name, copied out, in the layout's order.
  public var tensors: [(name: String, tensor: Tensor)] {
    layout.entries.map { ($0.name, read($0)) }
  }

  /// Replaces a variable's value.
  public func set(_ name: String, to tensor: Tensor) throws(ExecutionError) {
    guard let entry = layout[name] else {
      throw .unknownInput(name, known: layout.entries.map(\.name))
    }
    guard entry.type == tensor.type else {
      throw .variable(name: name, expected: entry.type, given: tensor.type)
    }
    UnsafeMutableRawBufferPointer(start: buffer.base + entry.offset, count: entry.type.byteCount)
      .copyBytes(from: tensor.bytes)
  }

  /// All bytes: what a snapshot in memory needs.
  public func snapshot() -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: buffer.base, count: layout.byteCount))
  }

  public func restore(_ snapshot: [UInt8]) {
    precondition(snapshot.count == layout.byteCount)
    UnsafeMutableRawBufferPointer(start: buffer.base, count: layout.byteCount)
      .copyBytes(from: snapshot)
  }

  private func read(_ entry: StateLayout.Entry) -> Tensor {
    let bytes = UnsafeRawBufferPointer(
      start: buffer.base + entry.offset, count: entry.type.byteCount)
    return Tensor(entry.type, bytes: Array(bytes))
  }
}
