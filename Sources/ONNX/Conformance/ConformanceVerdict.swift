import Runtime

/// What became of a case.
public enum ConformanceVerdict: Hashable, Sendable {
  case pass
  /// Other results than the case expects, or an error that it does not.
  case fail(String)
  /// Something in the case that dlc says it cannot do.
  case unsupported(String)

  /// `PASS kind/name`, `FAIL kind/name reason` or `UNSUPPORTED kind/name reason`.
  public func line(_ label: String) -> String {
    switch self {
    case .pass: "PASS \(label)"
    case .fail(let reason): "FAIL \(label) \(reason.onOneLine)"
    case .unsupported(let reason): "UNSUPPORTED \(label) \(reason.onOneLine)"
    }
  }

  /// The verdict that `line` stands for, nil for anything else.
  public init?(line: String, label: String) {
    for (word, make) in Self.words
    where line == "\(word) \(label)" || line.hasPrefix("\(word) \(label) ") {
      self = make(String(line.dropFirst(word.count + label.count + 2)))
      return
    }
    return nil
  }

  private static let words: [(String, @Sendable (String) -> ConformanceVerdict)] = [
    ("PASS", { _ in .pass }), ("FAIL", { .fail($0) }), ("UNSUPPORTED", { .unsupported($0) }),
  ]
}

/// How many cases of a kind passed, failed, or were not supported.
public struct ConformanceTotal: Sendable {
  public private(set) var passed = 0
  public private(set) var failed = 0
  public private(set) var unsupported = 0

  public var count: Int { passed + failed + unsupported }

  public init() {}

  public mutating func add(_ verdict: ConformanceVerdict) {
    switch verdict {
    case .pass: passed += 1
    case .fail: failed += 1
    case .unsupported: unsupported += 1
    }
  }

  /// Of the form `kind: 5 of 7 passed, 1 failed, 1 unsupported`.
  public func line(_ kind: String) -> String {
    "\(kind): \(passed) of \(count) passed, \(failed) failed, "
      + "\(unsupported) unsupported"
  }
}
