import GraphIR

/// A model by name, for the command line, the benchmarks and the tests.
///
/// It makes forward graphs with an output `loss`. A graph depends on the batch in the shapes of
/// its inputs only.
public struct ZooModel: Sendable {
  /// A number that shapes the model.
  public struct Size: Hashable, Sendable {
    public let name: String
    public let value: Int
    public let summary: String
  }

  /// What the graph takes at every run.
  public struct Input: Hashable, Sendable {
    public let name: String
    /// `f32[batch, 784]`, with the defaults of the sizes.
    public let type: String
    public let summary: String
  }

  public let name: String
  /// One line for the list of models.
  public let summary: String
  /// Rows of a training batch where nothing else is said.
  public let batch: Int
  /// Passes over the training data where nothing else is said.
  public let epochs: Int
  /// The sizes that may be changed, with their defaults.
  public let sizes: [Size]
  /// A size that may be given several times, numbered from 1 (`hidden1`, `hidden2`, ...), instead
  /// of those that have a default.
  public var numbered: String? = nil
  public let inputs: [Input]
  /// Names of the outputs, `loss` first.
  public let outputs: [String]
  let make: @Sendable (ZooPlan) throws(BuildError) -> Graph

  /// The forward graph for `batch` rows; sizes not given have their defaults.
  ///
  /// Throws `ZooError` for a size that the model does not have or that is below 1.
  public func build(
    batch: Int? = nil, sizes given: [String: Int] = [:], form: ZooForm = .training
  ) throws -> Graph {
    var values = Dictionary(uniqueKeysWithValues: sizes.map { ($0.name, $0.value) })
    for (size, value) in given.sorted(by: { $0.key < $1.key }) {
      guard values[size] != nil || isNumbered(size, among: given) else {
        throw ZooError.unknownSize(model: name, size: size, known: known)
      }
      guard value >= 1 else { throw ZooError.size(model: name, size: size, value: value) }
      values[size] = value
    }
    let rows = batch ?? self.batch
    guard rows >= 1 else { throw ZooError.size(model: name, size: "batch", value: rows) }
    return try make(ZooPlan(name: name, batch: rows, sizes: values, form: form))
  }

  private var known: [String] { sizes.map(\.name) + (numbered.map { ["\($0)1"] } ?? []) }

  /// Whether `size` is one of the numbered ones, with all those before it given.
  private func isNumbered(_ size: String, among given: [String: Int]) -> Bool {
    guard let numbered, size.hasPrefix(numbered), let last = Int(size.dropFirst(numbered.count)),
      (1...given.count).contains(last)
    else { return false }
    return (1...last).allSatisfy { given["\(numbered)\($0)"] != nil }
  }
}

/// What differs between the uses of one model.
public struct ZooForm: Hashable, Sendable {
  /// Where a model that needs noise has it from.
  public enum Noise: Hashable, Sendable {
    /// The graph draws it, anew each run.
    case drawn
    /// The input `eps`.
    case input
  }

  public var initialization: LinearInitialization
  public var noise: Noise
  /// What an autoencoder does to its latent numbers.
  public var latentActivation: Activation

  public init(
    initialization: LinearInitialization = .torch, noise: Noise = .drawn,
    latentActivation: Activation = .identity
  ) {
    self.initialization = initialization
    self.noise = noise
    self.latentActivation = latentActivation
  }

  /// PyTorch's initial weights, noise drawn in the graph, latent numbers of either sign.
  public static let training = ZooForm()
  /// What bench/peers.py runs: normal weights of variance 1 / fanIn, zero biases, given noise,
  /// ReLU after every layer but the last.
  public static let benchmark = ZooForm(
    initialization: .leCun, noise: .input, latentActivation: .relu)
}

/// The decisions that a model is built from.
struct ZooPlan {
  let name: String
  let batch: Int
  let sizes: [String: Int]
  let form: ZooForm

  /// A size of the model's own list.
  subscript(size: String) -> Int {
    guard let value = sizes[size] else { preconditionFailure("\(name) has no size '\(size)'") }
    return value
  }

  /// The sizes NAME1, NAME2 and so on that were given, in their order.
  func numbered(_ name: String) -> [Int] {
    var values: [Int] = []
    while let value = sizes["\(name)\(values.count + 1)"] { values.append(value) }
    return values
  }
}

/// A model of the zoo was asked for wrongly.
public enum ZooError: Error, Hashable, CustomStringConvertible {
  case unknownModel(String, known: [String])
  case unknownSize(model: String, size: String, known: [String])
  case size(model: String, size: String, value: Int)

  public var description: String {
    switch self {
    case .unknownModel(let name, let known):
      "there is no model '\(name)'\(Self.question(name, known)); there are "
        + known.joined(separator: ", ")
    case .unknownSize(let model, let size, let known):
      "model '\(model)' has no size '\(size)'\(Self.question(size, known)); it has "
        + known.joined(separator: ", ")
    case .size(let model, let size, let value):
      "model '\(model)': \(size) must be 1 or more, not \(value)"
    }
  }

  private static func question(_ name: String, _ known: [String]) -> String {
    NearestName.of(name, among: known).map { ", did you mean '\($0)'?" } ?? ""
  }
}
