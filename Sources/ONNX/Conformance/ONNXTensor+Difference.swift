import Foundation
import GraphIR

/// Why a tensor is not what was expected.
struct TensorDifference {
  let text: String
  /// Whether element type and shape agree.
  let isOfValues: Bool
}

extension ONNXTensor {
  /// What is wrong with a tensor, nil where nothing is.
  ///
  /// Element type and shape must be the same. Each element may be off by atol + rtol times the
  /// expected one; NaN equals NaN, and infinities only themselves.
  func difference(
    from expected: ONNXTensor, _ tolerance: ConformanceCase.Tolerance
  ) -> TensorDifference? {
    guard elementType == expected.elementType else {
      let text = "is \(elementType), expected \(expected.elementType)"
      return TensorDifference(text: text, isOfValues: false)
    }
    guard shape == expected.shape else {
      let text = "has shape \(shape), expected \(expected.shape)"
      return TensorDifference(text: text, isOfValues: false)
    }
    // Equal bits of large integers are equal, whatever doubles make of them.
    if tensor == expected.tensor { return nil }
    var worst: (index: Int, excess: Double)?
    let (values, wanted) = (tensor.doubles, expected.tensor.doubles)
    for (index, (value, want)) in zip(values, wanted).enumerated() {
      let excess = Self.excess(value, want, tolerance)
      if excess > (worst?.excess ?? 1) { worst = (index, excess) }
    }
    guard let worst else { return nil }
    let text =
      "worst element \(shape.indices(of: worst.index)): \(values[worst.index]), "
      + "expected \(wanted[worst.index])"
    return TensorDifference(text: text, isOfValues: true)
  }

  /// The error as a multiple of the allowed one; more than 1 is too much.
  private static func excess(
    _ value: Double, _ want: Double, _ tolerance: ConformanceCase.Tolerance
  ) -> Double {
    if value == want || value.isNaN && want.isNaN { return 0 }
    guard value.isFinite, want.isFinite else { return .infinity }
    let allowed = tolerance.atol + tolerance.rtol * abs(want)
    return allowed > 0 ? abs(value - want) / allowed : .infinity
  }
}

extension Shape {
  /// The indices along each axis of the element at a flat place.
  fileprivate func indices(of place: Int) -> [Int] {
    var rest = place
    return strides.map { stride in
      defer { rest %= stride }
      return rest / stride
    }
  }
}
