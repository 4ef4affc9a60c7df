import CKernels
import Codegen
import Dispatch
import GraphIR

extension Compilation {
  /// Compiles a training step and gives its variables their first values, at the same time where
  /// there are threads for both.
  ///
  /// The values are those of `ModelState.initialize`.
  public static func prepare(
    _ step: Graph, seed: Int, options: Options = Options()
  ) throws -> (compilation: Compilation, executable: Executable) {
    // What passes, code generator and compiler had is as much as a small model's step needs.
    defer { dlc_heap_trim() }
    let state = try ModelState(StateLayout([step]))
    var initializing: BackgroundWork?
    if options.threads > 1 {
      // One thread for the values, the caller's for the compilation. Values do not depend on it.
      var own = options
      own.threads = 1
      initializing = BackgroundWork { [own] in
        try state.initialize(step, seed: seed, options: own, isZeroed: true)
      }
    }
    var compilation = Compilation(step, state: state.layout, options: options, isLoaded: true)
    let loaded = Result { try compilation.load(state) }
    if let initializing {
      try initializing.wait()
    } else {
      try state.initialize(step, seed: seed, options: options, isZeroed: true)
    }
    return (compilation, try loaded.get())
  }
}

/// Work on another thread whose end, or error, is waited for.
private final class BackgroundWork: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var failure: (any Error)?

  init(_ work: @escaping @Sendable () throws -> Void) {
    DispatchQueue.global(qos: .userInitiated).async { [self] in
      do { try work() } catch { failure = error }
      done.signal()
    }
  }

  func wait() throws {
    done.wait()
    if let failure { throw failure }
  }
}
