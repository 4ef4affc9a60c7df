extension Study {
  /// All studies, in the order of the course.
  public static let all: [Study] = [
    latentSweep,
    depth,
    cnnVersusMLP,
    movingAverages,
    scalarLoss,
    inductiveBias,
    attentionCost,
    translation,
    elbo,
    vae,
  ]
}
