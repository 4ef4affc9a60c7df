extension CompositeSample {
  static let indexed: [CompositeSample] = along + slices + ordered + products

  private static let along: [CompositeSample] =
    [
      CompositeSample("takeAlongAxis", [.init(.f32, [3, 5]), .init(.i64, [3, 2], in: -5...4)]) {
        $0[0].takeAlongAxis($0[1], axis: 1)
      },
      CompositeSample("takeAlongAxis 0", [.init(.f64, [4, 2]), .init(.i32, [6, 2], in: 0...3)]) {
        $0[0].takeAlongAxis($0[1], axis: 0)
      },
      CompositeSample(
        "takeAlongAxis of a part", [.init(.f32, [4, 3, 5]), .init(.i64, [2, 7, 4], in: -9...9)]
      ) { $0[0].takeAlongAxis($0[1], axis: 1) },
    ]
    + IndexedReduction.allCases.map { reduction in
      CompositeSample(
        "scatterAlongAxis \(reduction)",
        [.init(.f32, [4, 5], in: 1...2), .init(.i64, [3, 6], in: -5...4), .init(.f32, [3, 6])]
      ) { $0[0].scatterAlongAxis($0[1], $0[2], axis: 1, reduction: reduction) }
    }

  private static let slices: [CompositeSample] =
    [
      CompositeSample("gatherND", [.init(.f32, [4, 3, 5]), .init(.i64, [6, 2], in: -3...3)]) {
        $0[0].gatherND($0[1])
      },
      CompositeSample("gatherND all", [.init(.f64, [4, 3]), .init(.i32, [2, 5, 2], in: -9...9)]) {
        $0[0].gatherND($0[1])
      },
      CompositeSample(
        "gatherND of a batch", [.init(.f32, [2, 4, 3, 5]), .init(.i64, [2, 6, 1], in: -4...3)]
      ) { $0[0].gatherND($0[1], batchDims: 1) },
      CompositeSample(
        "gatherND of two batches", [.init(.f32, [2, 3, 4]), .init(.i64, [2, 3, 1], in: 0...3)]
      ) { $0[0].gatherND($0[1], batchDims: 2) },
    ]
    + IndexedReduction.allCases.map { reduction in
      CompositeSample(
        "scatterND \(reduction)",
        [
          .init(.f32, [4, 3, 2], in: 1...2), .init(.i64, [5, 1], in: -4...3),
          .init(.f32, [5, 3, 2]),
        ]
      ) { $0[0].scatterND($0[1], $0[2], reduction: reduction) }
    }

  private static let ordered: [CompositeSample] = [
    CompositeSample("sorted", [.init(.f32, [3, 17])]) { $0[0].sorted() },
    CompositeSample("sorted down", [.init(.f64, [17, 3])]) {
      $0[0].sorted(axis: 0, descending: true)
    },
    CompositeSample("topK", [.init(.f32, [3, 20])]) { $0[0].topK(4).values },
    CompositeSample("topK of the smallest", [.init(.f32, [9, 4])]) {
      $0[0].topK(2, axis: 0, largest: false).values
    },
    CompositeSample("topK indices", [.init(.i32, [3, 20], in: 0...5)], gradient: false) {
      $0[0].topK(20).indices
    },
  ]

  private static let products: [CompositeSample] = [false, true].flatMap { exclusive in
    [false, true].map { reverse in
      CompositeSample("cumprod", [.init(.f32, [3, 6, 2], in: -1.5...1.5)]) {
        $0[0].cumprod(1, exclusive: exclusive, reverse: reverse)
      }
    }
  }
}
