import GraphIR
import Testing

/// Builder methods: the shapes they give, and where their mistakes are placed.
@Suite struct OpsBuilderTests {
  static let ones = Tensor([Float](repeating: 1, count: 4), shape: [4])

  static let shapes: [(String, @Sendable (Value) -> Value, Shape)] = [
    ("sum", { $0.sum() }, []), ("sum -1", { $0.sum(axes: [-1]) }, [2, 3]),
    ("mean kept", { $0.mean(axes: [-1, 0], keepDims: true) }, [1, 3, 1]),
    ("argmax", { $0.argmax(axis: -2) }, [2, 4]),
    ("reshape", { $0.reshape([4, -1]) }, [4, 6]), ("flatten", { $0.flatten() }, [2, 12]),
    ("flatten 0", { $0.flatten(from: 0) }, [24]),
    ("flatten end", { $0.flatten(from: 3) }, [2, 3, 4, 1]),
    ("transpose", { $0.transpose([-1, 0, 1]) }, [4, 2, 3]),
    ("transposed", { $0.transposed() }, [2, 4, 3]),
    ("swapAxes", { $0.swapAxes(0, -1) }, [4, 3, 2]),
    ("broadcast", { $0.broadcast(to: [5, 2, 3, 4]) }, [5, 2, 3, 4]),
    ("slice", { $0.slice(-1, from: 1, step: 2) }, [2, 3, 2]),
    ("subscript", { $0[axis: 1, 1..<3] }, [2, 2, 4]), ("element", { $0[axis: 1, -1] }, [2, 4]),
    ("flip", { $0.flip(0) }, [2, 3, 4]), ("expandDims", { $0.expandDims(-1) }, [2, 3, 4, 1]),
    ("expandDims 0", { $0.expandDims(0) }, [1, 2, 3, 4]),
    ("squeeze", { $0.expandDims(0).squeeze(0) }, [2, 3, 4]),
    ("squeeze all", { $0.expandDims(1).expandDims(0).squeeze() }, [2, 3, 4]),
    ("concat", { concat([$0, $0], axis: -1) }, [2, 3, 8]),
    ("stack", { stack([$0, $0]) }, [2, 2, 3, 4]),
    ("stack end", { stack([$0, $0], axis: -1) }, [2, 3, 4, 2]),
    ("split", { $0.split(parts: 2, axis: -1)[1] }, [2, 3, 2]),
    ("pad", { $0.pad(low: [1, 0, 0], high: [0, 0, 2]) }, [3, 3, 6]),
    ("matmul", { $0.matmul($0, transposeB: true) }, [2, 3, 3]),
    ("matmul vector", { $0.matmul($0.builder.constant(ones)) }, [2, 3]),
    ("cumsum", { $0.cumsum(-1) }, [2, 3, 4]), ("softmax", { $0.softmax() }, [2, 3, 4]),
  ]

  @Test(arguments: shapes.indices) func shape(_ index: Int) throws {
    let (name, body, expected) = Self.shapes[index]
    let builder = GraphBuilder("shapes")
    let result = body(builder.input("x", .f32, [2, 3, 4]))
    _ = try builder.build()
    #expect(result.shape == expected, "\(name)")
  }

  static let mistakes: [(String, @Sendable (Value) -> Value)] = [
    ("sum: axis 3 is not an axis of shape [2, 3]", { $0.sum(axes: [3]) }),
    ("sum: axis -1 is not an axis of shape [2, 3]", { $0.sum(axes: [-3]) }),
    ("matmul: inner sizes differ: f32[2, 3] x f32[2, 3]", { $0.matmul($0) }),
    ("flatten: f32[2, 3] has no axis 4", { $0.flatten(from: 4) }),
    ("expandDims: f32[2, 3] has no place for an axis at 4", { $0.expandDims(4) }),
    ("squeeze: axis 0 of f32[2, 3] is not of size 1", { $0.squeeze(0) }),
    ("squeeze: axis 5 is not an axis of", { $0.squeeze(5) }),
    ("swapAxes: axis 2 is not an axis of", { $0.swapAxes(0, 2) }),
    ("subscript: f32[2, 3] has no element 3 on axis 1", { $0[axis: 1, 3] }),
    (
      "split: sizes [1, 1] do not fill axis 1 of f32[2, 3]",
      { $0.split(sizes: [1, 1], axis: 1)[0] }
    ),
    ("split: axis 1 of f32[2, 3] has no 2 equal parts", { $0.split(parts: 2, axis: 1)[1] }),
    ("dropout: rate 1.0 is not in 0..<1", { $0.dropout(1, key: $0) }),
    ("dropout: rate nan is not in 0..<1", { $0.dropout(.nan, key: $0) }),
    ("crossEntropy: labels f32[2, 3] for logits f32[2, 3]", { $0.crossEntropy(labels: $0) }),
    ("random_uniform: the key must be i64[2], not f32[2, 3]", { $0.dropout(0.5, key: $0) }),
    ("takeAlongAxis: axis 2 is not an axis of", { $0.takeAlongAxis($0, axis: 2) }),
    ("reduce_max: axis 9 is not an axis of shape [2, 3]", { $0.softmax(axis: 9) }),
  ]

  /// The message names what does not fit, and the place is the line of this file.
  @Test(arguments: mistakes.indices) func mistake(_ index: Int) throws {
    let (message, body) = Self.mistakes[index]
    let builder = GraphBuilder("mistakes")
    let result = body(builder.input("x", .f32, [2, 3]))
    #expect(!result.isValid)
    let failure = try #require(builder.failure)
    #expect(failure.message.hasPrefix(message), "\(failure.message)")
    #expect(failure.location?.file.hasSuffix("OpsBuilderTests.swift") == true, "\(failure)")
  }

  /// What follows a mistake neither traps nor hides it.
  @Test(arguments: shapes.indices) func poison(_ index: Int) {
    let builder = GraphBuilder("poison")
    let mistake = builder.input("x", .f32, [2, 3]).sum(axes: [7])
    let failure = builder.failure
    #expect(!Self.shapes[index].1(mistake).isValid)
    #expect(builder.failure == failure)
  }

  /// Reshapes that keep the first axis do not name its size, so that another batch fits.
  @Test func reshapesLeaveTheBatchOpen() throws {
    let builder = GraphBuilder("batch")
    let x = builder.input("x", .f32, [8, 3, 4])
    _ = x.flatten().expandDims(-1).squeeze(-1).expandDims(0)
    let targets = try builder.build().nodes.compactMap { ($0.op as? Reshape)?.shape }
    #expect(targets == [[-1, 12], [-1, 12, 1], [-1, 12], [1, -1, 12]])
  }

  @Test func randomStreamsCountUp() throws {
    let builder = GraphBuilder("streams")
    let key = builder.input("key", .i64, [2])
    let x = builder.input("x", .f32, [4])
    let first = builder.randomNormal(key: key, like: x)
    _ = x.dropout(0.5, key: key)
    _ = builder.randomUniform(key: key, shape: [3], stream: 9)
    _ = builder.randomUniform(key: key, shape: [3])
    #expect(first.shape == [4])
    let streams = try builder.build().nodes.compactMap { ($0.op as? Random)?.stream }
    #expect(streams == [0, 1, 9, 10])
  }
}
