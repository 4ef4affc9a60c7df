import Foundation
import Runtime
import Testing

@Suite(.serialized) struct NativeModuleResourceTests {
  private func mappingCount() throws -> Int {
    try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n").count
  }

  private func openFileCount() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  }

  @Test func releasedModulesLeaveNothing() throws {
    let source = "static int state[5000]; int f(int x) { state[7] += x; return state[7]; }"
    let hold = try NativeModule(source: source, symbols: [:])
    let mappings = try mappingCount()
    let files = try openFileCount()
    for _ in 0..<1000 {
      let module = try NativeModule(source: source, symbols: [:])
      let f: @convention(c) (Int32) -> Int32 = try module.function("f")
      #expect(f(3) == 3)
    }
    for _ in 0..<50 {
      #expect(throws: CompileError.self) { try NativeModule(source: "int f(", symbols: [:]) }
    }
    // Tests beside this one hold a few mappings and files of their own.
    #expect(try mappingCount() < mappings + 200)
    #expect(try openFileCount() < files + 100)
    withExtendedLifetime(hold) {}
  }

  @Test func threadsCompileAtOnce() async throws {
    let results = try await withThrowingTaskGroup(of: Int32.self) { group in
      for number in 0..<64 {
        group.addTask {
          let source = "int f(void) { return \(number); }"
          if number % 8 == 0 {
            #expect(throws: CompileError.self) {
              try NativeModule(source: source + "int", symbols: [:])
            }
          }
          let module = try NativeModule(source: source, symbols: [:])
          let f: @convention(c) () -> Int32 = try module.function("f")
          return f()
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.sorted() == Array(0..<64))
  }

  @Test func manyFunctionsInOneModule() throws {
    let functions = (0..<2000).map { number in
      "static int state\(number); int f\(number)(int x)"
        + " { state\(number) += x; return state\(number) * 2 + \(number); }"
    }
    let start = ContinuousClock.now
    let module = try NativeModule(source: functions.joined(separator: "\n"), symbols: [:])
    let elapsed = ContinuousClock.now - start
    print("compiling and loading 2,000 functions took \(elapsed)")
    for number in [0, 999, 1999] {
      let f: @convention(c) (Int32) -> Int32 = try module.function("f\(number)")
      #expect(f(5) == 10 + Int32(number))
    }
  }
}
