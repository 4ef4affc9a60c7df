extension Study {
  /// All studies, in the order of the course.
  public static let all: [Study] = [
    latentSweep,
    elbo,
    vae,
    cnnVersusMLP,
    inductiveBias,
    depth,
    movingAverages,
    scalarLoss,
  ]
}
