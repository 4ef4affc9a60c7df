import GraphIR

/// A contraction that is a convolution of 3 x 3 with stride 1, or the gradient of such a kernel,
/// and is quicker by Winograd's minimal filtering: see Templates/winograd.h.
///
/// It is known by its affine places alone: two axes of the sum along which A moves as along two
/// axes of the result. So gradients, which are convolutions again, and groups need no case.
struct WinogradPlan {
  enum Part {
    /// The convolution: two of the result's row axes are places of an image.
    case result
    /// The gradient of its kernel: two of the result's row axes are the kernel's.
    case kernelGradient
  }

  /// An axis of an image, or of the kernel: elements from one place to the next in A, B and C.
  struct Step {
    let a: Int
    let b: Int
    let c: Int
  }

  let part: Part
  /// Rows and places of the result's image, or of the gradient's.
  let height: Int
  let width: Int
  let channels: Int
  let filters: Int
  /// Along the image's rows, its places and its channels.
  let row: Step
  let place: Step
  let channel: Step
  /// Images that are summed over, for a kernel's gradient.
  let images: Int
  let image: Step
  /// The image that A holds, within the zeros around it.
  let padding: KernelSchedule.Padding
  /// Columns at a time, channels of a kernel's gradient at a time, and rows of an image.
  let panel: Int
  let channelsPerTile: Int
  let band: Int

  /// Bytes of the transformed kernel and of a block's transformed tiles at most.
  private static let panelBytes = 1024 * 1024
  private static let blockBytes = 384 * 1024
  /// Channels and filters of a kernel's gradient at a time.
  private static let gradientSide = 64
  /// Tiles of a block: two register tiles high.
  private static let blockTiles = 28
  /// Places of a row at most, so that a block of whole rows stays in cache.
  private static let longestRow = 512
  /// Longest sum that the plain plan packs at a time: what is chosen here may be undone there.
  private static let mostChannels = 448

  /// nil where sums of products are as quick, or where this is no such convolution. Nothing but the
  /// contraction may be computed on the tiles of a kernel's gradient.
  init?(
    _ form: ContractionForm, _ padding: KernelSchedule.Padding?, isAlone: Bool,
    tile: Target.Tile, elementBytes: Int
  ) {
    let sizes = (form.outerRows + form.sums + [form.rows, form.columns]).map(\.size)
    guard form.columns.c == 1 || form.columns.size == 1, !sizes.contains(0) else { return nil }
    if let found = WinogradPlan.result(form) {
      self.init(result: found, form, padding, tile, elementBytes)
    } else if isAlone, let found = WinogradPlan.kernelGradient(form) {
      self.init(kernelGradient: found, form, padding, tile, elementBytes)
    } else {
      return nil
    }
  }

  private typealias Axes = (
    row: ContractionForm.Axis, place: ContractionForm.Axis, channel: ContractionForm.Axis
  )

  /// The sum's axes of a convolution: rows and columns of the kernel, and channels.
  private static func result(_ form: ContractionForm) -> Axes? {
    guard form.isJoined, form.sums.count == 3, let outer = form.outerRows.last,
      let channel = form.sums.first(where: { $0.a == 1 }), form.rows.size <= longestRow,
      channel.size <= mostChannels
    else { return nil }
    let taps = form.sums.filter { $0.axes != channel.axes }
    guard taps.count == 2, taps.allSatisfy({ $0.size == 3 && $0.a > 1 }),
      let row = taps.first(where: { $0.a == outer.a }),
      let place = taps.first(where: { $0.a == form.rows.a }), row.axes != place.axes
    else { return nil }
    return (row, place, channel)
  }

  /// The sum's axes of a kernel's gradient: rows and places of an image, and images.
  private static func kernelGradient(_ form: ContractionForm) -> Axes? {
    guard form.rows.a == 1, form.columns.b == 1, form.outerRows.count == 2,
      form.outerRows.allSatisfy({ $0.size == 3 && $0.a > 1 }),
      let row = form.sums.first(where: { $0.a == form.outerRows[0].a }),
      let place = form.sums.first(where: { $0.a == form.outerRows[1].a }), row.axes != place.axes
    else { return nil }
    let rest = form.sums.filter { $0.axes != row.axes && $0.axes != place.axes }
    guard rest.count <= 1 else { return nil }
    return (row, place, rest.first ?? ContractionForm.Axis(axes: [], size: 1, a: 0, b: 0, c: 0))
  }

  private init?(
    result axes: Axes, _ form: ContractionForm, _ padding: KernelSchedule.Padding?,
    _ tile: Target.Tile, _ elementBytes: Int
  ) {
    let outer = form.outerRows[form.outerRows.count - 1]
    part = .result
    (height, width) = (outer.size, form.rows.size)
    self.padding =
      padding ?? KernelSchedule.Padding(rows: 0, places: 0, height: height + 2, width: width + 2)
    (channels, filters) = (axes.channel.size, form.columns.size)
    row = Step(a: outer.a, b: axes.row.b, c: outer.c)
    place = Step(a: form.rows.a, b: axes.place.b, c: form.rows.c)
    channel = Step(a: 1, b: axes.channel.b, c: 0)
    (images, image) = (1, Step(a: 0, b: 0, c: 0))
    channelsPerTile = channels
    let most = WinogradPlan.panelBytes / (16 * channels * elementBytes)
    panel = WinogradPlan.columns(filters, max(tile.columns, most), tile)
    let across = (width + 1) / 2
    let fitting = WinogradPlan.blockBytes / (16 * (channels + panel) * elementBytes)
    let tiles = min(WinogradPlan.blockTiles, fitting)
    band = 2 * ContractionPlan.even((height + 1) / 2, max(1, (tiles + across / 2) / across))
    guard isQuicker(leastTiles: 8) else { return nil }
  }

  private init?(
    kernelGradient axes: Axes, _ form: ContractionForm, _ padding: KernelSchedule.Padding?,
    _ tile: Target.Tile, _ elementBytes: Int
  ) {
    part = .kernelGradient
    (height, width) = (axes.row.size, axes.place.size)
    self.padding =
      padding ?? KernelSchedule.Padding(rows: 0, places: 0, height: height + 2, width: width + 2)
    (channels, filters) = (form.rows.size, form.columns.size)
    row = Step(a: axes.row.a, b: axes.row.b, c: form.outerRows[0].c)
    place = Step(a: axes.place.a, b: axes.place.b, c: form.outerRows[1].c)
    channel = Step(a: 1, b: 0, c: form.rows.c)
    (images, image) = (axes.channel.size, Step(a: axes.channel.a, b: axes.channel.b, c: 0))
    panel = WinogradPlan.columns(filters, WinogradPlan.gradientSide, tile)
    channelsPerTile = ContractionPlan.even(channels, WinogradPlan.gradientSide)
    let fitting = WinogradPlan.blockBytes / (16 * (channelsPerTile + panel) * elementBytes)
    band = 2 * ContractionPlan.even((height + 1) / 2, max(1, fitting / ((width + 1) / 2)))
    guard isQuicker(leastTiles: 12) else { return nil }
  }

  /// Whole register tiles of columns in equal parts no longer than about `limit`.
  private static func columns(_ filters: Int, _ limit: Int, _ tile: Target.Tile) -> Int {
    let length = ContractionPlan.even(filters, limit)
    return min(filters, Tiling.tiles(length, tile.columns) * tile.columns)
  }

  /// Counts multiply-adds, and the transforms' loads and stores as so many, as measured; a product
  /// of few tiles takes as long as one of `leastTiles`.
  private func isQuicker(leastTiles: Int) -> Bool {
    let tiles = (height + 1) / 2 * ((width + 1) / 2)
    let products = channels * filters * max(tiles, leastTiles)
    let transforms = (4 * channels * Tiling.tiles(filters, panel) + 9 * filters) * tiles
    let plain = 9 * height * width * channels * filters
    return 1.1 * 16 * Double(products + transforms) < Double(plain)
  }

  /// Elements of a panel of the transformed kernel.
  var panelElements: Int { part == .result ? 16 * channels * panel : 0 }

  /// Elements that the kernels need beside it; see ckernels.h.
  var spareElements: Int {
    let tiles = band / 2 * ((width + 1) / 2)
    let side = max(channelsPerTile, panel)
    switch part {
    case .result: return max(9 * channels * panel, 16 * (tiles * (channels + panel) + side + 64))
    case .kernelGradient:
      return 16 * (tiles * (channelsPerTile + panel) + channelsPerTile * panel + side + 96)
    }
  }
}

extension ContractionPlan {
  /// How Winograd's kernels walk the result: units are as in any contraction, of whole rows of an
  /// image, or of all of a kernel's rows and columns for some channels.
  init(_ form: ContractionForm, _ winograd: WinogradPlan) {
    let isResult = winograd.part == .result
    let run = isResult ? winograd.width : nil
    let rowsPerTile = isResult ? winograd.band * winograd.width : winograd.channelsPerTile
    let walked = isResult ? form : form.withoutOuterRows
    let outer = walked.batch + walked.outerRowsLeft(run)
    let last = isResult ? form.outerRows[form.outerRows.count - 1] : nil
    let groups = outer.map(\.axes) + [(last?.axes ?? []) + form.rows.axes, form.columns.axes]
    let sizes = outer.map(\.size) + [(last?.size ?? 1) * form.rows.size, form.columns.size]
    self.init(
      walked, winograd: winograd, run: run,
      tiling: Tiling(
        groups: groups, sizes: sizes, tileRows: rowsPerTile, tileColumns: winograd.panel))
  }
}
