import GraphIR

/// How far a compiled tensor is from its reference, at the worst element.
public struct Comparison: CustomStringConvertible {
  /// Units in the last place of the element type, at the worst element; infinite for a NaN on one
  /// side only.
  public private(set) var ulps = 0.0
  /// Largest difference over the largest magnitude of the reference.
  public private(set) var relative = 0.0
  private var worst: (element: Int, value: Double, expected: Double)?

  /// Differences up to `floor` count as none: what cancellation leaves of larger terms.
  public init(_ tensor: Tensor, _ reference: [Double], floor: Double = 0) {
    let values = tensor.doubles
    guard values.count == reference.count else {
      ulps = .infinity
      relative = .infinity
      return
    }
    let scale = reference.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    for (element, (value, expected)) in zip(values, reference).enumerated() {
      let rounded = Tensor(TensorType(tensor.dtype, .scalar), doubles: [expected]).doubles[0]
      if value == rounded || (value.isNaN && rounded.isNaN) { continue }
      let difference = abs(value - rounded)
      if difference <= floor { continue }
      let unit =
        tensor.dtype == .f32 ? Double(Float(rounded).ulp) : tensor.dtype == .f64 ? rounded.ulp : 1
      let distance = difference.isNaN || !unit.isFinite ? .infinity : abs(value - expected) / unit
      relative = max(relative, scale > 0 ? difference / scale : difference)
      if difference.isNaN { relative = .infinity }
      if distance > ulps {
        ulps = distance
        worst = (element, value, expected)
      }
    }
  }

  public var description: String {
    guard let worst else { return ulps == 0 ? "equal" : "sizes differ" }
    return "\(ulps) ulps at element \(worst.element): \(worst.value), not \(worst.expected)"
  }
}
