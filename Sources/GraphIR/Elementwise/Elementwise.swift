/// One element of each operand to one element: the op of every row of the elementwise table.
public struct Elementwise: Op {
  let row: Int
  public let parameters: [Double]

  /// `name` must be a row of the table, with as many parameters as the row has.
  public init(_ name: String, _ parameters: [Double] = []) {
    guard let row = ElementwiseFunction.index[name] else {
      preconditionFailure("no elementwise function '\(name)'")
    }
    self.row = row
    self.parameters = parameters
    precondition(parameters.count == function.parameters.count)
  }

  public var function: ElementwiseFunction { ElementwiseFunction.table[row] }
  public var name: String { function.name }
  public var attributes: [Attribute] {
    zip(function.parameters, parameters).map { Attribute($0, .double($1)) }
  }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let function = function
    guard operands.count == function.arity else {
      throw OpError("takes \(function.arity) operands, not \(operands.count)")
    }
    var shape = operands[0].shape
    for operand in operands.dropFirst() {
      guard let both = Shape.broadcast(shape, operand.shape) else {
        throw OpError("shapes \(shape) and \(operand.shape) do not broadcast")
      }
      shape = both
    }
    return TensorType(try function.typing.result(operands.map(\.dtype)), shape)
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    function.gradient(context, parameters)
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    .map(.elementwise(name, parameters: parameters))
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    let reads = operands.map { BroadcastReader($0.shape, to: type.shape) }
    let integral = type.dtype.isInteger
    var places = [Int](repeating: 0, count: operands.count)
    var x = [Double](repeating: 0, count: operands.count)
    if let bits = function.bits {
      return (0..<type.shape.count).map { element in
        let x = operands.indices.map { operand in
          Int64(saturating: operands[operand].values[reads[operand].offset(of: element)])
        }
        return Double(bits(x, type.dtype.size * 8))
      }
    }
    let evaluate = function.reference
    return (0..<type.shape.count).map { element in
      for operand in operands.indices {
        places[operand] = reads[operand].offset(of: element)
        x[operand] = operands[operand].values[places[operand]]
      }
      let value = evaluate(x, parameters)
      return integral ? Self.integer(value, name: name, x) : value
    }
  }

  /// Integer division truncates, and by zero gives zero, as the kernels do.
  private static func integer(_ value: Double, name: String, _ x: [Double]) -> Double {
    (name == "div" || name == "mod") && x[1] == 0 ? 0 : value.rounded(.towardZero)
  }

  public static let catalog = ElementwiseFunction.table.map { function in
    OpEntry(
      function.name, function.summary, gradient: function.formula,
      samples: { function.samples },
      make: { reader throws(OpError) in
        var parameters: [Double] = []
        for name in function.parameters { parameters.append(try reader.double(name)) }
        return Elementwise(function.name, parameters)
      })
  }
}

extension ElementwiseFunction.Typing {
  func result(_ dtypes: [DType]) throws(OpError) -> DType {
    let values = self == .select ? Array(dtypes.dropFirst()) : dtypes
    let first = values[0]
    guard values.allSatisfy({ $0 == first }) else {
      let given = values.map(\.rawValue).joined(separator: ", ")
      throw OpError("operands must have one element type, not \(given); cast one")
    }
    switch self {
    case .float, .test:
      guard first.isFloat else { throw OpError("takes f32 or f64, not \(first.rawValue)") }
      return self == .test ? .bool : first
    case .numeric:
      guard first.isNumeric, first != .u8 else {
        throw OpError("takes numbers, not \(first.rawValue); cast it")
      }
      return first
    case .comparison: return .bool
    case .logic:
      guard first == .bool else { throw OpError("takes bool, not \(first.rawValue)") }
      return .bool
    case .select:
      guard dtypes[0] == .bool else {
        throw OpError("the condition must be bool, not \(dtypes[0].rawValue)")
      }
      return first
    case .any: return first
    case .bits:
      guard first.isInteger else { throw OpError("takes integers, not \(first.rawValue)") }
      return first
    }
  }
}

/// Where an element of a broadcast result lies in the operand.
struct BroadcastReader {
  private let dims: [Int]
  private let strides: [Int]
  private let isDense: Bool

  init(_ shape: Shape, to result: Shape) {
    dims = result.dims
    isDense = shape == result
    let lead = result.rank - shape.rank
    let own = shape.strides
    strides = result.dims.indices.map { axis in
      axis < lead || shape[axis - lead] == 1 ? 0 : own[axis - lead]
    }
  }

  func offset(of element: Int) -> Int {
    if isDense { return element }
    var rest = element
    var offset = 0
    for axis in dims.indices.reversed() {
      offset += rest % dims[axis] * strides[axis]
      rest /= dims[axis]
    }
    return offset
  }
}
