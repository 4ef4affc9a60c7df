import GraphIR

// Determinants, and the few operators of classical machine learning.

extension OperatorTable {
  static let mathematicsOperators: [Operator] = [
    Operator("Det", tensor: determinant),
    Operator(
      "TfIdfVectorizer",
      [
        "max_gram_length", "max_skip_count", "min_gram_length", "mode", "ngram_counts",
        "ngram_indexes", "pool_int64s", "pool_strings", "weights",
      ], tensor: termFrequencies),
    Operator(
      "ArrayFeatureExtractor", domain: "ai.onnx.ml",
      tensor: { node in
        let x = try node.value(0)
        let rows = x.shape.rank == 1 ? x.expandDims(0) : x
        let places = try node.value(1)
        return try node.like(0, rows.gather(places.reshape([places.shape.count]), axis: -1))
      }),
    Operator(
      "Binarizer", ["threshold"], domain: "ai.onnx.ml",
      tensor: { node in
        let x = try node.value(0)
        return try node.like(0, (x .> node.float("threshold", default: 0)).cast(to: x.dtype))
      }),
    Operator(
      "TreeEnsemble",
      [
        "aggregate_function", "leaf_targetids", "leaf_weights", "membership_values", "n_targets",
        "nodes_falseleafs", "nodes_falsenodeids", "nodes_featureids", "nodes_hitrates",
        "nodes_missing_value_tracks_true", "nodes_modes", "nodes_splits", "nodes_trueleafs",
        "nodes_truenodeids", "post_transform", "tree_roots",
      ], domain: "ai.onnx.ml", tensor: { node in try TreeEnsemble(node).result() }),
  ]

  /// By elimination, row by row, with the largest element of the column as the pivot.
  private static func determinant(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    let rank = x.shape.rank
    guard rank >= 2, x.shape[rank - 1] == x.shape[rank - 2] else {
      throw node.wrong("\(x.type) holds no square matrices")
    }
    let size = x.shape[rank - 1]
    guard size <= 64 else { throw UnsupportedUse("determinants of \(size) rows are not supported") }
    let batch = Shape(Array(x.shape.dims.dropLast(2)))
    var rest = x
    var result = node.filled(1, x.dtype, batch)
    for step in 0..<size {
      let column = rest[axis: -1, 0]
      let best = column.abs().argmax(axis: -1, keepDims: true)
      // [batch, rows, 1], true in the pivot's row.
      let places = node.builder.iota(.i64, [size - step])
      let isPivot = (places .== best).expandDims(-1)
      let zero = rest.constant(0)
      let row = isPivot.select(rest, zero).sum(axes: [-2], keepDims: true)
      let pivot = row[axis: -1, 0..<1]
      let isMoved = (best .> 0).squeeze(-1)
      let factor = pivot.reshape(batch)
      result = result * isMoved.select(-factor, factor)
      guard step < size - 1 else { break }
      // The first row takes the pivot's place.
      let others = isPivot.select(rest[axis: -2, 0..<1], rest)[axis: -2, 1..<size - step]
      let safe = (pivot .== 0).select(pivot.constant(1), pivot)
      let eliminated = others - others[axis: -1, 0..<1] / safe * row
      rest = eliminated[axis: -1, 1..<size - step]
    }
    return try node.like(0, result)
  }

  /// How often sequences of integers have each of a pool of n-grams.
  private static func termFrequencies(_ node: OperatorContext) throws -> ImportedTensor {
    guard let pool = node.ints("pool_int64s"), node.strings("pool_strings") ?? [] == [] else {
      throw UnsupportedUse("strings are not supported")
    }
    let (starts, columns) = (
      try node.requiredInts("ngram_counts"), try node.requiredInts("ngram_indexes")
    )
    let lengths =
      node.int(
        "min_gram_length", default: 1)...max(
        node.int("min_gram_length", default: 1), node.int("max_gram_length", default: 1))
    let skips = node.int("max_skip_count", default: 0)
    let x = try node.value(0)
    guard (1...2).contains(x.shape.rank), (0...64).contains(skips), lengths.lowerBound >= 1,
      columns.allSatisfy((0..<1 << 20).contains), starts.allSatisfy((0...pool.count).contains)
    else { throw node.wrong("its attributes do not fit \(x.type)") }
    let rows = (x.shape.rank == 1 ? x.expandDims(0) : x).cast(to: .i64)
    let width = (columns.max() ?? -1) + 1
    var counts = node.filled(0, .f32, [rows.shape[0], width])
    var first = 0
    for (index, start) in starts.enumerated() {
      let length = index + 1
      let end = index + 1 < starts.count ? starts[index + 1] : pool.count
      guard end >= start else { throw node.wrong("'ngram_counts' must ascend") }
      let grams = (end - start) / length
      defer { first += grams }
      guard lengths.contains(length), grams > 0 else { continue }
      guard first + grams <= columns.count else { throw node.wrong("'ngram_indexes' is too short") }
      var places = [Double](repeating: 0, count: grams * width)
      for gram in 0..<grams { places[gram * width + columns[first + gram]] = 1 }
      let matrix = node.builder.constant(
        Tensor(TensorType(.f32, [grams, width]), doubles: places))
      // Skips make no difference to single items.
      for step in 1...(length == 1 ? 1 : skips + 1) {
        let windows = rows.shape[1] - step * (length - 1)
        guard windows > 0 else { break }
        var matches: Value?
        for place in 0..<length {
          let items = rows.slice(1, from: place * step, to: place * step + windows).expandDims(-1)
          let wanted = node.constant((0..<grams).map { pool[start + $0 * length + place] })
          let equal = items .== wanted
          matches = matches.map { $0 .& equal } ?? equal
        }
        guard let matches else { continue }
        counts = counts + matches.cast(to: .f32).sum(axes: [1]).matmul(matrix)
      }
    }
    let weights = node.floats("weights").flatMap { $0.isEmpty ? nil : $0 }
    guard weights.map({ $0.count == width }) ?? true else {
      throw node.wrong("'weights' must have \(width) numbers")
    }
    let mode = node.string("mode") ?? "TF"
    if mode == "IDF" { counts = (counts .> 0).cast(to: .f32) }
    if mode != "TF", let weights { counts = counts * counts.along(1, weights) }
    return ImportedTensor(x.shape.rank == 1 ? counts.reshape([width]) : counts)
  }
}
