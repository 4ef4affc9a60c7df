import GraphIR

// The kernel of a convolution by Winograd's minimal filtering.

extension TileEmitter {
  /// Transforms the present panel of the convolution's kernel.
  func packWinograd(_ plan: ContractionPlan, _ context: inout ModuleContext) {
    let dtype = context.graph[kernel.nodes[0]].type.dtype
    context.call(
      "dlc_winograd_pack_\(CSyntax.suffix(dtype))",
      [
        .init(type: "const dlc_pack_shape *", text: "&pack"), .long("cols"),
        .out(dtype, panelPlace(plan)), .reading(dtype, packSource), .out(dtype, sparePlace(plan)),
      ])
  }

  /// The tile of the result, or of the gradient of a kernel.
  mutating func product(
    _ winograd: WinogradPlan, _ plan: ContractionPlan, _ result: TileOperand,
    _ start: TileOperand?, _ context: inout ModuleContext
  ) {
    guard let root = program.root else { return }
    let (dtype, suffix) = (root.type, CSyntax.suffix(root.type))
    let a = addressA(plan, &context)
    let b = addressB(plan, &context)
    switch winograd.part {
    case .result:
      packSource = b
      constants += shapes(winograd, plan, result)
      let ahead = nameAhead(plan, &context)
      let step = start?.rowStride ?? 0
      if tiling.rowTiles > 1 { used.insert("r") }
      let first = tiling.rowTiles > 1 ? "r / \(winograd.width)" : "0"
      context.call(
        "dlc_winograd_\(suffix)",
        [
          .init(type: "const dlc_winograd_shape *", text: "&winograd"),
          .long(first), .long("rows / \(winograd.width)"), .long("cols"), .reading(dtype, a),
          .reading(dtype, panelPlace(plan)), .reading(dtype, start?.pointer ?? "0"),
          .long(step * winograd.width), .long(step), .out(dtype, result.pointer),
          .flag(root.hasReLU ? "1" : "0"),
          .init(type: "const dlc_ahead *", text: ahead ?? "0"), .out(dtype, sparePlace(plan)),
        ])
    case .kernelGradient:
      constants += gradientShapes(winograd)
      context.call(
        "dlc_winograd_gradient_\(suffix)",
        [
          .init(type: "const dlc_winograd_gradient_shape *", text: "&winograd"),
          .long("rows"), .long("cols"), .reading(dtype, a), .reading(dtype, b),
          .out(dtype, result.pointer), .out(dtype, sparePlace(plan)),
        ])
    }
  }

  private func shapes(
    _ winograd: WinogradPlan, _ plan: ContractionPlan, _ result: TileOperand
  ) -> [String] {
    let (row, place) = (winograd.row, winograd.place)
    let columns = plan.form.columns.b
    return [
      "static const dlc_winograd_shape winograd = {",
      "  \(winograd.width), \(winograd.channels), /* places of a row, channels */",
      "  \(padding(winograd)), /* zeros before it, the image's sizes */",
      "  \(row.a), \(place.a), /* strides of the image */",
      "  \(result.rowStride * winograd.width), \(result.rowStride), /* strides of the result */",
      "  \(plan.panel) /* columns of the kernel's panel */", "};",
      "static const dlc_pack_shape pack = {",
      "  3, 3, \(winograd.channels), \(row.b), \(place.b), \(winograd.channel.b), \(columns), "
        + "\(plan.panel)",
      "};",
    ]
  }

  private func padding(_ winograd: WinogradPlan) -> String {
    let padding = winograd.padding
    return "\(padding.rows), \(padding.places), \(padding.height), \(padding.width)"
  }

  private func gradientShapes(_ winograd: WinogradPlan) -> [String] {
    let (image, row, place) = (winograd.image, winograd.row, winograd.place)
    return [
      "static const dlc_winograd_gradient_shape winograd = {",
      "  \(winograd.images), \(winograd.height), \(winograd.width), \(winograd.band), "
        + "/* images, their sizes, rows at a time */",
      "  \(padding(winograd)), /* zeros before them, their own sizes */",
      "  \(image.a), \(row.a), \(place.a), /* strides of the images */",
      "  \(image.b), \(row.b), \(place.b), /* strides of the gradient */",
      "  \(winograd.channel.c), \(row.c), \(place.c) /* strides of the kernel's gradient */", "};",
    ]
  }
}
