/// What an element of an op's result is: the closed set which the code generator knows.
public enum Computation: Hashable, Sendable {
  /// The data is there already: an input, a variable or a constant.
  case source
  /// `function` of the operands' elements at the same place, operands broadcast by NumPy's rule.
  case map(MapFunction)
  /// The operand's element at an affine place.
  case view(ViewMap)
  /// The function of the operands' whole rows, along the last axis, with this kernel's name.
  case rows(String, parameters: [Double])
  /// A reduction of the operand over `axes`, kept as size 1 or dropped.
  case reduce(Reduction, axes: [Int])
  /// The index (i64) of the largest or smallest element along `axis`, the first one on ties.
  case argReduce(Reduction, axis: Int)
  /// Sums of products: result[i] = sum over r of a[i, r] b[i, r]. The maps say where in its operand
  /// each factor is, for an index of the result followed by one of the axes `reduced`.
  case contraction(reduced: [Int], a: ViewMap, b: ViewMap)
  /// The indices (i64) of the elements along `axis` in order, equal ones ascending.
  case argSort(axis: Int, descending: Bool)
  /// y[i] = a[i] y[i - 1] + b[i] along `axis`, from 0; from the other end with `reverse`.
  case linearScan(axis: Int, reverse: Bool)
  /// Running sums along `axis`.
  case scan(axis: Int, exclusive: Bool, reverse: Bool)
  /// The operands one after another along `axis`.
  case concatenate(axis: Int)
  /// Windows of the operand.
  case pool(Pooling, Windows)
  /// The operand's element i at low + i * (interior + 1), `value` elsewhere.
  case pad(low: [Int], interior: [Int], value: Double)
  /// Slices of operand 0 along `axis`, chosen by the integers of operand 1.
  case gather(axis: Int)
  /// Operand 0 plus slices of operand 2, added along `axis` where the integers of operand 1 say.
  case scatterAdd(axis: Int)
  /// Operand 0 with slices of operand 2 put, multiplied or compared in along `axis` where the
  /// integers of operand 1 say.
  case scatter(ScatterMode, axis: Int)
  /// softmax(q k^T * scale) v for each head; operands q, k, v and perhaps a mask.
  case attention(scale: Double, isCausal: Bool)
  /// The gradients of q, k and v of that; operands q, k, v, g and perhaps a mask.
  case attentionGradient(scale: Double, isCausal: Bool)
  /// The element's index along `axis`.
  case iota(axis: Int)
  /// Philox random numbers; operand 0 is the key (seed, step), others lend their shape only.
  case random(RandomDistribution, stream: Int)
}

/// A function of one element of each operand.
public enum MapFunction: Hashable, Sendable {
  /// The row of the elementwise table with this name, and its parameters.
  case elementwise(String, parameters: [Double])
  case cast
}

public enum Reduction: String, CaseIterable, Hashable, Sendable {
  case sum, mean, prod, max, min
}

/// What a scatter does with an element that is there and one that comes.
public enum ScatterMode: String, CaseIterable, Hashable, Sendable {
  /// The one that comes last stays.
  case set
  case mul, min, max
}

/// What is done with windows of a tensor.
public enum Pooling: String, CaseIterable, Hashable, Sendable {
  /// The largest element of each window of operand 0.
  case max
  /// Operand 1, one element a window of operand 0, at the first largest element of the window;
  /// 0 elsewhere, and the sum where windows overlap.
  case maxGradient
  /// The sum of each window of operand 0.
  case sum
  /// Each element of operand 0 in a whole window of the result; windows touch.
  case spread
}

public enum RandomDistribution: String, CaseIterable, Hashable, Sendable {
  case uniform, normal
}

/// result[i] = operand[offset + sum of i[axis] * strides[axis]], over the dense operand.
public struct ViewMap: Hashable, Sendable {
  public var offset: Int
  public var strides: [Int]
  /// A view of a view is one view only if this one takes whole axes: false for a reshape.
  public init(offset: Int, strides: [Int]) {
    self.offset = offset
    self.strides = strides
  }
}
