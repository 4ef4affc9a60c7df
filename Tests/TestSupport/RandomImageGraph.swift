import GraphIR

/// Small networks of convolutions, pools, norms, pads and joins, drawn from a seed, with the
/// gradients of their weights. Values stay between -1 and 1.
public struct RandomImageGraph {
  private var random: SplitMix64
  private let builder: GraphBuilder
  private var inputs: [String: Tensor] = [:]
  private var weights: [Value] = []
  /// [batch, channels, height, width] each.
  private var images: [Value] = []
  /// What there are to choose from, for the input and for a group's filters.
  private let channels: [Int]
  private let filters: [Int]

  /// The graph of a seed, and inputs for it. Where it is wide, with so many channels that
  /// convolutions take other kernels.
  public static func draw(seed: Int, isWide: Bool = false) throws -> (Graph, [String: Tensor]) {
    var drawing = RandomImageGraph(seed: seed, isWide: isWide)
    return (try drawing.build(), drawing.inputs)
  }

  private init(seed: Int, isWide: Bool) {
    channels = isWide ? [1, 3, 16, 20, 33] : [1, 2, 3, 5, 8]
    filters = isWide ? [3, 16, 18, 36] : [1, 3, 4, 9]
    random = SplitMix64(seed: UInt64(seed))
    builder = GraphBuilder("images \(seed)")
  }

  private mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

  private mutating func input(_ shape: Shape) -> Value {
    let name = "x\(inputs.count)"
    let elements = (0..<shape.count).map { _ in Float(random.unit() * 2 - 1) }
    inputs[name] = Tensor(elements, shape: shape)
    return builder.input(name, .f32, shape)
  }

  private mutating func weight(_ shape: Shape) -> Value {
    weights.append(input(shape))
    return weights[weights.count - 1]
  }

  private mutating func build() throws -> Graph {
    let side = 5 + below(7)
    images.append(input([1 + below(3), channels[below(5)], side, side + below(3)]))
    for _ in 0..<4 + below(5) { step() }
    let last = images[images.count - 1]
    let scores = last.flatten() - last.flatten().mean(axes: [1], keepDims: true)
    let loss = scores.squared().mean()
    builder.output("y", last)
    builder.output("loss", loss)
    for (place, gradient) in builder.gradients(of: loss, withRespectTo: weights).enumerated() {
      builder.output("g\(place)", gradient)
    }
    return try builder.build()
  }

  private mutating func step() {
    let x = images[below(3) == 0 ? below(images.count) : images.count - 1]
    let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
    let isLarge = min(height, width) >= 4
    switch below(12) {
    case 0...3: images.append(convolved(x))
    case 4 where isLarge: images.append(x.maxPool2d(2, padding: below(2)))
    case 5 where isLarge: images.append(x.averagePool2d(3, stride: 1 + below(2)))
    case 6:
      let y = images.last { $0.shape.dims.dropFirst(2) == x.shape.dims.dropFirst(2) } ?? x
      if x.shape[1] + y.shape[1] <= 2 * self.channels[4] { images.append(concat([x, y], axis: 1)) }
    case 7: images.append(x.groupNorm(groups: channels % 2 == 0 ? 2 : 1).tanh())
    case 8:
      let (gain, bias) = (weight([channels]), weight([channels]))
      images.append(x.batchNorm(gain: gain, bias: bias).value.tanh())
    case 9: images.append(x.pad(low: [0, 0, 1, below(2)], high: [0, 0, 0, 1]))
    case 10 where max(height, width) <= 8: images.append(x.upsampleNearest(by: 2))
    case 11: images.append(x.transpose([0, 1, 3, 2]).exp() * 0.3)
    default:
      let y = images.last { $0.shape == x.shape } ?? x
      images.append((x + y * 0.5).tanh())
    }
  }

  private mutating func convolved(_ x: Value) -> Value {
    let channels = x.shape[1]
    let groups = channels % 2 == 0 && below(3) == 0 ? 2 : 1
    let filters = groups * self.filters[below(4)]
    let size = min(1 + below(3), x.shape[2], x.shape[3])
    let w = weight([filters, channels / groups, size, size])
    let bias = weight([filters])
    let y = x.conv2d(
      w * 0.5, bias: bias, stride: 1 + below(2), padding: below(size), groups: groups)
    return y.tanh()
  }
}
