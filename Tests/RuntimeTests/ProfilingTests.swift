import Codegen
import Foundation
import GraphIR
import Runtime
import Testing

@Suite(.serialized) struct ProfilingTests {
  /// A product that is shared between threads and feeds another, and a small sum.
  private func executable(isStamped: Bool, threads: Int) throws -> Executable {
    let builder = GraphBuilder("profiled")
    let x = builder.input("x", .f32, [160, 160])
    let y = x.matmul(x).relu().matmul(x)
    builder.output("y", y)
    builder.output("total", y.sum())
    let graph = try builder.build()
    var options = Compilation.Options(threads: threads)
    options.isStamped = isStamped
    return try Compilation.executable(
      graph, state: ModelState(StateLayout([graph])), options: options)
  }

  @Test func stampsAreInOrderAndWithinTheStep() throws {
    let executable = try executable(isStamped: true, threads: 2)
    let profile = try #require(try StepProfile(executable, steps: 7))
    #expect(profile.steps == 7 && profile.threads == 2)
    let kernels = profile.plan.parts.filter { if case .kernel = $0 { true } else { false } }
    #expect(kernels.count == executable.program.kernels.count)
    #expect(profile.plan.parts.first == .start)
    #expect(profile.plan.parts.contains(.barrier))
    for step in 0..<7 {
      let before = step > 0 ? profile.bounds[step - 1].upperBound : 0
      #expect(profile.bounds[step].lowerBound >= before)
      for thread in 0..<2 {
        let ends = profile.plan.parts.indices.map {
          profile.span(step: step, thread: thread, part: $0).upperBound
        }
        #expect(ends == ends.sorted())
        #expect(ends[0] >= profile.bounds[step].lowerBound)
        #expect(ends.last! <= profile.bounds[step].upperBound)
      }
    }
    #expect(profile.kernel(0) > 0)
    #expect(profile.step >= profile.kernel(0))
  }

  @Test func stampsDoNotChangeResultsAndAreOnlyThereWhenAskedFor() throws {
    let plain = try executable(isStamped: false, threads: 1)
    #expect(plain.program.stamps == nil)
    #expect(!plain.program.source.contains("dlc_now"))
    #expect(try StepProfile(plain, steps: 1) == nil)
    let stamped = try executable(isStamped: true, threads: 1)
    let x = Tensor((0..<160 * 160).map { Float($0 % 7) - 3 }, shape: [160, 160])
    for executable in [plain, stamped] { try executable.set("x", to: x) }
    _ = try StepProfile(stamped, steps: 1)
    plain.run()
    #expect(plain.output("y") == stamped.output("y"))
  }

  @Test func traceIsJSONWithARowAThread() throws {
    let executable = try executable(isStamped: true, threads: 2)
    let profile = try #require(try StepProfile(executable, steps: 5))
    let text = profile.chromeTrace(steps: 2)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let events = try #require(object["traceEvents"] as? [[String: Any]])
    let spans = events.filter { $0["ph"] as? String == "X" }
    #expect(Set(spans.compactMap { $0["tid"] as? Int }) == [0, 1])
    let names = Set(spans.compactMap { $0["name"] as? String })
    #expect(names == Set(executable.program.kernels.map(\.name) + ["start", "barrier"]))
    #expect(spans.allSatisfy { ($0["ts"] as? Double ?? -1) >= 0 })
    #expect(spans.filter { $0["name"] as? String == "start" }.count == 2 * 2)
  }

  @Test func samplesTellGeneratedCodeFromTheRest() throws {
    let module = try NativeModule(
      source: "void spin(volatile long *stop) { while (!*stop) ; }", symbols: [:])
    typealias Spin = @convention(c) (UnsafeMutablePointer<Int>) -> Void
    let spin = unsafeBitCast(try #require(module.address(of: "spin")), to: Spin.self)
    let stop = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    defer { stop.deallocate() }
    stop.pointee = 0
    nonisolated(unsafe) let flag = stop
    let inside = try #require(
      CodeShare.measure(module, threads: 1) {
        let timer = Thread {
          Thread.sleep(forTimeInterval: 0.1)
          flag.pointee = 1
        }
        timer.start()
        spin(stop)
      })
    #expect(inside.total > 0)
    #expect(inside.share > 0.8, "\(inside)")
    let outside = try #require(
      CodeShare.measure(module, threads: 1) {
        let begin = ContinuousClock.now
        while begin.secondsToNow < 0.05 {}
      })
    #expect(outside.total > 0 && outside.inside == 0, "\(outside)")
  }
}
