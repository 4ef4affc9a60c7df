import Codegen
import GraphIR
import Runtime
import TestSupport
import Testing

/// Products and convolutions of every form that a plan can take, compiled for every instruction
/// set, against the interpreter.
@Suite struct ProductTests {
  /// Axes of a product by letter, as einsum has them: "bik,bkj->ijb".
  struct Form: Sendable, CustomTestStringConvertible {
    let a: String
    let b: String
    let result: String
    let sizes: [Character: Int]
    var dtype = DType.f32
    var testDescription: String {
      "\(a),\(b)->\(result) of \(sizes.sorted { $0.key < $1.key }), \(dtype)"
    }

    init(_ form: String, _ sizes: [Character: Int], _ dtype: DType = .f32) {
      let sides = form.split(separator: ">")
      let operands = sides[0].dropLast().split(separator: ",")
      (a, b, result) = (String(operands[0]), String(operands[1]), String(sides[1]))
      self.sizes = sizes
      self.dtype = dtype
    }
  }

  static let forms: [Form] = [
    // Batch in front, between and behind; results in any order.
    Form("bik,bkj->bij", ["b": 3, "i": 17, "j": 33, "k": 19]),
    Form("ibk,kbj->ibj", ["b": 5, "i": 7, "j": 11, "k": 13]),
    Form("ibk,jbk->bij", ["b": 2, "i": 37, "j": 41, "k": 29]),
    Form("ikb,kjb->ijb", ["b": 3, "i": 5, "j": 7, "k": 11]),
    Form("bik,bkj->jbi", ["b": 3, "i": 17, "j": 33, "k": 19]),
    Form("bik,bkj->jib", ["b": 3, "i": 17, "j": 33, "k": 19]),
    Form("bcik,bckj->cibj", ["b": 2, "c": 3, "i": 5, "j": 17, "k": 7]),
    Form("ki,kj->ji", ["i": 67, "j": 131, "k": 31]),
    // Primes larger than any tile, one row, one column, one of each.
    Form("ik,kj->ij", ["i": 131, "j": 257, "k": 67]),
    Form("ik,kj->ij", ["i": 1, "j": 257, "k": 67]),
    Form("ik,kj->ij", ["i": 131, "j": 1, "k": 67]),
    Form("ik,kj->ij", ["i": 1, "j": 1, "k": 997]),
    Form("bik,bkj->bij", ["b": 7, "i": 1, "j": 1, "k": 31]),
    Form("ki,jk->ij", ["i": 1, "j": 97, "k": 53]),
    Form("ik,jk->ij", ["i": 53, "j": 1, "k": 97]),
    // Depths of none, one and more than a panel holds.
    Form("ik,kj->ij", ["i": 5, "j": 7, "k": 0]),
    Form("ik,kj->ij", ["i": 0, "j": 7, "k": 3]),
    Form("ik,kj->ij", ["i": 37, "j": 41, "k": 1]),
    Form("ik,kj->ij", ["i": 19, "j": 35, "k": 4099]),
    Form("ki,kj->ij", ["i": 33, "j": 17, "k": 8209]),
    Form("ki,kj->ij", ["i": 1, "j": 1, "k": 8209]),
    Form("ik,kj->ij", ["i": 37, "j": 41, "k": 43], .f64),
    Form("ibk,kbj->jbi", ["b": 3, "i": 17, "j": 19, "k": 23], .f64),
    Form("ki,kj->ij", ["i": 5, "j": 7, "k": 4099], .f64),
    // Rows of the left side a multiple of 4 KB apart.
    Form("ik,kj->ij", ["i": 131, "j": 97, "k": 1024]),
    Form("ik,jk->ij", ["i": 67, "j": 300, "k": 3072]),
    Form("ik,kj->ij", ["i": 37, "j": 41, "k": 1024], .f64),
  ]

  /// Rows that lie a multiple of 4 KB apart are copied before the product, also where the sum is no
  /// multiple of a piece.
  @Test func crowdedRowsAreCopied() throws {
    let builder = GraphBuilder("crowded")
    let x = builder.input("x", .f32, [131, 1024])
    let y = builder.input("y", .f32, [701, 97])
    builder.output("z", x.slice(1, from: 5, to: 706).matmul(y).relu())
    let graph = try builder.build()
    #expect(try CompiledRun(graph).program.source.contains("dlc_copy_32(rows, k0 + 512 > 701"))
    try CompiledCheck.expect(graph, CompiledCheck.inputs(graph, seed: 4), "crowded")
  }

  /// Where the left side is transposed, pieces of the sum and blocks of rows are as large as the
  /// second-level cache allows; while one is multiplied, what the next one needs is asked for. The
  /// bits stay.
  @Test func piecesFollowTheCache() throws {
    let builder = GraphBuilder("pieces")
    let x = builder.input("x", .f32, [1000, 384])
    let y = builder.input("y", .f32, [1000, 170])
    builder.output("z", x.transpose([1, 0]).matmul(y))
    let graph = try builder.build()
    let inputs = CompiledCheck.inputs(graph, seed: 5)
    try CompiledCheck.expect(graph, inputs, "pieces")
    for set in Machine.InstructionSet.available {
      func run(_ cache: Int, threads: Int) throws -> CompiledRun {
        let own = set.target
        let target = Target(
          name: own.name, tile32: own.tile32, tile64: own.tile64, secondCache: cache)
        return try CompiledRun(graph, threads: threads, instructionSet: set, target: target)
      }
      let (small, large) = (try run(1 << 20, threads: 2), try run(2 << 20, threads: 2))
      #expect(small.program.source.contains("k0 < 1000; k0 += 250"))
      #expect(large.program.source.contains("k0 < 1000; k0 += 125"))
      #expect(large.program.source.contains("following.regions = 2"))
      let result = try small.executable.run(inputs)
      #expect(try large.executable.run(inputs) == result, "\(set.name)")
      #expect(try run(4 << 20, threads: 3).executable.run(inputs) == result, "\(set.name)")
    }
  }

  /// Products that a matrix unit would take, on any machine: rows and columns that are no multiples
  /// of a unit, each side transposed, batches, and what follows on the tiles.
  @Test(arguments: [
    Form("ik,kj->ij", ["i": 500, "j": 250, "k": 288]),
    Form("ki,kj->ij", ["i": 512, "j": 500, "k": 287]),
    Form("ik,jk->ij", ["i": 510, "j": 512, "k": 288]),
    Form("bik,bkj->bij", ["b": 2, "i": 256, "j": 250, "k": 288]),
    Form("ibk,bkj->ibj", ["b": 2, "i": 256, "j": 256, "k": 287]),
  ]) func onAMatrixUnit(_ form: Form) throws {
    let graph = try graph(form)
    let inputs = CompiledCheck.inputs(graph, seed: 3)
    var interpreter = try Interpreter(graph)
    let wanted = try interpreter.run(inputs: inputs)
    for set in Machine.InstructionSet.available {
      let own = set.target
      var results: [[String: Tensor]] = []
      for (threads, cores) in [(1, 1), (2, 2), (3, 2)] {
        let target = Target(
          name: own.name, tile32: own.tile32, tile64: own.tile64, secondCache: own.secondCache,
          hasMatrixUnit: true, cores: cores)
        let run = try CompiledRun(graph, threads: threads, instructionSet: set, target: target)
        let isSplit = run.program.source.contains("dlc_brgemm_bf16x3_f32(&")
        #expect(isSplit, "\(set.name)")
        results.append(try run.executable.run(inputs))
      }
      // Neither threads nor the size of units change a bit.
      #expect(results[0] == results[1] && results[0] == results[2], "\(set.name)")
      for (name, value) in wanted {
        let result = try #require(results[0][name])
        let comparison = Comparison(result, value.values)
        #expect(comparison.relative <= 4e-6, "\(set.name), \(name): \(comparison)")
      }
    }
  }

  /// Small products, and those of f64, stay with vectors.
  @Test(arguments: [
    Form("ik,kj->ij", ["i": 7, "j": 512, "k": 784]),
    Form("ik,kj->ij", ["i": 1, "j": 1, "k": 4096]),
    Form("ik,kj->ij", ["i": 0, "j": 256, "k": 256]),
    Form("ik,kj->ij", ["i": 256, "j": 256, "k": 0]),
    Form("ik,kj->ij", ["i": 512, "j": 512, "k": 512], .f64),
  ]) func notOnAMatrixUnit(_ form: Form) throws {
    let own = Machine.InstructionSet.current.target
    let target = Target(
      name: own.name, tile32: own.tile32, tile64: own.tile64, hasMatrixUnit: true, cores: 2)
    let run = try CompiledRun(try graph(form), target: target)
    let isSplit = run.program.source.contains("dlc_brgemm_bf16x3_f32(&")
    #expect(!isSplit)
  }

  @Test(arguments: forms) func products(_ form: Form) throws {
    let graph = try graph(form)
    // Sums of k terms may cancel; their rounding grows as the root of k.
    let depth = Double(form.sizes["k"] ?? 1)
    try CompiledCheck.expect(
      graph, CompiledCheck.inputs(graph, seed: 1), form.testDescription,
      relative: 2e-6 + 5e-8 * depth.squareRoot())
  }

  /// The product through matmul, its operands and its result turned; and again with what a tile's
  /// program does behind it.
  private func graph(_ form: Form) throws -> Graph {
    let builder = GraphBuilder("product")
    func input(_ name: String, _ axes: String) -> Value {
      builder.input(name, form.dtype, Shape(axes.map { form.sizes[$0] ?? 0 }))
    }
    func order(_ from: String, _ to: String) -> [Int] {
      to.map { axis in Array(from).firstIndex(of: axis) ?? 0 }
    }
    let batch = form.a.filter { form.b.contains($0) && form.result.contains($0) }
    let a = input("a", form.a).transpose(order(form.a, batch + "ik"))
    let b = input("b", form.b).transpose(order(form.b, batch + "kj"))
    let product = a.matmul(b).transpose(order(batch + "ij", form.result))
    let bias = input("bias", String(form.result.suffix(1)))
    let residual = input("residual", form.result)
    builder.output("plain", product)
    builder.output("biased", (product + bias).relu())
    builder.output("added", (product + residual) * residual.tanh())
    builder.output("sums", (product * residual).sum(axes: [0]))
    return try builder.build()
  }

  /// Convolutions over one to three axes with both gradients, sizes drawn from a seed.
  @Test(arguments: 0..<40) func convolutions(_ seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    func pick(_ choices: [Int]) -> Int { choices[Int(random.next() % UInt64(choices.count))] }
    let axes = 1 + seed % 3
    let sizes = (0..<axes).map { _ in pick([1, 2, 3]) }
    let strides = (0..<axes).map { _ in pick([1, 1, 2, 3]) }
    let dilations = (0..<axes).map { _ in pick([1, 1, 2]) }
    let image = (0..<axes).map { axis in
      dilations[axis] * (sizes[axis] - 1) + pick(axes == 3 ? [1, 3, 4] : [1, 4, 7, 13])
    }
    let (groups, channels, filters) = (pick([1, 1, 2, 3]), pick([1, 3, 8]), pick([1, 5, 16]))
    let dtype: DType = seed % 4 == 3 ? .f64 : .f32
    let builder = GraphBuilder("convolution")
    let x = builder.input("x", dtype, Shape([pick([1, 2, 5]), groups, channels] + image))
    let w = builder.input("w", dtype, Shape([groups, filters, channels] + sizes))
    let y = x.convolve(w, strides: strides, dilations: dilations)
    let loss = y.squared().mean()
    let gradients = builder.gradients(of: loss, withRespectTo: [x, w])
    builder.output("y", y)
    builder.output("gx", gradients[0])
    builder.output("gw", gradients[1])
    let graph = try builder.build()
    try CompiledCheck.expect(
      graph, CompiledCheck.inputs(graph, seed: seed),
      "seed \(seed): \(x.type) by \(w.type), strides \(strides), dilations \(dilations)")
  }

  /// Gradients that a norm makes cancel keep a few 1e-7 of the terms, which are of order 1.
  @Test(arguments: 0..<24) func networksOfImages(_ seed: Int) throws {
    let (graph, inputs) = try RandomImageGraph.draw(seed: seed)
    try CompiledCheck.expect(graph, inputs, "seed \(seed)", relative: 5e-5, floor: 2e-6)
  }

  /// The same with more channels, and with channels last, as Winograd's kernels need them.
  @Test(arguments: 0..<24) func wideNetworksOfImages(_ seed: Int) throws {
    let (graph, inputs) = try RandomImageGraph.draw(seed: seed, isWide: true)
    let optimized = Pipeline.standard.run(graph)
    try CompiledCheck.expect(optimized, inputs, "seed \(seed)", relative: 5e-5, floor: 2e-6)
  }
}
