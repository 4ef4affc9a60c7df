extension Program {
  /// The kernels in the order they run: who runs each, where the threads meet, and how much there
  /// is to do.
  public var scheduleText: String {
    var table = TextTable([
      ("#", .right), ("kernel", .left), ("threads", .left), ("mflop", .right),
      ("elements", .right), ("nodes", .left),
    ])
    for (position, kernel) in kernels.enumerated() {
      if kernel.hasBarrierBefore { table.add("", "-- barrier --", "", "", "", "") }
      let work = work(kernel)
      table.add(
        "\(position + 1)", kernel.name, kernel.isSerial ? "one" : "all",
        work.operations == 0 ? "" : FixedPoint.text(work.operations * 1e-6, 3),
        work.elements == 0 ? "" : FixedPoint.text(work.elements, 0),
        kernel.nodes.map(\.description).joined(separator: " "))
    }
    let barriers = kernels.filter(\.hasBarrierBefore).count
    let shared = kernels.filter { !$0.isSerial }.count
    let operations = FixedPoint.text(graph.contractionOperations * 1e-6, 3)
    return table.text + """

      \(kernels.count) kernels, \(shared) of them shared by all threads
      \(barriers) barriers
      \(operations) million floating-point operations in matrix products

      """
  }
}
