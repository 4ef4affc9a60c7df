import GraphIR

extension Study {
  static let depth = Study(
    name: "depth", title: "Is one hidden layer enough?",
    claim: """
      One hidden layer can approximate any continuous function if it is wide enough; depth is what \
      makes that affordable.
      """
  ) { context in
    if let data = context.options.data {
      throw StudyError("\(data): depth makes its own points; leave out --data")
    }
    let curves = try Depth.widthCurves(context)
    let contests = try Depth.contests(context)
    let exact = try Depth.exactNetworks(context)
    Depth.describe(curves, contests, exact, in: &context.report)
    for curve in curves {
      context.report.judge(Depth.judge(curve.target.name, curve.widths, curve.errors))
    }
    context.report.judge(Depth.summary(contests))
    for contest in contests { context.report.judge(Depth.judge(contest)) }
    context.report.judge(Depth.judge(representing: exact))
    context.report.judge(Depth.judge(finding: exact))
  }
}

/// Width against depth, on functions whose values are known everywhere.
public enum Depth {
  /// One hidden layer of growing width.
  struct WidthCurve {
    let target: ApproximationTarget
    let widths: [Int]
    let errors: [Spread]
    /// What the first seed's networks became.
    let fits: [Approximation]
  }

  /// Networks of several depths with as many parameters.
  public struct Contest: Sendable {
    public let what: String
    public let parameters: Int
    /// From one hidden layer upwards.
    public let errors: [(depth: Int, error: Spread)]
    /// What the first seed's networks became.
    var fits: [Approximation] = []

    public init(_ what: String, parameters: Int, errors: [(depth: Int, error: Spread)]) {
      (self.what, self.parameters, self.errors) = (what, parameters, errors)
    }
  }

  /// Networks that are the tent map exactly, and what training makes of the deep one.
  public struct Exact: Sendable {
    public let times: Int
    public let deepParameters: Int
    public let deepError: Double
    public let shallowParameters: Int
    public let shallowError: Double
    /// The deep network's error when it is trained from random weights.
    public let trained: Spread

    public init(
      times: Int, deep: (parameters: Int, error: Double), shallow: (parameters: Int, error: Double),
      trained: Spread
    ) {
      self.times = times
      (deepParameters, deepError) = deep
      (shallowParameters, shallowError) = shallow
      self.trained = trained
    }
  }

  /// A fine row or square of points; in more dimensions the sequence of Kronecker with the roots
  /// of the first primes, which fills the cube evenly.
  static func testPoints(_ target: ApproximationTarget) -> Tensor {
    let side = target.inputs == 1 ? 2048 : 64
    let count = target.inputs == 1 ? side : side * side
    let primes: [Double] = [2, 3, 5, 7, 11, 13, 17, 19]
    let values = (0..<count).flatMap { point in
      (0..<target.inputs).map { axis -> Float in
        let place: Double
        switch target.inputs {
        case 1: place = Double(point) / Double(side - 1)
        case 2: place = (Double(axis == 0 ? point % side : point / side) + 0.5) / Double(side)
        default:
          let product = Double(point + 1) * primes[axis % primes.count].squareRoot()
          place = product - product.rounded(.down)
        }
        return Float(2 * place - 1)
      }
    }
    return Tensor(values, shape: [count, target.inputs])
  }
}
