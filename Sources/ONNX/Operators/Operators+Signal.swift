import Foundation
import GraphIR

// Signals in time and frequency. A complex number is a last axis of two.

extension OperatorTable {
  static let signalOperators: [Operator] = [
    Operator("DFT", ["axis", "inverse", "onesided"], tensor: fourier),
    Operator("STFT", ["onesided"], tensor: shortTimeFourier),
    window("HannWindow") { 0.5 - 0.5 * cos($0) },
    window("HammingWindow") { 25 / 46 - 21 / 46 * cos($0) },
    window("BlackmanWindow") { 0.42 - 0.5 * cos($0) + 0.08 * cos(2 * $0) },
    Operator("MelWeightMatrix", ["output_datatype"], tensor: melWeights),
  ]

  /// A window of a size known now, by the angle from 0 to 2 pi.
  private static func window(
    _ name: String, _ function: @escaping @Sendable (Double) -> Double
  ) -> Operator {
    Operator(
      name, ["output_datatype", "periodic"],
      tensor: { node in
        let size = try node.knownInts(0, "the size").first ?? 0
        guard (0...largestTransform).contains(size) else {
          throw node.wrong("size \(size) is outside the limits")
        }
        let period = Double(max(1, node.flag("periodic", default: true) ? size : size - 1))
        let values = (0..<size).map { function(2 * Double.pi * Double($0) / period) }
        let type = try elementType(node.int("output_datatype", default: 1), node)
        let table = Tensor(TensorType(type.storage, [size]), doubles: values)
        return ImportedTensor(node.builder.constant(table), type)
      })
  }

  /// Longer ones would be matrices of gigabytes.
  private static let largestTransform = 1 << 20
  private static let largestMatrix = 1 << 26

  private static func fourier(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let rank = x.shape.rank
    let given =
      node.opset < 20
      ? node.int("axis", default: 1) : try node.optionalKnownInts(2, "the axis")?.first ?? -2
    let axis = try node.axis(given, rank: rank)
    guard axis < rank - 1, (1...2).contains(x.shape[rank - 1]) else {
      throw node.wrong("axis \(axis) of \(x.type) cannot be transformed")
    }
    let (isInverse, isOneSided) = (node.flag("inverse"), node.flag("onesided"))
    let length = x.shape[axis]
    let count =
      try node.optionalKnownInts(1, "the length")?.first
      ?? (isInverse && isOneSided ? 2 * (length - 1) : length)
    guard count >= 1, count <= largestTransform, count * count <= largestMatrix else {
      throw UnsupportedUse("transforms of length \(count) are not supported")
    }
    return try node.like(
      0, x.fourier(along: axis, count: count, isInverse: isInverse, isOneSided: isOneSided))
  }

  private static func shortTimeFourier(_ node: OperatorContext) throws -> ImportedTensor {
    let signal = try node.value(0)
    guard signal.shape.rank == 3, (1...2).contains(signal.shape[2]) else {
      throw node.wrong("needs [batch, length, 1 or 2], not \(signal.type)")
    }
    let step = try node.knownInts(1, "the step").first ?? 0
    let window = try node.optionalValue(2)
    let length =
      try node.optionalKnownInts(3, "the frames' length")?.first ?? window?.shape.count
      ?? signal.shape[1]
    guard step >= 1, length >= 1, length <= signal.shape[1], length * length <= largestMatrix,
      window.map({ $0.shape == [length] }) ?? true
    else { throw node.wrong("frames of \(length) every \(step) do not fit \(signal.type)") }
    let count = (signal.shape[1] - length) / step + 1
    let places = (0..<count).flatMap { frame in (0..<length).map { frame * step + $0 } }
    var frames = signal.gather(node.constant(places, [count, length]), axis: 1)
    if let window { frames = frames * window.expandDims(-1) }
    return try node.like(
      0,
      frames.fourier(
        along: 2, count: length, isInverse: false,
        isOneSided: node.flag("onesided", default: true)))
  }

  /// Triangles over the frequencies of a spectrum, evenly spaced by how they sound.
  private static func melWeights(_ node: OperatorContext) throws -> ImportedTensor {
    let numbers = try (0..<5).map { try node.knownDoubles($0, "a setting").first ?? 0 }
    let (bins, length, rate) = (
      Int(saturating: numbers[0]), Int(saturating: numbers[1]), numbers[2]
    )
    guard (1...4096).contains(bins), (1...largestTransform).contains(length), rate > 0 else {
      throw node.wrong("its settings are outside the limits")
    }
    func mel(_ hertz: Double) -> Double { 2595 * log10(1 + hertz / 700) }
    let (low, high) = (mel(numbers[3]), mel(numbers[4]))
    let step = (high - low) / Double(bins + 2)
    let edges = (0..<bins + 2).map { bin -> Int in
      let hertz = 700 * (pow(10, (low + Double(bin) * step) / 2595) - 1)
      return Int(saturating: (Double(length + 1) * hertz / rate).rounded(.down))
    }
    let rows = length / 2 + 1
    guard edges.allSatisfy((0...rows).contains) else {
      throw node.wrong("its frequencies are outside the spectrum")
    }
    var weights = [Double](repeating: 0, count: rows * bins)
    func set(_ row: Int, _ bin: Int, _ weight: Double) {
      if row < rows { weights[row * bins + bin] = weight }
    }
    for bin in 0..<bins {
      let (left, middle, right) = (edges[bin], edges[bin + 1], edges[bin + 2])
      if left >= middle {
        set(middle, bin, 1)
      } else {
        for row in left...middle { set(row, bin, Double(row - left) / Double(middle - left)) }
      }
      for row in middle..<max(middle, right) {
        set(row, bin, Double(right - row) / Double(right - middle))
      }
    }
    let type = try elementType(node.int("output_datatype", default: 1), node)
    let table = Tensor(TensorType(type.storage, [rows, bins]), doubles: weights)
    return ImportedTensor(node.builder.constant(table), type)
  }
}

extension Int {
  fileprivate init(saturating value: Double) {
    self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, -1e15), 1e15))
  }
}

extension Value {
  /// The discrete Fourier transform along an axis; the last axis holds real parts, and imaginary
  /// ones if it has two elements.
  ///
  /// One-sided, the result is the first half of the frequencies, which for real signals tells the
  /// rest; the inverse takes such a half and is real.
  fileprivate func fourier(
    along axis: Int, count: Int, isInverse: Bool, isOneSided: Bool
  ) -> Value {
    let half = count / 2 + 1
    let used = isInverse && isOneSided ? half : count
    let kept = isOneSided && !isInverse ? half : count
    // Long sums that mostly cancel.
    var x = cast(to: .f64)
    if shape[axis] > used { x = x.slice(axis, to: used) }
    if x.shape[axis] < used {
      let none = [Int](repeating: 0, count: shape.rank)
      var high = none
      high[axis] = used - x.shape[axis]
      x = x.pad(low: none, high: high)
    }
    let real = x[axis: -1, 0]
    let imaginary = shape[shape.rank - 1] == 2 ? x[axis: -1, 1] : nil
    var (cosines, sines) = ([Double](), [Double]())
    for row in 0..<used {
      // A half stands for its mirror image, too, but for the ends.
      let isSingle = row == 0 || 2 * row == count
      let weight = isInverse ? (isOneSided && !isSingle ? 2 : 1) / Double(count) : 1
      for column in 0..<kept {
        // Exact for any length: the angle is taken from the remainder.
        let angle = 2 * Double.pi * Double(row * column % count) / Double(count)
        cosines.append(weight * Foundation.cos(angle))
        sines.append(weight * Foundation.sin(angle) * (isInverse ? -1 : 1))
      }
    }
    func product(_ part: Value, _ matrix: [Double]) -> Value {
      part.mixed(along: axis, matrix, kept)
    }
    let first = product(real, cosines)
    let whole = imaginary.map { first + product($0, sines) } ?? first
    if isInverse && isOneSided { return whole.expandDims(-1).cast(to: dtype) }
    let second = -product(real, sines)
    let turned = imaginary.map { product($0, cosines) + second } ?? second
    return stack([whole, turned], axis: -1).cast(to: dtype)
  }
}
