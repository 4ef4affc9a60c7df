extension CompositeSample {
  static let images = convolutions + pools + norms + enlargements

  private static let convolutions: [CompositeSample] = {
    let x = OpSample.Operand(.f32, [2, 4, 5, 6])
    let w = OpSample.Operand(.f32, [3, 4, 3, 2], in: -1...1)
    let halved = OpSample.Operand(.f32, [6, 2, 2, 2], in: -1...1)
    let adjoint = OpSample.Operand(.f64, [4, 3, 3, 3], in: -1...1)
    let line = OpSample.Operand(.f64, [2, 3, 9])
    return [
      CompositeSample("conv1d", [line, .init(.f64, [4, 3, 3]), .init(.f64, [4])]) {
        $0[0].conv1d($0[1], bias: $0[2], stride: 2, padding: 1)
      },
      CompositeSample("conv2d", [x, w, .init(.f32, [3])]) { $0[0].conv2d($0[1], bias: $0[2]) },
      CompositeSample("conv2d padded", [x, w]) { $0[0].conv2d($0[1], stride: 2, padding: 2) },
      CompositeSample("conv2d in groups", [x, halved]) {
        $0[0].conv2d($0[1], padding: 1, dilation: 2, groups: 2)
      },
      CompositeSample("convolution cut", [x, w]) {
        let cut = ConvolutionAxis(low: -1, high: 2)
        return $0[0].convolution($0[1], axes: [cut, ConvolutionAxis(stride: 3, low: 2, high: -1)])
      },
      CompositeSample("convTranspose1d", [line, .init(.f64, [3, 2, 4]), .init(.f64, [2])]) {
        $0[0].convTranspose1d($0[1], bias: $0[2], stride: 3, padding: 1, outputPadding: 1)
      },
      CompositeSample("convTranspose2d", [.init(.f64, [2, 4, 3, 3]), adjoint]) {
        $0[0].convTranspose2d($0[1], stride: 2, padding: 1, outputPadding: 1)
      },
      CompositeSample("convTranspose2d in groups", [.init(.f64, [2, 4, 3, 3]), adjoint]) {
        $0[0].convTranspose2d($0[1], dilation: 2, groups: 2)
      },
    ]
  }()

  private static let pools: [CompositeSample] = {
    let x = OpSample.Operand(.f32, [2, 3, 7, 8])
    return [
      CompositeSample("maxPool2d", [x]) { $0[0].maxPool2d(2) },
      CompositeSample("maxPool2d padded", [x]) {
        $0[0].maxPool2d(3, stride: 2, padding: 1)
      },
      CompositeSample("maxPool2d of relu", [x]) { $0[0].relu().maxPool2d(2) },
      CompositeSample("averagePool2d", [x]) { $0[0].averagePool2d(3, stride: 2, padding: 1) },
      CompositeSample("averagePool2d of what is there", [x]) {
        $0[0].averagePool2d(3, stride: 2, padding: 1, countsPadding: false)
      },
      CompositeSample("adaptiveAveragePool", [x]) { $0[0].adaptiveAveragePool([3, 4]) },
      CompositeSample("adaptiveAveragePool to 1", [x]) { $0[0].adaptiveAveragePool([1, 1]) },
      CompositeSample("adaptiveMaxPool", [x]) { $0[0].adaptiveMaxPool([3, 2]) },
      CompositeSample("globalAveragePool", [x]) { $0[0].globalAveragePool() },
      CompositeSample("globalMaxPool", [x]) { $0[0].globalMaxPool() },
    ]
  }()

  private static let norms: [CompositeSample] = {
    let x = OpSample.Operand(.f32, [3, 4, 2, 3])
    let channels = OpSample.Operand(.f32, [4])
    let variance = OpSample.Operand(.f32, [4], in: 0.5...2)
    return [
      CompositeSample("groupNorm", [x, channels, channels]) {
        $0[0].groupNorm(groups: 2, gain: $0[1], bias: $0[2])
      },
      CompositeSample("groupNorm without gain", [.init(.f64, [2, 6])]) {
        $0[0].groupNorm(groups: 3)
      },
      CompositeSample("batchNorm", [x, channels, channels]) {
        $0[0].batchNorm(gain: $0[1], bias: $0[2]).value
      },
      CompositeSample("batchNorm variance", [x]) { $0[0].batchNorm().variance },
      CompositeSample("batchNorm evaluated", [x, channels, variance]) {
        $0[0].batchNorm(mean: $0[1], variance: $0[2])
      },
    ]
  }()

  private static let enlargements: [CompositeSample] = {
    let x = OpSample.Operand(.f32, [2, 3, 4, 5])
    return [
      CompositeSample("upsampleNearest", [x]) { $0[0].upsampleNearest(by: 2) },
      CompositeSample("upsampleLinear", [x]) { $0[0].upsampleLinear(to: [7, 3]) },
      CompositeSample("upsampleLinear aligned", [x]) {
        $0[0].upsampleLinear(to: [8, 5], alignCorners: true)
      },
    ]
  }()
}
