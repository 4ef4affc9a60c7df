/// What a trainer tells while it works.
public enum TrainingEvent {
  /// Sent once, before the first step.
  case started(TrainingPlan)
  case step(StepReport)
  /// At the end of each epoch, and of a training that ends within one.
  case epoch(EpochReport)
  case note(String)
}

public struct TrainingPlan: Hashable, Sendable {
  /// Steps done before, not 0 where a checkpoint was resumed.
  public let firstStep: Int
  public let steps: Int
  public let stepsPerEpoch: Int

  public init(firstStep: Int, steps: Int, stepsPerEpoch: Int) {
    self.firstStep = firstStep
    self.steps = steps
    self.stepsPerEpoch = stepsPerEpoch
  }
}

public struct StepReport: Hashable, Sendable {
  /// Both count from 1.
  public let step: Int
  public let epoch: Int
  public let rows: Int
  public let loss: Double
}

public struct EpochReport: Hashable, Sendable {
  /// From 1.
  public let epoch: Int
  /// Steps done.
  public let step: Int
  /// Mean over the rows of the epoch, each under the weights of its step.
  public let loss: Double
  /// Mean over the test rows, where there are some.
  public let validationLoss: Double?
  /// Share of the test rows that are right, for graphs that count them.
  public let accuracy: Double?
}

public struct TrainingResult: Sendable {
  public let steps: Int
  /// Every whole epoch, those before a resumed checkpoint too; last the one that was cut short.
  public let epochs: [EpochReport]
  /// In steps and the gathering of their batches alone.
  public let trainSeconds: Double
  /// From the making of the trainer to the end of the first step; nil where none was left to do.
  public let firstStepSeconds: Double?
}
