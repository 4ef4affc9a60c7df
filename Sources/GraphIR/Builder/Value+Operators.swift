// Arithmetic as the papers write it. Operators broadcast by NumPy's rule; a number takes the
// element type of the value beside it.

extension Value {
  public static func + (a: Value, b: Value) -> Value { a.map("add", [b]) }
  public static func - (a: Value, b: Value) -> Value { a.map("sub", [b]) }
  public static func * (a: Value, b: Value) -> Value { a.map("mul", [b]) }
  public static func / (a: Value, b: Value) -> Value { a.map("div", [b]) }
  public static prefix func - (a: Value) -> Value { a.map("neg") }

  public static func + (a: Value, b: Double) -> Value { a + a.constant(b) }
  public static func - (a: Value, b: Double) -> Value { a - a.constant(b) }
  public static func * (a: Value, b: Double) -> Value { a * a.constant(b) }
  public static func / (a: Value, b: Double) -> Value { a / a.constant(b) }
  public static func + (a: Double, b: Value) -> Value { b.constant(a) + b }
  public static func - (a: Double, b: Value) -> Value { b.constant(a) - b }
  public static func * (a: Double, b: Value) -> Value { b.constant(a) * b }
  public static func / (a: Double, b: Value) -> Value { b.constant(a) / b }

  // Comparisons give bool.
  public static func .== (a: Value, b: Value) -> Value { a.map("equal", [b]) }
  public static func .!= (a: Value, b: Value) -> Value { a.map("not_equal", [b]) }
  public static func .< (a: Value, b: Value) -> Value { a.map("less", [b]) }
  public static func .<= (a: Value, b: Value) -> Value { a.map("less_equal", [b]) }
  public static func .> (a: Value, b: Value) -> Value { a.map("greater", [b]) }
  public static func .>= (a: Value, b: Value) -> Value { a.map("greater_equal", [b]) }
  public static func .> (a: Value, b: Double) -> Value { a .> a.constant(b) }
  public static func .>= (a: Value, b: Double) -> Value { a .>= a.constant(b) }
  public static func .< (a: Value, b: Double) -> Value { a .< a.constant(b) }
  public static func .<= (a: Value, b: Double) -> Value { a .<= a.constant(b) }
  public static func .== (a: Value, b: Double) -> Value { a .== a.constant(b) }

  // Logic on bool.
  public static func .& (a: Value, b: Value) -> Value { a.map("and", [b]) }
  public static func .| (a: Value, b: Value) -> Value { a.map("or", [b]) }
  public static func .^ (a: Value, b: Value) -> Value { a.map("xor", [b]) }
  public static prefix func .! (a: Value) -> Value { a.map("not") }
}
