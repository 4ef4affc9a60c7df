import Foundation

/// A claim about deep learning, and the experiment that tests it.
public struct Study: Sendable {
  /// How the command line calls it.
  public let name: String
  public let title: String
  /// What is claimed, in one or more sentences.
  public let claim: String
  private let body: @Sendable (StudyContext) throws -> Void

  public init(
    name: String, title: String, claim: String,
    body: @escaping @Sendable (StudyContext) throws -> Void
  ) {
    self.name = name
    self.title = title
    self.claim = claim
    self.body = body
  }

  /// Runs the experiment and returns what it found.
  ///
  /// Writes nothing; see `StudyReport.write`. Errors: whatever data, models and training throw.
  public func run(_ options: StudyOptions = StudyOptions()) throws -> StudyReport {
    let context = StudyContext(options, StudyReport(self))
    let start = ContinuousClock.now
    try body(context)
    var report = context.report
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return report
  }

  /// The study of this name, or an error that lists those there are.
  public static func named(_ name: String) throws -> Study {
    guard let study = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name).joined(separator: ", ")
      throw StudyError("unknown study '\(name)'; there are \(names)")
    }
    return study
  }
}

/// Why a study cannot run; one line.
public struct StudyError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// How a study is run.
public struct StudyOptions: Sendable {
  /// Less of everything: a run under a minute, whose verdicts mean less.
  public var isQuick = false
  /// Repetitions with other random numbers; each study has its own number.
  public var seeds: Int?
  /// Times through the data, where a study trains in epochs; each has its own number.
  public var epochs: Int?
  /// A folder or file of data instead of what is built in.
  public var data: String?
  public var threads: Int
  /// Told what is being done.
  public var progress: @Sendable (String) -> Void = { _ in }
  /// Asked now and then whether to stop, which a study does by throwing `StudyInterrupted`.
  public var isInterrupted: @Sendable () -> Bool = { false }

  public init(threads: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.threads = threads
  }
}

/// A study was asked to stop.
public struct StudyInterrupted: Error, CustomStringConvertible {
  public var description: String { "interrupted" }
}
