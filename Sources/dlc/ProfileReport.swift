import Codegen
import GraphIR
import Runtime

/// The table of `dlc profile`.
struct ProfileReport {
  let profile: StepProfile
  let peak: BenchPeak
  let share: CodeShare?
  /// Seconds of a step without time stamps.
  let plainStep: Double

  private struct Row {
    let name: String
    let isSerial: Bool
    let nanoseconds: Double
    let operations: Double
    let bytes: Int
  }

  var text: String {
    let program = profile.program
    var rows = program.kernels.enumerated().map { index, kernel in
      Row(
        name: kernel.name, isSerial: kernel.isSerial, nanoseconds: profile.kernel(index),
        operations: program.work(kernel).operations, bytes: kernel.bytes ?? 0)
    }
    if profile.plan.parts.contains(.commit) {
      rows.append(
        Row(
          name: "commit", isSerial: false, nanoseconds: profile.commit, operations: 0, bytes: 0))
    }
    var table = TextTable([
      ("kernel", .left), ("threads", .left), ("us", .right), ("% of step", .right),
      ("GFLOP/s", .right), ("% of peak", .right), ("MB", .right), ("GB/s", .right),
    ])
    for row in rows.sorted(by: { $0.nanoseconds > $1.nanoseconds }) { add(row, to: &table) }
    return table.text + "\n" + summary
  }

  private func add(_ row: Row, to table: inout TextTable) {
    // A time of zero is below the clock's resolution: there is no speed to print.
    let time = row.nanoseconds
    let hasSpeed = time > 0
    let speed = row.operations / time
    let isProduct = hasSpeed && row.operations > 0
    table.add(
      row.name, row.isSerial ? "one" : "all", FixedPoint.text(time * 1e-3, 1),
      FixedPoint.text(100 * time / profile.step, 1), isProduct ? FixedPoint.text(speed, 1) : "",
      isProduct ? FixedPoint.text(100 * speed / peak.gigaflops, 1) : "",
      row.bytes > 0 ? FixedPoint.text(Double(row.bytes) * 1e-6, 3) : "",
      hasSpeed && row.bytes > 0 ? FixedPoint.text(Double(row.bytes) / time, 1) : "")
  }

  private var summary: String {
    let operations = profile.program.graph.contractionOperations
    let speed = plainStep > 0 ? operations / plainStep * 1e-9 : 0
    let rest = (0..<profile.threads).map { thread in
      "thread \(thread)   waits \(part(profile.waiting(thread: thread))) at barriers, "
        + "\(part(profile.overhead(thread: thread))) at the step's begin and end\n"
    }
    let code = share.map { share in
      let percent = FixedPoint.text(100 * share.share, 1)
      return "libtcc-compiled C: \(percent) % of \(Self.grouped(share.total)) samples\n"
    }
    return """
      step       \(FixedPoint.text(plainStep * 1e6, 1)) us, with time stamps \
      \(FixedPoint.text(profile.step * 1e-3, 1)) (median of \(profile.steps))
      products   \(FixedPoint.text(speed, 1)) GFLOP/s, \
      \(FixedPoint.text(100 * speed / peak.gigaflops, 1)) % of the peak of \
      \(FixedPoint.text(peak.gigaflops, 1)) on \(peak.threads) threads
      memory     \(FixedPoint.text(peak.gigabytesPerSecond, 1)) GB/s at most

      """ + rest.joined() + (code ?? "libtcc-compiled C: cannot be sampled on this system\n")
  }

  private func part(_ nanoseconds: Double) -> String {
    "\(FixedPoint.text(nanoseconds * 1e-3, 1)) us "
      + "(\(FixedPoint.text(100 * nanoseconds / profile.step, 1)) %)"
  }

  /// 4,000 for 4000.
  static func grouped(_ count: Int) -> String {
    let digits = Array(String(count))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
