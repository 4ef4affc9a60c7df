import GraphIR

/// The sizes of the inputs' symbolic dimensions.
struct DimensionSizes {
  private let options: ImportOptions
  private var sizes: [String: Int]
  /// What data changed about the sizes in the file, for errors that this may explain.
  private(set) var resized: String?

  init(_ options: ImportOptions) {
    self.options = options
    sizes = options.dims
  }

  /// Notes the sizes that the input's known shape gives to symbolic dimensions.
  mutating func bind(_ input: ValueInfoProto) throws {
    guard let given = options.inputs[input.name]?.tensor.shape ?? options.shapes[input.name]
    else { return }
    let tensor = input.type.tensorType
    guard tensor.hasShape else { return }
    let dims = tensor.shape.dim
    guard dims.count == given.rank else {
      throw ImportError.graph(
        "input '\(input.name)' has \(dims.count) axes, the data \(given.rank): \(given)")
    }
    for (axis, dim) in dims.enumerated() {
      let size = given[axis]
      switch dim.value {
      case .dimValue(let value) where value > 0:
        // Exporters write the batch they saw: data decides the first axis.
        guard value == Int64(size) || axis == 0 else {
          throw ImportError.graph(
            "input '\(input.name)': axis \(axis) has size \(value), the data \(size)")
        }
        if value != Int64(size) {
          resized =
            "the file is for \(value) rows of '\(input.name)', not \(size): "
            + "give \(value), or export the model with a dynamic first axis"
        }
      case .dimParam(let name) where !name.isEmpty:
        if let known = sizes[name], known != size {
          throw ImportError.graph(
            "input '\(input.name)': dimension '\(name)' is \(known), the data has \(size)")
        }
        sizes[name] = size
      default: break
      }
    }
  }

  /// The input's storage type and element type.
  func type(of input: ValueInfoProto) throws -> (TensorType, ONNXElementType) {
    guard case .tensorType(let tensor)? = input.type.value else {
      throw ImportError.unsupported([
        .init(node: "input '\(input.name)'", reason: "is not a tensor")
      ])
    }
    let elementType = try ONNXElementType(tensor.elemType, of: "input '\(input.name)'")
    let given = options.inputs[input.name]?.tensor.shape ?? options.shapes[input.name]
    if let given { return (TensorType(elementType.storage, given), elementType) }
    guard tensor.hasShape else {
      throw ImportError.graph("input '\(input.name)' has no shape: give data for it")
    }
    var dims: [Int] = []
    for (axis, dim) in tensor.shape.dim.enumerated() {
      let own = "\(input.name).\(axis)"
      switch dim.value {
      case .dimValue(let value): dims.append(sizes[own] ?? Int(limiting: value))
      case .dimParam(let name) where !name.isEmpty:
        guard let size = sizes[own] ?? sizes[name] else {
          throw ImportError.graph(
            "input '\(input.name)': dimension '\(name)' has no size: give --dim \(name)=SIZE")
        }
        dims.append(size)
      default:
        guard let size = sizes[own] else {
          throw ImportError.graph(
            "input '\(input.name)': axis \(axis) has no size: give --dim \(own)=SIZE")
        }
        dims.append(size)
      }
    }
    let shape = Shape(dims)
    guard shape.isValid else {
      throw ImportError.graph("input '\(input.name)': shape \(shape) is outside the limits")
    }
    return (TensorType(elementType.storage, shape), elementType)
  }
}
