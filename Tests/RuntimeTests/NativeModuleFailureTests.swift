import Runtime
import Testing

@Suite struct NativeModuleFailureTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let problem: String
    let line: String
    let message: String
    var testDescription: String { problem }
  }

  static let cases = [
    Case(
      problem: "missing semicolon", line: "return x }",
      message: "encoder/relu:0:7: error: ';' expected (got \"}\")"),
    Case(
      problem: "undeclared function", line: "return absent(x); }",
      message: "encoder/relu:0:7: error: implicit declaration of function 'absent'"),
    Case(
      problem: "undeclared variable", line: "return y; }",
      message: "encoder/relu:0:7: error: 'y' undeclared"),
    Case(
      problem: "undefined symbol", line: "return missing(x); }",
      message: "encoder/relu:0: error: undefined symbol 'missing'"),
    Case(
      problem: "unexpected end", line: "return x;",
      message: "encoder/relu:0:8: error: "),
    Case(
      problem: "unknown header", line: "\n#include <stdio.h>\n}",
      message: "encoder/relu:0:8: error: include file 'stdio.h' not found"),
    Case(
      problem: "unknown mnemonic", line: "__asm__(\"frobnicate\"); return x; }",
      message: "encoder/relu:0:7: error: unknown opcode 'frobnicate'"),
    Case(
      problem: "error directive", line: "\n#error stop\n}",
      message: "encoder/relu:0:8: error: #error stop"),
  ]

  @Test(arguments: cases) func errorsNameTheNode(_ sample: Case) throws {
    let source = """
      extern int missing(int);
      #line 3 "encoder/linear"
      int fine(int x) { return x; }
      #line 7 "encoder/relu:0"
      int broken(int x) { \(sample.line)

      """
    let error = try #require(throws: CompileError.self) {
      try NativeModule(source: source, symbols: [:])
    }
    #expect(error.messages.first?.hasPrefix(sample.message) == true, "\(error)")
    #expect(error.node == "encoder/relu:0")
    #expect(error.description.contains(sample.message))
    // The compiler's global state must not be left broken.
    _ = try NativeModule(source: "int fine(int x) { return x; }", symbols: [:])
  }

  @Test func withoutDirectivesThereIsNoNode() throws {
    let error = try #require(throws: CompileError.self) {
      try NativeModule(source: "int f(void) { return 1 }", symbols: [:])
    }
    #expect(error.messages.first?.hasPrefix("model.c:1: error:") == true, "\(error)")
    #expect(error.node == nil)
  }

  @Test func everyUndefinedSymbolIsNamed() throws {
    let error = try #require(throws: CompileError.self) {
      try NativeModule(
        source: """
          extern int here(int), first(int), second; extern int unused(int);
          int f(void) { return first(here(second)); }
          """, symbols: ["here": UnsafeRawPointer(bitPattern: 16)!])
    }
    #expect(
      error.messages == ["error: undefined symbol 'first'", "error: undefined symbol 'second'"])
  }
}
