import GraphIR
import Runtime

/// Pairs of key and value, and keys whose values are asked for: what a dictionary does.
struct LookupTask {
  /// How many different keys and values there are; of a sequence no key occurs twice.
  static let keys = 256
  static let values = 16
  let pairs: Int
  let features: Int
  var queries: Int { min(16, pairs) }

  /// So many sequences with pairs and questions of their own.
  func sequences(_ count: Int, seed: Int) throws -> Dataset {
    var random = SeededRandom(seed: seed)
    var columns: [String: [Int64]] = ["keys": [], "values": [], "query": [], "y": []]
    var numbers = Array(0..<LookupTask.keys)
    for _ in 0..<count {
      random.shuffle(&numbers)
      let values = (0..<pairs).map { _ in random.index(below: LookupTask.values) }
      // Asked for in an order of their own.
      var places = Array(0..<pairs)
      random.shuffle(&places)
      let asked = places.prefix(queries)
      columns["keys"]? += numbers.prefix(pairs).map(Int64.init)
      columns["values"]? += values.map(Int64.init)
      columns["query"]? += asked.map { Int64(numbers[$0]) }
      columns["y"]? += asked.map { Int64(values[$0]) }
    }
    let arrays = columns.sorted { $0.key < $1.key }.map { name, values in
      (name: name, tensor: Tensor(values, shape: [count, values.count / count]))
    }
    return try Dataset(arrays: arrays, source: "pairs")
  }

  /// The share of right answers on new sequences.
  func accuracy(_ form: AttentionForm, _ context: StudyContext, seed: Int) throws -> Double {
    let steps = context.pick(400, quick: 150)
    let train = try sequences(4096, seed: 2 * seed)
    let trainer = try context.train(
      "lookup", on: train, batch: 32, length: .steps(steps), optimizer: .adam(learningRate: 1e-2),
      schedule: .cosine(steps: steps, minimum: 0), seed: seed
    ) { rows in
      try form.lookup(rows: rows, task: self)
    }
    return try trainer.evaluate(sequences(512, seed: 2 * seed + 1)).accuracy ?? .nan
  }
}
