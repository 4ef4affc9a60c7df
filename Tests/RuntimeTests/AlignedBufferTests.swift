import Testing

@testable import Runtime

@Suite struct AlignedBufferTests {
  private func isZero(_ buffer: AlignedBuffer) -> Bool {
    UnsafeRawBufferPointer(start: buffer.base, count: buffer.count).allSatisfy { $0 == 0 }
  }

  /// Sizes below and above a page, a piece that is made present at a time, and what is mapped.
  @Test(arguments: [(5 << 20, 9 << 20), ((1 << 20) + 5, (1 << 20) + 6), (1 << 20, 3 << 20)])
  func growsWhereItIs(_ sizes: (Int, Int)) throws {
    for isPresent in [false, true] {
      let buffer = try AlignedBuffer(count: sizes.0, reserve: 16 << 20)
      #expect(buffer.count == sizes.0)
      if isPresent { buffer.makePresent() }
      let base = buffer.base
      (base + sizes.0 - 1).storeBytes(of: 7, as: UInt8.self)
      #expect(buffer.grow(to: sizes.1))
      #expect((buffer.base, buffer.count) == (base, sizes.1))
      buffer.makePresent()
      #expect((base + sizes.0 - 1).load(as: UInt8.self) == 7)
      (base + sizes.0 - 1).storeBytes(of: 0, as: UInt8.self)
      #expect(isZero(buffer))
      // What was reserved and not taken is gone.
      #expect(!buffer.grow(to: 12 << 20))
    }
  }

  @Test func staysWhereTheReserveIsTooSmall() throws {
    let buffer = try AlignedBuffer(count: 2 << 20, reserve: 1 << 20)
    #expect(!buffer.grow(to: 4 << 20))
    #expect(!buffer.grow(to: 1 << 20))
    #expect(buffer.count == 2 << 20)
    #expect(isZero(buffer))
    let small = try AlignedBuffer(count: 100)
    #expect(!small.grow(to: 101))
  }
}
