extension OpTable {
  /// Every type that declares ops. A new op is added here and nowhere else.
  static let families: [any Op.Type] = [
    Input.self, Variable.self, Constant.self, Elementwise.self, Cast.self,
    MatMul.self, Convolution.self, Reduce.self, ArgReduce.self, CumSum.self,
    ArgSort.self, LinearScan.self,
    MaxPool.self, MaxPoolGradient.self, SumPool.self, Repeat.self,
    Reshape.self, Transpose.self, Broadcast.self, StridedSlice.self, Recompute.self,
    Concat.self, Pad.self, Gather.self, ScatterAdd.self, Scatter.self, Iota.self, Random.self,
    Attention.self, AttentionGradient.self, Normalize.self, NormalizeGradient.self,
  ]
}
