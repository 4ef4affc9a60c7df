import Foundation
import GraphIR
import Runtime
import Testing

/// The path of a file of Tests/RuntimeTests/Fixtures.
func fixture(_ name: String) -> String {
  Bundle.module.bundlePath + "/Fixtures/" + name
}

/// A folder of its own for `body`, gone afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.path + "/dlc-test-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The names in a folder, hidden ones too.
func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

/// The text of the error that `body` throws, without the folder of the file it names.
func message(_ folder: String = "", of body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    if folder.isEmpty { return "\(error)" }
    return "\(error)".replacingOccurrences(of: folder + "/", with: "")
  }
}

/// Reads `count` damaged copies of `bytes`: cut short, with flipped bits or overwritten bytes.
///
/// The reader may load or refuse each with a one-line `DataError`; anything else fails the test.
/// Returns how many it refused.
@discardableResult
func fuzz(_ bytes: [UInt8], count: Int, seed: UInt64, read: ([UInt8]) throws -> Void) -> Int {
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
    do {
      try read(damaged)
    } catch let error as DataError {
      refused += 1
      #expect(!"\(error)".contains("\n"), "round \(round) of seed \(seed)")
    } catch {
      Issue.record("round \(round) of seed \(seed) threw \(error)")
    }
  }
  return refused
}

/// A small generator, so that a failing round comes again.
struct TestRandom {
  var state: UInt64

  mutating func next(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  mutating func byte() -> UInt8 { UInt8(next(below: 256)) }
}
