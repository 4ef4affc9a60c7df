import Foundation

/// One golden case of ops.json: a function PyTorch defines, with values and gradients.
///
/// bench/op_fixtures.py says how the cases were made; values are float64 results on inputs that
/// float32 holds exactly.
public struct OpFixture: Decodable, Sendable {
  public struct Value: Decodable, Sendable {
    public let shape: [Int]
    /// f32, i64 or bool.
    public let dtype: String
    /// Row-major; integers exact.
    public let values: [Double]
  }

  /// A setting of the function: a number (integers too) or a word.
  public enum Attribute: Decodable, Sendable, Hashable {
    case number(Double)
    case text(String)

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  public let op: String
  public let attributes: [String: Attribute]
  public let inputs: [Value]
  public let output: Value
  /// The gradient of the output that `gradients` were computed from; nil without gradients.
  public let cotangent: Value?
  /// One an input, nil where it has none.
  public let gradients: [Value?]?

  /// All cases of ops.json at `file`, by group: activations, elementwise, reductions, losses.
  public static func load(file: URL) throws -> [String: [OpFixture]] {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode([String: [OpFixture]].self, from: Data(contentsOf: file))
  }
}
