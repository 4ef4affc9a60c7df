import Foundation
import Runtime
import Testing

/// A C compiler of the system in place of libtcc: the same source, the same results.
@Suite struct NativeSystemCompilerTests {
  /// The compilers of this machine; libtcc needs none, so there may be none.
  static let installed = ["cc", "clang"].filter { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  @Test(arguments: installed) func bitsAreThoseOfLibtcc(_ path: String) throws {
    let exponential: @convention(c) (Float) -> Float = { Float(exp(Double($0))) + 1 }
    let source = """
      extern float expf(float);
      static const float table[4] = {0x1.99999ap-4f, 0x1p-3f, -0x1.8p+1f, 0x1.555556p-2f};
      static float state[64];
      static float add(float a, float b) { return a + b; }
      static float multiply(float a, float b) { return a * b; }
      static float (*operators[])(float, float) = {add, multiply};
      const char *name(int i) { static const char *names[] = {"add", "multiply"}; return names[i]; }
      float step(float *x, const float *y, int n) {
        float sum = 0; int i;
        for (i = 0; i < n; i++) x[i] = x[i] * y[i] + table[i & 3];
        for (i = 0; i < n; i++) sum += x[i] * 0x1.99999ap-4f;
        for (i = 0; i < 64; i++) state[i] = 0;
        for (i = 0; i < n; i++) state[i & 63] += operators[i & 1](x[i], y[i]);
        for (i = 0; i < 64; i++) sum += state[i];
        return sum + expf(0.5f);
      }
      int kind(int i) {
        switch (i) {
          case 0: return 7; case 1: return -3; case 2: return 1 << 20; case 3: return 5;
          case 4: return 99; case 5: return i * 11; case 6: return 42; default: return 0;
        }
      }
      """
    let symbols = ["expf": unsafeBitCast(exponential, to: UnsafeRawPointer.self)]
    let results = try [Compiler.tcc, .system(path: path)].map { compiler in
      let module = try NativeModule(source: source, symbols: symbols, compiler: compiler)
      let step: @convention(c) (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int32) -> Float =
        try module.function("step")
      var x = (0..<1001).map { Float($0) * 0.37 - 100 }
      let y = (0..<1001).map { 1 / Float($0 + 3) }
      let sums = [step(&x, y, 1001), step(&x, y, 1001)]
      let kind: @convention(c) (Int32) -> Int32 = try module.function("kind")
      let name: @convention(c) (Int32) -> UnsafePointer<CChar> = try module.function("name")
      let kinds = (-1..<9).map { String(kind($0)) }
      return (x + sums).map { String($0.bitPattern) } + kinds + [String(cString: name(1))]
    }
    #expect(results[0] == results[1])
    #expect(results[0].last == "multiply")
  }

  @Test(
    arguments: installed,
    [
      "return x }", "return absent(x); }", "return missing(x); }", "\n#include <stdio.h>\n}",
      "int *p = 3; return *p; }",
    ])
  func errorsNameTheNode(_ path: String, _ line: String) throws {
    let source = """
      extern int missing(int);
      #line 7 "encoder/relu:0"
      int broken(int x) { \(line)

      """
    let error = try #require(throws: CompileError.self) {
      try NativeModule(source: source, symbols: [:], compiler: .system(path: path))
    }
    // The wording is each compiler's own.
    let first = try #require(error.messages.first)
    #expect(first.hasPrefix("encoder/relu:0:"))
    #expect(first.contains("error: "))
    #expect(error.node == "encoder/relu:0")
  }

  @Test func missingCompilerIsOneClearError() throws {
    let error = try #require(throws: CompileError.self) {
      try NativeModule(source: "", symbols: [:], compiler: .system(path: "no-such-compiler"))
    }
    let message = "cannot run the C compiler 'no-such-compiler': No such file or directory"
    #expect(error.messages == [message])
    #expect(error.node == nil)
  }

  @Test func compilerWithoutAnObjectIsAnError() throws {
    for path in ["true", "false"] {
      let error = try #require(throws: CompileError.self) {
        try NativeModule(source: "", symbols: [:], compiler: .system(path: path))
      }
      #expect(error.messages == ["the C compiler '\(path)' failed without a message"])
    }
  }
}
