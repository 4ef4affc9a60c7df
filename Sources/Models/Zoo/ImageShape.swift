import GraphIR

/// Square images, from the number of their pixels.
struct ImageShape {
  let channels: Int
  let side: Int

  /// Grey images where the pixels make a square, else coloured ones of three channels.
  ///
  /// Throws where they are neither, and where the side is not one that `fits`.
  init(
    _ plan: ZooPlan, _ needs: String, fits: (_ side: Int) -> Bool
  ) throws(BuildError) {
    let pixels = plan["inputs"]
    for channels in [1, 3] where pixels % channels == 0 {
      let side = Int(Double(pixels / channels).squareRoot().rounded())
      let (area, overflow) = side.multipliedReportingOverflow(by: side)
      guard !overflow, area == pixels / channels, fits(side) else { continue }
      (self.channels, self.side) = (channels, side)
      return
    }
    throw BuildError(
      message: "model '\(plan.name)': \(pixels) inputs are no square image of 1 or 3 channels, "
        + needs, location: nil)
  }
}
