import GraphIR
import Models

/// Ho et al. 2020: a network that tells the noise in an image, as graphs for so many rows.
struct DiffusionModel {
  let schedule: NoiseSchedule
  /// [channels, height, width].
  let image: [Int]
  let width: Int

  /// The noise after a random number of steps, told from the image with it.
  func training(rows: Int) throws -> Graph {
    let builder = GraphBuilder("ddpm")
    let x = pixels(builder, rows)
    let share = builder.randomUniform(key: builder.randomKey(), shape: [rows])
    let t = (share * Double(schedule.steps)).floor().cast(to: .i64) + 1
    let noise = builder.randomNormal(key: builder.randomKey(), like: x)
    let told = noiseTold(noised(x, noise, t), t)
    builder.output("loss", told.meanSquaredError(noise))
    return try builder.build()
  }

  /// The squared error of the predicted image for steps `t`, i64 [rows], and the prior term in nats.
  func terms(rows: Int) throws -> Graph {
    let builder = GraphBuilder("terms")
    let x = pixels(builder, rows)
    let t = builder.input("t", .i64, [rows])
    let noise = builder.randomNormal(key: builder.randomKey(), like: x)
    let noisy = noised(x, noise, t)
    let clean = cleaned(noisy, noiseTold(noisy, t), t)
    builder.output("error", (clean - x).squared().sum(axes: [1, 2, 3]))
    let left = schedule.kept[schedule.steps]
    let constant = schedule.priorTerm(meanSquare: 0)
    builder.output("prior", (0.5 * left * x.squared() + constant).sum(axes: [1, 2, 3]))
    return try builder.build()
  }

  /// L_0 in nats: a pixel's probability is what a normal distribution around the predicted image
  /// has within the pixel's step of 1/255, and beyond for black and white. In doubles, for tails.
  func decoder(rows: Int) throws -> Graph {
    let builder = GraphBuilder("decoder")
    let x = pixels(builder, rows)
    let t = builder.constant(Tensor([Int64](repeating: 1, count: rows), shape: [rows]))
    let noise = builder.randomNormal(key: builder.randomKey(), like: x)
    let noisy = noised(x, noise, t)
    let clean = cleaned(noisy, noiseTold(noisy, t), t).cast(to: .f64)
    let level = x.cast(to: .f64)
    let scale = (2 * schedule.posteriorVariance(2)).squareRoot()
    let upper = (((level - clean) + 1 / 255.0) / scale).erf()
    let lower = (((level - clean) - 1 / 255.0) / scale).erf()
    let one = builder.constant(1, .f64)
    let inside =
      (level .> 0.999).select(one, upper) - (level .< -0.999).select(-one, lower)
    let nats = -(0.5 * inside).maximum(builder.constant(1e-12, .f64)).log()
    builder.output("nats", nats.sum(axes: [1, 2, 3]))
    return try builder.build()
  }

  /// One step back: `previous`, x_(t-1), and `clean`, the predicted image, from `noisy`, x_t.
  func stepBack(rows: Int) throws -> Graph {
    let builder = GraphBuilder("step back")
    let noisy = builder.input("noisy", .f32, Shape([rows] + image))
    let t = builder.input("t", .i64, [rows])
    let clean = cleaned(noisy, noiseTold(noisy, t), t)
    let mean = entry(schedule.toClean, t) * clean + entry(schedule.toNoisy, t) * noisy
    let noise = builder.randomNormal(key: builder.randomKey(), like: noisy)
    builder.output("previous", mean + entry(schedule.deviation, t) * noise)
    builder.output("clean", clean)
    return try builder.build()
  }

  /// Pixels in -1...1.
  private func pixels(_ builder: GraphBuilder, _ rows: Int) -> Value {
    2 * builder.input("x", .f32, Shape([rows] + image)) - 1
  }

  private func noised(_ x: Value, _ noise: Value, _ t: Value) -> Value {
    entry(schedule.signal, t) * x + entry(schedule.noise, t) * noise
  }

  private func noiseTold(_ noisy: Value, _ t: Value) -> Value {
    let network = UNet(noisy.builder, channels: image[0], width: width)
    let time = t.cast(to: .f32) / Double(schedule.steps)
    return network.apply(noisy, time: time.reshape([-1, 1]))
  }

  private func cleaned(_ noisy: Value, _ noise: Value, _ t: Value) -> Value {
    ((noisy - entry(schedule.noise, t) * noise) / entry(schedule.signal, t)).clamp(-1, 1)
  }

  /// The entry of a table for each row's step, to be multiplied with images.
  private func entry(_ table: [Double], _ t: Value) -> Value {
    let values = Tensor(table.map { Float($0) }, shape: [table.count])
    return t.builder.constant(values).gather(t).reshape([-1, 1, 1, 1])
  }
}
