import GraphIR

/// Reads an image at places that are not whole: [images, channels, X...] of `lengths`.
struct PixelSampler {
  enum Padding { case zeros, border, reflection }

  /// All pixels of all images, [images * places, channels].
  private let pixels: Value
  private let lengths: [Int]
  private let padding: Padding
  /// For reflection: at the outer pixels' middles, or at their edges.
  private let isAligned: Bool

  init(_ x: Value, padding: Padding = .zeros, isAligned: Bool = false) {
    lengths = Array(x.shape.dims.dropFirst(2))
    self.padding = padding
    self.isAligned = isAligned
    let count = lengths.reduce(1, *)
    let flat = x.reshape([x.shape[0], x.shape[1], count]).swapAxes(1, 2)
    pixels = flat.reshape([x.shape[0] * count, x.shape[1]])
  }

  /// Pixels mixed from the 2^axes around each place: `coordinates`, one value an axis of the image,
  /// of one shape with as many axes as `image`, the images' indices, which broadcasts to it. The
  /// channels are a new last axis. With `isLargest` the largest weighted pixel is taken, not the
  /// sum.
  func linear(_ coordinates: [Value], image: Value, isLargest: Bool = false) -> Value {
    let lows = coordinates.map { $0.floor() }
    let taps = zip(coordinates, lows).map { place, low in
      let share = place - low.stopGradient()
      return [(low, 1 - share), (low + 1, share)]
    }
    return mixed(taps, image: image, isLargest: isLargest)
  }

  /// Pixels mixed from the 4^axes around each place by Keys' cubic with slope -0.75.
  func cubic(_ coordinates: [Value], image: Value) -> Value {
    let a = -0.75
    let taps = coordinates.map { place in
      let low = place.floor()
      let x = place - low.stopGradient()
      func near(_ t: Value) -> Value { ((a + 2) * t - (a + 3)) * t * t + 1 }
      func far(_ t: Value) -> Value { ((a * t - 5 * a) * t + 8 * a) * t - 4 * a }
      return [
        (low - 1, far(x + 1)), (low, near(x)), (low + 1, near(1 - x)), (low + 2, far(2 - x)),
      ]
    }
    return mixed(taps, image: image)
  }

  /// The pixels at whole places.
  func nearest(_ coordinates: [Value], image: Value) -> Value {
    mixed(coordinates.map { [($0, nil)] }, image: image)
  }

  /// The sum over all choices of one tap an axis: pixel times weights.
  private func mixed(
    _ taps: [[(place: Value, weight: Value?)]], image: Value, isLargest: Bool = false
  ) -> Value {
    // Each tap: where along its axis, whether there, and what it counts.
    let prepared = taps.enumerated().map { axis, entries in
      entries.map { place, weight -> (index: Value, weight: Value?) in
        let length = Double(lengths[axis])
        let whole = padding == .reflection ? reflected(place, axis) : place
        // Not a number must not become an index.
        let safe = whole.isNaN().select(whole.constant(0), whole)
        let index = safe.clamp(0, max(0, length - 1)).cast(to: .i64)
        guard padding == .zeros else { return (index, weight) }
        let isInside = (place .>= 0) .& (place .<= length - 1)
        let kept = isInside.select(weight ?? place.constant(1), place.constant(0))
        return (index, kept)
      }
    }
    var combinations: [(index: Value, weight: Value?)] = [(image, nil)]
    for (axis, entries) in prepared.enumerated() {
      combinations = combinations.flatMap { index, weight in
        entries.map { entry in
          let product = weight.map { old in entry.weight.map { old * $0 } ?? old } ?? entry.weight
          return (index * Double(lengths[axis]) + entry.index, product)
        }
      }
    }
    let parts = combinations.map { index, weight -> Value in
      let pixel = pixels.gather(index)
      return weight.map { pixel * $0.expandDims(-1) } ?? pixel
    }
    return parts.dropFirst().reduce(parts[0]) { isLargest ? $0.maximum($1) : $0 + $1 }
  }

  /// A whole place outside folded back in.
  private func reflected(_ place: Value, _ axis: Int) -> Value {
    let (low, high): (Double, Double) =
      isAligned ? (0, Double(lengths[axis] - 1)) : (-0.5, Double(lengths[axis]) - 0.5)
    let range = high - low
    guard range > 0 else { return place * 0 }
    // A zigzag with the period of twice the range.
    let moved = (place - low).modulo(place.constant(2 * range))
    return (moved .> range).select(2 * range - moved, moved) + low
  }

  /// The same for places between pixels.
  func folded(_ place: Value, axis: Int) -> Value {
    switch padding {
    case .zeros: place
    case .border: place.clamp(0, Double(max(0, lengths[axis] - 1)))
    case .reflection: reflected(place, axis)
    }
  }
}
