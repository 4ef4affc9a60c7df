import Foundation

/// The golden trainings in losses.json; bench/fixtures.py says what each field means.
public struct TrainingFixtures: Decodable, Sendable {
  /// First values of a few seeds, to check `FixtureGenerator` itself.
  public struct Vector: Decodable, Sendable {
    public let seed: String
    public let raw: [String]
    public let uniform: [Float]
    public let normal: [Float]
    public let label: [Int64]
    /// A matrix of shape [2, 2].
    public let weight: [Float]
  }

  public let vectors: [Vector]
  /// One training a workload, all with Adam.
  public let models: [TrainingFixture]
  /// The regression workload under every optimizer.
  public let optimizers: [TrainingFixture]

  /// Reads losses.json at `file`.
  public init(file: URL) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(TrainingFixtures.self, from: Data(contentsOf: file))
  }
}

/// One training: its set-up, its losses and what became of the parameters.
public struct TrainingFixture: Decodable, Sendable {
  public struct Parameter: Decodable, Sendable {
    public let name: String
    public let shape: [Int]
  }

  /// Sum and sum of squares of a trained parameter.
  public struct Checksum: Decodable, Sendable {
    public let name: String
    public let sum: Double
    public let squares: Double
  }

  /// `kind` is sgd, adagrad, rmsprop, adam, adamw or linear_average; absent settings are off.
  public struct Optimizer: Decodable, Sendable {
    public let kind: String
    public let lr: Double
    public let momentum: Double?
    public let nesterov: Bool?
    public let weightDecay: Double?
    public let alpha: Double?
    public let beta1: Double?
    public let beta2: Double?
    public let epsilon: Double?
    public let clipNorm: Double?
    public let clipValue: Double?
    /// step (stepSize, gamma), cosine (steps) or warmup (steps).
    public let schedule: String?
    public let stepSize: Int?
    public let gamma: Double?
    public let steps: Int?
  }

  public let name: String
  public let workload: String
  public let params: [String: Int]
  /// The parameters in the order that numbers their seeds.
  public let shapes: [Parameter]
  public let batch: [String: [Int]]
  public let optimizer: Optimizer
  /// The rate of each step, where it changes.
  public let learningRates: [Double]?
  /// The loss of each step, before its update.
  public let losses: [Double]
  /// The largest relative difference of `losses` to the same training in double precision.
  public let deviation: Double
  public let final: [Checksum]
}
