/// The same elements in the same order under another shape.
public struct Reshape: Op {
  /// The result's sizes; one may be -1 and is what is left.
  public let shape: [Int]

  public init(_ shape: [Int]) { self.shape = shape }

  public var name: String { "reshape" }
  public var attributes: [Attribute] { [Attribute("shape", .ints(shape))] }

  public func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    let operand = try operands.single()
    guard shape.allSatisfy({ $0 >= -1 }), shape.filter({ $0 == -1 }).count <= 1 else {
      throw OpError("shape \(Shape(shape)) has a negative size")
    }
    let given = try Shape(shape.filter { $0 >= 0 }).checked()
    let count = operand.shape.count
    guard let open = shape.firstIndex(of: -1) else {
      guard given.count == count else { throw mismatch(operand) }
      return TensorType(operand.dtype, given)
    }
    guard given.count > 0, count % given.count == 0 else { throw mismatch(operand) }
    var dims = shape
    dims[open] = count / given.count
    return TensorType(operand.dtype, try Shape(dims).checked())
  }

  private func mismatch(_ operand: TensorType) -> OpError {
    OpError("\(operand.shape.count) elements of \(operand) do not fill shape \(Shape(shape))")
  }

  public func gradient(_ context: GradientContext) -> [Gradient] {
    [.value(context.gradient.reshape(context.operands[0].shape.dims))]
  }

  public func computation(_ operands: [TensorType]) -> Computation {
    // The result's own strides: the element order is the operand's.
    let result = try? resultType(operands)
    return .view(ViewMap(offset: 0, strides: (result?.shape ?? .scalar).strides))
  }

  public func reference(_ operands: [ReferenceTensor], _ type: TensorType) -> [Double] {
    operands[0].values
  }

  public static let catalog = [
    OpEntry(
      "reshape", "the elements under another shape", gradient: "g reshaped back",
      samples: {
        let cases: [(Shape, [Int])] = [
          ([2, 6], [3, 4]), ([2, 6], [12]), ([12], [2, -1, 3]), ([1], []), ([], [1, 1]),
          ([2, 3, 4], [6, 4]), ([2, 3, 4], [-1]), ([0, 3], [3, 0]), ([0, 3], [-1, 3]),
          ([2, 3, 4, 5], [4, 5, 6]), ([33, 65], [65, 33]),
        ]
        return DType.allCases.flatMap { dtype in
          cases.map { shape, target in
            OpSample(
              Reshape(target), [.init(dtype, shape, in: dtype.sampleRange)],
              gradient: dtype.isFloat, second: dtype.isFloat, elementwise: true)
          }
        }
      },
      make: { reader throws(OpError) in try Reshape(reader.ints("shape")) })
  ]
}

extension DType {
  /// Where samples of ops that only move elements are drawn from.
  var sampleRange: ClosedRange<Double> {
    switch self {
    case .bool: 0...1
    case .u8: 0...255
    default: -3...3
    }
  }
}

extension Value {
  /// The same elements under another shape; one size may be -1 and is what is left.
  public func reshape(_ dims: [Int], file: String = #fileID, line: Int = #line) -> Value {
    if isValid, dims == shape.dims { return self }
    return append(Reshape(dims), [], file, line)
  }

  /// The same elements under another shape.
  public func reshape(_ shape: Shape, file: String = #fileID, line: Int = #line) -> Value {
    reshape(shape.dims, file: file, line: line)
  }

  /// The axes from `first` on as one: [batch, 28, 28] becomes [batch, 784].
  public func flatten(from first: Int = 1, file: String = #fileID, line: Int = #line) -> Value {
    guard isValid else { return self }
    let counted = counted(first)
    guard counted >= 0, counted <= shape.rank else {
      return failed("flatten: \(type) has no axis \(first)", file, line)
    }
    let kept = Array(shape.dims.prefix(counted))
    let rest = shape.dims.dropFirst(counted).reduce(1, *)
    return reshape(open(kept + [rest], at: 0), file: file, line: line)
  }

  /// A new axis of size 1 before `axis`; -1 puts it last.
  public func expandDims(_ axis: Int, file: String = #fileID, line: Int = #line) -> Value {
    guard isValid else { return self }
    let place = axis < 0 ? axis + shape.rank + 1 : axis
    guard place >= 0, place <= shape.rank else {
      return failed("expandDims: \(type) has no place for an axis at \(axis)", file, line)
    }
    var dims = shape.dims
    dims.insert(1, at: place)
    return reshape(open(dims, at: place == 0 ? 1 : 0), file: file, line: line)
  }

  /// Without `axis`, whose size must be 1; without every axis of size 1 if nil.
  public func squeeze(_ axis: Int? = nil, file: String = #fileID, line: Int = #line) -> Value {
    guard let axis else {
      return reshape(shape.dims.filter { $0 != 1 }, file: file, line: line)
    }
    guard let axis = existing(axis, "squeeze", file, line) else { return failed("", file, line) }
    guard shape[axis] == 1 else {
      return failed("squeeze: axis \(axis) of \(type) is not of size 1", file, line)
    }
    var dims = shape.dims
    dims.remove(at: axis)
    return reshape(axis == 0 ? dims : open(dims, at: 0), file: file, line: line)
  }

  /// `dims` with the size of the batch left open, so that the node does not fix it.
  private func open(_ dims: [Int], at axis: Int) -> [Int] {
    guard dims != shape.dims, axis < dims.count, dims.allSatisfy({ $0 > 0 }) else {
      return dims
    }
    var dims = dims
    dims[axis] = -1
    return dims
  }
}
