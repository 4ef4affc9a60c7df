/// The numbers of a step that are the same for every element of every parameter.
///
/// Each is computed once, as a scalar node in f64: in f32, 1 - beta2^t loses its digits while t is
/// small and beta2^t its accuracy when t is large. Only the result is rounded to the parameter's
/// element type.
final class StepScalars {
  let builder: GraphBuilder
  /// Which step this is, f64, 1 at the first.
  let time: Value
  /// The learning rate of this step, f64.
  let rate: Value
  private var known: [Key: Value] = [:]

  private struct Key: Hashable {
    let name: String
    let dtype: DType
  }

  init(_ builder: GraphBuilder, time: Value, rate: Value) {
    self.builder = builder
    self.time = time
    self.rate = rate
  }

  /// The scalar that `make` computes in f64, rounded to `dtype`, made at the first call.
  func scalar(_ name: String, _ dtype: DType, _ make: () -> Value) -> Value {
    let key = Key(name: name, dtype: dtype)
    if let value = known[key] { return value }
    let exact = known[Key(name: name, dtype: .f64)] ?? make().named(name)
    known[Key(name: name, dtype: .f64)] = exact
    let value = dtype == .f64 ? exact : exact.cast(to: dtype).named(name)
    known[key] = value
    return value
  }

  func constant(_ number: Double, _ dtype: DType) -> Value {
    let key = Key(name: "constant \(number)", dtype: dtype)
    if let value = known[key] { return value }
    let value = builder.constant(number, dtype)
    known[key] = value
    return value
  }

  func rate(_ dtype: DType) -> Value { scalar("learning rate", dtype) { rate } }

  /// 1 - beta^t, what a running mean that began at 0 still lacks.
  func correction(_ beta: Double) -> Value {
    1 - builder.constant(beta, .f64).pow(time)
  }
}
