extension Study {
  /// All studies, in the order of the course.
  public static let all: [Study] = [
    latentSweep,
    depth,
    cnnVersusMLP,
    movingAverages,
    scalarLoss,
    inductiveBias,
    elbo,
    vae,
    attentionCost,
    translation,
  ]
}
