import Foundation
import GraphIR

/// A small U-Net (Ronneberger et al. 2015) that is told a time: convolutions at full size, a detour
/// at half the size, and both together again.
public struct UNet {
  private let time: Sequential
  private let enter: Conv2d
  private let before: Sequential
  private let down: Conv2d
  private let middle: Sequential
  private let up: Conv2d
  private let after: Sequential

  /// Makes the variables of its layers; `width` is the channels at full size, a multiple of 8.
  public init(
    _ builder: GraphBuilder, channels: Int, width: Int,
    initialization: LinearInitialization = .torch
  ) {
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> Linear {
      Linear(
        builder, name, inputs: inputs, outputs: outputs, initialization: initialization)
    }
    func conv(_ name: String, _ inputs: Int, _ outputs: Int, stride: Int = 1) -> Conv2d {
      Conv2d(
        builder, name, channels: inputs, filters: outputs, stride: stride, padding: 1,
        initialization: initialization)
    }
    func norm(_ name: String, _ channels: Int) -> GroupNorm {
      GroupNorm(builder, name, groups: 8, channels: channels)
    }
    let silu = Activation.silu
    time = Sequential(
      linear("t0", 2 * UNet.frequencies.count, 128), silu, linear("t1", 128, 2 * width))
    enter = conv("in", channels, width)
    before = Sequential(norm("g0", width), silu, conv("d0", width, width))
    down = conv("down", width, 2 * width, stride: 2)
    middle = Sequential(
      norm("g1", 2 * width), silu, conv("m0", 2 * width, 2 * width), norm("g2", 2 * width), silu,
      conv("m1", 2 * width, 2 * width))
    up = conv("up", 2 * width, width)
    after = Sequential(
      norm("g3", 2 * width), silu, conv("u0", 2 * width, width), silu,
      conv("out", width, channels))
  }

  /// `x` [batch, channels, height, width], both sizes even, and `t` [batch, 1], the time in 0...1,
  /// give a tensor of the shape of `x`.
  public func apply(_ x: Value, time t: Value) -> Value {
    let embedding = time(t.sinusoids(UNet.frequencies))
    let full = before(enter(x))
    let half = down(full) + embedding.reshape([-1, embedding.shape[1], 1, 1])
    let enlarged = up(middle(half).upsampleNearest(by: 2))
    return after(concat([enlarged, full], axis: 1))
  }

  /// 1000 / 10000^(i/16): waves from 1/160 of a turn to 160 turns over t in 0...1.
  private static let frequencies = (0..<16).map { 1000 * Foundation.pow(10000, -Double($0) / 16) }
}

extension Value {
  /// Vaswani et al. 2017: [batch, 1] as the sines and cosines of its product with each frequency,
  /// [batch, 2 count].
  fileprivate func sinusoids(_ frequencies: [Double]) -> Value {
    let row = Tensor(TensorType(dtype, [1, frequencies.count]), doubles: frequencies)
    let angles = self * builder.constant(row)
    return concat([angles.sin(), angles.cos()], axis: 1)
  }
}
