/// The names visible in a graph: its own, then those of the graph around it.
final class ImportScope {
  private let parent: ImportScope?
  private var values: [String: ImportedValue] = [:]
  /// Initializers that nothing has read yet.
  private var initializers: [String: ONNXTensor] = [:]

  init(parent: ImportScope? = nil) { self.parent = parent }

  func define(_ name: String, _ value: ImportedValue) { values[name] = value }

  func define(_ name: String, initializer: ONNXTensor) { initializers[name] = initializer }

  /// The value of a name; `materialize` makes an initializer into one at its first use.
  func value(
    _ name: String, materialize: (String, ONNXTensor) throws -> ImportedValue
  ) rethrows -> ImportedValue? {
    var scope: ImportScope? = self
    while let current = scope {
      if let value = current.values[name] { return value }
      if let tensor = current.initializers.removeValue(forKey: name) {
        let value = try materialize(name, tensor)
        current.values[name] = value
        return value
      }
      scope = current.parent
    }
    return nil
  }
}
