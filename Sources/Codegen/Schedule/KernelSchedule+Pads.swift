import GraphIR

extension KernelSchedule {
  /// Zeros around an image that only convolutions by Winograd's filtering read: their kernels see
  /// zeros beyond the image's edge, and nobody writes them.
  struct Padding {
    /// Rows and places before the image's first ones.
    let rows: Int
    let places: Int
    /// Sizes of the image itself.
    let height: Int
    let width: Int
  }

  /// Reads through such pads, whose kernels are dropped.
  mutating func readThroughPads(_ target: Target) {
    var dropped: Set<Int> = []
    for position in kernels.indices where kernels[position].kind == .single {
      let id = kernels[position].nodes[0]
      guard case .pad(let low, let interior, let value) = lowered.computations[id.index],
        value == 0, interior.allSatisfy({ $0 == 0 }), !lowered.isResult(id)
      else { continue }
      let source = lowered.access(id, 0)
      // A variable may have been overwritten by the time that the readers come to it.
      guard source.isIdentity(over: lowered.readDomain(id, 0)),
        home[source.base.index] != nil || lowered.graph[source.base].op is Input
      else { continue }
      let image = lowered.shape(lowered.graph[id].operands[0])
      let readers = lowered.readers[id.index]
      let paddings = readers.map { padding(of: id, low, image, for: $0, target) }
      guard !readers.isEmpty, !paddings.contains(where: { $0 == nil }) else { continue }
      let offset = zip(low, image.strides).reduce(0) { $0 - $1.0 * $1.1 }
      let map = ViewMap(offset: offset, strides: image.strides)
      let before = self
      guard lowered.readThrough(id, map, of: source.base) else { continue }
      for (reader, padding) in zip(readers, paddings) { self.paddings[reader] = padding }
      if readers.allSatisfy({ winogradPlan(of: $0, target) != nil }) {
        dropped.insert(position)
      } else {
        self = before
      }
    }
    drop(dropped)
  }

  /// What a reader needs to know of the pad; nil where it needs the zeros.
  private func padding(
    of pad: NodeID, _ low: [Int], _ image: Shape, for reader: NodeID, _ target: Target
  ) -> Padding? {
    guard lowered.bases(reader).count(where: { $0 == pad }) == 1,
      let (form, winograd) = winogradPlan(of: reader, target), form.a.base == pad,
      form.a.offset == 0
    else { return nil }
    let padded = lowered.shape(pad)
    let strides = padded.strides
    guard let row = strides.firstIndex(of: winograd.row.a),
      let place = strides.firstIndex(of: winograd.place.a),
      padded[row] == winograd.height + 2, padded[place] == winograd.width + 2,
      padded.dims.indices.allSatisfy({ $0 == row || $0 == place || padded[$0] == image[$0] })
    else { return nil }
    return Padding(rows: low[row], places: low[place], height: image[row], width: image[place])
  }

  private func winogradPlan(
    of reader: NodeID, _ target: Target
  ) -> (form: ContractionForm, plan: WinogradPlan)? {
    guard let home = home[reader.index], kernels[home].nodes[0] == reader,
      kernels[home].kind == .contraction,
      let plan = TileProgram(kernels[home], self, target).contraction
    else { return nil }
    return plan.winograd.map { (plan.form, $0) }
  }
}
