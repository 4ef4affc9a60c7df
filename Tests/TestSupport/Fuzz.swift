import CAllocations
import Testing

/// Reads `count` damaged copies of `bytes`: cut short, with flipped bits or overwritten bytes.
///
/// The reader may load or refuse each with a one-line error of type `Failure`; anything else fails
/// the test, and so does a round that takes a second, or memory of more than ten times the bytes
/// beside a megabyte for what any reader needs. Returns how many the reader refused.
@discardableResult
public func fuzz<Failure: Error>(
  _ bytes: [UInt8], count: Int, seed: UInt64, expecting: Failure.Type,
  read: ([UInt8]) throws -> Void
) -> Int {
  var random = TestRandom(state: seed)
  var refused = 0
  for round in 0..<count {
    var damaged = bytes
    switch round % 4 {
    case 0: damaged.removeLast(1 + random.next(below: bytes.count))
    case 1: damaged += (0..<(1 + random.next(below: 9))).map { _ in random.byte() }
    case 2: damaged[random.next(below: bytes.count)] ^= 1 << UInt8(random.next(below: 8))
    default: for _ in 0..<4 { damaged[random.next(below: min(bytes.count, 200))] = random.byte() }
    }
    let start = ContinuousClock.now
    measure_allocations(1)
    do {
      try read(damaged)
    } catch let error as Failure {
      refused += 1
      #expect(!"\(error)".contains("\n"), "round \(round) of seed \(seed)")
    } catch {
      Issue.record("round \(round) of seed \(seed) threw \(error)")
    }
    measure_allocations(0)
    let most = peak_allocated_bytes()
    #expect(
      most <= 10 * bytes.count + (1 << 20), "round \(round) of seed \(seed) took \(most) bytes")
    #expect(start.duration(to: .now) < .seconds(1), "round \(round) of seed \(seed)")
  }
  return refused
}
