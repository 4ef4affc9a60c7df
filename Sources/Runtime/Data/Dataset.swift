import GraphIR

/// Named arrays in memory whose first axis counts the samples.
public struct Dataset: Sendable {
  /// One array and the file it came from, which errors name.
  public struct Entry: Sendable {
    public let name: String
    public let tensor: Tensor
    public let file: String

    public init(name: String, tensor: Tensor, file: String) {
      self.name = name
      self.tensor = tensor
      self.file = file
    }
  }

  public let arrays: [Entry]

  /// Errors: `DataError` for no array at all, for one without axes, and for unequal first axes.
  public init(_ arrays: [Entry]) throws {
    guard let first = arrays.first else {
      throw DataError.malformed(
        file: "data set", problem: "has no array", expected: "at least one")
    }
    for entry in arrays {
      guard let rows = entry.tensor.shape.dims.first else {
        throw DataError.malformed(
          file: entry.file, problem: "array '\(entry.name)' is a single number",
          expected: "an array whose first axis counts the samples")
      }
      let expected = first.tensor.shape.dims.first ?? 0
      guard rows == expected else {
        throw DataError.unequalRows(
          file: entry.file, array: entry.name, rows: rows, expected: expected)
      }
    }
    self.arrays = arrays
  }

  /// Arrays made in memory; `source` is what errors name.
  public init(arrays: [(name: String, tensor: Tensor)], source: String) throws {
    try self.init(arrays.map { Entry(name: $0.name, tensor: $0.tensor, file: source) })
  }

  /// The number of samples.
  public var count: Int { arrays[0].tensor.shape[0] }

  /// The position of an array in `arrays`, nil where there is none of this name.
  public func index(of name: String) -> Int? { arrays.firstIndex { $0.name == name } }

  /// The array of this name; `DataError.noArray` lists what there is.
  public func array(_ name: String) throws -> Entry {
    guard let index = index(of: name) else {
      throw DataError.noArray(file: arrays[0].file, name: name, present: arrays.map(\.name))
    }
    return arrays[index]
  }

  /// Samples `range` of every array.
  public func rows(_ range: Range<Int>) -> Dataset {
    Dataset(
      unchecked: arrays.map {
        Entry(name: $0.name, tensor: $0.tensor.rows(range), file: $0.file)
      })
  }

  init(unchecked arrays: [Entry]) { self.arrays = arrays }

  /// Checks that every element of array `name` is a class number, 0 to `classes` - 1.
  ///
  /// Errors: `DataError.label` with the first sample that has another label.
  public func requireLabels(in name: String = "y", below classes: Int) throws {
    let entry = try array(name)
    let values = entry.tensor.doubles
    let limit = Double(classes)
    let isLabel = { (value: Double) in value >= 0 && value < limit && value == value.rounded() }
    guard let bad = values.firstIndex(where: { !isLabel($0) }) else { return }
    let text = "\(values[bad])"
    let label = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    let sample = bad / (values.count / count)
    throw DataError.label(file: entry.file, sample: sample, label: label, classes: classes)
  }
}
