/// Where the C of a program takes the time.
///
/// The text then has a variable `long long *dlc_stamps`, to be set before each run to
/// `threads * count` elements: those of a thread follow each other, nanoseconds of `dlc_now`.
public struct StampPlan: Hashable, Sendable {
  /// What ends at a stamp.
  public enum Part: Hashable, Sendable {
    /// The thread's way into the step.
    case start
    /// Waiting for the other threads.
    case barrier
    /// A kernel, counted in the program's `kernels`.
    case kernel(Int)
    /// Copying new values of variables into their places.
    case commit
  }

  /// The C variable that holds the address.
  public static let variable = "dlc_stamps"

  public internal(set) var parts: [Part] = []

  /// Stamps of a thread in a run.
  public var count: Int { parts.count }
}

extension Program {
  /// Whether there is nothing to share, so that a step runs on the caller's thread alone.
  public var isSerial: Bool { kernels.allSatisfy(\.isSerial) && !hasCommit }
}
