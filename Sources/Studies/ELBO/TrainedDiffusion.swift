import GraphIR
import Runtime

/// A diffusion model after its training, its bound on images, and its samples.
struct TrainedDiffusion {
  let model: DiffusionModel
  private let trainer: Trainer
  private let options: Compilation.Options

  init(_ model: DiffusionModel, _ trainer: Trainer) {
    (self.model, self.trainer) = (model, trainer)
    options = trainer.settings.options
  }

  /// Terms of -ELBO in nats, means over the images: `terms[t]` is L_t, the last one the prior term.
  ///
  /// L_0 is from every image; of the others each image has `rounds`, spread over all t, so that
  /// each t gets as many images.
  func terms(_ images: Tensor, rounds: Int, _ check: () throws -> Void) throws -> [Double] {
    let (count, steps) = (images.shape[0], model.schedule.steps)
    var sums = [Double](repeating: 0, count: steps + 1)
    var counts = sums
    let rows = Self.batch(count)
    let decoder = try executable(model.decoder(rows: rows))
    let terms = try executable(model.terms(rows: rows))
    for start in stride(from: 0, to: count - rows + 1, by: rows) {
      try check()
      let part = images.rows(start..<start + rows)
      sums[0] += try decoder.run(["x": part])["nats"]?.doubles.reduce(0, +) ?? .nan
      counts[0] += Double(rows)
      for round in 0..<rounds {
        let places = (start..<start + rows).map { 1 + ($0 + round * steps / rounds) % steps }
        let t = Tensor(places.map(Int64.init), shape: [rows])
        let outputs = try terms.run(["x": part, "t": t])
        let errors = outputs["error"]?.doubles ?? []
        for (place, error) in zip(places, errors) where place > 1 {
          sums[place - 1] += model.schedule.weight(place) * error
          counts[place - 1] += 1
        }
        if round > 0 { continue }
        sums[steps] += outputs["prior"]?.doubles.reduce(0, +) ?? .nan
        counts[steps] += Double(rows)
      }
    }
    return Self.means(sums, counts)
  }

  /// Where no image fell on a step, what lies between its neighbours.
  private static func means(_ sums: [Double], _ counts: [Double]) -> [Double] {
    let known = sums.indices.dropLast().filter { counts[$0] > 0 }
    return sums.indices.map { t in
      if counts[t] > 0 { return sums[t] / counts[t] }
      guard let above = known.first(where: { $0 > t }) else {
        return known.last.map { sums[$0] / counts[$0] } ?? .nan
      }
      let below = known.last { $0 < t } ?? above
      let (low, high) = (sums[below] / counts[below], sums[above] / counts[above])
      let share = above == below ? 0 : Double(t - below) / Double(above - below)
      return low + share * (high - low)
    }
  }

  /// Images in 0...1 from noise; `watch` gets x_t and the predicted image before each step back.
  func sample(
    _ count: Int, seed: Int, watch: (Int, Tensor, Tensor) throws -> Void = { _, _, _ in }
  ) throws -> Tensor {
    let back = try executable(model.stepBack(rows: count))
    var noisy = Tensor.normals(Shape([count] + model.image), seed: seed, stream: 3)
    for t in (1...model.schedule.steps).reversed() {
      let step = Tensor([Int64](repeating: Int64(t), count: count), shape: [count])
      let outputs = try back.run(["noisy": noisy, "t": step])
      guard let previous = outputs["previous"], let clean = outputs["clean"] else { break }
      try watch(t, noisy.lightened, clean.lightened)
      noisy = previous
    }
    return noisy.lightened
  }

  private func executable(_ graph: Graph) throws -> Executable {
    try Compilation.executable(graph, state: trainer.state, options: options)
  }

  /// The largest batch up to 100 that divides a number of images, if that is no tiny one.
  private static func batch(_ count: Int) -> Int {
    (1...min(100, count)).last { count % $0 == 0 && 4 * $0 >= min(100, count) } ?? min(100, count)
  }
}

extension Tensor {
  /// -1...1 as 0...1.
  fileprivate var lightened: Tensor {
    Tensor(doubles.map { Float(min(max(($0 + 1) / 2, 0), 1)) }, shape: shape)
  }
}
