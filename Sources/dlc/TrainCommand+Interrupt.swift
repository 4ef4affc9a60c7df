import Foundation

/// Ctrl-C and a polite kill, noticed between steps; the second one ends the process at once.
final class Interrupt: Sendable {
  /// What the handler sets; allocated once, for a handler must not do more than write to memory.
  private nonisolated(unsafe) static let flag: UnsafeMutablePointer<sig_atomic_t> = {
    let pointer = UnsafeMutablePointer<sig_atomic_t>.allocate(capacity: 1)
    pointer.initialize(to: 0)
    return pointer
  }()

  private init() {}

  static func install() -> Interrupt {
    flag.pointee = 0
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interrupt.flag.pointee = 1
        signal(number, SIG_DFL)
      }
    }
    // Whoever started this process may have blocked them, which a child inherits.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return Interrupt()
  }

  /// Whether somebody asked to stop.
  var isRaised: Bool { Interrupt.flag.pointee != 0 }
}
