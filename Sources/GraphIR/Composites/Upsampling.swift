extension Value {
  /// Each element of the spatial axes of [batch, channels, X...] `factor` times.
  public func upsampleNearest(
    by factor: Int, file: String = #fileID, line: Int = #line
  ) -> Value {
    let axes = Array(shape.dims.indices.dropFirst(2))
    return repeated(axes: axes, counts: axes.map { _ in factor }, file: file, line: line)
  }

  /// [batch, channels, X...] with the spatial sizes `sizes`: each element is mixed from its
  /// neighbours in proportion to their distances.
  ///
  /// With `alignCorners` the first and last elements stay where they are; without, elements are
  /// areas, and the areas' edges stay.
  public func upsampleLinear(
    to sizes: [Int], alignCorners: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Value {
    builder.located(file: file, line: line) {
      guard isValid, shape.rank == sizes.count + 2, sizes.allSatisfy({ $0 >= 1 }),
        shape.dims.dropFirst(2).allSatisfy({ $0 >= 1 })
      else {
        return failed(
          "upsampleLinear: needs [batch, channels, X...] with \(sizes.count) spatial axes and "
            + "sizes of 1 or more, not \(type)", file, line)
      }
      var result = self
      for (index, count) in sizes.enumerated() where count != shape[index + 2] {
        let weights = Value.interpolation(shape[index + 2], count, alignCorners)
        result = result.mixed(along: index + 2, weights, count)
      }
      return result
    }
  }

  /// The weights [length, count] of linear interpolation.
  private static func interpolation(
    _ length: Int, _ count: Int, _ alignCorners: Bool
  ) -> [Double] {
    var weights = [Double](repeating: 0, count: length * count)
    for place in 0..<count {
      let at: Double
      if alignCorners {
        at = count == 1 ? 0 : Double(place) * Double(length - 1) / Double(count - 1)
      } else {
        let scale = Double(length) / Double(count)
        at = Swift.max(0, (Double(place) + 0.5) * scale - 0.5)
      }
      let low = Swift.min(Int(at), length - 1)
      let high = Swift.min(low + 1, length - 1)
      weights[low * count + place] += 1 - (at - Double(low))
      weights[high * count + place] += at - Double(low)
    }
    return weights
  }
}
