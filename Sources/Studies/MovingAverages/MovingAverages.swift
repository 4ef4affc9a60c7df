import GraphIR

extension Study {
  static let movingAverages = Study(
    name: "moving-averages", title: "Why do averages of gradients forget?",
    claim: """
      Optimizers average gradients exponentially because such averages forget; a linear average \
      keeps all old gradients for ever, and is of no use while the weights move.
      """
  ) { context in
    let stream = try MovingAverages.streams(context)
    let races = try MovingAverages.quadraticRaces(context) + MovingAverages.digitRaces(context)
    try MovingAverages.describe(stream, races, in: &context.report)
    context.report.judge(MovingAverages.summary(races))
    context.report.judge(
      MovingAverages.judge(
        lag: stream.lag(.linear), exponential: stream.lag(.exponential),
        alignment: stream.presentAlignment(.linear),
        exponentialAlignment: stream.presentAlignment(.exponential)))
    for race in races { context.report.judge(MovingAverages.judge(race)) }
  }
}

/// Optimizers with exponential averages against the same with linear ones.
public enum MovingAverages {
  public enum Averaging: String, CaseIterable, Sendable {
    case exponential, linear
  }

  /// What an optimizer averages: gradients, their squares, or both.
  public enum Method: String, CaseIterable, Sendable {
    case momentum
    case rmsProp = "RMSProp"
    case adam = "Adam"
  }

  /// Errors that the two averages end with in one setting, each with its best learning rate.
  public struct Race: Sendable {
    public let setting: String
    public let method: Method
    /// Lower is better.
    public let error: [Averaging: Spread]
    var rate: [Averaging: Double] = [:]
    /// The error as training goes on, and its x.
    var curves: [Averaging: [Double]] = [:]
    var places: [Double] = []

    public init(_ setting: String, _ method: Method, exponential: Spread, linear: Spread) {
      (self.setting, self.method) = (setting, method)
      error = [.exponential: exponential, .linear: linear]
    }

    /// The best of several learning rates counts, that with the least mean error.
    init(
      _ setting: String, _ method: Method, places: [Double],
      _ runs: (Averaging) throws -> [Run]
    ) rethrows {
      var best: [Averaging: Run] = [:]
      for averaging in Averaging.allCases {
        best[averaging] = try runs(averaging).filter { $0.error.mean.isFinite }
          .min { $0.error.mean < $1.error.mean }
      }
      let error = { (averaging: Averaging) in best[averaging]?.error ?? Spread([.infinity]) }
      self.init(setting, method, exponential: error(.exponential), linear: error(.linear))
      self.places = places
      rate = best.mapValues(\.rate)
      curves = best.mapValues(\.curve)
    }
  }

  /// Results of one learning rate over the seeds.
  struct Run {
    let rate: Double
    let error: Spread
    let curve: [Double]
  }
}
