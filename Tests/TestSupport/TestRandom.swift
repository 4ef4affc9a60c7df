/// A small generator, so that a failing round comes again.
public struct TestRandom: Sendable {
  public var state: UInt64

  public init(state: UInt64) { self.state = state }

  public mutating func next(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  public mutating func byte() -> UInt8 { UInt8(next(below: 256)) }
}
