import CKernels
import Testing

typealias CopyKernel = @convention(c) (Int, Int, Out, Int, Int, In, Int, Int) -> Void
typealias FillKernel = @convention(c) (Int, Int, Out, Int, Int, In) -> Void
typealias GatherKernel =
  @convention(c) (
    Int, Int, Out, Int, In, Int, Int, UnsafePointer<Int64>, Int
  ) -> Int
typealias ScatterKernel =
  @convention(c) (
    Int, Int, Out, Int, Int, UnsafePointer<Int64>, Int, In, Int
  ) -> Int
typealias IotaKernel = @convention(c) (Int, Int, Out, Int, Int64, Int64, Int64) -> Void

@Suite struct MovementTests {
  static let sizes = tileSizes + [(8, 8), (33, 40), (40, 33), (64, 17), (1, 40)]

  @Test(arguments: instructionSets) func copies(_ isa: Int32) throws {
    try copies(isa, UInt8.self, bits: 8)
    try copies(isa, Float.self, bits: 32)
    try copies(isa, Double.self, bits: 64)
  }

  private func copies<T: Element>(_ isa: Int32, _ type: T.Type, bits: Int) throws {
    let copy: CopyKernel = try kernel("copy_\(bits)", isa)
    let fill: FillKernel = try kernel("fill_\(bits)", isa)
    for (rows, cols) in Self.sizes {
      for to in [Layout.dense, .gaps, .transposed, .strided] {
        for from in Layout.allCases {
          let a = Tile(rows, cols, from) { T(sample: sample($0, range: 100)) }
          let before = Tile(rows, cols, to) { T(sample: Double($0 % 5)) }
          var d = before
          let (ds, dc) = (d.row, d.col)
          a.read { p in d.write { copy(rows, cols, $0, ds, dc, p, a.row, a.col) } }
          let right = (0..<rows).allSatisfy { r in
            (0..<cols).allSatisfy { d[r, $0] == a[r, $0] }
          }
          #expect(right, "copy_\(bits) on \(isaName(isa)), \(rows) x \(cols), \(from) to \(to)")
          #expect(d.sameOutside(before), "copy_\(bits), \(rows) x \(cols), \(from) to \(to)")
        }
        let before = Tile(rows, cols, to) { T(sample: Double($0 % 5)) }
        var d = before
        let (ds, dc) = (d.row, d.col)
        d.write { fill(rows, cols, $0, ds, dc, [T(sample: 77)]) }
        let right = (0..<rows).allSatisfy { r in
          (0..<cols).allSatisfy { d[r, $0] == T(sample: 77) }
        }
        #expect(right && d.sameOutside(before), "fill_\(bits), \(rows) x \(cols), \(to)")
      }
    }
  }

  /// Six indices into a table of five rows: two count from its end, two are out of range.
  static let indices: [Int64] = [4, 0, -1, 5, -6, -5]

  @Test(arguments: instructionSets) func gathers(_ isa: Int32) throws {
    try gathers(isa, UInt8.self, bits: 8)
    try gathers(isa, Float.self, bits: 32)
    try gathers(isa, Double.self, bits: 64)
  }

  private func gathers<T: Element>(_ isa: Int32, _ type: T.Type, bits: Int) throws {
    let gather: GatherKernel = try kernel("gather_\(bits)", isa)
    for cols in [0, 1, 3, 40] {
      let table = Tile(5, cols, .gaps) { T(sample: sample($0, range: 100)) }
      var d = Tile(6, cols, .gaps) { _ in T(sample: 0) }
      let ds = d.row
      let wrong = table.read { t in
        d.write { gather(6, cols, $0, ds, t, table.row, 5, Self.indices, 1) }
      }
      #expect(wrong == 2)
      for (r, source) in [4, 0, 4, 4, 0, 0].enumerated() {
        for c in 0..<cols { #expect(d[r, c] == table[source, c]) }
      }
      let empty = table.read { t in d.write { gather(2, cols, $0, ds, t, 1, 0, Self.indices, 1) } }
      #expect(empty == 2)
      for c in 0..<cols { #expect(d[1, c] == T(sample: 0)) }
    }
  }

  @Test(arguments: instructionSets) func scattersAndCounts(_ isa: Int32) throws {
    try scatters(isa, Float.self)
    try scatters(isa, Double.self)
    try scatters(isa, Int32.self)
    try scatters(isa, Int64.self)
  }

  private func scatters<T: Element>(_ isa: Int32, _ type: T.Type) throws {
    let scatter: ScatterKernel = try kernel("scatter_add_\(T.suffix)", isa)
    for cols in [0, 1, 3, 40] {
      let a = Tile(6, cols, .gaps) { T(sample: sample($0, range: 100).rounded()) }
      let before = Tile(5, cols, .gaps) { T(sample: Double($0)) }
      var d = before
      let ds = d.row
      let wrong = a.read { p in
        d.write { scatter(6, cols, $0, ds, 5, Self.indices, 1, p, a.row) }
      }
      #expect(wrong == 2)
      let sources = [[1, 4, 5], [], [], [], [0, 2, 3]]
      for r in 0..<5 {
        for c in 0..<cols {
          let want = sources[r].reduce(before[r, c].double) { $0 + a[$1, c].double }
          #expect(d[r, c].double == want)
        }
      }
      #expect(d.sameOutside(before))
    }
    let iota: IotaKernel = try kernel("iota_\(T.suffix)", isa)
    for (rows, cols) in Self.sizes {
      var d = Tile(rows, cols, .gaps) { _ in T(sample: 0) }
      let ds = d.row
      d.write { iota(rows, cols, $0, ds, 5, 100, -3) }
      let right = (0..<rows).allSatisfy { r in
        (0..<cols).allSatisfy { d[r, $0].double == Double(5 + 100 * r - 3 * $0) }
      }
      #expect(right, "iota_\(T.suffix) on \(isaName(isa)), \(rows) x \(cols)")
    }
  }
}
