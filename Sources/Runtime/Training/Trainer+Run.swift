import GraphIR

extension Trainer {
  /// Trains to the end and returns every epoch's figures.
  ///
  /// `isInterrupted` is asked after each step; when it says so, a checkpoint is written and
  /// `TrainingInterrupted` thrown. A value that is not finite ends the training with
  /// `TrainingError.notFinite`, the last checkpoint kept as it is.
  public func run(
    observe: (TrainingEvent) throws -> Void = { _ in }, isInterrupted: () -> Bool = { false }
  ) throws -> TrainingResult {
    let total = totalSteps
    try observe(
      .started(
        TrainingPlan(
          firstStep: progress.step, steps: total, stepsPerEpoch: sampler.batchesPerEpoch)))
    for note in notes { try observe(.note(note)) }
    try files?.begin(isResumed: progress.step > 0)
    while progress.step < total {
      let epoch = progress.sampler.epoch + 1
      let batch = sampler.next()
      let report = try trainStep(batch, epoch: epoch)
      try observe(.step(report))
      if batch.isLastOfEpoch {
        try observe(.epoch(finishEpoch(epoch)))
      } else if let every = settings.checkpointEvery, progress.step % every == 0 {
        try save(isBest: false)
      }
      if isInterrupted(), progress.step < total { throw try interruption() }
    }
    return try finish(observe)
  }

  private func trainStep(_ batch: Sampler.Batch, epoch: Int) throws -> StepReport {
    let start = ContinuousClock.now
    let runner = try stepRunner(batch.indices.count)
    try runner.run(feed, batch.indices)
    trainSeconds += start.secondsToNow
    if firstStepSeconds == nil { firstStepSeconds = startedAt.secondsToNow }
    let loss = runner.scalar("loss") ?? .nan
    progress.step += 1
    guard loss.isFinite else { throw try diagnose(through: progress.step) }
    progress.sampler = sampler.state
    progress.epochLoss += loss * Double(batch.indices.count)
    progress.epochRows += batch.indices.count
    if let files {
      var row: [Double?] = [Double(epoch), loss]
      for (index, name) in runner.scalars.enumerated() where name != "loss" {
        row.append(runner.scalar(at: index))
      }
      try files.metrics.append(step: progress.step, row)
    }
    return StepReport(
      step: progress.step, epoch: epoch, rows: batch.indices.count, loss: loss)
  }

  /// Validates, notes the epoch in the history, and writes the checkpoints.
  private func finishEpoch(_ epoch: Int) throws -> EpochReport {
    guard state.isFinite else { throw try diagnose(through: progress.step) }
    let report = try epochReport(epoch)
    progress.history.append(report)
    progress.epochLoss = 0
    progress.epochRows = 0
    let loss = report.validationLoss ?? report.loss
    let isBest = loss < progress.best ?? .infinity
    if isBest { progress.best = loss }
    try save(isBest: isBest)
    return report
  }

  private func epochReport(_ epoch: Int) throws -> EpochReport {
    let evaluation = try validate()
    return EpochReport(
      epoch: epoch, step: progress.step,
      loss: progress.epochLoss / Double(max(1, progress.epochRows)),
      validationLoss: evaluation?.loss, accuracy: evaluation?.accuracy)
  }

  private func finish(_ observe: (TrainingEvent) throws -> Void) throws -> TrainingResult {
    var epochs = progress.history
    if progress.epochRows > 0 {
      let report = try epochReport(progress.sampler.epoch + 1)
      epochs.append(report)
      try observe(.epoch(report))
    }
    if good.progress.step < progress.step { try save(isBest: false) }
    try files?.metrics.flush()
    return TrainingResult(
      steps: progress.step, epochs: epochs, trainSeconds: trainSeconds,
      firstStepSeconds: firstStepSeconds)
  }

  private func interruption() throws -> TrainingInterrupted {
    if good.progress.step < progress.step { try save(isBest: false) }
    return TrainingInterrupted(step: progress.step, checkpoint: files?.last)
  }

  /// Remembers the state as good, and writes it where there is a folder.
  private func save(isBest: Bool) throws {
    guard state.isFinite else { throw try diagnose(through: progress.step) }
    try files?.save(
      Checkpoint(identity: identity, progress: progress, tensors: state.tensors), isBest: isBest)
    good = (state.snapshot(), progress)
  }
}
