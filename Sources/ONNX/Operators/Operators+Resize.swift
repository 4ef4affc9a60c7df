import GraphIR

// Images of other sizes, axis by axis: a product with a matrix made here, or a gather.

extension OperatorTable {
  static let resizeOperators: [Operator] = [
    Operator(
      "Resize",
      [
        "antialias", "axes", "coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside",
        "extrapolation_value", "keep_aspect_ratio_policy", "mode", "nearest_mode",
      ], tensor: resize),
    Operator(
      "Upsample", ["height_scale", "mode", "scales", "width_scale"],
      tensor: { node in
        let x = try node.value(0)
        let scales =
          try node.hasInput(1) ? node.knownDoubles(1, "the scales") : node.floats("scales")
        guard let scales, scales.count == x.shape.rank else {
          throw node.wrong("needs one scale an axis of \(x.type)")
        }
        var rule = InterpolationRule(coordinates: "asymmetric", nearest: "floor")
        rule.mode = node.string("mode") ?? "nearest"
        return try resized(
          node, rule, axes: Array(x.shape.dims.indices), scales: scales, sizes: nil, roi: nil)
      }),
  ]

  private static func resize(_ node: OperatorContext) throws -> ImportedTensor {
    let x = try node.value(0)
    var rule = InterpolationRule(
      coordinates: node.string("coordinate_transformation_mode") ?? "half_pixel",
      nearest: node.string("nearest_mode") ?? "round_prefer_floor")
    // Version 10 had no modes of coordinates.
    if node.opset < 11 { rule = InterpolationRule(coordinates: "asymmetric", nearest: "floor") }
    rule.mode = node.string("mode") ?? "nearest"
    rule.cubic = node.float("cubic_coeff_a", default: -0.75)
    rule.excludesOutside = node.flag("exclude_outside")
    rule.isAntialiased = node.flag("antialias")
    let axes = try node.axes(node.ints("axes") ?? Array(x.shape.dims.indices), rank: x.shape.rank)
    let first = node.opset < 11 ? 1 : 2
    func numbers(_ index: Int, _ role: String) throws -> [Double]? {
      guard node.hasInput(index) else { return nil }
      let values = try node.knownDoubles(index, role)
      return values.isEmpty ? nil : values
    }
    let roi = rule.usesRegion ? try numbers(1, "the region") : nil
    let scales = try numbers(first, "the scales")
    let sizes = try numbers(first + 1, "the sizes")?.map { Int(exactly: $0) ?? -1 }
    guard (scales?.count ?? sizes?.count) == axes.count, Set(axes).count == axes.count,
      roi.map({ $0.count == 2 * axes.count }) ?? true
    else { throw node.wrong("needs scales or sizes for its \(axes.count) axes") }
    return try resized(node, rule, axes: axes, scales: scales, sizes: sizes, roi: roi)
  }

  private static func resized(
    _ node: OperatorContext, _ rule: InterpolationRule, axes: [Int], scales: [Double]?,
    sizes: [Int]?, roi: [Double]?
  ) throws -> ImportedTensor {
    let input = try node.tensor(0)
    let lengths = axes.map { input.shape[$0] }
    var factors = scales ?? []
    var counts: [Int] = []
    if let sizes {
      guard sizes.allSatisfy({ $0 >= 0 }) else { throw node.wrong("sizes \(sizes) are not valid") }
      factors = zip(sizes, lengths).map { Double($0) / Double(max(1, $1)) }
      counts = sizes
      switch node.string("keep_aspect_ratio_policy") ?? "stretch" {
      case "stretch": break
      case "not_larger": factors = factors.map { _ in factors.min() ?? 1 }
      case "not_smaller": factors = factors.map { _ in factors.max() ?? 1 }
      case let other: throw node.wrong("'keep_aspect_ratio_policy' must not be '\(other)'")
      }
      if node.string("keep_aspect_ratio_policy") ?? "stretch" != "stretch" {
        counts = zip(factors, lengths).map { Int((Double($0) * Double($1) + 0.5).rounded(.down)) }
      }
    } else {
      guard factors.allSatisfy({ $0 > 0 && $0 <= 1_048_576 }) else {
        throw node.wrong("scales \(factors) are not valid")
      }
      counts = zip(factors, lengths).map { Int(($0 * Double($1)).rounded(.down)) }
    }
    guard counts.allSatisfy((0...(1 << 24)).contains) else {
      throw node.wrong("sizes \(counts) are outside the limits")
    }
    let isWhole = !input.value.dtype.isFloat && rule.mode != "nearest"
    var result = isWhole ? input.value.cast(to: .f32) : input.value
    var outside: Value?
    for (index, axis) in axes.enumerated() {
      let region = roi.map { ($0[index], $0[axes.count + index]) }
      let isSame = lengths[index] == counts[index] && factors[index] == 1 && region == nil
      if isSame || lengths[index] == 0 { continue }
      let places = try rule.places(
        counts[index], of: lengths[index], scale: factors[index], region: region, node)
      if rule.mode == "nearest" {
        result = result.gather(
          node.constant(places.map { rule.nearestIndex($0, lengths[index]) }), axis: axis)
      } else {
        let matrix = try rule.matrix(places, lengths[index], factors[index], node)
        result = result.mixed(along: axis, matrix, counts[index])
      }
      guard rule.usesRegion else { continue }
      let flags = places.map { $0 < 0 || $0 > Double(lengths[index] - 1) ? 1.0 : 0 }
      let isOutside = result.cast(to: .f32).along(axis, flags) .> 0.5
      outside = outside.map { $0 .| isOutside } ?? isOutside
    }
    if let outside {
      let value = node.float("extrapolation_value", default: 0)
      result = outside.select(result.constant(value), result)
    }
    return ImportedTensor(
      isWhole ? result.round().cast(to: input.value.dtype) : result, input.elementType)
  }
}

/// How a resized axis takes its elements from the original one.
struct InterpolationRule {
  let coordinates: String
  let nearest: String
  var mode = "nearest"
  var cubic = -0.75
  var excludesOutside = false
  var isAntialiased = false

  init(coordinates: String, nearest: String) {
    self.coordinates = coordinates
    self.nearest = nearest
  }

  var usesRegion: Bool { coordinates == "tf_crop_and_resize" }

  /// Where each of `count` elements lies in an axis of `length`.
  func places(
    _ count: Int, of length: Int, scale: Double, region: (Double, Double)?,
    _ node: OperatorContext
  ) throws -> [Double] {
    let last = Double(length - 1)
    let (start, end) = region ?? (0, 1)
    // The size as the scale has it, which need not be whole.
    let exact = scale * Double(length)
    let isSingle = abs(exact - 1) < 1e-6
    return try (0..<count).map { index in
      let x = Double(index)
      let half = (x + 0.5) / scale - 0.5
      switch coordinates {
      case "half_pixel": return half
      case "half_pixel_symmetric":
        return half + Double(length) / 2 * (1 - Double(count) / exact)
      case "pytorch_half_pixel": return isSingle ? -0.5 : half
      case "align_corners": return isSingle ? 0 : x * last / (exact - 1)
      case "asymmetric": return x / scale
      case "tf_half_pixel_for_nn": return (x + 0.5) / scale
      case "tf_crop_and_resize":
        return isSingle
          ? 0.5 * (start + end) * last
          : start * last + x * (end - start) * last / (exact - 1)
      default: throw UnsupportedUse("coordinates '\(coordinates)' are not supported")
      }
    }
  }

  func nearestIndex(_ place: Double, _ length: Int) -> Int {
    let rounded: Double
    switch nearest {
    case "round_prefer_ceil": rounded = (place + 0.5).rounded(.down)
    case "floor": rounded = place.rounded(.down)
    case "ceil": rounded = place.rounded(.up)
    default: rounded = (place - 0.5).rounded(.up)
    }
    return Int(min(max(rounded, 0), Double(length - 1)))
  }

  /// [length, places]: what each element of the original counts for each of the result.
  func matrix(
    _ places: [Double], _ length: Int, _ scale: Double, _ node: OperatorContext
  ) throws -> [Double] {
    guard mode == "linear" || mode == "bilinear" || mode == "cubic" else {
      throw UnsupportedUse("mode '\(mode)' is not supported")
    }
    // A wider filter takes out what the smaller axis cannot show.
    let shrink = isAntialiased ? min(1, scale) : 1
    let reach = (mode == "cubic" ? 2.0 : 1.0) / shrink
    var matrix = [Double](repeating: 0, count: length * places.count)
    for (column, place) in places.enumerated() {
      let neighbours = Int((place - reach).rounded(.down))...Int((place + reach).rounded(.up))
      let weights = neighbours.map { index -> (Int, Double) in
        let isOutside = index < 0 || index >= length
        let weight = filter((Double(index) - place) * shrink)
        return (min(max(index, 0), length - 1), excludesOutside && isOutside ? 0 : weight)
      }
      let sum = weights.reduce(0) { $0 + $1.1 }
      for (index, weight) in weights {
        matrix[index * places.count + column] += sum == 0 ? 0 : weight / sum
      }
    }
    return matrix
  }

  /// The weight of an element at a distance: a hat, or Keys' cubic.
  private func filter(_ distance: Double) -> Double {
    let x = abs(distance)
    if mode != "cubic" { return max(0, 1 - x) }
    if x <= 1 { return ((cubic + 2) * x - (cubic + 3)) * x * x + 1 }
    return x < 2 ? ((cubic * x - 5 * cubic) * x + 8 * cubic) * x - 4 * cubic : 0
  }
}
