// The elementwise functions under the names PyTorch gives them.

extension Value {
  public func exp() -> Value { map("exp") }
  public func log() -> Value { map("log") }
  public func log1p() -> Value { map("log1p") }
  public func expm1() -> Value { map("expm1") }
  public func sqrt() -> Value { map("sqrt") }
  public func rsqrt() -> Value { map("rsqrt") }
  public func reciprocal() -> Value { map("reciprocal") }
  public func abs() -> Value { map("abs") }
  public func sign() -> Value { map("sign") }
  public func floor() -> Value { map("floor") }
  public func ceil() -> Value { map("ceil") }
  /// To nearest, halves to even.
  public func round() -> Value { map("round") }
  /// Toward zero.
  public func trunc() -> Value { map("trunc") }
  /// To the nearest number that a 16-bit float (IEEE 754) holds; gradients pass unchanged.
  public func roundedToFloat16() -> Value { map("round_float16") }
  /// To the nearest number that a bfloat16 holds; gradients pass unchanged.
  public func roundedToBFloat16() -> Value { map("round_bfloat16") }
  public func sin() -> Value { map("sin") }
  public func cos() -> Value { map("cos") }
  public func atan() -> Value { map("atan") }
  public func tanh() -> Value { map("tanh") }
  public func erf() -> Value { map("erf") }
  public func sigmoid() -> Value { map("sigmoid") }
  public func relu() -> Value { map("relu") }
  public func leakyReLU(slope: Double = 0.01) -> Value { map("leaky_relu", [], [slope]) }
  public func elu(alpha: Double = 1) -> Value { map("elu", [], [alpha]) }
  /// x * Phi(x), Phi the normal distribution function; `tanh` for Hendrycks' approximation.
  public func gelu(approximate: Bool = false) -> Value { map(approximate ? "gelu_tanh" : "gelu") }
  public func silu() -> Value { map("silu") }
  public func softplus() -> Value { map("softplus") }
  public func clamp(_ low: Double, _ high: Double) -> Value { map("clamp", [], [low, high]) }
  /// The same value; no gradient flows through it.
  public func stopGradient() -> Value { map("stop_gradient") }
  public func isNaN() -> Value { map("is_nan") }
  /// Whether infinite, of either sign.
  public func isInfinite() -> Value { map("is_inf") }

  // The bits of integers. Shifts by the width and more leave nothing but the sign that is kept.
  public func bitAnd(_ other: Value) -> Value { map("bit_and", [other]) }
  public func bitOr(_ other: Value) -> Value { map("bit_or", [other]) }
  public func bitXor(_ other: Value) -> Value { map("bit_xor", [other]) }
  public func bitNot() -> Value { map("bit_not") }
  public func shiftLeft(_ places: Value) -> Value { map("shift_left", [places]) }
  /// Keeps the sign, or with `logical` brings in zeros.
  public func shiftRight(_ places: Value, logical: Bool = false) -> Value {
    map(logical ? "shift_right_logical" : "shift_right", [places])
  }

  public func pow(_ exponent: Value) -> Value { map("pow", [exponent]) }
  public func pow(_ exponent: Double) -> Value { map("pow", [constant(exponent)]) }
  public func squared() -> Value { self * self }
  public func minimum(_ other: Value) -> Value { map("min", [other]) }
  public func maximum(_ other: Value) -> Value { map("max", [other]) }
  /// Remainder with the divisor's sign, as Python's `%`.
  public func modulo(_ divisor: Value) -> Value { map("mod", [divisor]) }

  /// `a` where this bool is true, `b` elsewhere.
  public func select(_ a: Value, _ b: Value) -> Value { map("where", [a, b]) }

  public func cast(to dtype: DType) -> Value {
    dtype == self.dtype ? self : builder.append(Cast(dtype), [self])
  }
}

public func exp(_ x: Value) -> Value { x.exp() }
public func log(_ x: Value) -> Value { x.log() }
public func sqrt(_ x: Value) -> Value { x.sqrt() }
public func tanh(_ x: Value) -> Value { x.tanh() }
public func sigmoid(_ x: Value) -> Value { x.sigmoid() }
public func relu(_ x: Value) -> Value { x.relu() }
public func gelu(_ x: Value) -> Value { x.gelu() }
public func silu(_ x: Value) -> Value { x.silu() }
public func minimum(_ a: Value, _ b: Value) -> Value { a.minimum(b) }
public func maximum(_ a: Value, _ b: Value) -> Value { a.maximum(b) }
