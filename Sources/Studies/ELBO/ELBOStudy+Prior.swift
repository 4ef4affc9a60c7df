import Foundation
import GraphIR
import Runtime

extension ELBOStudy {
  mutating func measurePrior() throws {
    let pixels = try test.array("x").tensor.doubles.map { 2 * $0 - 1 }
    let square = pixels.reduce(0) { $0 + $1 * $1 } / Double(pixels.count)
    let bits = { (schedule: NoiseSchedule) in schedule.priorTerm(meanSquare: square) / log(2) }
    let schedule = model.schedule
    prior.exact = bits(schedule)
    schedules = [
      ("linear, as here", prior.exact), ("cosine", bits(.cosine(schedule.steps))),
      ("linear, without its last quarter", bits(schedule.first(schedule.steps * 3 / 4))),
      ("linear, its first half", bits(schedule.first(schedule.steps / 2))),
    ]
    (prior.drawn, prior.error) = ELBOStudy.drawn(pixels, schedule)
    let graph = try model.terms(rows: 2)
    prior.parameters = graph.parametersReached(from: "prior")
    prior.allParameters = graph.parametersReached(from: "error")
  }

  /// Mean of log q(x_T | x_0) - log p(x_T) over draws of x_T, and its standard error, in bits.
  ///
  /// Each draw of the noise counts with its opposite, too, which leaves the mean and takes away most
  /// of the spread.
  private static func drawn(
    _ pixels: [Double], _ schedule: NoiseSchedule
  ) -> (mean: Double, error: Double) {
    let (signal, noise) = (schedule.signal[schedule.steps], schedule.noise[schedule.steps])
    let normals = Tensor.normals([pixels.count], seed: 0, stream: 4).doubles
    let logs = zip(pixels, normals).map { x, e in
      let (one, other) = (signal * x + noise * e, signal * x - noise * e)
      let square = (one * one + other * other) / 2
      return (0.5 * (square - e * e) - log(noise)) / log(2)
    }
    let spread = Spread(logs)
    return (spread.mean, spread.standardError)
  }
}

extension Graph {
  /// The number of parameters, counted by element, that an output depends on.
  fileprivate func parametersReached(from name: String) -> Int {
    guard let output = output(name) else { return 0 }
    var isReached = [Bool](repeating: false, count: nodes.count)
    isReached[output.index] = true
    var count = 0
    for id in ids.reversed() where isReached[id.index] {
      if let variable = self[id].op as? Variable, variable.role == .parameter {
        count += variable.type.shape.count
      }
      for operand in self[id].operands { isReached[operand.index] = true }
    }
    return count
  }
}
